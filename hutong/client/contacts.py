"""Who the person knows: `client.contacts`."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from hutong.client import methods
from hutong.client.connection import Connection
from hutong.client.models import Person
from hutong.schema import contacts_pb2 as pb


class Relation(Enum):
    """How two people stand."""

    NONE = pb.RELATION_NONE
    REQUESTED = pb.RELATION_REQUESTED  # I asked
    ASKED = pb.RELATION_ASKED  # they asked me
    CONTACT = pb.RELATION_CONTACT
    SELF = pb.RELATION_SELF


@dataclass(frozen=True, slots=True)
class Contact:
    """A person and the relation to them."""

    person: Person
    relation: Relation
    blocked: bool
    greeting: str  # what the request said

    @classmethod
    def of(cls, contact: pb.Contact) -> Contact:
        """Return what the server's answer says."""
        person = Person.of(contact.profile)
        return cls(person, Relation(contact.relation), contact.blocked, contact.greeting)


class Contacts:
    """Find, ask, answer. All raise `RpcError`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def list(self) -> list[Contact]:
        """Return contacts, open requests and blocked people."""
        reply = await self._connection.call(methods.LIST_CONTACTS, pb.ListRequest())
        return [Contact.of(each) for each in reply.contacts]

    async def find(self, handle: str) -> Contact:
        """Return the person with this handle. Raises `NotFound`."""
        reply = await self._connection.call(methods.FIND, pb.FindRequest(handle=handle))
        return Contact.of(reply.contact)

    async def ask(self, person: Person, greeting: str = "") -> Contact:
        """Ask somebody to become a contact; they are one at once when they had asked already."""
        request = pb.AskRequest(user=person.user, greeting=greeting)
        return Contact.of((await self._connection.call(methods.ASK, request)).contact)

    async def answer(self, person: Person, *, accept: bool) -> Contact:
        """Answer somebody's request."""
        request = pb.AnswerRequest(user=person.user, accept=accept)
        return Contact.of((await self._connection.call(methods.ANSWER, request)).contact)
