"""The Python client: `Client` for programs, `Connection` for what is below it."""

from hutong.client.account import UnreachableError
from hutong.client.address import Address, AddressError, parse_address
from hutong.client.bot import Bot, BotMessage
from hutong.client.client import Client, MessageStream
from hutong.client.connection import Connection
from hutong.client.contacts import Contact, Relation
from hutong.client.handlers import Credentials, Handlers, State
from hutong.client.home import HomeError
from hutong.client.invites import Invite
from hutong.client.models import Conversation, Event, GroupSettings, Member, Message, Person, Role, Sent
from hutong.client.saying import Scheduled
from hutong.client.timeline import Shown, Timeline

__all__ = [
    "Address",
    "AddressError",
    "Bot",
    "BotMessage",
    "Client",
    "Connection",
    "Contact",
    "Conversation",
    "Credentials",
    "Event",
    "GroupSettings",
    "Handlers",
    "HomeError",
    "Invite",
    "Member",
    "Message",
    "MessageStream",
    "Person",
    "Relation",
    "Role",
    "Scheduled",
    "Sent",
    "Shown",
    "State",
    "Timeline",
    "UnreachableError",
    "parse_address",
]
