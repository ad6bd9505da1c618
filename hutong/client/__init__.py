"""The Python client: `Client` for programs, `Connection` for what is below it."""

from hutong.client.account import UnreachableError
from hutong.client.address import Address, AddressError, parse_address
from hutong.client.client import Client, MessageStream
from hutong.client.connection import Connection
from hutong.client.contacts import Contact, Relation
from hutong.client.handlers import Credentials, Handlers, State
from hutong.client.home import HomeError
from hutong.client.models import Conversation, Event, Member, Message, Person, Sent

__all__ = [
    "Address",
    "AddressError",
    "Client",
    "Connection",
    "Contact",
    "Conversation",
    "Credentials",
    "Event",
    "Handlers",
    "HomeError",
    "Member",
    "Message",
    "MessageStream",
    "Person",
    "Relation",
    "Sent",
    "State",
    "UnreachableError",
    "parse_address",
]
