"""Other stacks on real sockets: Python's `ssl`, and tlslite-ng. LINK1, LINK7, LINK9, LINK18, LINK23."""

from __future__ import annotations

import asyncio
import socket
import ssl
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hutong.protocols.tls13 import CipherSuite, PeerClosed, PinnedKeys
from tests.tls13.live import HOST, WAIT_S, Live, connect, eventually, listen
from tests.tls13.pair import NAME, client_config, identity, server_config

with warnings.catch_warnings():
    # It imports asyncore, which Python 3.11 has for the last time.
    warnings.simplefilter("ignore", DeprecationWarning)
    from tlslite import api as tlslite

BULK = bytes(range(256)) * 1024


async def echo(live: Live) -> Live:
    """Send everything back until the peer closes."""
    await live.connected()
    done = 0
    while not live.has(PeerClosed):
        said, done = live.data[done:], len(live.data)
        if said:
            await live.send(said)
        await live.more()
    await live.close()
    return live


async def test_python_client(tmp_path: Path) -> None:
    """LINK1, LINK9, LINK18."""
    (tmp_path / "certificate").write_bytes(identity("p256").pem)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_alpn_protocols(["hutong/1"])
    config = server_config(chain=(identity("p256").der,), key=identity("p256").key)
    async with listen(config, echo) as (port, results), asyncio.timeout(WAIT_S):
        reader, writer = await asyncio.open_connection(HOST, port, ssl=context, server_hostname=NAME)
        assert writer.get_extra_info("ssl_object").version() == "TLSv1.3"
        assert writer.get_extra_info("ssl_object").selected_alpn_protocol() == "hutong/1"
        writer.write(BULK)
        assert await reader.readexactly(len(BULK)) == BULK
        writer.close()
        await writer.wait_closed()
        await eventually(lambda: results)
    assert isinstance(results[0], Live), results


async def test_python_server(tmp_path: Path) -> None:
    """LINK1, LINK9, LINK18, LINK23: also a second time with its ticket."""
    certificate, key = tmp_path / "certificate", tmp_path / "key"
    certificate.write_bytes(identity().pem)
    key.write_bytes(identity().key_pem)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    context.set_alpn_protocols(["hutong/1"])

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
        writer.close()
        await writer.wait_closed()

    server = await asyncio.start_server(serve, HOST, 0, ssl=context)
    port = server.sockets[0].getsockname()[1]
    try:
        ticket = None
        for _ in range(2):
            async with connect(client_config(ticket=ticket), port) as live:
                assert (await live.connected()).resumed is (ticket is not None)
                await live.send(BULK)
                await live.until(lambda live: len(live.data) == len(BULK))
                assert live.data == BULK
                ticket = (await live.ticket()).ticket
                await live.close()
                await live.closed_by_peer()
    finally:
        server.close()
        await server.wait_closed()


def settings(suite: CipherSuite) -> Any:
    """TLS 1.3 with one suite."""
    wanted = tlslite.HandshakeSettings()
    wanted.minVersion = wanted.maxVersion = (3, 4)
    wanted.cipherNames = [
        {
            CipherSuite.AES_128_GCM_SHA256: "aes128gcm",
            CipherSuite.AES_256_GCM_SHA384: "aes256gcm",
            CipherSuite.CHACHA20_POLY1305_SHA256: "chacha20-poly1305",
        }[suite]
    ]
    return wanted


def in_thread(work: Callable[[socket.socket], Any], connection: socket.socket) -> Any:
    connection.settimeout(WAIT_S)
    with connection:
        return work(connection)


@pytest.mark.parametrize("suite", CipherSuite)
async def test_tlslite_client(suite: CipherSuite) -> None:
    """LINK1, LINK7 (its favourite groups are not ours), LINK18."""

    def talk(connection: socket.socket) -> bytes:
        tls = tlslite.TLSConnection(connection)
        tls.handshakeClientCert(settings=settings(suite), alpn=[b"hutong/1"], serverName=NAME)
        assert tls.session.appProto == b"hutong/1"
        tls.sendall(BULK[:40_000])
        got = b""
        while len(got) < 40_000:
            got += bytes(tls.recv(16_384))
        tls.close()
        return got

    config = server_config(chain=(identity("p256").der,), key=identity("p256").key)
    async with listen(config, echo) as (port, results):
        got = await asyncio.to_thread(lambda: in_thread(talk, socket.create_connection((HOST, port))))
        await eventually(lambda: results)
    assert got == BULK[:40_000]
    assert isinstance(results[0], Live), results


@pytest.mark.parametrize("suite", CipherSuite)
@pytest.mark.parametrize("retry", [False, True])
async def test_tlslite_server(suite: CipherSuite, retry: bool) -> None:
    """LINK1, LINK7, LINK18."""
    chain = tlslite.X509CertChain()
    chain.parsePemList(identity("p256").pem.decode())
    key = tlslite.parsePEMKey(identity("p256").key_pem.decode(), private=True)

    def talk(connection: socket.socket) -> bytes:
        tls = tlslite.TLSConnection(connection)
        tls.handshakeServer(
            certChain=chain, privateKey=key, settings=settings(suite), alpn=[bytearray(b"hutong/1")]
        )
        got = b""
        while len(got) < 40_000:
            got += bytes(tls.recv(16_384))
        tls.sendall(got)
        tls.close()
        return got

    with socket.create_server((HOST, 0)) as listener:
        listener.settimeout(WAIT_S)
        serving = asyncio.create_task(asyncio.to_thread(lambda: in_thread(talk, listener.accept()[0])))
        config = client_config(
            suites=(suite,),
            verifier=PinnedKeys({identity("p256").pin}),
            **({"share_groups": ()} if retry else {}),
        )
        async with connect(config, listener.getsockname()[1]) as live:
            agreed = await live.connected()
            assert agreed.suite == suite
            await live.send(BULK[:40_000])
            await live.until(lambda live: len(live.data) == 40_000)
            assert live.data == BULK[:40_000]
            await live.close()
        assert await serving == BULK[:40_000]
