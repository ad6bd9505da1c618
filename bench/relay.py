"""The built-in relay against coturn: packets for each second of processor time.

50 flows, each an authenticated allocation with a permission and a channel, 1,200 and 160 bytes, from clients
to peers and back. Each flow sends one datagram in its turn, so that neighbours in a queue are of different
flows, which is the worst case for batching; in bursts of eight, as files and video send, the same is
measured once more. Server and load have a core each, when there are two. What counts is the processor
time of the server's process, because on a shared machine packets per second say more about the others.

Estimate before measuring: 3-4 us a packet for either, most of it the kernel's.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from bench._report import report

SECRET = "north"
SIZES = (1200, 160)
ROUNDS = 2
_START_S = 10.0
_RUN_S = 60.0


@contextmanager
def running(command: list[str]) -> Iterator[subprocess.Popen[str]]:
    """Run a server on the first core until the block ends."""
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    os.sched_setaffinity(process.pid, _cores()[0])
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextmanager
def ours() -> Iterator[tuple[int, int]]:
    """Run the built-in relay; yield its port and its process."""
    with running([sys.executable, "-m", "bench._turn_relay", SECRET]) as process:
        assert process.stdout is not None
        yield int(process.stdout.readline()), process.pid


@contextmanager
def coturn(program: str) -> Iterator[tuple[int, int]]:
    """Run coturn with one relay thread; yield its port and its process."""
    with socket.socket() as probe, tempfile.TemporaryDirectory() as folder:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        probe.close()
        command = [program, "-n", "--use-auth-secret", f"--static-auth-secret={SECRET}", "--realm=hutong"]
        command += ["--listening-ip=127.0.0.1", f"--listening-port={port}", "--relay-ip=127.0.0.1"]
        command += ["--no-tls", "--no-dtls", "--no-cli", "--allow-loopback-peers", "--relay-threads=1"]
        command += ["--log-file=/dev/null", f"--pidfile={folder}/pid", f"--userdb={folder}/db"]
        with running(command) as process:
            _wait_for(port)
            for task in Path(f"/proc/{process.pid}/task").iterdir():
                os.sched_setaffinity(int(task.name), _cores()[0])
            yield port, process.pid


def measure(server: tuple[int, int], size: int, seconds: float, *extra: str) -> dict[str, float]:
    """Load a server from the second core."""
    port, pid = server
    command = [sys.executable, "-m", "bench._turn_load", "--port", str(port), "--pid", str(pid)]
    command += ["--secret", SECRET, "--size", str(size), "--seconds", str(seconds), *extra]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    os.sched_setaffinity(process.pid, _cores()[1])
    printed, _ = process.communicate(timeout=_RUN_S + seconds)
    if process.returncode:
        raise RuntimeError(f"the load failed with {process.returncode}")
    found: dict[str, float] = json.loads(printed)
    return found


def _cores() -> tuple[set[int], set[int]]:
    """Return where the server runs and where the load runs."""
    cores = sorted(os.sched_getaffinity(0))
    return {cores[0]}, {cores[-1]}


def _wait_for(port: int) -> None:
    until = time.monotonic() + _START_S
    while time.monotonic() < until:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise RuntimeError("coturn did not start")


def run(seconds: float) -> None:
    """Measure both by turns, and report."""
    metrics: dict[str, float] = {}
    peers: dict[str, float] = {}
    ratios: dict[str, list[float]] = {"forward": [], "reverse": [], "burst": [], "reverse_burst": []}
    program = shutil.which("turnserver")
    with ExitStack() as stack:
        relay = stack.enter_context(ours())
        other = stack.enter_context(coturn(program)) if program is not None else None
        cases: list[tuple[str, int, tuple[str, ...]]] = [("forward", size, ()) for size in SIZES]
        cases += [("reverse", size, ("--reverse",)) for size in SIZES]
        cases += [("burst", SIZES[0], ("--burst", "8"))]
        cases += [("reverse_burst", SIZES[0], ("--burst", "8", "--reverse"))]
        for direction, size, extra in cases:
            rounds = ROUNDS if size in SIZES and "burst" not in direction else 1
            own, theirs = [], []
            for _ in range(rounds):
                own.append(measure(relay, size, seconds, *extra))
                if other is not None:
                    theirs.append(measure(other, size, seconds, *extra))
            name = f"{direction}_{size}"
            metrics[f"{name}_per_cpu_s"] = _middle(own, "packets_per_cpu_s")
            metrics[f"{name}_per_s"] = _middle(own, "packets_per_s")
            metrics[f"{name}_lost_share"] = _middle(own, "lost_share")
            if theirs:
                peers[f"coturn_{name}_per_cpu_s"] = _middle(theirs, "packets_per_cpu_s")
                peers[f"coturn_{name}_per_s"] = _middle(theirs, "packets_per_s")
                ratio = metrics[f"{name}_per_cpu_s"] / peers[f"coturn_{name}_per_cpu_s"]
                ratios[direction].append(ratio)
        pair = measure(relay, SIZES[0], seconds, "--pairs")
        metrics[f"pair_{SIZES[0]}_per_cpu_s"] = pair["packets_per_cpu_s"]
        if other is not None:
            found = measure(other, SIZES[0], seconds, "--pairs")
            peers[f"coturn_pair_{SIZES[0]}_per_cpu_s"] = found["packets_per_cpu_s"]
    names = {
        "forward": "ratio_to_coturn_per_core",
        "reverse": "reverse_ratio_to_coturn_per_core",
        "burst": "burst_ratio_to_coturn_per_core",
        "reverse_burst": "reverse_burst_ratio_to_coturn_per_core",
    }
    # The worse of the two sizes.
    report("relay", metrics, peers, {names[key]: min(found) for key, found in ratios.items() if found})


def _middle(runs: list[dict[str, float]], key: str) -> float:
    return statistics.median(run[key] for run in runs)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="the only output there is")
    parser.add_argument("--long", action="store_true", help="five times longer")
    arguments = parser.parse_args()
    run(7.5 if arguments.long else 1.5)
