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
    chat_pb2,
    contacts_pb2,
    files_pb2,
    identity_pb2,
    log_pb2,
    options_pb2,
    peers_pb2,
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
RECALL = method(_chat, "Chat.Recall", chat_pb2.RecallRequest, chat_pb2.RecallReply)
MARK = method(_chat, "Chat.Mark", chat_pb2.MarkRequest, chat_pb2.MarkReply)
TYPE = method(_chat, "Chat.Type", chat_pb2.TypeRequest, chat_pb2.TypeReply)

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

_transfers = transfers_pb2.DESCRIPTOR
OFFER = method(_transfers, "Transfers.Offer", transfers_pb2.OfferRequest, transfers_pb2.OfferReply)
ACCEPT = method(_transfers, "Transfers.Accept", transfers_pb2.AcceptRequest, transfers_pb2.AcceptReply)
DECLINE = method(_transfers, "Transfers.Decline", transfers_pb2.DeclineRequest, transfers_pb2.DeclineReply)
CANCEL = method(_transfers, "Transfers.Cancel", transfers_pb2.CancelRequest, transfers_pb2.CancelReply)
FINISH_TRANSFER = method(
    _transfers, "Transfers.Finish", transfers_pb2.FinishRequest, transfers_pb2.FinishReply
)
STORE = method(_transfers, "Transfers.Store", transfers_pb2.StoreRequest, transfers_pb2.StoreReply)
