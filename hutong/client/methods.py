"""The server's methods as the client calls them, read from the schema.

```python
reply = await connection.call(methods.SEND, chat_pb2.SendRequest(...))   # a chat_pb2.SendReply
```
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from google.protobuf.descriptor import FileDescriptor
from google.protobuf.message import Message

from hutong.schema import (
    bots_pb2,
    chat_pb2,
    contacts_pb2,
    direct_pb2,
    files_pb2,
    forwarding_pb2,
    identity_pb2,
    invites_pb2,
    log_pb2,
    options_pb2,
    peers_pb2,
    pins_pb2,
    polls_pb2,
    preferences_pb2,
    previews_pb2,
    reactions_pb2,
    scheduled_pb2,
    search_pb2,
    transfers_pb2,
)

Q = TypeVar("Q", bound=Message)
R = TypeVar("R", bound=Message)


@dataclass(frozen=True, slots=True)
class Method(Generic[Q, R]):
    """One method: what goes in, what comes out, and its rules."""

    id: int
    name: str
    request_class: type[Q]
    reply_class: type[R]
    replay_safe: bool
    priority: int
    public: bool
    secret: bool

    @property
    def signs_in(self) -> bool:
        """Whether its answer makes the connection a device's."""
        return self.reply_class is identity_pb2.SessionReply


def method(file: FileDescriptor, name: str, request_class: type[Q], reply_class: type[R]) -> Method[Q, R]:
    """Return `"Chat.Send"` of a schema file, typed. A wrong name or type is our own mistake."""
    service, _, short = name.partition(".")
    descriptor: Any = file.services_by_name[service].methods_by_name[short]
    assert descriptor.input_type is request_class.DESCRIPTOR, name
    assert descriptor.output_type is reply_class.DESCRIPTOR, name
    rules = descriptor.GetOptions().Extensions[options_pb2.rules]
    return Method(
        id=rules.id,
        name=name,
        request_class=request_class,
        reply_class=reply_class,
        replay_safe=rules.replay_safe,
        priority=rules.priority,
        public=rules.access == options_pb2.ACCESS_PUBLIC,
        secret=rules.secret,
    )


_identity = identity_pb2.DESCRIPTOR
SIGN_UP = method(_identity, "Identity.SignUp", identity_pb2.SignUpRequest, identity_pb2.SessionReply)
LOG_IN = method(_identity, "Identity.LogIn", identity_pb2.LogInRequest, identity_pb2.SessionReply)
RESUME = method(_identity, "Identity.Resume", identity_pb2.ResumeRequest, identity_pb2.SessionReply)
REVOKE_DEVICE = method(
    _identity, "Identity.RevokeDevice", identity_pb2.RevokeDeviceRequest, identity_pb2.RevokeDeviceReply
)
UPDATE_PROFILE = method(
    _identity, "Identity.UpdateProfile", identity_pb2.UpdateProfileRequest, identity_pb2.UpdateProfileReply
)
GET_PROFILES = method(
    _identity, "Identity.GetProfiles", identity_pb2.GetProfilesRequest, identity_pb2.GetProfilesReply
)

_contacts = contacts_pb2.DESCRIPTOR
FIND = method(_contacts, "Contacts.Find", contacts_pb2.FindRequest, contacts_pb2.FindReply)
LIST_CONTACTS = method(_contacts, "Contacts.List", contacts_pb2.ListRequest, contacts_pb2.ListReply)
ASK = method(_contacts, "Contacts.Ask", contacts_pb2.AskRequest, contacts_pb2.AskReply)
ANSWER = method(_contacts, "Contacts.Answer", contacts_pb2.AnswerRequest, contacts_pb2.AnswerReply)

_log = log_pb2.DESCRIPTOR
FOLLOW = method(_log, "Log.Follow", log_pb2.FollowRequest, log_pb2.FollowReply)
READ_LOG = method(_log, "Log.Read", log_pb2.ReadRequest, log_pb2.ReadReply)

