"""Whatever is asked, by whomever: an error that says so, nothing changed, nobody else disturbed."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Iterable

import pytest
import pytest_asyncio
from google.protobuf.message import DecodeError, Message

from hutong.schema import link_pb2, options_pb2
from tests.rpc.table import Entry, Values, filled, methods, mutations, replaced
from tests.rpc.town import Town

pytestmark = pytest.mark.asyncio(loop_scope="module")

METHODS = methods()
WITH_USER = [name for name, entry in METHODS.items() if entry.access != options_pb2.ACCESS_PUBLIC]
WRITES = [name for name, entry in METHODS.items() if not entry.replay_safe]
Body = Message | bytes
_EMPTY_IS_FINE = {"Belongings.Export"}  # a copy without files
# Alice is needed for the others.
_WRONG = {"Belongings.DeleteAccount": {"password": "another horse"}}


def mine(town: Town, name: str) -> Values:
    """Return what Alice may name in a request of this method."""
    return town.mine | _WRONG.get(name, {})


@pytest_asyncio.fixture(autouse=True, loop_scope="module")
async def _undisturbed(town: Town) -> AsyncIterator[None]:
    await town.revive()
    yield
    await town.check_alive()


async def test_every_feature_is_in_the_table(town: Town) -> None:
    assert len(METHODS) >= 40
    assert {method.name for method in town.server.core.platform.sessions.methods.values()} == set(METHODS)


async def refused(town: Town, entry: Entry, cases: Iterable[tuple[str, Body]]) -> None:
    """Ask them all as Alice: an error that is not our fault, or a reading that had nothing to find."""
    before = await town.state()
    for label, body in cases:
        answer = await town.ask(town.alice, entry.name, body)
        if isinstance(answer, link_pb2.Error):
            code = link_pb2.Code.Name(answer.code)
            assert answer.code not in {link_pb2.CODE_INTERNAL, link_pb2.CODE_UNSPECIFIED}, f"{label}: {code}"
            assert answer.message, f"{label}: {code} without a sentence"
            assert answer.reason, f"{label}: {code} without a reason"
        else:
            assert entry.replay_safe, f"{label} was accepted"
        assert town.alice.goodbye is None, label
        after = await town.state()
        changed = [table for table in after if before.get(table) != after[table]]
        assert not changed, f"{label} changed {changed}"


@pytest.mark.parametrize("name", METHODS)
async def test_bytes_that_are_no_message(town: Town, name: str) -> None:
    """Random ones, cut ones, ones with damaged bits, text that is no UTF-8."""
    entry = METHODS[name]
    noise = random.Random(name)
    good = filled(entry.request_class, mine(town, name)).SerializeToString()
    bodies = [b"\x0f", b"\xff" * 10, b"\x0a\xff\xff\xff\xff\x0f", *_not_utf8(entry)]
    bodies += [noise.randbytes(noise.randrange(1, 60)) for _ in range(15)]
    bodies += [good[: noise.randrange(len(good))] for _ in range(5) if good]
    for _ in range(10 if good else 0):
        damaged = bytearray(good)
        damaged[noise.randrange(len(damaged))] ^= 1 << noise.randrange(8)
        bodies.append(bytes(damaged))
    malformed = [body for body in bodies if not _decodes(entry, body)]
    assert malformed
    await refused(town, entry, [(repr(body), body) for body in malformed])
    for body in malformed:
        answer = await town.ask(town.alice, name, body)
        assert isinstance(answer, link_pb2.Error)
        assert answer.reason == "malformed"


def _not_utf8(entry: Entry) -> list[bytes]:
    """Return bodies whose texts are no UTF-8."""
    return [
        bytes([field.number << 3 | 2, 3]) + b"\xed\xa0\x80"  # half of a surrogate pair
        for field in entry.request_class.DESCRIPTOR.fields
        if field.type == field.TYPE_STRING and field.number < 16
    ]


def _decodes(entry: Entry, body: bytes) -> bool:
    try:
        entry.request_class.FromString(body)
    except DecodeError:
        return False
    return True


@pytest.mark.parametrize("name", METHODS)
async def test_an_empty_message_and_wrong_wire_types(town: Town, name: str) -> None:
    """A field of another type than the schema's is a field nobody knows."""
    entry = METHODS[name]
    wrong = b"".join(
        bytes(
            [field.number << 3 | (0 if field.type in {9, 11, 12} else 2), 1, 1][
                : 2 if field.type in {9, 11, 12} else 3
            ]
        )
        for field in entry.request_class.DESCRIPTOR.fields
        if field.number < 16 and not field.is_repeated
    )
    cases: list[tuple[str, Body]] = [("empty", b"")]
    if _decodes(entry, wrong):
        cases.append((f"wrong types {wrong!r}", wrong))
    if entry.request_class.DESCRIPTOR.fields and name not in _EMPTY_IS_FINE:
        await refused(town, entry, cases)


