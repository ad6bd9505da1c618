from __future__ import annotations

from hutong.features.chat.tests.saying import edit, file, get, group, recall, say, sent, to
from hutong.features.files.tests.uploading import read
from hutong.features.forwarding.model import MESSAGES_MAX
from hutong.platform.errors import (
    FailedPrecondition,
    InvalidArgument,
    NotFound,
    PermissionDenied,
    Unauthenticated,
)
from hutong.schema import chat_pb2, contacts_pb2, identity_pb2
from hutong.schema import forwarding_pb2 as pb
from hutong.testing import Client, TestServer, refused


async def forward(
    client: Client, source: str, target: str, *seqs: int, merged: bool = False, key: bytes | None = None
) -> list[int]:
    request = pb.ForwardRequest(source=source, target=target, seqs=seqs, merged=merged)
    return list((await client.call("Forwarding.Forward", request, key=key)).seqs)


async def test_words_stay_whose_they_are(server: TestServer) -> None:
    """MSG10: in their newest wording, and across several hands"""
    alice, bobby, carol = await server.friends("alice", "bobby", "carol")
    here, there = await server.conversation(alice, bobby), await server.conversation(bobby, carol)
    question = await say(bobby, here)
    seq = await say(alice, here, chat_pb2.Content(text="helo", reply_to=question))
    await edit(alice, here, seq, to(bobby.user, "@bob hello"))
    (copy,) = await forward(bobby, here, there, seq)
    content = (await sent(carol, there, copy)).content
    assert (content.text, content.forwarded_from.user, content.forwarded_from.name) == (
        "@bob hello",
        alice.user,
        "Alice",
    )
    assert (content.reply_to, len(content.mentions)) == (0, 0)  # they meant something there
    (author,) = [event.author for event in (await get(carol, there)).recent if event.seq == copy]
    assert author == bobby.user
    elsewhere = await server.conversation(alice, carol)
    (again,) = await forward(carol, there, elsewhere, copy)
    assert (await sent(alice, elsewhere, again)).content == content
    with refused(FailedPrecondition, "not_text"):  # nobody puts words into another's mouth
        await edit(carol, elsewhere, again, "I owe Carol 100")


async def test_files_go_with_their_messages(server: TestServer) -> None:
    """MSG10"""
    alice, bobby, carol = await server.friends("alice", "bobby", "carol")
    here, there = await server.conversation(alice, bobby), await server.conversation(bobby, carol)
    content = await file(alice, b"report")
    seq = await say(alice, here, content)
    with refused(NotFound, "no_such_blob"):
        await read(carol, content.file.blob)
    (copy,) = await forward(bobby, here, there, seq)
    await recall(alice, here, seq)
    assert await read(carol, content.file.blob) == b"report"
    await recall(bobby, there, copy)
    with refused(NotFound, "no_such_blob"):
        await read(carol, content.file.blob)


async def test_several_as_one(server: TestServer) -> None:
    """MSG11"""
    alice, bobby, carol = await server.friends("alice", "bobby", "carol")
    here, there = await server.conversation(alice, bobby), await server.conversation(bobby, carol)
    shown = await file(alice, b"report")
    seqs = [await say(alice, here, "one"), await say(bobby, here, "two"), await say(alice, here, shown)]
    (merged,) = await forward(bobby, here, there, *seqs, merged=True)
    bundle = (await sent(carol, there, merged)).content.bundle
    assert bundle.title == "Alice, Bobby"
    assert [(each.author.user, each.content.text) for each in bundle.messages] == [
        (alice.user, "one"),
        (bobby.user, "two"),
        (alice.user, ""),
    ]
    assert [each.at_ms for each in bundle.messages] == [server.clock.now_ms()] * 3
    assert await read(carol, shown.file.blob) == b"report"
    # A bundle within a bundle stands as its title, and gives no files away.
    (outer,) = await forward(carol, there, await server.conversation(alice, carol), merged, merged=True)
    inner = (await sent(alice, await server.conversation(alice, carol), outer)).content.bundle.messages
    assert [each.content for each in inner] == [chat_pb2.Content(text="Alice, Bobby")]
    await recall(bobby, there, merged)
    with refused(NotFound, "no_such_blob"):
        await read(carol, shown.file.blob)


async def test_a_group_gives_its_title(server: TestServer) -> None:
    """MSG11"""
    alice, bobby = await server.friends("alice", "bobby")
    log = await group(alice, bobby, title="Choir")
    saved = (await alice.call("Chat.Open", chat_pb2.OpenRequest(user=alice.user))).conversation.log
    seqs = [await say(alice, log, str(number)) for number in range(3)]
    (merged,) = await forward(alice, log, saved, *seqs, merged=True)
    assert (await sent(alice, saved, merged)).content.bundle.title == "Choir"
    singles = await forward(alice, log, saved, *seqs)
    assert [(await sent(alice, saved, seq)).content.text for seq in singles] == ["0", "1", "2"]


