"""A public network and homes behind routers, in network namespaces that only this run knows."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path

from .rules import MEND_RULES, Nat, cut_rules, door_rules, router_rules

# RFC 5737's addresses for examples: nothing outside has them.
RELAY_ADDRESS, DOOR_ADDRESS = "203.0.113.1", "203.0.113.2"
PUBLIC_PORT, SERVER_PORT, DISCOVERY_PORT = 443, 8300, 8303
PROGRAMS = ("ip", "nft", "sysctl")


def missing() -> str:
    """Say why there can be no such network here; empty if there can, and in CI, where nothing is skipped."""
    if os.environ.get("CI"):
        return ""
    if os.geteuid() != 0:
        return "network namespaces need root"
    absent = [program for program in PROGRAMS if shutil.which(program) is None]
    if absent:
        return f"{', '.join(absent)} not installed (Debian: iproute2, nftables, procps)"
    made = subprocess.run(["unshare", "--net", "true"], capture_output=True, check=False)
    return "" if made.returncode == 0 else "this kernel gives us no network namespaces"


@dataclass(frozen=True, slots=True)
class Home:
    """A device's namespace behind one kind of NAT."""

    nat: Nat
    side: str
    namespace: str
    router: str
    public_address: str

    @property
    def handle(self) -> str:
        """A name for the person who lives there."""
        return f"{self.nat.name.lower()}_{self.side}"


class Network:
    """Two homes for each kind of NAT around one public network. `close` removes all of it."""

    def __init__(self, *kinds: Nat) -> None:
        self._kinds = kinds or tuple(Nat)
        self._prefix = f"hutong-{os.getpid()}"
        self._namespaces: list[str] = []
        self.public = f"{self._prefix}-pub"
        self.homes: dict[tuple[Nat, str], Home] = {}

    def build(self) -> None:
        """Make it. Raises `RuntimeError` with what the program said that refused."""
        _sweep()
        self._build_public()
        for number, (nat, side) in enumerate(((nat, side) for nat in self._kinds for side in "ab"), start=10):
            self._build_home(nat, side, number)

    def cut(self, home: Home, other: Home) -> None:
        """Let nothing pass any more between a home and another; the server stays in reach of both."""
        self._nft(home.router, cut_rules(other.public_address))

    def mend(self, home: Home) -> None:
        """Undo every `cut` of a home."""
        self._nft(home.router, MEND_RULES)

    def close(self) -> None:
        """Remove every namespace; what runs in them has to be ended before."""
        for namespace in reversed(self._namespaces):
            subprocess.run(["ip", "netns", "delete", namespace], capture_output=True, check=False)
        self._namespaces.clear()

    def _build_public(self) -> None:
        self._add(self.public)
        self._ip(
            self.public,
            "link set lo up",
            "link add br0 type bridge",
            f"address add {RELAY_ADDRESS}/24 dev br0",
            f"address add {DOOR_ADDRESS}/24 dev br0",
            "link set br0 up",
            # A way for what has no way, as the Internet has: else sending to a private address fails at once.
            "link add drain type veth peer name sink",
            "link set drain arp off up",
            "link set sink arp off up",
            "route add default dev drain",
        )
        self._nft(self.public, door_rules(DOOR_ADDRESS, PUBLIC_PORT, SERVER_PORT))

    def _build_home(self, nat: Nat, side: str, number: int) -> None:
        name = f"{self._prefix}-{number}"
        outer, home = f"{name}r", f"{name}c"
        inner = f"{name}i" if nat is Nat.DOUBLE else outer
        for namespace in dict.fromkeys((outer, inner, home)):
            self._add(namespace)
            self._ip(namespace, "link set lo up")
        self._ip(
            self.public,
            f"link add p{number} type veth peer name wan netns {outer}",
            f"link set p{number} master br0 up",
        )
        self._join(outer, "wan", f"203.0.113.{number}/24")
        if inner != outer:
            self._ip(outer, f"link add lan type veth peer name wan netns {inner}")
            self._join(outer, "lan", f"100.64.{number}.1/24")
            self._join(inner, "wan", f"100.64.{number}.2/24", f"100.64.{number}.1")
        self._ip(inner, f"link add lan type veth peer name eth0 netns {home}")
        self._join(inner, "lan", f"10.0.{number}.1/24")
        self._join(home, "eth0", f"10.0.{number}.2/24", f"10.0.{number}.1")
        for router in dict.fromkeys((outer, inner)):
            self._run(["ip", "netns", "exec", router, "sysctl", "-qw", "net.ipv4.ip_forward=1"])
            self._nft(router, router_rules(nat))
        self.homes[nat, side] = Home(nat, side, home, outer, f"203.0.113.{number}")

    def _join(self, namespace: str, interface: str, address: str, router: str = "") -> None:
        route = (f"route add default via {router}",) if router else ()
        self._ip(namespace, f"address add {address} dev {interface}", f"link set {interface} up", *route)

    def _add(self, namespace: str) -> None:
        self._run(["ip", "netns", "add", namespace])
        self._namespaces.append(namespace)

    def _ip(self, namespace: str, *commands: str) -> None:
        self._run(["ip", "-n", namespace, "-batch", "-"], "\n".join(commands))

    def _nft(self, namespace: str, rules: str) -> None:
        self._run(["ip", "netns", "exec", namespace, "nft", "-f", "-"], rules)

    @staticmethod
    def _run(command: list[str], text: str = "") -> None:
        done = subprocess.run(command, input=text, text=True, capture_output=True, check=False)
        if done.returncode != 0:
            raise RuntimeError(f"{' '.join(command)}: {done.stderr.strip()}\n{text}")


def _sweep() -> None:
    """Remove what a run that was killed left behind."""
    listed = subprocess.run(["ip", "netns", "list"], text=True, capture_output=True, check=False).stdout
    for namespace, run in re.findall(r"^(hutong-(\d+)-\w+)", listed, re.MULTILINE):
        if Path(f"/proc/{run}").exists():
            continue
        inside = subprocess.run(
            ["ip", "netns", "pids", namespace], text=True, capture_output=True, check=False
        )
        for process in inside.stdout.split():
            os.kill(int(process), signal.SIGKILL)
        subprocess.run(["ip", "netns", "delete", namespace], capture_output=True, check=False)
