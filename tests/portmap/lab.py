"""A home behind a router that runs miniupnpd, and a public network, in namespaces that only this run knows.

The programs in them are `tests.portmap.device` and `tests.portmap.outside`.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self

from tests.nat.network import missing as no_network

ROOT = Path(__file__).resolve().parents[2]
# Not out of RFC 5737: miniupnpd maps nothing on an address that cannot be public. It stays in the namespace.
PUBLIC_HOST, OUTSIDE_HOST = "11.0.0.10", "11.0.0.1"
ROUTER, DEVICE = "10.0.10.1", "10.0.10.2"
_START_S = 30.0
_RULES = """
table inet filter {
  chain input {
    type filter hook input priority filter; policy accept;
    iifname "wan" ct state established,related accept;
    iifname "wan" meta l4proto { udp, tcp } drop;
  }
  chain forward {
    type filter hook forward priority filter; policy drop;
    iifname "lan" accept; ct state established,related accept; jump miniupnpd;
  }
  chain miniupnpd { }
  chain prerouting { type nat hook prerouting priority dstnat; jump prerouting_miniupnpd; }
  chain postrouting {
    type nat hook postrouting priority srcnat; jump postrouting_miniupnpd; oifname "wan" masquerade;
  }
  chain prerouting_miniupnpd { }
  chain postrouting_miniupnpd { }
}
"""
_SETTINGS = """
ext_ifname=wan
listening_ip=lan
http_port=0
enable_natpmp={natpmp}
enable_upnp=yes
secure_mode=yes
notify_interval=900
min_lifetime=2
uuid=fc4ec57e-b051-11db-88f8-0060085db3f6
upnp_table_name=filter
upnp_nat_table_name=filter
upnp_forward_chain=miniupnpd
upnp_nat_chain=prerouting_miniupnpd
upnp_nat_postrouting_chain=postrouting_miniupnpd
allow {allowed} 10.0.10.0/24 {allowed}
deny 0-65535 0.0.0.0/0 0-65535
"""


def missing() -> str:
    """Say why there can be no such home here; empty if there can, and in CI, where nothing is skipped."""
    if not os.environ.get("CI") and shutil.which("miniupnpd") is None:
        return "miniupnpd not installed (Debian: miniupnpd-nftables)"
    return no_network()


class Home:
    """The namespaces. `close` removes all of it."""

    def __init__(self) -> None:
        # tests/nat sweeps away what a run of that name left behind.
        name = f"hutong-{os.getpid()}"
        self.public, self.router, self.device = (f"{name}-pm{letter}" for letter in "prd")
        self._folder = tempfile.TemporaryDirectory()

    def build(self) -> None:
        """Make it. Raises `RuntimeError` with what the program said that refused."""
        for namespace in (self.public, self.router, self.device):
            _run("ip", "netns", "add", namespace)
            _run("ip", "-n", namespace, "link", "set", "lo", "up")
        _run(*f"ip -n {self.public} link add wan type veth peer name wan netns {self.router}".split())
        _run(*f"ip -n {self.router} link add lan type veth peer name eth0 netns {self.device}".split())
        self._address(self.public, "wan", f"{OUTSIDE_HOST}/24")
        self._address(self.router, "wan", f"{PUBLIC_HOST}/24")
        self._address(self.router, "lan", f"{ROUTER}/24")
        self._address(self.device, "eth0", f"{DEVICE}/24")
        _run(*f"ip -n {self.device} route add default via {ROUTER}".split())
        _run(*f"ip netns exec {self.router} sysctl -qw net.ipv4.ip_forward=1".split())
        _run(*f"ip netns exec {self.router} nft -f -".split(), text=_RULES)

    def close(self) -> None:
        """Remove every namespace; what runs in them has to be ended before."""
        for namespace in (self.device, self.router, self.public):
            subprocess.run(["ip", "netns", "delete", namespace], capture_output=True, check=False)
        self._folder.cleanup()

    @contextlib.contextmanager
    def wan_address(self, host: str) -> Iterator[None]:
        """Let the router have another outside address for a while."""
        _run(*f"ip -n {self.router} address flush dev wan".split())
        self._address(self.router, "wan", f"{host}/24")
        try:
            yield
        finally:
            _run(*f"ip -n {self.router} address flush dev wan".split())
            self._address(self.router, "wan", f"{PUBLIC_HOST}/24")

    @contextlib.contextmanager
    def daemon(self, *, natpmp: bool = True, allowed: str = "1024-65535") -> Iterator[None]:
        """Run miniupnpd; `natpmp` stands for PCP too, `allowed` for the ports it maps."""
        words = {True: "yes", False: "no"}
        settings = Path(self._folder.name) / "miniupnpd.conf"
        settings.write_text(_SETTINGS.format(natpmp=words[natpmp], allowed=allowed))
        log = settings.with_suffix(".log")
        command = ("ip", "netns", "exec", self.router, "miniupnpd", "-d", "-f", str(settings))
        with log.open("w") as errors:
            process = subprocess.Popen(
                [*command, "-P", str(settings.with_suffix(".pid"))], stdout=errors, stderr=errors
            )
        try:
            ready = "NAT-PMP/PCP traffic" if natpmp else "HTTP listening"
            ends = time.monotonic() + _START_S
            while ready not in log.read_text():
                if process.poll() is not None or time.monotonic() > ends:
                    raise RuntimeError(f"miniupnpd does not run: {log.read_text()}")
                time.sleep(0.02)
            yield
        finally:
            process.kill()
            process.wait()
            self.forget()

    def forget(self) -> None:
        """Remove what a router that was switched off has forgotten."""
        chains = ("miniupnpd", "prerouting_miniupnpd", "postrouting_miniupnpd")
        rules = "".join(f"flush chain inet filter {chain}\n" for chain in chains)
        _run(*f"ip netns exec {self.router} nft -f -".split(), text=rules)

    def mappings(self) -> str:
        """Return the router's rules for mapped ports."""
        listed = subprocess.run(
            f"ip netns exec {self.router} nft list chain inet filter prerouting_miniupnpd".split(),
            capture_output=True,
            text=True,
            check=True,
        )
        return "\n".join(line.strip() for line in listed.stdout.splitlines() if "dnat" in line)

    @staticmethod
    def _address(namespace: str, interface: str, address: str) -> None:
        _run(*f"ip -n {namespace} address add {address} dev {interface}".split())
        _run(*f"ip -n {namespace} link set {interface} up".split())