async def test_a_retry_copies_nothing_twice(server: TestServer) -> None:
    alice, bobby = await server.friends("alice", "bobby")
    log, key = await group(alice, bobby), server.new_key()
    seq = await say(alice, log)
    first = await forward(alice, log, log, seq, key=key)
    assert await forward(alice, log, log, seq, key=key) == first
    assert (await get(alice, log)).head == first[0]


async def test_what_cannot_be_passed_on(server: TestServer) -> None:
    """MSG10: nothing is copied when one of them cannot be"""
    alice, bobby, carol = await server.friends("alice", "bobby", "carol")
    here, there = await group(alice, bobby), await server.conversation(bobby, carol)
    ok, recalled = await say(alice, here), await say(alice, here)
    await recall(alice, here, recalled)
    with refused(Unauthenticated, "signed_out"):
        await forward(Client(server), here, there, ok)
    with refused(FailedPrecondition, "recalled"):
        await forward(bobby, here, there, ok, recalled)
    for nothing in (1, 99):
        with refused(NotFound, "no_such_event"):
            await forward(bobby, here, there, *sorted([ok, nothing]))
    for seqs, reason in (
        ((), "bad_number"),
        (tuple(range(1, MESSAGES_MAX + 2)), "bad_number"),
        ((ok, ok), "out_of_order"),
        ((recalled, ok), "out_of_order"),
    ):
        with refused(InvalidArgument, reason):
            await forward(bobby, here, there, *seqs)
    with refused(NotFound, "no_such_log"):
        await forward(carol, here, there, ok)  # cannot read there
    with refused(NotFound, "no_such_log"):
        await forward(alice, here, there, ok)  # cannot write there
    await alice.call("Chat.AddMembers", chat_pb2.AddMembersRequest(log=here, users=[carol.user]))
    with refused(NotFound, "no_such_event"):
        await forward(carol, here, there, ok)  # was said before
    await carol.call("Contacts.Block", contacts_pb2.BlockRequest(user=bobby.user, blocked=True))
    with refused(PermissionDenied, "not_contacts"):
        await forward(bobby, here, there, ok)
    assert (await get(bobby, there)).head == 1


async def test_what_disappears_is_not_passed_on(server: TestServer) -> None:
    """MSG10: but what is passed on into such a conversation disappears there"""
    alice, bobby, carol = await server.friends("alice", "bobby", "carol")
    here, there = await server.conversation(alice, bobby), await server.conversation(bobby, carol)
    before = await say(alice, here)
    await alice.call("Chat.SetDisappearing", chat_pb2.SetDisappearingRequest(log=here, seconds=60))
    after = await say(alice, here)
    for seq in (before, after):
        with refused(FailedPrecondition, "disappearing"):
            await forward(bobby, here, there, seq)
    await alice.call("Chat.SetDisappearing", chat_pb2.SetDisappearingRequest(log=here))
    with refused(FailedPrecondition, "disappearing"):
        await forward(bobby, here, there, after)
    await forward(bobby, here, there, before)
    await alice.call("Chat.SetDisappearing", chat_pb2.SetDisappearingRequest(log=here, seconds=60))
    (copy,) = await forward(bobby, there, here, 2)
    assert (await sent(alice, here, copy)).disappears_ms == server.clock.now_ms() + 60_000


async def test_too_much_at_once(server: TestServer) -> None:
    """MSG11"""
    alice, bobby = await server.friends("alice", "bobby")
    log = await server.conversation(alice, bobby)
    seqs = [await say(alice, log, "界" * 8_000) for _ in range(25)]
    head = (await get(alice, log)).head
    with refused(InvalidArgument, "too_large"):
        await forward(alice, log, log, *seqs)
    with refused(InvalidArgument, "event_too_large"):
        await forward(alice, log, log, *seqs[:15], merged=True)
    assert (await get(alice, log)).head == head
    await forward(alice, log, log, *seqs[:15])


async def test_a_card_that_is_passed_on_shows_what_is_so_now(server: TestServer) -> None:
    """MSG3: what its person took away since is not there any more"""
    alice, bobby, carol = await server.friends("alice", "bobby", "carol")
    profile = identity_pb2.UpdateProfileRequest(name="Carol", about="Do not tell Dave")
    await carol.call("Identity.UpdateProfile", profile)
    here, there = await server.conversation(alice, bobby), await server.conversation(bobby, carol)
    card = chat_pb2.Card(profile=identity_pb2.Profile(user=carol.user))
    seq = await say(alice, here, chat_pb2.Content(card=card))
    assert (await sent(bobby, here, seq)).content.card.profile.about == "Do not tell Dave"
    await carol.call("Identity.UpdateProfile", identity_pb2.UpdateProfileRequest(name="Caroline"))
    (copy,) = await forward(bobby, here, there, seq)
    shown = (await sent(carol, there, copy)).content.card.profile
    assert (shown.user, shown.name, shown.about) == (carol.user, "Caroline", "")
