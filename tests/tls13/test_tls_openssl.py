"""Both ways against Debian's OpenSSL on real sockets: LINK1, LINK7, LINK15, LINK18, LINK23, LINK27 to 31."""

from __future__ import annotations

import itertools
import secrets
from pathlib import Path
from typing import Any

import pytest

from hutong.protocols.tls13 import (
    CipherSuite,
    KeysUpdated,
    NamedGroup,
    PeerClosed,
    PinnedKeys,
    TicketOffered,
)
from tests.tls13.live import HOST, Live, connect, eventually, listen
from tests.tls13.openssl import openssl, s_server
from tests.tls13.pair import NAME, Store, client_config, identity, server_config

OPENSSL_SUITES = {suite: f"TLS_{suite.name}" for suite in CipherSuite}


def files(folder: Path, kind: str) -> tuple[str, str]:
    certificate, key = folder / f"{kind}.pem", folder / f"{kind}.key"
    certificate.write_bytes(identity(kind).pem)
    key.write_bytes(identity(kind).key_pem)
    return str(certificate), str(key)


def ours(kind: str = "ed25519", **changes: Any) -> Any:
    return server_config(chain=(identity(kind).der,), key=identity(kind).key, **changes)


async def echo(live: Live) -> Live:
    """Serve one connection: a ticket, then everything back in capitals until the peer closes."""
    await live.connected()
    numbers = itertools.count(1)
    for _ in range(2):
        connection: Any = live.connection
        live.store.put(
            connection.issue_ticket(
                identity=secrets.token_bytes(32),
                lifetime_s=3600,
                age_add=secrets.randbits(32),
                nonce=next(numbers).to_bytes(1),
                max_early_data=16_384,
            )
        )
    done = 0
    while not live.has(PeerClosed):
        said, done = live.data[done:], len(live.data)
        if said:
            await live.send(said.upper())
        await live.more()
    await live.close()
    return live


@pytest.mark.parametrize("suite", CipherSuite)
@pytest.mark.parametrize("kind", ["ed25519", "p256"])
async def test_s_client(tmp_path: Path, suite: CipherSuite, kind: str) -> None:
    """LINK1, LINK9 to LINK11, LINK15, LINK18: a full handshake, KeyUpdates, data, the end."""
    certificate, _ = files(tmp_path, kind)
    async with listen(ours(kind), echo) as (port, results):
        async with openssl(
            "s_client", "-connect", f"{HOST}:{port}", "-tls1_3", "-ciphersuites", OPENSSL_SUITES[suite],
            "-alpn", "nothing,hutong/1", "-servername", NAME, "-CAfile", certificate, "-no_check_time",
            "-verify_hostname", NAME, "-verify_return_error",
        ) as client:  # fmt: skip
            await client.until("Verification: OK")
            await client.until("ALPN protocol: hutong/1")
            await client.until(f"New, TLSv1.3, Cipher is {OPENSSL_SUITES[suite]}")
            await client.type("before")
            await client.until("BEFORE")
            await client.type("K")
            await client.until("KEYUPDATE")
            await client.type("between")
            await client.until("BETWEEN")
            await client.type("k")
            # A command is only one when it is alone in what openssl reads.
            await client.until("(?s)KEYUPDATE.*KEYUPDATE")
            await client.type("after")
            await client.until("AFTER")
            await client.type("Q")
            await client.ended()
        await eventually(lambda: results)
    (live,) = results
    assert live.events.count(KeysUpdated()) == 2
    assert live.data == b"before\nbetween\nafter\n"


async def test_s_client_needs_a_retry() -> None:
    """LINK7: its first share is of P-256, which the profile does not have."""
    async with listen(ours(), echo) as (port, results):
        async with openssl(
            "s_client",
            "-connect",
            f"{HOST}:{port}",
            "-tls1_3",
            "-groups",
            "P-256:X25519",
            "-alpn",
            "hutong/1",
            "-msg",
        ) as client:
            await client.until("Cipher is TLS_AES_256_GCM_SHA384")
            await client.until("(?s)ClientHello.*ClientHello")
            assert "Server Temp Key: X25519" in client.printed
            await client.type("hello")
            await client.until("HELLO")
            await client.type("Q")
            await client.ended()
        await eventually(lambda: results)
    assert isinstance(results[0], Live)


@pytest.mark.parametrize(
    ("arguments", "alert"),
    [
        (("-alpn", "h2"), "no application protocol"),
        (("-alpn", "hutong/1", "-groups", "P-256"), "handshake failure"),
        (("-alpn", "hutong/1", "-sigalgs", "RSA-PSS+SHA256"), "handshake failure"),
        (("-alpn", "hutong/1", "-tls1_2"), "protocol version"),
    ],
)
async def test_s_client_is_refused(arguments: tuple[str, ...], alert: str) -> None:
    """LINK1, LINK9, LINK19: with the alert that says why."""
    async with listen(ours(), echo) as (port, results):
        async with openssl("s_client", "-connect", f"{HOST}:{port}", *arguments) as client:
            await client.until(f"alert {alert}")
        await eventually(lambda: results)
    assert type(results[0]).__name__ == "TlsError"


