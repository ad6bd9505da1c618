"""Names for ids: people and conversations, remembered until an event says they changed."""

from __future__ import annotations

from collections.abc import Callable

from hutong.client import methods
from hutong.client.connection import Connection
from hutong.client.models import Conversation, Event, Person
from hutong.schema import chat_pb2, identity_pb2

# Beyond these everything is forgotten and asked for again.
_PEOPLE_MAX = 10_000
_CONVERSATIONS_MAX = 2_000
_GONE = Person("", "", "Somebody")

_CHANGES = (
    chat_pb2.MembersAdded,
    chat_pb2.MemberLeft,
    chat_pb2.ConversationRenamed,
)


class Directory:
    """What is known of people and conversations. `me` returns the signed-in user's id."""

    def __init__(self, connection: Connection, me: Callable[[], str]) -> None:
        self._connection = connection
        self._me = me
        self._people: dict[str, Person] = {}
        self._conversations: dict[str, Conversation] = {}

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
        if len(self._conversations) >= _CONVERSATIONS_MAX:
            self._conversations.clear()
        self._conversations[conversation.log] = conversation
        for member in conversation.members:
            self._remember(member.person)
        return conversation

    def seen(self, event: Event) -> None:
        """Forget what an event has changed."""
        if isinstance(event.body, _CHANGES):
            self._conversations.pop(event.log, None)
        elif isinstance(event.body, identity_pb2.ProfileChanged):
            self._remember(Person.of(event.body.profile))
            self._conversations.clear()

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
