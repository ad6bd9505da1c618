"""Session tickets: random, kept on the server's side, good for one use."""

from hutong.edge.tickets.database import DatabaseTickets
from hutong.edge.tickets.guard import EarlyDataGuard
from hutong.edge.tickets.memory import MemoryTickets
from hutong.edge.tickets.office import TicketOffice
from hutong.edge.tickets.store import KeptTicket, TicketStore, TicketStoreError

__all__ = [
    "DatabaseTickets",
    "EarlyDataGuard",
    "KeptTicket",
    "MemoryTickets",
    "TicketOffice",
    "TicketStore",
    "TicketStoreError",
]
