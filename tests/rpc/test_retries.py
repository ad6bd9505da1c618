"""Every write, asked again with the same key: the first answer, and no second effect (CONN13)."""

from __future__ import annotations

import pytest

from hutong.schema import chat_pb2, files_pb2, identity_pb2, link_pb2, options_pb2, transfers_pb2
from hutong.testing import Client
from tests.rpc.table import Values, filled, methods, mutations
from tests.rpc.town import Town

METHODS = {name: entry for name, entry in methods().items() if not entry.replay_safe}
# They take from the others what those need.
_LAST = [
    "Calls.Start",
    "Chat.Recall",
    "Chat.SetRole",
    "Chat.RemoveMembers",
    "Chat.Leave",
    "Contacts.Answer",
    "Contacts.Remove",
    "Contacts.Block",
]
# Nobody is left to ask again; the feature's own tests do it.
_ENDS_THE_CALLER = {"Belongings.DeleteAccount"}
ORDER = sorted(
    (name for name in METHODS if name not in _ENDS_THE_CALLER),
    key=lambda name: _LAST.index(name) if name in _LAST else -1,
)
# What goes through with the values of this town; the others are refused the same way twice.
SUCCEED = {
    "Belongings.Export",
    "Bots.CreateBot",
    "Bots.CreateHook",
    "Calls.HangUp",
    "Calls.Start",
    "Chat.AddMembers",
    "Chat.ChangeGroup",
    "Chat.CreateGroup",
    "Chat.Edit",
    "Chat.Leave",
    "Chat.MuteMember",
    "Chat.Open",
    "Chat.Recall",
    "Chat.RemoveMembers",
    "Chat.Rename",
    "Chat.Send",
    "Chat.SetDisappearing",
    "Chat.SetNickname",
    "Chat.SetPicture",
    "Chat.SetRole",
    "Contacts.Ask",
    "Contacts.Block",
    "Contacts.Remove",
    "Files.Begin",
    "Files.Finish",
    "Forwarding.Forward",
    "Identity.ApproveDeviceLink",
    "Identity.ChangePassword",
    "Identity.LogIn",
    "Identity.RevokeDevice",
    "Identity.SignUp",
    "Identity.StartDeviceLink",
    "Identity.UpdateProfile",
    "Invites.Make",
    "Peers.Say",
    "Pins.Pin",
    "Polls.Vote",
    "Preferences.SetAccount",
    "Preferences.SetConversation",
    "Preferences.SetDraft",
    "Reactions.React",
    "ScheduledMessages.Schedule",
    "Stickers.Create",
    "Transfers.Accept",
    "Transfers.Cancel",
    "Transfers.Offer",
}


_IN_A_GROUP = (
    "Bots.CreateHook",
    "Chat.AddMembers",
    "Chat.ChangeGroup",
    "Chat.Leave",
    "Chat.MuteMember",
    "Chat.RemoveMembers",
    "Chat.Rename",
    "Chat.SetDisappearing",
    "Chat.SetNickname",
    "Chat.SetPicture",
    "Chat.SetRole",
    "Invites.Make",
)


async def specific_values(town: Town) -> dict[str, Values]:
    """Return what each method is asked with, where it is not what the town has."""
    alice, bobby = town.alice, town.bobby
    log = town.mine["log"]
    create = chat_pb2.CreateGroupRequest(title="Group", users=[bobby.user])
    group = (await alice.call("Chat.CreateGroup", create)).conversation.log
    device = identity_pb2.NewDevice(name="New", public_key=b"n" * 32)
    start = identity_pb2.StartDeviceLinkRequest(device=device)
    token = (await Client(town.server).call("Identity.StartDeviceLink", start)).token
    asked = chat_pb2.Content(poll=chat_pb2.Poll(question="Tea?", options=["yes", "no"]))
    poll = (await alice.call("Chat.Send", chat_pb2.SendRequest(log=log, content=asked))).seq
    specific: dict[str, Values] = {
        "Bots.CreateBot": {"handle": "some_bot"},
        "Preferences.SetAccount": {"zone": "Asia/Shanghai"},
        "Identity.ApproveDeviceLink": {"token": token},
        "Identity.SignUp": {"handle": "somebody_new"},
        "Polls.Vote": {"seq": poll},
        "ScheduledMessages.Schedule": {"at_ms": town.server.core.platform.clock.now_ms() + 3_600_000},
    }
    for name in _IN_A_GROUP:
        specific[name] = {"log": group}
    specific["Chat.SetDisappearing"]["seconds"] = 3600
    specific["Chat.MuteMember"]["until_ms"] = town.server.core.platform.clock.now_ms() + 3_600_000
    specific["Chat.SetRole"]["role"] = chat_pb2.ROLE_ADMIN
    if town.server.has("Transfers.Offer"):
        offer = transfers_pb2.OfferRequest(log=log, name="b.txt", size_bytes=5, media_type="text/plain")
        specific["Transfers.Accept"] = {"transfer": (await bobby.call("Transfers.Offer", offer)).transfer}
    if town.server.has("Files.Write"):
        write = files_pb2.WriteRequest(upload=town.mine["upload"], data=b"hello")
        await alice.call("Files.Write", write)
    return specific


def _same_but_for_secrets(label: str) -> bool:
    """Tell a body that counts as the same: what could be guessed is not in its digest."""
    return label.split(" ")[0] in {"password", "old_password", "new_password", "invitation"}


@pytest.mark.asyncio(loop_scope="module")
async def test_the_same_key_again(town: Town, subtests: pytest.Subtests) -> None:
    """CONN13, CONN14. One test for all, because the methods share a town and their order matters."""
    values = await specific_values(town)
    for name in ORDER:
        with subtests.test(msg=name):
            await ask_again(town, values, name)


async def ask_again(town: Town, values: dict[str, Values], name: str) -> None:
    """Ask, ask the same again, and ask for something else with the same key."""
    entry = METHODS[name]
    public = entry.access == options_pb2.ACCESS_PUBLIC
    client = Client(town.server) if public else town.alice
    body = filled(entry.request_class, town.mine | values.get(name, {}))
    key = town.server.new_key()
    first = await town.ask(client, name, body, key)
    await town.quiet()
    after = await town.state()
    if public:
        client = Client(town.server)  # a sign-in is retried on another connection
    again = await town.ask(client, name, body, key)
    assert await town.state() == after, "the retry had an effect of its own"
    if isinstance(first, link_pb2.Error):
        assert name not in SUCCEED, first
        assert isinstance(again, link_pb2.Error)
        assert (again.code, again.reason) == (first.code, first.reason)
        return
    assert again == first
    for label, other in mutations(body):
        if other == body:
            continue
        misuse = await town.ask(Client(town.server) if public else client, name, other, key)
        assert isinstance(misuse, link_pb2.Error) or _same_but_for_secrets(label), label
    assert await town.state() == after
    await town.check_alive()