_chat = chat_pb2.DESCRIPTOR
LIST_CHATS = method(_chat, "Chat.List", chat_pb2.ListRequest, chat_pb2.ListReply)
GET_CHAT = method(_chat, "Chat.Get", chat_pb2.GetRequest, chat_pb2.GetReply)
OPEN_CHAT = method(_chat, "Chat.Open", chat_pb2.OpenRequest, chat_pb2.OpenReply)
CREATE_GROUP = method(_chat, "Chat.CreateGroup", chat_pb2.CreateGroupRequest, chat_pb2.CreateGroupReply)
SEND = method(_chat, "Chat.Send", chat_pb2.SendRequest, chat_pb2.SendReply)
EDIT = method(_chat, "Chat.Edit", chat_pb2.EditRequest, chat_pb2.EditReply)
HISTORY = method(_chat, "Chat.History", chat_pb2.HistoryRequest, chat_pb2.HistoryReply)
RECALL = method(_chat, "Chat.Recall", chat_pb2.RecallRequest, chat_pb2.RecallReply)
MARK = method(_chat, "Chat.Mark", chat_pb2.MarkRequest, chat_pb2.MarkReply)
TYPE = method(_chat, "Chat.Type", chat_pb2.TypeRequest, chat_pb2.TypeReply)
ADD_MEMBERS = method(_chat, "Chat.AddMembers", chat_pb2.AddMembersRequest, chat_pb2.AddMembersReply)
REMOVE_MEMBERS = method(
    _chat, "Chat.RemoveMembers", chat_pb2.RemoveMembersRequest, chat_pb2.RemoveMembersReply
)
LEAVE = method(_chat, "Chat.Leave", chat_pb2.LeaveRequest, chat_pb2.LeaveReply)
RENAME = method(_chat, "Chat.Rename", chat_pb2.RenameRequest, chat_pb2.RenameReply)
SET_PICTURE = method(_chat, "Chat.SetPicture", chat_pb2.SetPictureRequest, chat_pb2.SetPictureReply)
CHANGE_GROUP = method(_chat, "Chat.ChangeGroup", chat_pb2.ChangeGroupRequest, chat_pb2.ChangeGroupReply)
SET_DISAPPEARING = method(
    _chat, "Chat.SetDisappearing", chat_pb2.SetDisappearingRequest, chat_pb2.SetDisappearingReply
)
SET_ROLE = method(_chat, "Chat.SetRole", chat_pb2.SetRoleRequest, chat_pb2.SetRoleReply)
MUTE_MEMBER = method(_chat, "Chat.MuteMember", chat_pb2.MuteMemberRequest, chat_pb2.MuteMemberReply)
SET_NICKNAME = method(_chat, "Chat.SetNickname", chat_pb2.SetNicknameRequest, chat_pb2.SetNicknameReply)
MEMBERS = method(_chat, "Chat.Members", chat_pb2.MembersRequest, chat_pb2.MembersReply)
READERS = method(_chat, "Chat.Readers", chat_pb2.ReadersRequest, chat_pb2.ReadersReply)

SEARCH_MESSAGES = method(
    search_pb2.DESCRIPTOR, "Search.Messages", search_pb2.MessagesRequest, search_pb2.MessagesReply
)
SEARCH_PEOPLE = method(
    search_pb2.DESCRIPTOR, "Search.People", search_pb2.PeopleRequest, search_pb2.PeopleReply
)

_invites = invites_pb2.DESCRIPTOR
MAKE_INVITE = method(_invites, "Invites.Make", invites_pb2.MakeRequest, invites_pb2.MakeReply)
LIST_INVITES = method(_invites, "Invites.List", invites_pb2.ListRequest, invites_pb2.ListReply)
REVOKE_INVITE = method(_invites, "Invites.Revoke", invites_pb2.RevokeRequest, invites_pb2.RevokeReply)
LOOK_AT_INVITE = method(_invites, "Invites.Look", invites_pb2.LookRequest, invites_pb2.LookReply)
JOIN = method(_invites, "Invites.Join", invites_pb2.JoinByRequest, invites_pb2.JoinByReply)
LIST_JOIN_REQUESTS = method(
    _invites, "Invites.Requests", invites_pb2.RequestsRequest, invites_pb2.RequestsReply
)
ANSWER_JOIN_REQUEST = method(_invites, "Invites.Answer", invites_pb2.AnswerRequest, invites_pb2.AnswerReply)

_preferences = preferences_pb2.DESCRIPTOR
GET_PREFERENCES = method(
    _preferences, "Preferences.Get", preferences_pb2.GetRequest, preferences_pb2.GetReply
)
SET_ACCOUNT = method(
    _preferences,
    "Preferences.SetAccount",
    preferences_pb2.SetAccountRequest,
    preferences_pb2.SetAccountReply,
)

