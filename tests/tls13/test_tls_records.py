"""Records, keys and the end, by docs/protocol/link.md: LINK3 to LINK5, LINK15, LINK16, LINK18, LINK19."""

from __future__ import annotations

import pytest

from hutong.protocols.tls13 import (
    AlertDescription,
    Connection,
    KeyLife,
    KeysUpdated,
    PeerAlertError,
    PeerClosed,
    TlsError,
    TlsStateError,
    reading,
)
from hutong.protocols.tls13 import limits as bounds
from tests.tls13.pair import NOW, Pair, client_config, data_of, failure, records, server_config

HANDSHAKE, ALERT, DATA, CCS = 22, 21, 23, 20


def inject(sender: Connection, kind: int, content: bytes, padding: int = 0) -> None:
    """Seal something a well-behaved sender never would."""
    assert sender._sealer is not None
    sender._out += sender._sealer.seal(content + bytes((kind,)) + bytes(padding))


def refused_by_server(pair: Pair) -> TlsError:
    with pytest.raises(TlsError) as refused:
        pair.run()
    assert not pair.server.is_connected
    with pytest.raises(PeerAlertError) as told:
        pair.to_client(pair.server.data_to_send())
    assert told.value.alert == refused.value.alert
    return refused.value


def test_large_data_is_cut_into_records() -> None:
    """LINK4: 2^14 bytes at most in each."""
    pair = Pair().run()
    pair.client.send(bytes(3 * 16_384 + 1))
    sizes = [len(record) - 5 - 17 for record in records(pair.client.data_to_send())]
    assert sizes == [16_384, 16_384, 16_384, 1]


def test_an_empty_send_is_nothing() -> None:
    """LINK4."""
    pair = Pair().run()
    pair.client.send(b"")
    assert pair.client.data_to_send() == b""


@pytest.mark.parametrize("padding", [1, 100, 16_384 - 4])
def test_padding_is_taken_off(padding: int) -> None:
    """LINK4."""
    pair = Pair().run()
    inject(pair.client, DATA, b"text", padding)
    pair.run()
    assert data_of(pair.at_server) == b"text"


@pytest.mark.parametrize(
    ("kind", "content", "padding", "alert"),
    [
        (DATA, bytes(16_385), 0, AlertDescription.RECORD_OVERFLOW),
        (DATA, b"x", 16_384, AlertDescription.RECORD_OVERFLOW),
        (0, b"", 5, AlertDescription.UNEXPECTED_MESSAGE),
        (CCS, b"\x01", 0, AlertDescription.UNEXPECTED_MESSAGE),
        (24, b"\x01", 0, AlertDescription.UNEXPECTED_MESSAGE),
        (HANDSHAKE, b"", 0, AlertDescription.UNEXPECTED_MESSAGE),
        (ALERT, b"\x02", 0, AlertDescription.DECODE_ERROR),
        (ALERT, b"\x01\x00\x01\x00", 0, AlertDescription.DECODE_ERROR),
    ],
)
def test_bad_contents(kind: int, content: bytes, padding: int, alert: AlertDescription) -> None:
    """LINK4, LINK19."""
    pair = Pair().run()
    inject(pair.client, kind, content, padding)
    assert refused_by_server(pair).alert == alert


@pytest.mark.parametrize(
    ("record", "alert"),
    [
        (b"\x17\x03\x03\x41\x01", AlertDescription.RECORD_OVERFLOW),
        (b"\x17\x03\x03\x00\x20" + bytes(32), AlertDescription.BAD_RECORD_MAC),
        (b"\x17\x03\x03\x00\x00", AlertDescription.BAD_RECORD_MAC),
        (b"\x16\x03\x03\x00\x04\x18\0\0\1\0", AlertDescription.UNEXPECTED_MESSAGE),
        (b"\x15\x03\x03\x00\x02\x02\x28", AlertDescription.UNEXPECTED_MESSAGE),
        (b"\x14\x03\x03\x00\x01\x01", AlertDescription.UNEXPECTED_MESSAGE),
        (b"GET / HTTP/1.1\r\n\r\n", AlertDescription.UNEXPECTED_MESSAGE),
        (b"\x47\x03\x03\x00\x10", AlertDescription.UNEXPECTED_MESSAGE),
    ],
)
def test_bad_records(record: bytes, alert: AlertDescription) -> None:
    """LINK4: on a live connection nothing comes unprotected."""
    pair = Pair().run()
    assert failure(pair.server, record).alert == alert


def test_what_is_not_tls_at_all() -> None:
    """LINK4: a first flight that is no record is refused as soon as that can be told."""
    for data in (
        b"\x80\x2e\x01\x00\x02",
        b"\x17\x03\x01\x00\x05hello",
        b"\x14\x03\x03\x00\x01\x01",
        b"\x16\x03\x01\x40\x01",
    ):
        pair = Pair()
        assert failure(pair.server, data + bytes(20_000)).alert in {
            AlertDescription.UNEXPECTED_MESSAGE,
            AlertDescription.RECORD_OVERFLOW,
        }


