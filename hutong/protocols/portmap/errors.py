"""What can be wrong with what a router says.

PortMapError
├── MalformedError  what arrived is not an answer to what was asked
├── SilentError     nobody answers
└── RefusedError    the router understood, and will not
"""


class PortMapError(Exception):
    """The router gives no mapping; the text says why."""


class MalformedError(PortMapError):
    """What arrived is no answer: it counts as silence over UDP, and ends an exchange over HTTP."""


class SilentError(PortMapError):
    """No router answers."""


class RefusedError(PortMapError):
    """The router says no. `code` is its protocol's own number."""

    def __init__(self, protocol: str, code: int, meaning: str) -> None:
        super().__init__(f"{protocol}: {meaning} ({code})")
        self.code = code
