"""Whether a server may use a ticket for what a client has offered, and take early data with it.

Source: RFC 8446 sections 4.2.10 and 4.2.11.
"""

from collections.abc import Collection

from hutong.protocols.tls13 import extensions, key_schedule
from hutong.protocols.tls13.client_wishes import Wishes
from hutong.protocols.tls13.codepoints import AlertDescription, CipherSuite
from hutong.protocols.tls13.errors import TlsError
from hutong.protocols.tls13.key_schedule import KeySchedule
from hutong.protocols.tls13.suites import SUITES
from hutong.protocols.tls13.ticket import Ticket
from hutong.protocols.tls13.transcript import Transcript


def fits(
    ticket: Ticket,
    wishes: Wishes,
    hello_message: bytes,
    *,
    suites: Collection[CipherSuite],
    retry: Transcript | None,
    now: float,
) -> bool:
    """Tell whether the ticket goes with this ClientHello.

    `suites` are those that are left to choose from; `retry` is the transcript up to a HelloRetryRequest, None
    when there was none. Raises TlsError when the client does not know the ticket's secret: its binder covers
    the whole ClientHello.
    """
    offer = wishes.ticket_offer
    if (
        offer is None
        or ticket.identity != offer.identities[0][0]
        or not ticket.is_live(now)
        or ticket.server_name != wishes.server_name
        or ticket.suite not in suites
        or ticket.suite not in wishes.hello.cipher_suites
    ):
        return False
    suite = SUITES[ticket.suite]
    before = retry or Transcript(suite.hash)
    hashed = before.digest(hello_message[: -extensions.binders_size(offer)])
    expected = key_schedule.finished(suite, KeySchedule(suite, ticket.psk).binder_key(), hashed)
    if not key_schedule.same(expected, offer.binders[0]):
        raise TlsError(AlertDescription.DECRYPT_ERROR, "the client does not know the ticket's secret")
    return True


def may_take_early(ticket: Ticket, wishes: Wishes, *, alpn: str | None, window_s: float, now: float) -> bool:
    """Tell whether early data may be taken with a ticket that fits; replays are the store's affair."""
    offer = wishes.ticket_offer
    return (
        offer is not None
        and wishes.early_data
        and ticket.max_early_data > 0
        and ticket.alpn == alpn
        and ticket.age_error_s(offer.identities[0][1], now) <= window_s
    )
