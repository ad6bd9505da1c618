"""Records under everything that may happen to them on the way."""

from __future__ import annotations

import os

import pytest

from hutong.protocols.sealed import (
    BULK,
    CONTROL,
    EARLY_BYTES_MAX,
    LOW_WATER_BYTES,
    MESSAGE,
    MESSAGE_BYTES_MAX,
    Opener,
    Outbox,
    SealedError,
    Sealer,
    early_size_bytes,
    record,
    wire,
)
from hutong.protocols.sealed.record import AWAKE_MAX, NEWCOMER_RECORDS, NEWCOMERS_AWAKE_MAX
from hutong.protocols.sealed.window import WINDOW
from tests.sealed.talk import Talk

SECRET = bytes(32)


def test_what_is_said_is_heard() -> None:
    """SEAL10 to SEAL12: at every size where something changes"""
    sealer, opener = Sealer(SECRET), Opener(SECRET)
    edges = [0, 1, 14, 15, 16, 255, 256, 511, 512, 16_382, 16_383, 16_384, 32_766, 32_767, MESSAGE_BYTES_MAX]
    for size in edges:
        # Ends in zeros, which must not be taken for padding.
        message = os.urandom(size // 2) + bytes(size - size // 2)
        records = sealer.seal_all(message, MESSAGE)
        assert [opener.open(each) for each in records] == [None] * (len(records) - 1) + [message]
        assert max(map(len, records)) <= wire.RECORD_BYTES_MAX


def test_a_record_shows_a_bucket_and_not_a_size() -> None:
    """SEAL11: eight steps to each doubling"""
    sizes = {len(Sealer(SECRET).seal(bytes(size), MESSAGE)) for size in range(wire.FRAGMENT_BYTES_MAX + 1)}
    assert len(sizes) == 256 // 16 + 6 * 8
    assert {wire.padded_bytes(size) for size in range(257, 513)} == set(range(288, 513, 32))


def test_a_message_beyond_the_bound_ends_it() -> None:
    """SEAL12"""
    sealer, opener = Sealer(SECRET), Opener(SECRET)
    with pytest.raises(ValueError, match="1 MiB"):
        sealer.seal_all(bytes(MESSAGE_BYTES_MAX + 1), MESSAGE)
    part = bytes(wire.FRAGMENT_BYTES_MAX) + b"\x01"
    for _ in range(MESSAGE_BYTES_MAX // wire.FRAGMENT_BYTES_MAX):
        assert opener.open(sealer._seal(part, MESSAGE)) is None
    with pytest.raises(SealedError):
        opener.open(sealer._seal(part, MESSAGE))


def test_no_two_records_are_sealed_alike() -> None:
    """SEAL7: of the same message, in any class, phase, direction or stage"""
    talk = Talk()
    early = talk.client.seal_early(b"text", MESSAGE)
    sealers = [talk.accepted(), talk.core.sealer]
    seen = [each[wire.RECORD_HEADER_BYTES :] for each in early]
    for sealer in sealers:
        for klass in (MESSAGE, CONTROL, BULK, MESSAGE):
            seen.append(sealer.seal(b"text", klass)[wire.RECORD_HEADER_BYTES :])
            sealer.change_keys()
    assert len(set(seen)) == len(seen) == 9


def test_keys_change_by_themselves(monkeypatch: pytest.MonkeyPatch) -> None:
    """SEAL8: after 2^20 records, of which this test has ten"""
    assert record.PHASE_RECORDS_MAX == 2**20
    monkeypatch.setattr(record, "PHASE_RECORDS_MAX", 10)
    sealer, opener = Sealer(SECRET), Opener(SECRET)
    phases = []
    for number in range(45):
        sealed = sealer.seal(b"%d" % number, number % 3)
        phases.append(bool(sealed[0] & wire.PHASE))
        assert opener.open(sealed) == b"%d" % number
    assert phases == ([False] * 10 + [True] * 10) * 2 + [False] * 5


def test_a_phase_that_is_over_is_over() -> None:
    """SEAL8: its key is forgotten when none of its numbers can be taken any more"""
    sealer, opener = Sealer(SECRET), Opener(SECRET)
    late = sealer.seal(b"late", BULK)
    sealer.change_keys()
    opener.open(sealer.seal(b"first", MESSAGE))
    kept = []
    for _ in range(1024):
        kept.append(opener._before is not None)
        opener.open(sealer.seal(b"", MESSAGE))
    assert all(kept)
    assert opener._before is None
    assert opener.open(late) is None  # beyond the window


def test_sequence_numbers_wrap() -> None:
    """SEAL9: sent modulo 2^16, restored to the nearest"""
    sealer, opener = Sealer(SECRET), Opener(SECRET)
    for start in (65_534, 3 * 65_536 - 2):
        while sealer._sequence < start:
            opener.open(sealer.seal(b"", MESSAGE))
        ahead, behind = sealer.seal(b"1", BULK), [sealer.seal(b"2", CONTROL) for _ in range(4)]
        assert [opener.open(each) for each in [*behind, ahead]] == [b"2"] * 4 + [b"1"]
        assert [opener.open(each) for each in [ahead, *behind]] == [None] * 5


def test_what_is_missing_is_bounded() -> None:
    """SEAL9: however many records are left out, nobody remembers more of them than the window"""
    sealer, opener = Sealer(SECRET), Opener(SECRET)
    for _ in range(2_000):
        sealer._sequence += 1
        assert opener.open(sealer.seal(b"x", CONTROL)) == b"x"
        assert len(opener._window._missing or ()) <= WINDOW
    sealer._sequence += 30_000
    assert opener.open(sealer.seal(b"x", CONTROL)) == b"x"
    assert len(opener._window._missing or ()) <= WINDOW


def test_early_records_are_bounded() -> None:
    """SEAL14: by the client, and by the core when the client is not ours"""
    talk = Talk()
    message = bytes(1000)
    while talk.client.seal_early(message, MESSAGE):
        pass
    assert 0 <= talk.client._early_left < early_size_bytes(1000)
    talk = Talk()
    sealer = talk.client._early_sealer
    assert sealer is not None
    opened = 0
    with pytest.raises(SealedError):  # noqa: PT012  which of them is too much is what this counts
        while True:
            assert talk.core.open(sealer.seal(message, MESSAGE)) == message
            opened += 1
    assert opened == (EARLY_BYTES_MAX - len(talk.client.opening)) // early_size_bytes(1000)


def test_the_size_of_early_records_is_known_before() -> None:
    """SEAL14"""
    for size in (0, 1, 15, 16, 300, 5_000, 14_000):
        talk = Talk()
        assert sum(map(len, talk.client.seal_early(bytes(size), MESSAGE))) == early_size_bytes(size)


def test_early_keys_end() -> None:
    """SEAL16: for the client with the ACCEPT, for the core with the first main record"""
    talk = Talk()
    (one,), (two,) = talk.client.seal_early(b"one", MESSAGE), talk.client.seal_early(b"two", MESSAGE)
    assert talk.core.open(one) == b"one"
    sealer = talk.accepted()
    assert talk.client.seal_early(b"three", MESSAGE) == []
    assert talk.core.open(sealer.seal(b"main", CONTROL)) == b"main"
    with pytest.raises(SealedError):
        talk.core.open(two)


def test_early_records_cannot_be_left_out() -> None:
    """SEAL7: not even the last of them"""
    talk = Talk()
    (one,), _two = talk.client.seal_early(b"one", MESSAGE), talk.client.seal_early(b"two", MESSAGE)
    sealer = talk.accepted()
    assert talk.core.open(one) == b"one"
    with pytest.raises(SealedError):
        talk.core.open(sealer.seal(b"three", MESSAGE))


def test_a_phase_without_a_record_is_none() -> None:
    """SEAL8: an idle side changes no keys that the other could not follow"""
    sealer, opener = Sealer(SECRET), Opener(SECRET)
    for words in (b"one", b"two", b"three"):
        for _ in range(3):
            sealer.change_keys()
        assert opener.open(sealer.seal(words, MESSAGE)) == words


def test_a_text_overtakes_an_upload_by_the_next_record() -> None:
    """SEAL13"""
    sealer, opener = Sealer(SECRET), Opener(SECRET)
    outbox = Outbox(sealer)
    upload = os.urandom(MESSAGE_BYTES_MAX)
    assert outbox.put(upload, BULK) == []
    assert outbox.waiting_bytes == len(upload)
    wired: list[bytes] = []
    while (sealed := outbox.take_bulk(sum(map(len, wired)))) is not None:
        wired.append(sealed)
    assert LOW_WATER_BYTES <= sum(map(len, wired)) < LOW_WATER_BYTES + wire.RECORD_BYTES_MAX
    wired += outbox.put(b"text", MESSAGE)
    while (sealed := outbox.take_bulk(0)) is not None:
        wired.append(sealed)
    heard = [message for each in wired if (message := opener.open(each)) is not None]
    assert heard == [b"text", upload]
    assert outbox.waiting_bytes == 0
    assert outbox.take_bulk(0) is None


def test_an_outbox_keeps_the_order_of_a_class() -> None:
    """SEAL12, SEAL13"""
    sealer, opener = Sealer(SECRET), Opener(SECRET)
    outbox = Outbox(sealer)
    said = [os.urandom(size) for size in (0, 1, 40_000, 16_383, 5)]
    for message in said:
        outbox.put(message, BULK)
    heard = []
    while (sealed := outbox.take_bulk(0)) is not None:
        heard.append(opener.open(sealed))
    assert [message for message in heard if message is not None] == said
    with pytest.raises(ValueError, match="1 MiB"):
        outbox.put(bytes(MESSAGE_BYTES_MAX + 1), BULK)


def test_most_connections_are_idle() -> None:
    """Ciphers beyond the bound are let go, and made again when they are missed; those of talkers stay."""
    secrets = [bytes([number % 256, number // 256]) * 16 for number in range(AWAKE_MAX)]
    pairs = [(Sealer(secret), Opener(secret)) for secret in secrets]

    def awake() -> int:
        return sum(side._phase._cipher is not None for pair in pairs for side in pair)

    def talk(records: int) -> int:
        for _ in range(records):
            for sealer, opener in pairs:
                assert opener.open(sealer.seal(b"text", MESSAGE)) == b"text"
        return awake()

    assert talk(2) == NEWCOMERS_AWAKE_MAX
    assert talk(NEWCOMER_RECORDS) == AWAKE_MAX + NEWCOMERS_AWAKE_MAX
    newcomers = [Sealer(secret) for secret in secrets]
    assert all(newcomer.seal(b"text", MESSAGE) for newcomer in newcomers)
    assert awake() == AWAKE_MAX