@pytest.mark.parametrize("known", [True, False])
async def test_s_client_comes_back_with_early_data(tmp_path: Path, known: bool) -> None:
    """LINK23, LINK27 to LINK29: accepted once; with a ticket nobody knows, skipped."""
    session, early = tmp_path / "session", tmp_path / "early"
    early.write_text("early words\n")
    store = Store()
    common = ("-tls1_3", "-alpn", "hutong/1", "-servername", NAME)
    async with listen(ours(), echo, store) as (port, results):
        async with openssl(
            "s_client", "-connect", f"{HOST}:{port}", *common, "-sess_out", str(session)
        ) as client:
            await client.until("New, TLSv1.3")
            # The tickets come before this, and are in the file when it is printed.
            await client.type("ping")
            await client.until("PING")
            await client.type("Q")
            await client.ended()
        if not known:
            store.tickets.clear()
        async with openssl(
            "s_client", "-connect", f"{HOST}:{port}", *common,
            "-sess_in", str(session), "-early_data", str(early),
        ) as client:  # fmt: skip
            await client.until("Reused, TLSv1.3" if known else "New, TLSv1.3")
            await client.until(f"Early data was {'accepted' if known else 'rejected'}")
            await client.type("and later")
            await client.until("AND LATER")
            await client.type("Q")
            await client.ended()
        await eventually(lambda: len(results) == 2)
    assert results[1].data == (b"early words\n" if known else b"") + b"and later\n"
    assert [event.early_data for event in results[1].events if isinstance(event, TicketOffered)] == [True]
    assert store.taken == known


@pytest.mark.parametrize("suite", CipherSuite)
@pytest.mark.parametrize("kind", ["ed25519", "p256", "rsa"])
async def test_s_server(tmp_path: Path, suite: CipherSuite, kind: str) -> None:
    """LINK1, LINK9 to LINK11, LINK15, LINK18: a full handshake, KeyUpdates, data, the end."""
    certificate, key = files(tmp_path, kind)
    config = client_config(suites=(suite,), verifier=PinnedKeys({identity(kind).pin}))
    arguments = ("-cert", certificate, "-key", key, "-alpn", "h2,hutong/1")
    async with s_server(*arguments) as (server, port), connect(config, port) as live:
        agreed = await live.connected()
        assert (agreed.suite, agreed.group, agreed.alpn) == (suite, NamedGroup.X25519, "hutong/1")
        await live.send(b"to the server\n")
        await server.until("to the server")
        await server.type("K")
        await live.until(lambda live: live.has(KeysUpdated))
        await server.type("from the server")
        await live.until(lambda live: b"from the server\n" in live.data)
        live.connection.update_keys(request_peer=True)
        await live.send(b"under new keys\n")
        await server.until("under new keys")
        await server.type("back again")
        await live.until(lambda live: b"back again\n" in live.data)
        assert live.events.count(KeysUpdated()) == 2
        await live.close()
        await live.closed_by_peer()
        await server.until("DONE")
        assert "ERROR" not in server.printed


async def test_s_server_needs_a_retry(tmp_path: Path) -> None:
    """LINK7: a client without any share is asked for one."""
    certificate, key = files(tmp_path, "ed25519")
    arguments = ("-cert", certificate, "-key", key, "-alpn", "hutong/1", "-msg")
    config = client_config(share_groups=())
    async with s_server(*arguments) as (server, port), connect(config, port) as live:
        assert (await live.connected()).group == NamedGroup.X25519
        await live.send(b"hello\n")
        await server.until("hello")
        await server.until("(?s)ClientHello.*ClientHello")


@pytest.mark.parametrize("restarted", [False, True])
async def test_s_server_takes_early_data(tmp_path: Path, restarted: bool) -> None:
    """LINK23, LINK31: taken with a ticket it knows; refused by a server that does not."""
    certificate, key = files(tmp_path, "ed25519")
    arguments = ("-cert", certificate, "-key", key, "-alpn", "hutong/1", "-early_data", "-no_anti_replay")
    async with s_server(*arguments) as (server, port), s_server(*arguments) as (other, other_port):
        async with connect(client_config(), port) as live:
            ticket = (await live.ticket()).ticket
            assert ticket.max_early_data == 16_384
        config = client_config(ticket=ticket, early_data=b"early words\n")
        async with connect(config, other_port if restarted else port) as live:
            agreed = await live.connected()
            assert agreed.resumed is agreed.early_data_accepted is not restarted
            if not restarted:
                await server.until("Early data received:")
                await server.until("early words")
            await live.send(b"and later\n")
            await (other if restarted else server).until("and later")
            assert "early words" not in other.printed


async def test_s_server_ends_without_a_word(tmp_path: Path) -> None:
    """LINK18: the shell sees an end of stream without PeerClosed."""
    certificate, key = files(tmp_path, "ed25519")
    arguments = ("-cert", certificate, "-key", key, "-alpn", "hutong/1")
    async with s_server(*arguments) as (server, port), connect(client_config(), port) as live:
        await live.connected()
        await server.stop()
        with pytest.raises((AssertionError, ConnectionError)):
            await live.closed_by_peer()
    assert not live.has(PeerClosed)
