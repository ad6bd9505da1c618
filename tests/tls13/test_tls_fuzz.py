"""A short fuzz of every parser (the long one: fuzz.py): LINK19."""

from __future__ import annotations

import random

import pytest

from tests.tls13 import fuzz

TARGETS = fuzz.targets()


# The library warns of certificates that it will refuse one day.
@pytest.mark.filterwarnings("ignore::cryptography.utils.CryptographyDeprecationWarning")
@pytest.mark.parametrize("name", sorted(TARGETS))
def test_nothing_but_our_own_errors(name: str) -> None:
    """LINK19."""
    answers = fuzz.run(name, TARGETS[name], random.Random(name), 10.0, 250)
    assert len(answers) > 1 or name in {"certificate verify", "key update"}, answers
