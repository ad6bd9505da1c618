"""The rules in the document and the tests that quote them."""

import re
from pathlib import Path

TESTS = Path(__file__).parent
RULES = TESTS.parents[1] / "docs" / "protocol" / "stun.md"


def test_every_rule_is_tested_and_every_quoted_rule_exists() -> None:
    rules = set(re.findall(r"^- \*\*((?:STUN|TURN)\d+)\*\*", RULES.read_text(), re.MULTILINE))
    quoted = {
        rule
        for path in TESTS.glob("test_*.py")
        for docstring in re.findall(r'"""(.*?)"""', path.read_text(), re.DOTALL)
        for rule in re.findall(r"\b(?:STUN|TURN)\d+\b", docstring)
    }
    assert len(rules) >= 26
    assert quoted == rules
