"""What can be wrong with bytes a peer sent.

StunError
├── MalformedMessageError    the frame is not STUN, or not ChannelData
├── MalformedAttributeError  the frame is STUN, one attribute's value is not
└── MalformedStreamError     a byte stream lost its framing and cannot be read further
"""


class StunError(Exception):
    """The other side sent something that is not valid STUN or TURN."""


class MalformedMessageError(StunError):
    """What arrived is not a STUN message."""


class MalformedAttributeError(StunError):
    """An attribute of a STUN message has a value of the wrong size or form."""


class MalformedStreamError(StunError):
    """The connection does not carry STUN: it has to be closed."""
