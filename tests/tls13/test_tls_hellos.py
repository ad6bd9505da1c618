"""Hellos that break rules, by docs/protocol/link.md: LINK2, LINK3, LINK6 to LINK8, LINK12, LINK14."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from hutong.protocols.tls13 import (
    AlertDescription,
    CipherSuite,
    ClientConnection,
    NamedGroup,
    ServerConnection,
    TlsError,
    messages,
    wire,
)
from hutong.protocols.tls13 import limits as bounds
from hutong.protocols.tls13.codepoints import ExtensionType, HandshakeType
from hutong.protocols.tls13.hello import HELLO_RETRY_RANDOM, ClientHello, ServerHello
from hutong.protocols.tls13.records import Opener, Sealer
from hutong.protocols.tls13.transitions import CLIENT, SERVER, State
from tests.tls13.pair import NOW, Pair, client_config, failure, records, server_config, with_ticket

Found = dict[int, bytes]
HYBRID = NamedGroup.X25519MLKEM768


def plain(message: bytes) -> bytes:
    return b"\x16\x03\x03" + wire.vector(2, message)


def hello_of(pair: Pair) -> ClientHello:
    (record,) = records(pair.client.data_to_send())
    return ClientHello.decode(record[9:])


def without(kind: int) -> Callable[[Found], Found]:
    return lambda found: {key: value for key, value in found.items() if key != kind}


def having(kind: int, body: bytes) -> Callable[[Found], Found]:
    return lambda found: {**found, kind: body}


TICKET = b"\0\7\0\1x\0\0\0\0\0\x21\x20" + bytes(32)

# Each is what a client's extensions are turned into, and how the server answers that.
BAD_EXTENSIONS: dict[str, tuple[Callable[[Found], Found], AlertDescription]] = {
    "TLS 1.2": (without(ExtensionType.SUPPORTED_VERSIONS), AlertDescription.PROTOCOL_VERSION),
    "only TLS 1.2": (having(ExtensionType.SUPPORTED_VERSIONS, b"\2\3\3"), AlertDescription.PROTOCOL_VERSION),
    "half a version": (having(ExtensionType.SUPPORTED_VERSIONS, b"\1\3"), AlertDescription.DECODE_ERROR),
    "no groups": (without(ExtensionType.SUPPORTED_GROUPS), AlertDescription.MISSING_EXTENSION),
    "no shares": (without(ExtensionType.KEY_SHARE), AlertDescription.MISSING_EXTENSION),
    "no signatures": (without(ExtensionType.SIGNATURE_ALGORITHMS), AlertDescription.MISSING_EXTENSION),
    "other signatures": (
        having(ExtensionType.SIGNATURE_ALGORITHMS, b"\0\2\4\1"),
        AlertDescription.HANDSHAKE_FAILURE,
    ),
    "no group": (having(ExtensionType.SUPPORTED_GROUPS, b"\0\0"), AlertDescription.DECODE_ERROR),
    "unlisted share": (
        having(ExtensionType.SUPPORTED_GROUPS, b"\0\2\0\x17"),
        AlertDescription.ILLEGAL_PARAMETER,
    ),
    "share twice": (
        having(ExtensionType.KEY_SHARE, wire.vector(2, b"\0\x1d\0\1x" * 2)),
        AlertDescription.ILLEGAL_PARAMETER,
    ),
    "empty share": (
        having(ExtensionType.KEY_SHARE, wire.vector(2, b"\0\x1d\0\0")),
        AlertDescription.DECODE_ERROR,
    ),
    "zero share": (
        having(ExtensionType.KEY_SHARE, wire.vector(2, b"\0\x1d\0\x20" + bytes(32))),
        AlertDescription.ILLEGAL_PARAMETER,
    ),
    "short share": (
        having(ExtensionType.KEY_SHARE, wire.vector(2, b"\0\x1d\0\x1f" + b"x" * 31)),
        AlertDescription.ILLEGAL_PARAMETER,
    ),
    "short hybrid share": (
        having(ExtensionType.KEY_SHARE, wire.vector(2, b"\x11\xec\x04\xbf" + b"x" * 1215)),
        AlertDescription.ILLEGAL_PARAMETER,
    ),
    "hybrid share out of range": (
        having(ExtensionType.KEY_SHARE, wire.vector(2, b"\x11\xec\x04\xc0" + b"\xff" * 1216)),
        AlertDescription.ILLEGAL_PARAMETER,
    ),
    "empty name": (having(ExtensionType.SERVER_NAME, b"\0\0"), AlertDescription.DECODE_ERROR),
    "name with zero": (
        having(ExtensionType.SERVER_NAME, b"\0\4\0\0\1\0"),
        AlertDescription.ILLEGAL_PARAMETER,
    ),
    "two names": (having(ExtensionType.SERVER_NAME, b"\0\x08\0\0\1a\0\0\1b"), AlertDescription.DECODE_ERROR),
    "empty protocol": (having(ExtensionType.ALPN, b"\0\2\0\0"), AlertDescription.DECODE_ERROR),
    "early data alone": (having(ExtensionType.EARLY_DATA, b""), AlertDescription.ILLEGAL_PARAMETER),
    "filled early data": (having(ExtensionType.EARLY_DATA, b"x"), AlertDescription.DECODE_ERROR),
    "ticket without modes": (
        lambda found: having(ExtensionType.PRE_SHARED_KEY, TICKET)(
            without(ExtensionType.PSK_KEY_EXCHANGE_MODES)(found)
        ),
        AlertDescription.MISSING_EXTENSION,
    ),
    "ticket not last": (
        lambda found: {ExtensionType.PRE_SHARED_KEY: TICKET, **found},
        AlertDescription.ILLEGAL_PARAMETER,
    ),
    "ticket without binder": (
        having(ExtensionType.PRE_SHARED_KEY, b"\0\7\0\1x\0\0\0\0" * 1 + b"\0\0"),
        AlertDescription.DECODE_ERROR,
    ),
    "two binders": (
        having(ExtensionType.PRE_SHARED_KEY, b"\0\7\0\1x\0\0\0\0\0\x42" + (b"\x20" + bytes(32)) * 2),
        AlertDescription.ILLEGAL_PARAMETER,
    ),
    "nine tickets": (
        having(
            ExtensionType.PRE_SHARED_KEY,
            b"\0\x3f" + b"\0\1x\0\0\0\0" * 9 + b"\1\x29" + (b"\x20" + bytes(32)) * 9,
        ),
        AlertDescription.ILLEGAL_PARAMETER,
    ),
    "too many extensions": (
        lambda found: {**dict.fromkeys(range(1000, 1064), b""), **found},
        AlertDescription.DECODE_ERROR,
    ),
}


@pytest.mark.parametrize("name", BAD_EXTENSIONS)
def test_bad_extensions_of_a_client(name: str) -> None:
    """LINK6, LINK12."""
    change, alert = BAD_EXTENSIONS[name]
    pair = Pair()
    hello = hello_of(pair)
    groups = having(ExtensionType.SUPPORTED_GROUPS, b"\0\4\0\x1d\x11\xec")(dict(hello.extensions))
    bad = replace(hello, extensions=change(groups))
    assert failure(pair.server, plain(bad.encode())).alert == alert


def test_bad_client_hellos() -> None:
    """LINK6: what is outside of the extensions."""
    hello = hello_of(Pair()).encode()
    body = hello[4:]
    at = 2 + 32
    session_end = at + 1 + body[at]
    suites_end = session_end + 2 + int.from_bytes(body[session_end : session_end + 2])

    def changed(body: bytes) -> bytes:
        return plain(wire.message(HandshakeType.CLIENT_HELLO, body))

    extensions = body[suites_end + 2 :]
    for data, alert in [
        (changed(body[:at] + b"\x21" + bytes(33) + body[session_end:]), AlertDescription.DECODE_ERROR),
        (changed(body[:session_end] + b"\0\0" + body[suites_end:]), AlertDescription.DECODE_ERROR),
        (changed(body[:session_end] + b"\0\3\x13\1\x13" + body[suites_end:]), AlertDescription.DECODE_ERROR),
        (changed(body[:suites_end] + b"\1\1" + extensions), AlertDescription.ILLEGAL_PARAMETER),
        (changed(body[:suites_end] + b"\2\0\1" + extensions), AlertDescription.ILLEGAL_PARAMETER),
        (changed(body[:suites_end] + b"\0" + extensions), AlertDescription.DECODE_ERROR),
        (changed(body[: suites_end + 2]), AlertDescription.PROTOCOL_VERSION),
        (changed(body + b"\0"), AlertDescription.DECODE_ERROR),
        (changed(body[:-1]), AlertDescription.DECODE_ERROR),
        (
            changed(body[: suites_end + 2] + wire.vector(2, extensions[2:] + extensions[2:])),
            AlertDescription.ILLEGAL_PARAMETER,
        ),
        (plain(hello + b"\x18"), AlertDescription.UNEXPECTED_MESSAGE),
        (plain(b"\x01\x00\x40\x01"), AlertDescription.ILLEGAL_PARAMETER),
        (plain(b"\x02" + hello[1:]), AlertDescription.UNEXPECTED_MESSAGE),
    ]:
        assert failure(Pair().server, data).alert == alert, data.hex()


def test_unknown_things_in_a_client_hello_are_ignored() -> None:
    """LINK6: suites, groups, extensions and versions of tomorrow (RFC 8701)."""
    pair = Pair()
    hello = hello_of(pair)
    found = {0x0A0A: b"", **hello.extensions, 0x2A2A: b"\0"}
    found[ExtensionType.SUPPORTED_VERSIONS] = b"\4\x1a\x1a\3\4"
    found[ExtensionType.SUPPORTED_GROUPS] = b"\0\4\x3a\x3a\0\x1d"
    share = found[ExtensionType.KEY_SHARE]
    found[ExtensionType.KEY_SHARE] = wire.vector(2, b"\x3a\x3a\0\1\0" + share[2:])
    found[ExtensionType.PSK_KEY_EXCHANGE_MODES] = b"\2\0\1"
    greased = replace(hello, extensions=found, cipher_suites=(0x4A4A, *hello.cipher_suites))
    pair.to_server(plain(greased.encode()))
    assert pair.server._state is State.WAIT_FINISHED


SECOND_HELLOS: dict[str, Callable[[ClientHello], ClientHello]] = {
    "another random": lambda hello: replace(hello, random=bytes(32)),
    "another session": lambda hello: replace(hello, session_id=b""),
    "other suites": lambda hello: replace(hello, cipher_suites=hello.cipher_suites[:2]),
    "another name": lambda hello: replace(
        hello, extensions={**hello.extensions, ExtensionType.SERVER_NAME: b"\0\4\0\0\1x"}
    ),
    "one extension more": lambda hello: replace(hello, extensions={**hello.extensions, 4444: b""}),
    "the old share": lambda hello: replace(
        hello, extensions={**hello.extensions, ExtensionType.KEY_SHARE: b"\0\x24\0\x1d\0\x20" + b"x" * 32}
    ),
    "no share": lambda hello: replace(
        hello, extensions={**hello.extensions, ExtensionType.KEY_SHARE: b"\0\0"}
    ),
}


@pytest.mark.parametrize("name", SECOND_HELLOS)
def test_bad_second_client_hellos(name: str) -> None:
    """LINK7: what may not change, does not."""
    pair = Pair(server=server_config(groups=(HYBRID,)))
    pair.to_server(pair.client.data_to_send())
    pair.to_client(pair.server.data_to_send())
    _, second = records(pair.client.data_to_send())
    hello = SECOND_HELLOS[name](ClientHello.decode(second[9:]))
    assert failure(pair.server, plain(hello.encode())).alert == AlertDescription.ILLEGAL_PARAMETER


def test_early_data_in_a_second_client_hello() -> None:
    """LINK7, LINK29."""
    ticket, store = with_ticket()
    pair = Pair(client_config(ticket=ticket, early_data=b"x"), server_config(groups=(HYBRID,)), store=store)
    pair.to_server(pair.client.data_to_send())
    pair.to_client(pair.server.data_to_send())
    (second,) = records(pair.client.data_to_send())
    hello = ClientHello.decode(second[9:])
    psk = hello.extensions[ExtensionType.PRE_SHARED_KEY]
    found = {**without(ExtensionType.PRE_SHARED_KEY)(dict(hello.extensions)), ExtensionType.EARLY_DATA: b""}
    found[ExtensionType.PRE_SHARED_KEY] = psk
    bad = plain(replace(hello, extensions=found).encode())
    assert failure(pair.server, bad).alert == AlertDescription.ILLEGAL_PARAMETER


def server_hello(pair: Pair) -> ServerHello:
    pair.to_server(pair.client.data_to_send())
    record = next(iter(records(pair.server.data_to_send())))
    return ServerHello.decode(record[9:])


def extended(kind: int, body: bytes | None) -> Callable[[ServerHello], ServerHello]:
    def change(hello: ServerHello) -> ServerHello:
        found = without(kind)(dict(hello.extensions))
        return replace(hello, extensions=found if body is None else {**found, kind: body})

    return change


SERVER_HELLOS: dict[str, tuple[Callable[[ServerHello], ServerHello], AlertDescription]] = {
    "TLS 1.2": (extended(ExtensionType.SUPPORTED_VERSIONS, None), AlertDescription.PROTOCOL_VERSION),
    "TLS 1.5": (extended(ExtensionType.SUPPORTED_VERSIONS, b"\3\5"), AlertDescription.ILLEGAL_PARAMETER),
    "other session": (lambda hello: replace(hello, session_id=bytes(32)), AlertDescription.ILLEGAL_PARAMETER),
    "other suite": (lambda hello: replace(hello, cipher_suite=0x1304), AlertDescription.ILLEGAL_PARAMETER),
    "no share": (extended(ExtensionType.KEY_SHARE, None), AlertDescription.MISSING_EXTENSION),
    "unsent group": (
        extended(ExtensionType.KEY_SHARE, b"\x11\xec\0\1x"),
        AlertDescription.ILLEGAL_PARAMETER,
    ),
    "zero share": (
        extended(ExtensionType.KEY_SHARE, b"\0\x1d\0\x20" + bytes(32)),
        AlertDescription.ILLEGAL_PARAMETER,
    ),
    "unoffered ticket": (
        extended(ExtensionType.PRE_SHARED_KEY, b"\0\0"),
        AlertDescription.UNSUPPORTED_EXTENSION,
    ),
    "unoffered extension": (extended(4444, b""), AlertDescription.UNSUPPORTED_EXTENSION),
    "misplaced extension": (
        extended(ExtensionType.ALPN, b"\0\2\1h"),
        AlertDescription.ILLEGAL_PARAMETER,
    ),
    "cookie": (extended(ExtensionType.COOKIE, b"\0\1x"), AlertDescription.ILLEGAL_PARAMETER),
    "retry for nothing": (
        lambda hello: ServerHello(
            HELLO_RETRY_RANDOM,
            hello.session_id,
            hello.cipher_suite,
            {ExtensionType.SUPPORTED_VERSIONS: b"\3\4"},
        ),
        AlertDescription.ILLEGAL_PARAMETER,
    ),
}


@pytest.mark.parametrize("name", SERVER_HELLOS)
def test_bad_server_hellos(name: str) -> None:
    """LINK8, LINK12."""
    change, alert = SERVER_HELLOS[name]
    pair = Pair()
    bad = change(server_hello(pair))
    assert failure(pair.client, plain(bad.encode())).alert == alert


def test_a_server_that_chooses_a_ticket_wrongly() -> None:
    """LINK8: another index, or a suite of another hash."""
    ticket, _ = with_ticket()
    for index, suite in ((1, CipherSuite.AES_256_GCM_SHA384), (0, CipherSuite.AES_128_GCM_SHA256)):
        pair = Pair(client_config(ticket=ticket))
        hello = replace(server_hello(pair), cipher_suite=suite)
        bad = extended(ExtensionType.PRE_SHARED_KEY, index.to_bytes(2))(hello)
        assert failure(pair.client, plain(bad.encode())).alert == AlertDescription.ILLEGAL_PARAMETER


@pytest.mark.parametrize("group", [b"\0\x1d", b"\0\x17", b"\x11\xec\0"])
def test_bad_retry_requests(group: bytes) -> None:
    """LINK7: for a share that was sent, or a group that was not offered."""
    pair = Pair()
    hello = server_hello(pair)
    retry = ServerHello(
        HELLO_RETRY_RANDOM,
        hello.session_id,
        hello.cipher_suite,
        {ExtensionType.SUPPORTED_VERSIONS: b"\3\4", ExtensionType.KEY_SHARE: group},
    )
    error = failure(pair.client, plain(retry.encode()))
    assert error.alert in {AlertDescription.ILLEGAL_PARAMETER, AlertDescription.DECODE_ERROR}


def test_a_second_retry_request_and_another_suite() -> None:
    """LINK7: one is enough, and its suite stands."""
    changes: list[dict[str, Any]] = [
        {},
        {"random": bytes(32), "cipher_suite": CipherSuite.AES_128_GCM_SHA256},
    ]
    for change in changes:
        pair = Pair(server=server_config(groups=(HYBRID,)))
        retry = server_hello(pair)
        pair.to_client(plain(retry.encode()))
        pair.client.data_to_send()
        error = failure(pair.client, plain(replace(retry, **change).encode()))
        assert error.alert in {AlertDescription.UNEXPECTED_MESSAGE, AlertDescription.ILLEGAL_PARAMETER}


def test_a_cookie_is_sent_back() -> None:
    """LINK7."""
    pair = Pair(server=server_config(groups=(HYBRID,)))
    retry = extended(ExtensionType.COOKIE, b"\0\3abc")(server_hello(pair))
    pair.to_client(plain(retry.encode()))
    _, second = records(pair.client.data_to_send())
    hello = ClientHello.decode(second[9:])
    assert hello.extensions[ExtensionType.COOKIE] == b"\0\3abc"
    for cookie in (b"\0\0", wire.vector(2, bytes(bounds.COOKIE_BYTES_MAX + 1))):
        other = Pair(server=server_config(groups=(HYBRID,)))
        bad = extended(ExtensionType.COOKIE, cookie)(server_hello(other))
        failure(other.client, plain(bad.encode()))


class Forger(ServerConnection):
    """A server whose flight is changed before it is sealed."""

    def __init__(self, change: Callable[[list[bytes]], list[bytes]], **changes: Any) -> None:
        super().__init__(server_config(**changes), random=lambda size: b"\x07" * size, now=NOW)
        self._change = change

    def _send_handshake(self, message: bytes, *, first: bool = False) -> None:
        if self._sealer is not None and self._state is State.START:
            flight = []
            while message:
                stop = 4 + int.from_bytes(message[1:4])
                flight.append(message[:stop])
                message = message[stop:]
            message = b"".join(self._change(flight))
        super()._send_handshake(message, first=first)


def forged(change: Callable[[list[bytes]], list[bytes]], **changes: Any) -> TlsError:
    """Return what a client says to a server that changes its flight so."""
    client = ClientConnection(client_config(**changes), random=lambda size: b"\x09" * size, now=NOW)
    server = Forger(change)
    server.receive(client.data_to_send(), NOW)
    return failure(client, server.data_to_send())


def swapped(index: int, message: bytes) -> Callable[[list[bytes]], list[bytes]]:
    return lambda flight: [*flight[:index], message, *flight[index + 1 :]]


FLIGHTS: dict[str, tuple[Callable[[list[bytes]], list[bytes]], AlertDescription]] = {
    "no certificate": (lambda flight: [flight[0], flight[3]], AlertDescription.UNEXPECTED_MESSAGE),
    "no signature": (lambda flight: [*flight[:2], flight[3]], AlertDescription.UNEXPECTED_MESSAGE),
    "no extensions": (lambda flight: flight[1:], AlertDescription.UNEXPECTED_MESSAGE),
    "certificate twice": (lambda flight: [*flight[:2], *flight[1:]], AlertDescription.UNEXPECTED_MESSAGE),
    "more after Finished": (lambda flight: [*flight, flight[0]], AlertDescription.UNEXPECTED_MESSAGE),
    "certificate request": (
        lambda flight: [flight[0], b"\x0d\0\0\3\0\0\0", *flight[1:]],
        AlertDescription.UNEXPECTED_MESSAGE,
    ),
    "wrong Finished": (swapped(3, messages.encode_finished(bytes(48))), AlertDescription.DECRYPT_ERROR),
    "short Finished": (swapped(3, messages.encode_finished(b"")), AlertDescription.DECRYPT_ERROR),
    "long Finished": (swapped(3, messages.encode_finished(bytes(65))), AlertDescription.ILLEGAL_PARAMETER),
    "wrong signature": (
        swapped(2, messages.encode_certificate_verify(0x0807, bytes(64))),
        AlertDescription.DECRYPT_ERROR,
    ),
    "PKCS1 signature": (
        swapped(2, messages.encode_certificate_verify(0x0401, bytes(64))),
        AlertDescription.ILLEGAL_PARAMETER,
    ),
    "empty chain": (swapped(1, b"\x0b\0\0\4\0\0\0\0"), AlertDescription.DECODE_ERROR),
    "certificate context": (swapped(1, b"\x0b\0\0\5\1x\0\0\0"), AlertDescription.ILLEGAL_PARAMETER),
    "no certificate at all": (
        swapped(1, messages.encode_certificate((b"x",))),
        AlertDescription.BAD_CERTIFICATE,
    ),
    "long chain": (swapped(1, messages.encode_certificate((b"x",) * 11)), AlertDescription.BAD_CERTIFICATE),
    "certificate extension": (
        swapped(1, b"\x0b\0\0\x0c\0\0\0\x08\0\0\1x\0\2\0\0"),
        AlertDescription.UNSUPPORTED_EXTENSION,
    ),
    "unasked protocol": (
        swapped(0, messages.encode_encrypted_extensions({16: b"\0\3\2h2"})),
        AlertDescription.ILLEGAL_PARAMETER,
    ),
    "no protocol": (
        swapped(0, messages.encode_encrypted_extensions({})),
        AlertDescription.NO_APPLICATION_PROTOCOL,
    ),
    "early data nobody sent": (
        swapped(0, messages.encode_encrypted_extensions({42: b""})),
        AlertDescription.UNSUPPORTED_EXTENSION,
    ),
    "key share": (
        swapped(0, messages.encode_encrypted_extensions({51: b""})),
        AlertDescription.ILLEGAL_PARAMETER,
    ),
    "cookie": (
        swapped(0, messages.encode_encrypted_extensions({44: b""})),
        AlertDescription.ILLEGAL_PARAMETER,
    ),
    "full server name": (
        swapped(0, messages.encode_encrypted_extensions({0: b"x"})),
        AlertDescription.DECODE_ERROR,
    ),
    "huge certificate": (swapped(1, b"\x0b\1\0\1"), AlertDescription.ILLEGAL_PARAMETER),
}


@pytest.mark.parametrize("name", FLIGHTS)
def test_bad_flights_of_a_server(name: str) -> None:
    """LINK2, LINK3, LINK8, LINK11, LINK14: the client never completes."""
    change, alert = FLIGHTS[name]
    assert forged(change).alert == alert


def test_the_tables_are_whole() -> None:
    """LINK2: every handler exists, every state can be reached, and every message has a bound."""
    for table, kind, start in (
        (CLIENT, ClientConnection, State.WAIT_SH),
        (SERVER, ServerConnection, State.START),
    ):
        reached = {start}
        for _ in State:
            for (state, _), transition in table.items():
                if state in reached:
                    reached |= transition.to
        # Between hellos and look-up the shell moves the server, not a message.
        assert {state for state, _ in table} <= reached
        assert State.CONNECTED in reached
        for (_, message), transition in table.items():
            assert callable(getattr(kind, transition.handler))
            assert HandshakeType(message) in bounds.MESSAGE_BYTES_MAX


@pytest.mark.parametrize("message", list(HandshakeType))
def test_every_message_in_every_state_of_a_server(message: HandshakeType) -> None:
    """LINK2: what is not in the table is refused before its body has come."""
    for state in State:
        pair = Pair()
        pair.server._state = state
        if state is State.RECVD_CH or (state, message) in SERVER:
            continue
        error = failure(pair.server, plain(bytes((message, 0, 255, 255))))
        assert error.alert == AlertDescription.UNEXPECTED_MESSAGE


def finished_of_a_client(pair: Pair) -> tuple[Sealer, bytes]:
    """Go on until the client's Finished is due; return what seals it, and the message."""
    pair.to_server(pair.client.data_to_send())
    pair.to_client(pair.server.data_to_send())
    sealer = Sealer(pair.client._suite, pair.client._handshake_secrets[0])
    last = list(records(pair.client.data_to_send()))[-1]
    opener = Opener(sealer.suite, sealer.secret)
    return sealer, opener.open(last[:5], memoryview(last)[5:])[:-1]


def test_a_wrong_finished_of_a_client() -> None:
    """LINK14, LINK22: no connection, and so no tickets."""
    pair = Pair()
    sealer, good = finished_of_a_client(pair)
    bad = bytes((*good[:-1], good[-1] ^ 1))
    error = failure(pair.server, b"".join(sealer.seal(bad + b"\x16")))
    assert error.alert == AlertDescription.DECRYPT_ERROR
    assert pair.server.events() == []
    pair = Pair()
    sealer, good = finished_of_a_client(pair)
    pair.to_server(b"".join(sealer.seal(good + b"\x16")))
    assert pair.server.is_connected


def test_nothing_is_skipped_after_the_first_good_record() -> None:
    """LINK29: half a Finished is enough to tell that early data is over."""
    ticket, _ = with_ticket()
    pair = Pair(client_config(ticket=ticket, early_data=b"x"))
    sealer, good = finished_of_a_client(pair)
    pair.to_server(b"".join(sealer.seal(good[:10] + b"\x16")))
    assert failure(pair.server, b"\x17\x03\x03\0\x20" + bytes(32)).alert == AlertDescription.BAD_RECORD_MAC
