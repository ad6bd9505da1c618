"""What goes wrong in an exchange."""


class Spake2Error(Exception):
    """The other side sent no element of the group, or does not know the secret."""
