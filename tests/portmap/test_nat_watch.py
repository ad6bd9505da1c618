"""`client.nat`: nothing unasked, what is found, what changes, on a real server and scripted NATs."""

from __future__ import annotations

from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from hutong.cli import network
from hutong.cli.network import network_watched
from hutong.client import nat as nat_module
from hutong.client import nat_watch
from hutong.client.nat import Behaviour, Chance, Nat
from hutong.client.nat_watch import NatWatch, Surroundings
from hutong.client.probe import IceUrl
from hutong.protocols.stun import Address
from tests.client.live import PASSWORD, running
from tests.stun.loopback import until
from tests.stun.test_nat_discovery import Script, by_place, scripted

INDEPENDENT, ADDRESS, PORT = Behaviour
HERE = Address("10.0.0.5", 1)
OUTSIDE = Address("198.51.100.9", 4000)


@pytest.mark.parametrize(
    ("outside", "mapping", "filtering", "chance"),
    [
        (OUTSIDE, INDEPENDENT, INDEPENDENT, Chance.BEST),
        (OUTSIDE, INDEPENDENT, ADDRESS, Chance.BEST),
        (OUTSIDE, INDEPENDENT, PORT, Chance.GOOD),
        (OUTSIDE, PORT, PORT, Chance.SOME),
        (OUTSIDE, ADDRESS, INDEPENDENT, Chance.SOME),
        (OUTSIDE, None, None, Chance.UNKNOWN),
        (HERE, None, None, Chance.BEST),
        (HERE, INDEPENDENT, PORT, Chance.GOOD),
    ],
)
def test_what_a_nat_means_for_direct_paths(
    outside: Address, mapping: Behaviour | None, filtering: Behaviour | None, chance: Chance
) -> None:
    nat = Nat(HERE, outside, mapping, filtering)
    assert nat.chance is chance
    assert Surroundings(outside, nat).chance is chance
    assert Surroundings(outside, None).chance is Chance.UNKNOWN
    assert Surroundings(None, None).chance is Chance.NONE


async def test_a_client_asks_only_while_somebody_wants_to_know(tmp_path: Path) -> None:
    """On a real server, with its relay: loopback is no NAT."""
    async with running(tmp_path, relay_port=0) as server, server.client("lin") as lin:
        await lin.sign_up("lin", PASSWORD)
        assert lin.nat.now is None
        heard: list[Surroundings] = []
        async with lin.nat.watching(heard.append), lin.nat.watching():
            await until(lambda: bool(heard))
            assert heard[0].outside is not None
            assert heard[0].outside.host == "127.0.0.1"
            assert heard[0].chance is Chance.BEST
            again: list[Surroundings] = []
            async with lin.nat.watching(again.append):
                assert again == heard
        assert lin.nat.now is None
        # And once more from the beginning.
        async with lin.nat.watching(heard.append):
            await until(lambda: len(heard) == 2)


async def test_without_a_relay_nothing_is_known(tmp_path: Path) -> None:
    async with running(tmp_path) as server, server.client("lin") as lin:
        await lin.sign_up("lin", PASSWORD)
        asked = await lin.nat._stun_server()
        assert asked is None
        async with lin.nat.watching():
            assert lin.nat.now is None


async def watch(
    stack: AsyncExitStack,
    script: Script,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    *,
    every_s: float = 0.02,
) -> tuple[NatWatch, list[Surroundings]]:
    """Watch a network whose NAT is a script; the server of the client names the script's address."""
    server = await stack.enter_async_context(running(tmp_path))
    stun = await stack.enter_async_context(scripted(script))
    client = await stack.enter_async_context(server.client("lin"))

    async def stun_server(_watch: NatWatch) -> IceUrl:
        return IceUrl("stun", stun.host, stun.port, "udp")

    monkeypatch.setattr(NatWatch, "_stun_server", stun_server)
    monkeypatch.setattr(nat_module, "_SILENCE_S", 0.1)
    client.nat._every_s = every_s
    heard: list[Surroundings] = []
    await stack.enter_async_context(client.nat.watching(heard.append))
    return client.nat, heard


async def test_another_network_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The outside host is another: so may be the NAT. Another port alone is told, and not looked into."""
    monkeypatch.setattr(nat_module, "_ANSWER_S", 30.0)
    script = Script(mapped=lambda _host, _port: OUTSIDE, lets_in=lambda _host, _port: False)
    async with AsyncExitStack() as stack:
        _, heard = await watch(stack, script, tmp_path, monkeypatch)
        await until(lambda: bool(heard))
        assert (heard[0].outside, heard[0].chance) == (OUTSIDE, Chance.GOOD)
        looked_at = []
        discover = nat_watch._discover

        async def counted(server: IceUrl) -> Nat | None:
            looked_at.append(server)
            return await discover(server)

        monkeypatch.setattr(nat_watch, "_discover", counted)
        script.mapped = lambda _host, _port: Address(OUTSIDE.host, 5000)
        await until(lambda: heard[-1].outside == Address(OUTSIDE.host, 5000))
        assert not looked_at
        script.mapped = lambda host, port: Address("198.51.100.77", by_place(host, port).port)
        await until(lambda: heard[-1].chance is Chance.SOME)
        assert looked_at


async def test_udp_that_is_blocked_and_comes_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script = Script(answers=False)
    monkeypatch.setattr(nat_module, "_ANSWER_S", 0.1)
    async with AsyncExitStack() as stack:
        watching, heard = await watch(stack, script, tmp_path, monkeypatch)
        await until(lambda: bool(heard))
        assert heard[0] == Surroundings(None, None)
        monkeypatch.setattr(nat_module, "_ANSWER_S", 5.0)
        script.answers = True
        await until(lambda: watching.now is not None and watching.now.outside is not None)
        assert heard[-1].outside == OUTSIDE


async def test_a_new_carrier_asks_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script = Script()
    async with AsyncExitStack() as stack:
        watching, heard = await watch(stack, script, tmp_path, monkeypatch, every_s=3_600.0)
        await until(lambda: bool(heard))
        script.mapped = lambda _host, _port: Address(OUTSIDE.host, 5000)
        watching.on_resumed(object())  # type: ignore[arg-type]
        await until(lambda: heard[-1].outside == Address(OUTSIDE.host, 5000))


async def test_listeners_are_bounded(tmp_path: Path) -> None:
    async with running(tmp_path) as server, server.client("lin") as lin, AsyncExitStack() as stack:
        for _ in range(nat_watch._LISTENERS_MAX):
            await stack.enter_async_context(lin.nat.watching(lambda _now: None))
        with pytest.raises(ValueError, match="too many"):
            async with lin.nat.watching(lambda _now: None):
                pass


async def test_the_command_line_tells_what_matters(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A good network is not worth a word, a bad one is, and so is its end."""
    told: list[str] = []
    monkeypatch.setattr(network, "tell", told.append)
    async with running(tmp_path) as server, server.client("lin") as lin:
        async with network_watched(lin, relay_only=True):
            assert lin.nat._watchers == 0
        async with network_watched(lin, relay_only=False):
            (changed,) = lin.nat._listeners
            changed(Surroundings(OUTSIDE, Nat(HERE, OUTSIDE, INDEPENDENT, PORT)))
            assert not told
            changed(Surroundings(None, None))
            changed(Surroundings(None, None))
            changed(Surroundings(OUTSIDE, Nat(HERE, OUTSIDE, PORT, PORT)))
            changed(Surroundings(OUTSIDE, Nat(HERE, OUTSIDE, INDEPENDENT, PORT)))
    assert [line.split()[0] for line in told] == ["[dim]UDP", "[dim]This", "[dim]The"]