def test_tampering_and_reordering() -> None:
    """LINK4: every bit of a record counts, and its place."""
    pair = Pair().run()
    pair.client.send(b"one")
    pair.client.send(b"two")
    first, second = records(pair.client.data_to_send())
    for at in (0, 5, len(first) - 1):
        pair = Pair().run()
        pair.client.send(b"one")
        damaged = bytearray(pair.client.data_to_send())
        damaged[at] ^= 0x80
        failure(pair.server, bytes(damaged))
    for data in (second, first + first, second + first):
        pair = Pair().run()
        assert failure(pair.server, data).alert == AlertDescription.BAD_RECORD_MAC


def test_what_came_before_a_bad_record_is_kept() -> None:
    """LINK19: it was genuine."""
    pair = Pair().run()
    pair.client.send(b"genuine")
    with pytest.raises(TlsError):
        pair.to_server(pair.client.data_to_send() + b"\x17\x03\x03\x00\x20" + bytes(32))
    assert data_of(pair.at_server) == b"genuine"
    assert failure(pair.server, b"").alert == AlertDescription.BAD_RECORD_MAC
    with pytest.raises(TlsStateError):
        pair.server.send(b"x")
    with pytest.raises(TlsStateError):
        pair.server.export("a", b"", 32)
    assert pair.server.deadline is None
    pair.server.close()
    assert len(list(records(pair.server.data_to_send()))) == 1


def test_empty_records_in_a_row() -> None:
    """LINK4: 32 of them."""
    pair = Pair().run()
    for _ in range(2):
        for _ in range(32):
            inject(pair.client, DATA, b"")
        inject(pair.client, DATA, b"x")
    pair.run()
    assert data_of(pair.at_server) == b"xx"
    for _ in range(33):
        inject(pair.client, DATA, b"")
    assert refused_by_server(pair).alert == AlertDescription.UNEXPECTED_MESSAGE


def test_change_cipher_spec() -> None:
    """LINK5: ignored in the handshake, four times at most, and only as it should look."""
    ccs = b"\x14\x03\x03\x00\x01\x01"
    pair = Pair()
    pair.to_server(pair.client.data_to_send() + ccs * 3)
    pair.run().say()
    for bad in (
        ccs * 5,
        b"\x14\x03\x03\x00\x01\x02",
        b"\x14\x03\x03\x00\x02\x01\x01",
        b"\x14\x03\x03\x00\x00",
    ):
        pair = Pair()
        hello = pair.client.data_to_send()
        assert failure(pair.server, hello + bad).alert == AlertDescription.UNEXPECTED_MESSAGE


def test_a_message_in_many_pieces() -> None:
    """LINK3: in records of one byte; but nothing else may come between."""
    pair = Pair()
    hello = pair.client.data_to_send()[5:]
    pieces = b"".join(b"\x16\x03\x01\x00\x01" + hello[at : at + 1] for at in range(len(hello)))
    pair.to_server(pieces)
    pair.run().say()
    for between in (b"\x14\x03\x03\x00\x01\x01", b"\x17\x03\x03\x00\x01x"):
        pair = Pair()
        data = pieces[:60] + between + pieces[60:]
        assert failure(pair.server, data).alert == AlertDescription.UNEXPECTED_MESSAGE
    pair = Pair().run()
    inject(pair.client, HANDSHAKE, b"\x18\0\0")
    inject(pair.client, DATA, b"x")
    assert refused_by_server(pair).alert == AlertDescription.UNEXPECTED_MESSAGE


@pytest.mark.parametrize("both", [False, True])
def test_key_update(both: bool) -> None:
    """LINK15: one direction, or both when asked for; data goes on."""
    pair = Pair().run()
    before = pair.client._sealer.secret, pair.server._sealer.secret  # type: ignore[union-attr]
    pair.client.update_keys(request_peer=both)
    pair.say()
    after = pair.client._sealer.secret, pair.server._sealer.secret  # type: ignore[union-attr]
    assert before[0] != after[0]
    assert (before[1] != after[1]) == both
    assert KeysUpdated() in pair.at_server
    assert (KeysUpdated() in pair.at_client) == both


def test_several_requests_get_one_answer() -> None:
    """LINK15."""
    pair = Pair().run()
    for _ in range(5):
        pair.client.update_keys(request_peer=True)
    pair.run()
    assert pair.at_client.count(KeysUpdated()) == 1
    pair.say()


