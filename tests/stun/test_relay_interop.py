"""Other people's clients against our server: coturn's tools and aioice."""

import asyncio
import re
import time
from pathlib import Path

import aioice
import pytest

from hutong.edge import certificates
from hutong.edge.relay import RelayServer
from hutong.edge.relay.configured import ALPN
from hutong.protocols.stun import time_limited_credentials

from .external_tools import require
from .loopback import HOST, SECRET, WAIT_S, RelayStarter, open_mirror, open_turn, relay_server, until

TOOL_WAIT_S = 60.0


async def run_tool(program: str, *arguments: str) -> str:
    """Run a program to its end and return what it printed; fail when it failed."""
    process = await asyncio.create_subprocess_exec(
        require(program),
        *arguments,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        printed, _ = await asyncio.wait_for(process.communicate(), TOOL_WAIT_S)
    except TimeoutError:
        process.kill()
        await process.wait()
        raise
    assert process.returncode == 0, printed.decode()
    return printed.decode()


async def test_coturns_stun_client(relay: RelayServer) -> None:
    """STUN3."""
    printed = await run_tool("turnutils_stunclient", "-p", str(relay.port), HOST)
    assert re.search(r"UDP reflexive addr: 127\.0\.0\.1:\d+", printed), printed


# turnutils_uclient waits some seconds before it begins, so all of its modes run at once.
UCLIENT_MODES = {
    "channels-over-udp": [],
    "channels-over-tcp-with-padding": ["-t", "-l", "171"],
    "indications-over-udp": ["-s"],
    "indications-over-tcp": ["-s", "-t"],
    "padding-over-udp-too": ["-D", "-l", "171"],
    "do-not-fragment": ["-g", "-s"],
    "extra-requests": ["-G"],
    "ipv4-asked-for": ["-X"],
}


@pytest.mark.asyncio(loop_factories=["uvloop"])
async def test_coturns_turn_client(relay: RelayServer, mirror: tuple[str, int]) -> None:
    """TURN1, TURN4, TURN7, TURN14 to TURN17: it makes its credentials from the secret itself."""
    peer_port = mirror[1]

    async def run(mode: str) -> str:
        return await run_tool(
            "turnutils_uclient",
            *("-c", "-m", "1", "-n", "10", "-z", "5", "-W", SECRET.decode(), "-u", mode),
            *("-p", str(relay.port), "-e", HOST, "-r", str(peer_port), "-L", HOST),
            *UCLIENT_MODES[mode],
            HOST,
        )

    printed = await asyncio.gather(*map(run, UCLIENT_MODES))
    for mode, lines in zip(UCLIENT_MODES, printed, strict=True):
        assert re.search(r"tot_send_msgs=10, tot_recv_msgs=10\b", lines), mode + lines
        assert "Total lost packets 0 " in lines, mode + lines


@pytest.mark.asyncio(loop_factories=["uvloop"])
async def test_coturns_turn_client_over_ipv6(start_relay: RelayStarter) -> None:
    """TURN7: an IPv6 address is given to who asks for one."""
    relay = await start_relay(host="::1", relay_addresses=["::1"])
    printed = await run_tool(
        "turnutils_uclient",
        *("-x", "-y", "-c", "-m", "2", "-n", "10", "-z", "5", "-W", SECRET.decode(), "-u", "ming"),
        *("-p", str(relay.port), "-L", "::1", "::1"),
    )
    assert "Total lost packets 0 " in printed, printed


@pytest.mark.asyncio(loop_factories=["uvloop"])
async def test_coturns_turn_client_with_pairs_of_ports(relay: RelayServer) -> None:
    """TURN21: RTP on an even port, RTCP on the one above, which it asks for with the token."""
    printed = await run_tool(
        "turnutils_uclient",
        *("-y", "-m", "2", "-n", "10", "-z", "5", "-W", SECRET.decode(), "-u", "ming"),
        *("-p", str(relay.port), "-L", HOST, HOST),
    )
    assert "Total lost packets 0 " in printed, printed
    assert re.search(r"tot_send_msgs=40, tot_recv_msgs=40\b", printed), printed


@pytest.mark.asyncio(loop_factories=["uvloop"])
@pytest.mark.parametrize("method", [[], ["-s"]], ids=["channels", "indications"])
async def test_coturns_turn_client_over_tls(
    start_relay: RelayStarter, mirror: tuple[str, int], tmp_path: Path, method: list[str]
) -> None:
    """STUN12."""
    certificate, key = certificates.ensure(tmp_path, HOST)
    relay = await start_relay(tls=certificates.server_context(certificate, key, ALPN))
    peer_port = mirror[1]
    printed = await run_tool(
        "turnutils_uclient",
        *("-S", "-t", "-E", str(certificate), "-c", "-m", "1", "-n", "10", "-z", "5", *method),
        *("-W", SECRET.decode(), "-u", "ming", "-e", HOST, "-r", str(peer_port)),
        *("-p", str(relay.tls_port), "-L", HOST, HOST),
    )
    assert re.search(r"tot_send_msgs=10, tot_recv_msgs=10\b", printed), printed


@pytest.mark.asyncio(loop_factories=["uvloop"])
async def test_coturns_turn_client_among_itself(relay: RelayServer) -> None:
    """TURN13: relayed addresses of the same server are peers like any other."""
    printed = await run_tool(
        "turnutils_uclient",
        *("-y", "-c", "-m", "2", "-n", "10", "-z", "5", "-W", SECRET.decode(), "-u", "ming"),
        *("-p", str(relay.port), "-L", HOST, HOST),
    )
    assert "Total lost packets 0 " in printed, printed


async def test_coturns_turn_client_with_a_wrong_secret(relay: RelayServer) -> None:
    """TURN1."""
    with pytest.raises(AssertionError, match=r"Cannot complete Allocation"):
        await run_tool(
            "turnutils_uclient",
            *("-c", "-m", "1", "-n", "1", "-W", "south", "-u", "ming"),
            *("-p", str(relay.port), "-e", HOST, "-L", HOST, HOST),
        )
    assert relay.allocation_count == 0


@pytest.mark.parametrize("transport", ["udp", "tcp"])
async def test_aioice_connects_through_the_relay_alone(relay: RelayServer, transport: str) -> None:
    """TURN15: two ICE agents, relayed candidates only."""
    agents = []
    for user, controlling in (("first", True), ("second", False)):
        username, password = time_limited_credentials(SECRET, user, time.time(), 600)
        agents.append(
            aioice.Connection(
                ice_controlling=controlling,
                turn_server=(HOST, relay.port),
                turn_username=username,
                turn_password=password,
                turn_transport=transport,
                transport_policy=aioice.TransportPolicy.RELAY,
            )
        )
    first, second = agents
    async with asyncio.timeout(WAIT_S * 2):
        await asyncio.gather(first.gather_candidates(), second.gather_candidates())
        for here, there in ((first, second), (second, first)):
            assert [candidate.type for candidate in there.local_candidates] == ["relay"]
            for candidate in there.local_candidates:
                await here.add_remote_candidate(candidate)
            await here.add_remote_candidate(None)
            here.remote_username = there.local_username
            here.remote_password = there.local_password
        await asyncio.gather(first.connect(), second.connect())
        await first.send(b"question")
        assert await second.recv() == b"question"
        await second.send(b"answer")
        assert await first.recv() == b"answer"
        assert relay.allocation_count == 2
        await asyncio.gather(first.close(), second.close())
    await until(lambda: relay.allocation_count == 0)


async def test_coturns_server_takes_our_credentials(tmp_path: Path) -> None:
    """TURN4: what we issue works with a coturn of the same secret."""
    probe = relay_server()
    await probe.start()
    port = probe.port
    await probe.close()
    coturn = await asyncio.create_subprocess_exec(
        require("turnserver"),
        *("-n", "--use-auth-secret", f"--static-auth-secret={SECRET.decode()}", "--realm=hutong"),
        *(f"--listening-ip={HOST}", f"--listening-port={port}", f"--relay-ip={HOST}"),
        *("--no-tls", "--no-dtls", "--no-cli", "--allow-loopback-peers", "--log-file=stdout"),
        *(f"--pidfile={tmp_path / 'pid'}", f"--userdb={tmp_path / 'db'}", "--relay-threads=1"),
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    mirror, peer = await open_mirror()
    try:
        await until_answered(port)
        turn, inbox = await open_turn(port)
        turn.sendto(b"hello", peer)
        assert await inbox.next() == (b"hello", peer)
        turn.close()
    finally:
        mirror.close()
        coturn.kill()
        await coturn.wait()


async def until_answered(port: int) -> None:
    """Wait until somebody accepts TCP connections on a port."""
    async with asyncio.timeout(WAIT_S):
        while True:
            try:
                _, writer = await asyncio.open_connection(HOST, port)
            except ConnectionRefusedError:
                await asyncio.sleep(0.02)
            else:
                writer.close()
                return
