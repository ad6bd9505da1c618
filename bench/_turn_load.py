"""Load on a TURN server from a process of its own: from clients to peers, back, or between two clients.

Sends no more than a window ahead of what has arrived, so that nothing is lost and counted as carried. Reports
what arrived for each second of the server's processor time, as the kernel counts it.
"""

from __future__ import annotations

import argparse
import json
import select
import sys
import time
from pathlib import Path

from bench._turn_flow import CHANNEL, Flow, open_flow, open_pair
from hutong.edge.relay import socket_address
from hutong.edge.relay.outbox import Name, Outbox, Run, name_of
from hutong.edge.relay.system_calls import MESSAGE_BYTES, address_of, receive_many
from hutong.protocols.stun import Address
from hutong.protocols.stun.channel_data import encode_channel_data

_TAKEN_AT_ONCE = 64
_WARM_S = 0.4
# Nothing has arrived for so long: what is missing is lost.
_LOST_AFTER_S = 0.05


class Sender:
    """Sends a burst on each flow in turn."""

    def __init__(self, flows: list[Flow], port: int, size_bytes: int, burst: int, *, reverse: bool) -> None:
        payload = bytes(size_bytes)
        frame = payload if reverse else encode_channel_data(CHANNEL, payload, padded=False)
        self._memory = bytearray(frame)
        self._run = Run()
        self._run.addresses = [address_of(self._memory)] * burst
        self._run.sizes = [len(frame)] * burst
        self._outbox = Outbox(burst)
        self._targets: list[tuple[int, Name]] = []
        for flow in flows:
            where = flow.relayed if reverse else Address("127.0.0.1", port)
            source = flow.peer if reverse else flow.client
            self._targets.append((source.fileno(), name_of(socket_address.pack(source.family, where))))

    def send(self) -> None:
        """Send a burst on every flow."""
        for fd, name in self._targets:
            self._outbox.put(name, self._run)
            self._outbox.send(fd)


class Sink:
    """Counts what arrives, without copying it."""

    def __init__(self, flows: list[Flow], *, reverse: bool) -> None:
        self._epoll = select.epoll()
        for flow in flows:
            self._epoll.register(flow.client if reverse else flow.peer, select.EPOLLIN)
        # Message headers without room for data or names: the kernel takes the datagrams and keeps nothing.
        self._messages = bytearray(MESSAGE_BYTES * _TAKEN_AT_ONCE)
        self._address = address_of(self._messages)

    def take(self, timeout_s: float) -> int:
        """Take what is there, or wait for something; return how many datagrams."""
        count = 0
        for fd, _ in self._epoll.poll(timeout_s, 64):
            count += receive_many(fd, self._address, _TAKEN_AT_ONCE)
        return count


def processor_s(pid: int) -> float:
    """Return the processor time a process and its threads have used, to the nanosecond."""
    used = 0
    for task in Path(f"/proc/{pid}/task").iterdir():
        used += int((task / "schedstat").read_text().split()[0])
    return used / 1e9


def measure(arguments: argparse.Namespace) -> dict[str, float]:
    """Open the flows, warm up, and count."""
    secret, reverse = arguments.secret.encode(), arguments.reverse
    users = [f"user{n}" for n in range(arguments.flows)]
    pairs: list[Flow] = []
    if arguments.pairs:
        made = [open_pair(arguments.port, secret, user) for user in users]
        flows, pairs = [pair[0] for pair in made], [pair[1] for pair in made]
    else:
        flows = [open_flow(arguments.port, secret, user) for user in users]
    sender = Sender(flows, arguments.port, arguments.size, arguments.burst, reverse=reverse)
    sink = Sink(flows, reverse=reverse)
    for flow in flows:
        flow.client.setblocking(False)
        flow.peer.setblocking(False)
    round_size = arguments.flows * arguments.burst
    window = max(arguments.window, round_size)
    begin = time.perf_counter()
    sent = arrived = lost = 0
    marks: list[tuple[float, float, int, int]] = []
    for until_s in (_WARM_S, _WARM_S + arguments.seconds):
        while (now := time.perf_counter()) - begin < until_s:
            if sent - arrived - lost + round_size <= window:
                sender.send()
                sent += round_size
                arrived += sink.take(0)
            else:
                came = sink.take(_LOST_AFTER_S)
                arrived += came
                if not came:
                    lost = sent - arrived
        marks.append((now, processor_s(arguments.pid), arrived, lost))
    for flow in flows + pairs:
        flow.release()
    (from_s, from_used, from_arrived, from_lost), (to_s, to_used, to_arrived, to_lost) = marks
    count, used_s = to_arrived - from_arrived, to_used - from_used
    return {
        "packets_per_s": count / (to_s - from_s),
        "packets_per_cpu_s": count / used_s,
        "cpu_share": used_s / (to_s - from_s),
        "lost_share": (to_lost - from_lost) / max(1, count),
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    for name, default in (
        ("port", 0),
        ("pid", 0),
        ("size", 1200),
        ("flows", 50),
        ("burst", 1),
        ("window", 1600),
    ):
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--secret", default="")
    parser.add_argument("--reverse", action="store_true")
    parser.add_argument("--pairs", action="store_true")
    sys.stdout.write(json.dumps(measure(parser.parse_args())) + "\n")