@pytest.mark.parametrize(
    ("content", "alert"),
    [
        (b"\x18\0\0\1\2", AlertDescription.ILLEGAL_PARAMETER),
        (b"\x18\0\0\0", AlertDescription.DECODE_ERROR),
        (b"\x18\0\0\2\0\0", AlertDescription.ILLEGAL_PARAMETER),
        (b"\x18\0\0\1\0\x18\0\0\1\0", AlertDescription.UNEXPECTED_MESSAGE),
        (b"\x01\0\0\1\0", AlertDescription.UNEXPECTED_MESSAGE),
        (b"\x04\0\0\1\0", AlertDescription.UNEXPECTED_MESSAGE),
        (b"\x63\0\0\1\0", AlertDescription.UNEXPECTED_MESSAGE),
    ],
)
def test_bad_messages_on_a_live_connection(content: bytes, alert: AlertDescription) -> None:
    """LINK2, LINK3, LINK15."""
    pair = Pair().run()
    inject(pair.client, HANDSHAKE, content)
    assert refused_by_server(pair).alert == alert


def test_a_flood_of_key_updates() -> None:
    """LINK15: 32 without anything between."""
    pair = Pair().run()
    for _ in range(32):
        pair.client.update_keys()
    pair.run()
    pair.say()
    for _ in range(40):
        pair.client.update_keys()
    assert refused_by_server(pair).alert == AlertDescription.UNEXPECTED_MESSAGE


def test_keys_change_after_so_many_records() -> None:
    """LINK16: every 10 here, in one large send as well as in small ones."""
    life = KeyLife(records_max=10)
    pair = Pair(client_config(key_life=life), server_config(key_life=life)).run()
    for _ in range(25):
        pair.client.send(b"x")
    pair.client.send(bytes(16_384 * 25))
    pair.run()
    assert data_of(pair.at_server) == b"x" * 25 + bytes(16_384 * 25)
    assert pair.at_server.count(KeysUpdated()) == 4
    pair.say()


def test_keys_change_after_so_much_time() -> None:
    """LINK16: when the clock says so, and when something comes."""
    pair = Pair().run()
    assert pair.client.deadline == NOW + 3600
    pair.client.advance(NOW + 3599)
    assert pair.client.data_to_send() == b""
    pair.client.advance(NOW + 3600)
    assert pair.client.deadline == NOW + 7200
    pair.run()
    assert pair.at_server[-1] == KeysUpdated()
    pair.now = NOW + 4000
    pair.client.send(b"x")
    pair.run()
    assert pair.at_client[-1] == KeysUpdated()
    pair.say()


def test_a_peer_that_keeps_its_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """LINK16: it is asked once to change them, and refused when it does not."""
    monkeypatch.setattr(reading, "PEER_KEY_RECORDS_ASK", 20)
    monkeypatch.setattr(bounds, "PEER_KEY_RECORDS_MAX", 80)
    pair = Pair().run()
    for _ in range(30):
        pair.client.send(b"x")
    pair.to_server(pair.client.data_to_send())
    asked = list(records(pair.server.data_to_send()))
    assert len(asked) == 1
    pair.to_client(asked[0])
    pair.run()
    assert pair.at_server[-1] == KeysUpdated()
    for _ in range(80):
        pair.client.send(b"x")
    with pytest.raises(TlsError) as refused:
        pair.to_server(pair.client.data_to_send())
    assert refused.value.alert == AlertDescription.UNEXPECTED_MESSAGE


def test_closing() -> None:
    """LINK18: each side closes its own direction."""
    pair = Pair().run()
    pair.client.send(b"last words")
    pair.client.close()
    pair.client.close()
    pair.run()
    assert data_of(pair.at_server) == b"last words"
    assert pair.at_server[-1] == PeerClosed()
    with pytest.raises(TlsStateError):
        pair.client.send(b"x")
    pair.server.send(b"still here")
    pair.server.update_keys(request_peer=True)
    pair.server.close()
    pair.run()
    assert data_of(pair.at_client) == b"still here"
    assert pair.at_client[-1] == PeerClosed()
    pair.client.receive(b"what comes after the end is not looked at", NOW)


def test_closing_in_the_middle_of_a_handshake() -> None:
    """LINK18: that is an error for the other side, for there is no connection."""
    pair = Pair()
    pair.client.close()
    with pytest.raises(PeerAlertError) as told:
        pair.run()
    assert told.value.alert == AlertDescription.CLOSE_NOTIFY
    # The flight, and no alert behind it.
    assert len(list(records(pair.server.data_to_send()))) == 3


@pytest.mark.parametrize("level", [1, 2])
@pytest.mark.parametrize(("code", "alert"), [(40, 40), (80, 80), (1, 117), (255, 117)])
def test_alerts_end_the_connection(level: int, code: int, alert: int) -> None:
    """LINK19: whatever level they claim, known or not."""
    pair = Pair().run()
    inject(pair.client, ALERT, bytes((level, code)))
    with pytest.raises(PeerAlertError) as told:
        pair.run()
    assert told.value.alert == alert
    assert pair.server.data_to_send() == b""


def test_user_canceled_is_only_a_warning() -> None:
    """LINK19: four of them."""
    pair = Pair().run()
    for _ in range(4):
        inject(pair.client, ALERT, b"\x01\x5a")
    pair.say()
    inject(pair.client, ALERT, b"\x01\x5a")
    refused_by_server(pair)
