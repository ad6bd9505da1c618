"""What can go wrong: the peer's mistakes, and the shell's."""

from hutong.protocols.tls13.codepoints import AlertDescription


class TlsError(Exception):
    """The connection is over: the peer broke a rule, or could not be trusted.

    `alert` is what the peer is told, `reason` a sentence for the log; neither holds user content or keys.
    """

    def __init__(self, alert: AlertDescription, reason: str) -> None:
        super().__init__(f"{alert.name.lower()}: {reason}")
        self.alert = alert
        self.reason = reason


class PeerAlertError(TlsError):
    """The peer ended the connection with an alert; it gets none in return."""


class TlsStateError(RuntimeError):
    """The shell asked for what this state does not allow, such as sending after `close`."""


class TicketFormatError(ValueError):
    """Stored bytes are no ticket."""
