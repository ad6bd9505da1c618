"""The parts both sides are made of."""

from __future__ import annotations

import random
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hutong.protocols.transfer import (
    Entry,
    Manifest,
    RulesError,
    begin_journal,
    dropped_record,
    kept_record,
    leaf,
    local_paths,
    make_manifest,
    path_is_sound,
    read_journal,
    safe_name,
)
from hutong.protocols.transfer.chunks import ChunkSet
from hutong.protocols.transfer.manifest import CHUNK_BYTES, CHUNKS_MAX, ManifestReader

TESTS = Path(__file__).parent
DOCUMENT = TESTS.parents[1] / "docs/protocol/transfer.md"
MANY = Manifest(tuple(Entry(f"folder/{number:05}.bin", number) for number in range(5_000)))


def test_a_long_manifest_is_told_in_parts() -> None:
    """XFER2."""
    parts = MANY.parts()
    assert len(parts) > 5
    assert all(part.ByteSize() <= 16 * 1024 for part in parts)
    reader = ManifestReader()
    read = [reader.take(part) for part in parts]
    assert read[:-1] == [None] * (len(parts) - 1)
    assert read[-1] == MANY


def test_parts_have_an_order() -> None:
    """XFER2, XFER11."""
    parts = MANY.parts()
    for wrong in (parts[1:2], [parts[0], parts[0]]):
        reader = ManifestReader()
        for part in wrong[:-1]:
            reader.take(part)
        with pytest.raises(RulesError):
            reader.take(wrong[-1])


def test_a_manifest_in_parts_is_checked() -> None:
    """XFER3."""
    part = Manifest((Entry("a"),)).parts()[0]
    part.entries[0].path = "../../etc/passwd"
    with pytest.raises(RulesError):
        ManifestReader().take(part)


def test_chunks_grow_with_the_files() -> None:
    """XFER2."""
    assert make_manifest([Entry("a", 10)]).chunk_bytes == CHUNK_BYTES
    large = make_manifest([Entry("a", 8 * 1024**4)])
    assert large.chunks <= CHUNKS_MAX
    assert large.span(large.chunks - 1).offset + large.span(large.chunks - 1).size_bytes == 8 * 1024**4


@settings(deadline=None)
@given(st.text(max_size=40))
def test_names_of_others_stay_in_their_folder(name: str) -> None:
    """XFER3."""
    safe = safe_name(name)
    assert safe
    assert safe not in {".", ".."}
    assert not set(safe) & set("/\\\0")
    assert len(safe.encode(errors="surrogatepass")) <= 255


@settings(deadline=None)
@given(st.lists(st.sampled_from("aAbB./ :\u00e9"), min_size=1, max_size=6).map("".join), st.integers(0, 3))
def test_local_paths_differ(text: str, seed: int) -> None:
    """XFER3: what is sound here is not the same twice there."""
    chance = random.Random(seed)
    paths = sorted({"".join(chance.sample(text, len(text))) for _ in range(6)})
    sound = [path for path in paths if path_is_sound(path)]
    local = local_paths(sound)
    assert len({path.casefold() for path in local}) == len(sound)
    assert all(path_is_sound(path) for path in local)


def test_a_set_of_chunks() -> None:
    some = ChunkSet(20)
    for chunk in (0, 1, 2, 3, 4, 5, 6, 7, 8, 19):
        assert some.add(chunk)
        assert not some.add(chunk)
    assert list(some) == [0, 1, 2, 3, 4, 5, 6, 7, 8, 19]
    assert [some.missing_from(at) for at in (0, 9, 19)] == [9, 9, 20]
    assert some.remove(3)
    assert some.missing_from(0) == 3
    assert len(some) == 9


FEW = Manifest((Entry("walk/a", 5), Entry("walk/b", CHUNK_BYTES * 9)))


def journal() -> bytes:
    kept = b"".join(kept_record(chunk, leaf(bytes([chunk]))) for chunk in range(5))
    return begin_journal(FEW) + kept + dropped_record(2)


def test_a_journal_is_read_back() -> None:
    """XFER13."""
    read = read_journal(journal())
    assert read.manifest == FEW
    assert read.kept == {chunk: leaf(bytes([chunk])) for chunk in (0, 1, 3, 4)}
    assert read.size_bytes == len(journal())


@pytest.mark.parametrize("kind", ["torn", "flipped"])
def test_a_journal_ends_at_the_first_damage(kind: str) -> None:
    """XFER13."""
    whole = journal()
    first = len(begin_journal(FEW))
    for at in range(first, len(whole)):
        damaged = whole[:at] if kind == "torn" else whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :]
        read = read_journal(damaged)
        assert read.manifest == FEW
        assert read.size_bytes <= at
        assert read_journal(damaged[: read.size_bytes]).kept == read.kept


def test_a_journal_without_its_manifest_is_nothing() -> None:
    """XFER13."""
    for at in range(len(begin_journal(FEW))):
        read = read_journal(journal()[:at])
        assert (read.manifest, read.kept, read.size_bytes) == (None, {}, 0)


def test_every_rule_is_tested_and_every_quoted_rule_exists() -> None:
    rules = set(re.findall(r"^- \*\*(XFER\d+)\*\*", DOCUMENT.read_text(), re.MULTILINE))
    folders = (TESTS, TESTS.parent / "client", TESTS.parent / "nat")
    quoted = {
        rule
        for folder in folders
        for path in folder.glob("test_*.py")
        for docstring in re.findall(r'"""(.*?)"""', path.read_text(), re.DOTALL)
        for rule in re.findall(r"\bXFER\d+\b", docstring)
    }
    assert len(rules) >= 17
    assert quoted == rules