# Alice's password may be any of those strings by now, and she is needed for the others.
@pytest.mark.parametrize("name", [name for name in METHODS if name not in _WRONG])
async def test_values_out_of_all_bounds(town: Town, name: str) -> None:
    """Each field alone: oversized, too many, huge, negative, empty, signs that mean something elsewhere."""
    entry = METHODS[name]
    base = filled(entry.request_class, mine(town, name))
    for label, body in mutations(base):
        before = await town.state()
        answer = await town.ask(town.alice, name, body)
        if isinstance(answer, link_pb2.Error):
            assert answer.code not in {link_pb2.CODE_INTERNAL, link_pb2.CODE_UNSPECIFIED}, (label, answer)
            assert answer.reason, label
            after = await town.state()
            assert after == before, f"{label} was refused and changed something"
        await town.revive()


@pytest.mark.parametrize("name", WITH_USER)
async def test_signed_out(town: Town, name: str) -> None:
    """CONN7: whatever the rest of the request is like"""
    client = await town.signed_out()
    entry = METHODS[name]
    before = await town.state()
    for body in (b"", b"\x0f", filled(entry.request_class, mine(town, name))):
        answer = await town.ask(client, name, body)
        assert isinstance(answer, link_pb2.Error)
        assert answer.code == link_pb2.CODE_UNAUTHENTICATED
    assert await town.state() == before


@pytest.mark.parametrize("name", WRITES)
async def test_without_a_key(town: Town, name: str) -> None:
    """CONN13"""
    entry = METHODS[name]
    before = await town.state()
    for key in (b"", b"short", b"x" * 15, b"x" * 17, b"x" * 100_000):
        answer = await town.ask(town.alice, name, filled(entry.request_class, mine(town, name)), key)
        assert isinstance(answer, link_pb2.Error)
        assert (answer.code, answer.reason) == (link_pb2.CODE_INVALID_ARGUMENT, "no_key")
    assert await town.state() == before


@pytest.mark.parametrize("name", WITH_USER)
async def test_other_people_s_things(town: Town, name: str) -> None:
    """Logs, devices, blobs, uploads, calls, transfers, sessions; of others, and of nobody."""
    entry = METHODS[name]
    base = filled(entry.request_class, mine(town, name))
    nobody = {each: ["nobody000000", "chat:nobody000000"] for each in town.theirs} | {
        "user": ["nobody000000", town.alice.user + "x"],
        "users": ["nobody000000"],
    }
    for values in (town.theirs, nobody):
        await refused(town, entry, [(label, body) for label, body in replaced(base, values) if body != base])


@pytest.mark.parametrize("name", ["Log.Follow", "Log.Read", "Files.Read", "Chat.Get", "Peers.Fetch"])
async def test_reading_other_people_s_things_brings_nothing(town: Town, name: str) -> None:
    """What is answered well above holds none of their content."""
    if name not in METHODS:
        pytest.skip("this feature is not installed")
    base = filled(METHODS[name].request_class, mine(town, name))
    for label, body in replaced(base, town.theirs):
        answer = await town.ask(town.alice, name, body)
        if not isinstance(answer, link_pb2.Error):
            reply = town.server.method(name).reply_class.FromString(answer)
            text = str(reply)
            for values in town.theirs.values():
                for value in values:  # a name that was asked for may come back
                    text = text.replace(value, "")
            assert town.carol.user not in text, label
            assert town.david.user not in text, label
            assert "a file of" not in text, label


@pytest.mark.parametrize("name", METHODS)
async def test_a_deadline_that_has_passed(town: Town, name: str) -> None:
    """CONN15: answered in time or not, but answered"""
    entry = METHODS[name]
    answer = await town.ask(town.alice, name, b"", deadline_ms=1)
    if isinstance(answer, link_pb2.Error):
        assert answer.code != link_pb2.CODE_INTERNAL
    else:
        assert entry.replay_safe
