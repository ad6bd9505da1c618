"""What the sealed layer asks of a carrier (SEAL1), and what went wrong when there is none."""

from __future__ import annotations

import asyncio
import functools
import hashlib
import hmac
import ssl
from collections.abc import Awaitable, Callable
from typing import Protocol

from hutong.client.address import Address


class CarrierError(Exception):
    """The server cannot be reached; the text is the sentence a person reads.

    `hopeless` says that trying again will not help: it is the wrong server, or none of ours.
    """

    def __init__(self, message: str, *, hopeless: bool = False) -> None:
        super().__init__(message)
        self.hopeless = hopeless


class Carrier(Protocol):
    """Moves whole sealed messages to the server (SEAL1). Nothing is told to the receiver after `close`."""

    @property
    def exporter(self) -> bytes:
        """32 bytes of the outer TLS that only its two ends know, or none (SEAL4)."""

    def send(self, message: bytes) -> None:
        """Queue one message."""

    def waiting_bytes(self) -> int:
        """Return how much was queued and has not left yet."""

    def close(self, *, at_once: bool) -> None:
        """End the carrier, after what is queued or (the other side may be gone) at once."""

    async def wait_closed(self) -> None:
        """Return when it has ended, after `close`."""


class Receiver(Protocol):
    """Is told what a carrier brings."""

    def opened(self, carrier: Carrier) -> None:
        """Take the carrier, once, before the first message. Whose it is, the sealed layer finds out."""

    def restarted(self) -> None:
        """Be told that nothing sent so far has arrived, and that `exporter` is another (LINK53)."""

    def received(self, message: bytes) -> None:
        """Take one whole message."""

    def drained(self) -> None:
        """Be told that less than `LOW_WATER_BYTES` wait again, after more did."""

    def lost(self, error: CarrierError) -> None:
        """Be told, once, that the carrier ended by itself, and why."""


# Returns when the receiver has its carrier. Raises `CarrierError`.
OpenCarrier = Callable[[Receiver], Awaitable[None]]


@functools.lru_cache(maxsize=64)
def tls_context(address: Address, alpn: str = "") -> ssl.SSLContext:
    """Return the client's side of TLS: by authority, or open to be pinned by `check_pin` afterwards.

    Kept, because reading all authorities takes longer than everything else about a connection.
    """
    context = ssl.create_default_context()
    if address.fingerprint:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if alpn:
        context.set_alpn_protocols([alpn])
    return context


def check_pin(transport: asyncio.BaseTransport, address: Address) -> None:
    """Compare the certificate with the address's fingerprint, if it has one. Raises `CarrierError`."""
    if not address.fingerprint:
        return
    session = transport.get_extra_info("ssl_object")
    certificate = session.getpeercert(binary_form=True) if session is not None else None
    digest = hashlib.sha256(certificate or b"").digest()
    if not hmac.compare_digest(digest, address.fingerprint):
        raise CarrierError(
            "The server's certificate is not the one in the address. "
            "Either it was renewed, or somebody stands between you and the server.",
            hopeless=True,
        )


def hung_up() -> CarrierError:
    """Return the error of a carrier that ended without a word."""
    return CarrierError("The server hung up.")


def explain(error: BaseException, address: Address) -> CarrierError:
    """Return the sentence for what the network said."""
    match error:
        case CarrierError():
            return error
        case ssl.SSLCertVerificationError():
            return CarrierError(
                f"The certificate of {address.authority} cannot be trusted ({error.verify_message}). "
                "Add #sha256= and its fingerprint to the address if you know it.",
                hopeless=True,
            )
        case ssl.SSLError():
            return CarrierError(f"{address.authority} does not speak TLS as it should.")
        case TimeoutError():
            return CarrierError(f"{address.authority} did not answer in time.")
        case ConnectionRefusedError():
            return CarrierError(f"Nothing is listening at {address.authority}.")
        case OSError():
            return CarrierError(f"{address.authority} cannot be reached: {error.strerror or error}.")
        case _:
            return CarrierError(f"{address.authority} answers, but not as a Hutong server.")
