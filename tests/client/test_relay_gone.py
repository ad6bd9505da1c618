"""The end of a connection whose relay has gone: a session that begins anew waits for it."""

from __future__ import annotations

import asyncio
import time

import aioice
import pytest

from hutong.client.transfers import dtls
from hutong.client.transfers.sctp import install
from hutong.edge.relay import RelayServer
from hutong.protocols.stun import time_limited_credentials
from tests.stun.loopback import HOST, SECRET, relay_server


async def _gathered(relay: RelayServer) -> aioice.Connection:
    """One end of a connection that has its address on the relay."""
    install()
    user, password = time_limited_credentials(SECRET, "lin", time.time(), 3600)
    connection = aioice.Connection(
        ice_controlling=True, turn_server=(HOST, relay.port), turn_username=user, turn_password=password
    )
    await connection.gather_candidates()
    assert relay.allocation_count == 1
    return connection


@pytest.mark.parametrize("sending", [False, True])
async def test_nobody_waits_for_a_relay_that_is_gone(
    monkeypatch: pytest.MonkeyPatch, *, sending: bool
) -> None:
    """PEER9: a server that is killed takes its relay with it, and aioice would say goodbye for a minute."""
    monkeypatch.setattr(dtls, "_FAREWELL_S", 0.05)
    before = asyncio.all_tasks()
    relay = relay_server()
    await relay.start()
    connection = await _gathered(relay)
    (end,) = [each for each in connection._protocols if each.local_candidate.type == "relay"]
    await relay.close()
    if sending:
        # This waits for a channel, and that for an answer of the relay.
        end.transport.sendto(b"hello", (HOST, 9))
        await asyncio.sleep(0)
    await asyncio.wait_for(connection.close(), 10)
    await asyncio.sleep(0)
    assert asyncio.all_tasks() <= before


async def test_a_relay_that_is_there_hears_the_end() -> None:
    relay = relay_server()
    await relay.start()
    connection = await _gathered(relay)
    await connection.close()
    assert relay.allocation_count == 0
    await relay.close()