class Device:
    """A device at home with an echo on a port, which it has mapped. Leaving it gives the mapping back."""

    def __init__(self, home: Home, kind: str, *protocols: str, lifetime_s: int = 600) -> None:
        self._process = subprocess.Popen(
            _inside(home.device, "device", kind, str(lifetime_s), *protocols),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        # Its input ends, and so does the program, which gives the mapping back.
        self._process.communicate(timeout=_START_S)

    def outcome(self) -> dict[str, Any]:
        """Return what came of it."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, "the device has ended"
        said: dict[str, Any] = json.loads(line)
        return said

    def hurry(self) -> None:
        """Tell it that the network has changed."""
        assert self._process.stdin is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()

    def die(self) -> None:
        """End without a word."""
        self._process.kill()
        self._process.wait()


def reach(home: Home, kind: str, host: str, port: int, *, tries: int = 20) -> str:
    """Return what the device answers to somebody outside; '' when nothing comes."""
    asked = subprocess.run(
        _inside(home.public, "outside", kind, host, str(port), str(tries)),
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=_START_S,
        check=True,
    )
    return asked.stdout


def _inside(namespace: str, program: str, *arguments: str) -> list[str]:
    return [
        *("ip", "netns", "exec", namespace, sys.executable, "-m", f"tests.portmap.{program}"),
        *arguments,
    ]


def _run(*command: str, text: str = "") -> None:
    done = subprocess.run(command, input=text, text=True, capture_output=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)}: {done.stderr.strip()}\n{text}")
