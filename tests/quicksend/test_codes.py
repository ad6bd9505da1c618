"""Codes and letters, with the vectors the web client reads too."""

from __future__ import annotations

import hashlib
import itertools
import json
import os
from pathlib import Path
from typing import Any

import pytest

from hutong.protocols.quicksend import (
    Code,
    CodeError,
    Conversation,
    Language,
    LetterError,
    WrongCodeError,
    parse_code,
)
from hutong.protocols.quicksend.words import CHINESE, ENGLISH
from hutong.schema import quicksend_pb2 as pb

VECTORS = json.loads(
    (Path(__file__).resolve().parents[2] / "schema/vectors/quicksend.json").read_text(encoding="utf-8")
)
LETTERS = VECTORS["letters"]


@pytest.mark.parametrize(("name", "words"), [("english", ENGLISH), ("chinese", CHINESE)])
def test_words(name: str, words: tuple[str, ...]) -> None:
    """QUICK2: 256 a language, none twice, the same lists everywhere."""
    assert len(set(words)) == len(words) == 256
    assert hashlib.sha256("\n".join(words).encode()).hexdigest() == VECTORS["words"][name]


def test_no_word_is_another_with_one_letter_changed() -> None:
    for one, other in itertools.combinations(ENGLISH, 2):
        if len(one) == len(other):
            assert sum(a != b for a, b in zip(one, other, strict=True)) > 1, (one, other)


@pytest.mark.parametrize("vector", VECTORS["codes"], ids=lambda vector: vector["english"])
def test_codes(vector: dict[str, Any]) -> None:
    """QUICK1, QUICK2."""
    code = Code.make(vector["number"], bytes.fromhex(vector["random"]))
    assert f"{code.value:06x}" == vector["value"]
    assert code.password.decode() == vector["password"]
    assert code.text() == vector["english"]
    assert code.text(Language.CHINESE) == vector["chinese"]
    for reading in vector["readings"]:
        assert parse_code(reading) == code, reading


@pytest.mark.parametrize("vector", VECTORS["refused"], ids=lambda vector: vector["text"][:30])
def test_what_is_no_code(vector: dict[str, Any]) -> None:
    """QUICK3."""
    with pytest.raises(CodeError) as refusal:
        parse_code(vector["text"])
    assert (refusal.value.reason, refusal.value.word) == (vector["reason"], vector["word"])


def test_slips_are_found() -> None:
    """QUICK3: of sixteen slips about fifteen, whatever slipped."""
    found = tried = 0
    for number in range(1_000, 1_400):
        code = Code.make(number, number.to_bytes(4, "big") * 1)
        first, second, third = code.words()
        slips = {f"{number + 1}-{first}-{second}-{third}", f"{number}-{second}-{first}-{third}"}
        for slip in slips - {code.text()}:
            tried += 1
            try:
                parse_code(slip)
            except CodeError:
                found += 1
    assert found / tried > 0.9


def pair() -> tuple[Conversation, Conversation]:
    code = parse_code(LETTERS["code"])
    return (
        Conversation(code, bytes.fromhex(LETTERS["receiver_random"]), sender=False),
        Conversation(code, bytes.fromhex(LETTERS["sender_random"]), sender=True),
    )


def met() -> tuple[Conversation, Conversation]:
    receiver, sender = pair()
    sender.accept(receiver.confirm(sender.answer(receiver.begin())))
    return receiver, sender


def test_letters() -> None:
    """QUICK9, QUICK10."""
    receiver, sender = pair()
    share = receiver.begin()
    answer = sender.answer(share)
    confirmation = receiver.confirm(answer)
    sender.accept(confirmation)
    for letter, name in ((share, "share"), (answer, "answer"), (confirmation, "confirmation")):
        assert letter.SerializeToString().hex() == LETTERS[name]
    for end, other, name in ((sender, receiver, "sender"), (receiver, sender, "receiver")):
        for word, sealed in zip(LETTERS[f"{name}_words"], LETTERS[f"{name}_sealed"], strict=True):
            said = pb.Word.FromString(bytes.fromhex(word))
            letter = end.seal(said)
            assert letter.SerializeToString().hex() == sealed
            assert other.open(letter) == said


def test_another_code() -> None:
    """QUICK8: both sides find out, and neither gets a key."""
    receiver, _ = pair()
    sender = Conversation(Code.make(4821, b"\x00" * 4), os.urandom(64), sender=True)
    answer = sender.answer(receiver.begin())
    with pytest.raises(WrongCodeError):
        receiver.confirm(answer)
    with pytest.raises(WrongCodeError):
        sender.accept(pb.Letter(confirmation=bytes(32)))
    assert not receiver.confirmed
    assert not sender.confirmed


def test_letters_that_are_changed_or_out_of_order() -> None:
    """QUICK10: what the server changes, drops, doubles or turns back is found out."""
    receiver, sender = met()
    first, second = (sender.seal(pb.Word(arrived=pb.Arrived())) for _ in range(2))
    changed = bytearray(first.sealed)
    changed[0] ^= 1
    for wrong in (
        second,
        pb.Letter(sealed=bytes(changed)),
        pb.Letter(sealed=b""),
        pb.Letter(),
        pb.Letter(share=b"x"),
        receiver.seal(pb.Word(arrived=pb.Arrived())),
        pb.Letter(sealed=bytes(100_000)),
    ):
        with pytest.raises(LetterError):
            receiver.open(wrong)
    assert receiver.open(first).HasField("arrived")
    with pytest.raises(LetterError):
        receiver.open(first)


def test_turns() -> None:
    """QUICK9: nobody speaks out of turn, and each exchange is had once."""
    receiver, sender = pair()
    share = receiver.begin()
    with pytest.raises(LetterError):
        sender.accept(pb.Letter(confirmation=b"x"))
    with pytest.raises(LetterError):
        sender.answer(pb.Letter(sealed=b"x"))
    with pytest.raises(LetterError):
        receiver.open(pb.Letter(sealed=b"x" * 30))
    answer = sender.answer(share)
    with pytest.raises(LetterError):
        sender.answer(share)
    with pytest.raises(LetterError):
        receiver.confirm(share)
    sender.accept(receiver.confirm(answer))
    with pytest.raises(LetterError):
        receiver.confirm(answer)
