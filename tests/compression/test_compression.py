"""The code that makes bodies smaller: vectors shared with TypeScript, round trips, bounds."""

from __future__ import annotations

import hashlib
import json
import random
import runpy
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hutong.protocols.compression import BODY_BYTES_MAX, CompressionError, code, compress, decompress
from hutong.protocols.compression.code import _CODES, PROBE_BYTES, _encode
from hutong.protocols.compression.dictionary import TEXT
from hutong.schema import chat_pb2

ROOT = Path(__file__).resolve().parents[2]
VECTORS = json.loads((ROOT / "schema/vectors/compression.json").read_text())
BUILD = ROOT / "schema/dictionary/build.py"


def by_name(vector: dict[str, Any]) -> str:
    return str(vector["name"])


@pytest.mark.parametrize("vector", VECTORS["bodies"], ids=by_name)
def test_what_the_vectors_say(vector: dict[str, Any]) -> None:
    """ZIP1, ZIP2, ZIP4."""
    body = bytes.fromhex(vector["body"])
    packed = compress(body)
    assert (packed.hex() if packed else None) == vector["packed"]
    if packed:
        assert decompress(packed, len(body)) == body


@pytest.mark.parametrize("vector", VECTORS["unpack"], ids=by_name)
def test_what_else_is_taken(vector: dict[str, Any]) -> None:
    """ZIP3."""
    assert decompress(bytes.fromhex(vector["packed"]), vector["limit"]).hex() == vector["body"]


@pytest.mark.parametrize("vector", VECTORS["refused"], ids=by_name)
def test_what_is_refused(vector: dict[str, Any]) -> None:
    """ZIP3, ZIP5."""
    with pytest.raises(CompressionError):
        decompress(bytes.fromhex(vector["packed"]), vector["limit"])


def test_the_committed_dictionary_is_the_one_the_script_builds_and_has_not_changed() -> None:
    """ZIP6."""
    script = runpy.run_path(str(BUILD))
    tokens = script["build"]()
    text = script["joined"](tokens)
    assert (ROOT / "hutong/protocols/compression/dictionary.py").read_text() == script["as_python"](text)
    assert (ROOT / "web/src/link/compression-dictionary.ts").read_text() == script["as_typescript"](text)
    assert len(set(tokens)) == len(tokens)
    assert hashlib.sha256(TEXT.encode()).hexdigest() == VECTORS["dictionary"]


@given(st.one_of(st.binary(max_size=400), st.text(max_size=200).map(str.encode)))
def test_every_body_comes_back(body: bytes) -> None:
    """ZIP1."""
    assert decompress(_encode(body), len(body)) == body
    packed = compress(body)
    if packed is not None:
        assert len(packed) < len(body)
        assert decompress(packed, len(body)) == body


@given(st.lists(st.sampled_from(sorted(_CODES)), max_size=60).map(b"".join))
def test_every_sentence_of_our_words_comes_back(body: bytes) -> None:
    """ZIP1."""
    assert decompress(_encode(body), len(body)) == body


@given(st.binary(max_size=600), st.integers(0, 2_000))
@settings(max_examples=400)
def test_no_bytes_raise_anything_else_or_unpack_to_more(packed: bytes, limit: int) -> None:
    """ZIP3, ZIP5."""
    try:
        body = decompress(packed, limit)
    except CompressionError:
        return
    assert len(body) <= limit


def test_a_bomb_is_refused_before_it_takes_memory() -> None:
    """ZIP5."""
    longest = max(_CODES, key=lambda token: len(token) / len(_CODES[token]))
    bomb = _CODES[longest] * (1_000_000 // len(_CODES[longest]))
    tracemalloc.start()
    with pytest.raises(CompressionError):
        decompress(bomb, 100_000)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 100_000


def test_the_length_tells_of_a_text_only_what_is_in_it() -> None:
    """ZIP7: a guess beside a secret is as long as the same guess beside another secret of that length."""
    lengths = {
        len(_encode(b"secret=k8w2q0zx7 secret=" + guess))
        for guess in (b"k8w2q0zx7", b"k8w2q0zx5", b"m3t9v1yr4", b"000000000")
    }
    assert len(lengths) == 1


def test_short_chat_messages_shrink_by_a_third_at_least() -> None:
    """The dictionary fits what people write; of random letters nothing is made smaller."""
    lines = (
        "Shall we take the early train? I can buy the tickets tonight.",
        "Sorry, I missed your call. Is everything all right?",
        "我刚下班大概半个小时以后到你那儿",
        "帮我问一下老师明天的考试在哪个教室",
    )
    for line in lines:
        body = chat_pb2.MessageSent(content=chat_pb2.Content(text=line)).SerializeToString()
        packed = compress(body)
        assert packed is not None
        assert len(packed) < len(body) * 2 / 3
    assert compress(random.Random(1).randbytes(BODY_BYTES_MAX)) is None


def test_a_packer_gives_up_on_what_begins_with_nothing_to_pack() -> None:
    """ZIP4: a token for each byte is what costs most; a beginning that packs a little is enough to go on."""
    words = b"see you tomorrow at the station, I will be there " * 2
    noise = random.Random(1).randbytes(PROBE_BYTES)
    assert len(_encode(noise + words)) < len(noise + words)
    assert compress(noise + words) is None
    packed = compress(words + noise)
    assert packed is not None
    assert decompress(packed, BODY_BYTES_MAX) == words + noise


def test_what_was_packed_before_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """ZIP2, ZIP7: what is remembered of short tokens may be forgotten at any moment."""
    bodies = [b"see you at the station", "你好 明天见 ok 12:30".encode(), b"xxxxxxxx" * 4, b"\x00a"]
    bodies += [random.Random(seed).randbytes(40) for seed in range(50)]
    fresh = []
    for body in bodies:
        code._SHORT.clear()
        fresh.append(_encode(body))
    assert [_encode(body) for body in bodies] == fresh
    monkeypatch.setattr(code, "_SHORT_MAX", 5)
    code._SHORT.clear()
    assert [_encode(body) for body in bodies] == fresh
    assert len(code._SHORT) <= 5
