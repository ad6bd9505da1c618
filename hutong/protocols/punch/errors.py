"""What is wrong with bytes from the other side."""

from __future__ import annotations


class PunchError(Exception):
    """The other side broke the rules; the text says which."""
