"""What the sealed layer raises, and nothing else.

```
SealedError          what came ends the connection; nothing of it has had an effect (SEAL3)
├── OpenError        an OPEN that is not taken; the text says why, `reason` is what a REFUSE carries
└── ManifestError    a manifest that is not believed (SEAL17, SEAL18)
```
"""

from __future__ import annotations

from hutong.schema import sealed_pb2


class SealedError(Exception):
    """The other side, or somebody between, broke the protocol."""


class OpenError(SealedError):
    """An OPEN that is not taken."""

    def __init__(self, message: str, reason: sealed_pb2.Refusal) -> None:
        super().__init__(message)
        self.reason = reason


class ManifestError(SealedError):
    """A manifest that is not believed."""
