"""Names for ids: people and conversations, remembered and kept up to date by what happens."""

from __future__ import annotations

from collections.abc import Callable

from google.protobuf.message import Message as Body

from hutong.client import methods
from hutong.client.connection import Connection
from hutong.client.folding import folded, marked
from hutong.client.models import Conversation, Event, Person
from hutong.client.pushes import Listener
from hutong.schema import chat_pb2, identity_pb2

# Beyond these everything is forgotten and asked for again.
_PEOPLE_MAX = 10_000
_CONVERSATIONS_MAX = 2_000
_GONE = Person("", "", "Somebody")


class Directory(Listener):
    """What is known of people and conversations. `me` returns the signed-in user's id.

    Conversations change with the events of an open stream; without one they are as when they were asked for.
    """

    def __init__(self, connection: Connection, me: Callable[[], str]) -> None:
        self._connection = connection
        self._me = me
        self._people: dict[str, Person] = {}
        self._conversations: dict[str, Conversation] = {}
        self._newest: dict[str, int] = {}  # of each log the newest event that was seen

    async def conversations(self) -> list[Conversation]:
        """Ask for all conversations as they are now."""
        reply = await self._connection.call(methods.LIST_CHATS, chat_pb2.ListRequest())
        return [self.learn(each) for each in reply.conversations]

    async def conversation(self, log: str) -> Conversation:
        """Return a conversation, perhaps as it was a while ago. Raises `NotFound`."""
        known = self._conversations.get(log)
        if known is not None:
            return known
        reply = await self._connection.call(methods.GET_CHAT, chat_pb2.GetRequest(log=log))
        return self.learn(reply.conversation)

    async def person(self, user: str) -> Person:
        """Return a person; somebody who is gone has no handle."""
        known = self._people.get(user)
        if known is not None:
            return known
        request = identity_pb2.GetProfilesRequest(users=[user])
        reply = await self._connection.call(methods.GET_PROFILES, request)
        person = next(map(Person.of, reply.profiles), _GONE)
        self._remember(person if person.user else Person(user, "", _GONE.name))
        return self._people[user]

    def learn(self, described: chat_pb2.Conversation) -> Conversation:
        """Remember what the server said of a conversation."""
        conversation = Conversation.of(described, self._me())
        for member in conversation.members:
            self._remember(member.person)
        # An answer may have been overtaken by events: then it is good for now, but not to go on from.
        if conversation.head >= self._newest.get(conversation.log, 0):
            self._keep(conversation)
        return conversation

    def seen(self, event: Event) -> None:
        """Take in what an event has changed."""
        if isinstance(event.body, identity_pb2.ProfileChanged):
            self._remember(Person.of(event.body.profile))
            self._conversations.clear()
        elif isinstance(event.body, chat_pb2.ConversationGone):
            self._conversations.pop(event.body.log, None)
            self._newest.pop(event.body.log, None)
        if len(self._newest) >= _CONVERSATIONS_MAX:
            self._forget_conversations()
        self._newest[event.log] = event.seq
        known = self._conversations.get(event.log)
        if known is not None:
            self._replace(event.log, folded(known, event, self._me()))

    def on_notice(self, body: Body) -> None:
        """Take in a mark that moved."""
        if isinstance(body, chat_pb2.MarkMoved):
            known = self._conversations.get(body.log)
            if known is not None:
                self._replace(body.log, marked(known, body, self._me()))

    def on_resumed(self, reply: identity_pb2.SessionReply) -> None:
        """Marks may have moved while we were away, and nobody repeats them (LOG17)."""
        del reply
        self._conversations.clear()

    def _replace(self, log: str, conversation: Conversation | None) -> None:
        if conversation is None:
            del self._conversations[log]
        else:
            self._conversations[log] = conversation

    def _keep(self, conversation: Conversation) -> None:
        if len(self._conversations) >= _CONVERSATIONS_MAX:
            self._conversations.clear()
        self._conversations[conversation.log] = conversation

    def _forget_conversations(self) -> None:
        self._conversations.clear()
        self._newest.clear()

    async def open(self, person: Person) -> Conversation:
        """Find the conversation with a contact, or open it."""
        reply = await self._connection.call(methods.OPEN_CHAT, chat_pb2.OpenRequest(user=person.user))
        return self.learn(reply.conversation)

    async def with_handle(self, handle: str) -> Conversation | None:
        """Return the conversation of two with this person, if it exists."""
        wanted = handle.strip().removeprefix("@").lower()
        for conversation in await self.conversations():
            other = conversation.other(self._me())
            if other is not None and other.handle == wanted:
                return conversation
        return None

    def _remember(self, person: Person) -> None:
        if len(self._people) >= _PEOPLE_MAX:
            self._people.clear()
        self._people[person.user] = person
