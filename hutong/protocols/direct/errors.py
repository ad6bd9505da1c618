"""What can be wrong with a channel of direct text."""


class DirectError(Exception):
    """The other side broke the rules: the channel is closed, the log goes on (DIRECT12)."""
