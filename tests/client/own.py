"""What a device keeps beside conversations: folded from its events, and looked at afresh (LOG15)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from google.protobuf.message import Message

from hutong.client.models import Event
from hutong.schema import (
    calls_pb2,
    chat_pb2,
    contacts_pb2,
    identity_pb2,
    invites_pb2,
    log_pb2,
    preferences_pb2,
    scheduled_pb2,
    stickers_pb2,
    transfers_pb2,
)
from hutong.testing import Client

# In a conversation's log, but no messages: what counts as unread, and what is said of it later.
RECORDS = (calls_pb2.CallRecorded, transfers_pb2.TransferOffered)


@dataclass
class Own:
    """People, devices, settings, what waits. Messages are kept as their bytes: all of their fields count."""

    profile: bytes = b""
    contacts: dict[str, bytes] = field(default_factory=dict)
    devices: dict[str, tuple[str, int]] = field(default_factory=dict)
    account: bytes = b""
    conversations: dict[str, bytes] = field(default_factory=dict)
    scheduled: dict[str, bytes] = field(default_factory=dict)
    packs: list[bytes] | None = field(default_factory=list)  # None: asked for when they are looked at
    asking: dict[tuple[str, str], bytes] = field(default_factory=dict)
    records: dict[tuple[str, int], bytes] = field(default_factory=dict)
    ended: dict[str, bytes] = field(default_factory=dict)  # transfers

    def apply(self, event: Event) -> None:
        """Take in one event."""
        self.apply_record(event)
        change = _CHANGES.get(type(event.body))
        if change is not None:
            change(self, event.body)

    def apply_record(self, event: Event) -> None:
        """Take in one event of a conversation."""
        if isinstance(event.body, RECORDS):
            self.records[event.log, event.seq] = packed(event.body)
        elif isinstance(event.body, transfers_pb2.TransferEnded):
            self.ended[event.body.transfer] = packed(event.body)

    def unread(self, log: str, read: int, authors: dict[int, str], me: str) -> int:
        """Return how many records of others are unread in a conversation."""
        seqs = (seq for each, seq in self.records if each == log and seq > read)
        return sum(authors[seq] != me for seq in seqs)

    # ---- folds ----

    def _profile_changed(self, body: identity_pb2.ProfileChanged) -> None:
        if identity_pb2.Profile.FromString(self.profile).user == body.profile.user:
            self.profile = packed(body.profile)
        if body.profile.user in self.contacts:
            contact = contacts_pb2.Contact.FromString(self.contacts[body.profile.user])
            contact.profile.CopyFrom(body.profile)
            self.contacts[body.profile.user] = packed(contact)

    def _contact_changed(self, body: contacts_pb2.ContactChanged) -> None:
        user, contact = body.contact.profile.user, body.contact
        if contact.relation == contacts_pb2.RELATION_NONE and not contact.blocked:
            self.contacts.pop(user, None)
        else:
            self.contacts[user] = packed(contact)

    def _device_added(self, body: identity_pb2.DeviceAdded) -> None:
        self.devices[body.device.device] = (body.device.name, body.device.created_at_ms)

    def _device_revoked(self, body: identity_pb2.DeviceRevoked) -> None:
        self.devices.pop(body.device, None)

    def _account_changed(self, body: preferences_pb2.AccountChanged) -> None:
        self.account = packed(body.account)

    def _conversation_changed(self, body: preferences_pb2.ConversationChanged) -> None:
        log = body.conversation.log
        if body.conversation == preferences_pb2.Conversation(log=log):
            self.conversations.pop(log, None)
        else:
            self.conversations[log] = packed(body.conversation)

    def _scheduled_changed(self, body: scheduled_pb2.ScheduledChanged) -> None:
        if body.scheduled.HasField("content"):
            self.scheduled[body.scheduled.id] = packed(body.scheduled)
        else:
            self.scheduled.pop(body.scheduled.id, None)

    def _packs_changed(self, _body: stickers_pb2.PacksChanged) -> None:
        self.packs = None

    def _join_asked(self, body: invites_pb2.JoinAsked) -> None:
        self.asking[body.request.log, body.request.profile.user] = packed(body.request)

    def _join_answered(self, body: invites_pb2.JoinAnswered) -> None:
        self.asking.pop((body.log, body.user), None)


_CHANGES: dict[type, Callable[[Own, Any], None]] = {
    contacts_pb2.ContactChanged: Own._contact_changed,
    identity_pb2.DeviceAdded: Own._device_added,
    identity_pb2.DeviceRevoked: Own._device_revoked,
    identity_pb2.ProfileChanged: Own._profile_changed,
    invites_pb2.JoinAnswered: Own._join_answered,
    invites_pb2.JoinAsked: Own._join_asked,
    preferences_pb2.AccountChanged: Own._account_changed,
    preferences_pb2.ConversationChanged: Own._conversation_changed,
    scheduled_pb2.ScheduledChanged: Own._scheduled_changed,
    stickers_pb2.PacksChanged: Own._packs_changed,
}


async def look(client: Client, logs: Iterable[str]) -> Own:
    """Return what somebody sees who was not there before, with these conversations."""
    own = Own(packs=await packs(client))
    request = identity_pb2.GetProfilesRequest(users=[client.user])
    own.profile = packed((await client.call("Identity.GetProfiles", request)).profiles[0])
    for contact in (await client.call("Contacts.List", contacts_pb2.ListRequest())).contacts:
        own.contacts[contact.profile.user] = packed(contact)
    for device in (await client.call("Identity.ListDevices", identity_pb2.ListDevicesRequest())).devices:
        own.devices[device.device] = (device.name, device.created_at_ms)
    settings = await client.call("Preferences.Get", preferences_pb2.GetRequest())
    own.account = packed(settings.account)
    own.conversations = {each.log: packed(each) for each in settings.conversations}
    waiting = await client.call("ScheduledMessages.List", scheduled_pb2.ListRequest())
    own.scheduled = {each.id: packed(each) for each in waiting.scheduled}
    for log in logs:
        await _look_into(client, log, own)
    return own


async def _look_into(client: Client, log: str, own: Own) -> None:
    conversation = (await client.call("Chat.Get", chat_pb2.GetRequest(log=log))).conversation
    role = next(each.role for each in conversation.members if each.profile.user == client.user)
    if conversation.group and role != chat_pb2.ROLE_MEMBER:
        requests = await client.call("Invites.Requests", invites_pb2.RequestsRequest(log=log))
        for each in requests.requests:
            own.asking[log, each.profile.user] = packed(each)
    page = (await client.call("Log.Read", log_pb2.ReadRequest(log=log, limit=200))).page
    for event in map(Event.of, page.events):
        own.apply_record(event)


async def packs(client: Client) -> list[bytes]:
    """Return the packs of stickers a user keeps."""
    reply = await client.call("Stickers.List", stickers_pb2.ListRequest())
    return [packed(each) for each in reply.packs]


def packed(message: Message) -> bytes:
    """Return a message as bytes to compare."""
    return message.SerializeToString(deterministic=True)