_bots = bots_pb2.DESCRIPTOR
CREATE_BOT = method(_bots, "Bots.CreateBot", bots_pb2.CreateBotRequest, bots_pb2.CreateBotReply)
LIST_BOTS = method(_bots, "Bots.ListBots", bots_pb2.ListBotsRequest, bots_pb2.ListBotsReply)
CREATE_HOOK = method(_bots, "Bots.CreateHook", bots_pb2.CreateHookRequest, bots_pb2.CreateHookReply)

REACT = method(
    reactions_pb2.DESCRIPTOR, "Reactions.React", reactions_pb2.ReactRequest, reactions_pb2.ReactReply
)
VOTE = method(polls_pb2.DESCRIPTOR, "Polls.Vote", polls_pb2.VoteRequest, polls_pb2.VoteReply)
CLOSE_POLL = method(polls_pb2.DESCRIPTOR, "Polls.Close", polls_pb2.CloseRequest, polls_pb2.CloseReply)
PIN = method(pins_pb2.DESCRIPTOR, "Pins.Pin", pins_pb2.PinRequest, pins_pb2.PinReply)
LIST_PINS = method(pins_pb2.DESCRIPTOR, "Pins.List", pins_pb2.ListRequest, pins_pb2.ListReply)
FORWARD = method(
    forwarding_pb2.DESCRIPTOR,
    "Forwarding.Forward",
    forwarding_pb2.ForwardRequest,
    forwarding_pb2.ForwardReply,
)
LOOK_AT_LINK = method(
    previews_pb2.DESCRIPTOR, "Previews.Look", previews_pb2.LookRequest, previews_pb2.LookReply
)

_scheduled = scheduled_pb2.DESCRIPTOR
SCHEDULE = method(
    _scheduled,
    "ScheduledMessages.Schedule",
    scheduled_pb2.ScheduleRequest,
    scheduled_pb2.ScheduleReply,
)
LIST_SCHEDULED = method(
    _scheduled, "ScheduledMessages.List", scheduled_pb2.ListRequest, scheduled_pb2.ListReply
)
CANCEL_SCHEDULED = method(
    _scheduled, "ScheduledMessages.Cancel", scheduled_pb2.CancelRequest, scheduled_pb2.CancelReply
)

_files = files_pb2.DESCRIPTOR
BEGIN_UPLOAD = method(_files, "Files.Begin", files_pb2.BeginRequest, files_pb2.BeginReply)
WRITE_UPLOAD = method(_files, "Files.Write", files_pb2.WriteRequest, files_pb2.WriteReply)
FINISH_UPLOAD = method(_files, "Files.Finish", files_pb2.FinishRequest, files_pb2.FinishReply)
READ_FILE = method(_files, "Files.Read", files_pb2.ReadRequest, files_pb2.ReadReply)

_peers = peers_pb2.DESCRIPTOR
GET_ICE_SERVERS = method(
    _peers, "Peers.GetIceServers", peers_pb2.GetIceServersRequest, peers_pb2.GetIceServersReply
)
SAY = method(_peers, "Peers.Say", peers_pb2.SayRequest, peers_pb2.SayReply)
FETCH = method(_peers, "Peers.Fetch", peers_pb2.FetchRequest, peers_pb2.FetchReply)

ATTEND = method(direct_pb2.DESCRIPTOR, "Direct.Attend", direct_pb2.AttendRequest, direct_pb2.AttendReply)

_transfers = transfers_pb2.DESCRIPTOR
OFFER = method(_transfers, "Transfers.Offer", transfers_pb2.OfferRequest, transfers_pb2.OfferReply)
ACCEPT = method(_transfers, "Transfers.Accept", transfers_pb2.AcceptRequest, transfers_pb2.AcceptReply)
DECLINE = method(_transfers, "Transfers.Decline", transfers_pb2.DeclineRequest, transfers_pb2.DeclineReply)
CANCEL = method(_transfers, "Transfers.Cancel", transfers_pb2.CancelRequest, transfers_pb2.CancelReply)
FINISH_TRANSFER = method(
    _transfers, "Transfers.Finish", transfers_pb2.FinishRequest, transfers_pb2.FinishReply
)
STORE = method(_transfers, "Transfers.Store", transfers_pb2.StoreRequest, transfers_pb2.StoreReply)
