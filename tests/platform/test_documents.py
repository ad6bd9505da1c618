"""Documents that are generated from the code, and rules that tests quote: none of them may rot."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.platform import documents

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("name", sorted(documents.GENERATED))
def test_a_generated_document_is_up_to_date(name: str) -> None:
    path = ROOT / "docs" / name
    stale = f"{path} is stale: run `python -m tests.platform.documents`"
    assert path.read_text() == documents.GENERATED[name](), stale


def test_every_reason_in_the_code_is_in_the_document() -> None:
    """Two ways to find them: by syntax tree for the document, by eye for this test."""
    found: set[str] = set()
    for path in (ROOT / "hutong").rglob("*.py"):
        if "tests" not in path.parts and "client" not in path.parts:
            found.update(re.findall(r'reason="([a-z_]+)"', path.read_text()))
    text = documents.errors()
    assert {reason for reason in found if f"`{reason}`" not in text} == set()


def rule_ids() -> list[str]:
    text = "".join(path.read_text() for path in (ROOT / "docs" / "protocol").glob("*.md"))
    return re.findall(r"^- \*\*([A-Z]+\d+)\*\*", text, re.MULTILINE)


def test_rules_have_ids_of_their_own() -> None:
    ids = rule_ids()
    assert len(ids) == len(set(ids)) >= 150


def test_every_rule_is_quoted_by_a_test() -> None:
    """A rule nobody tests is a wish. Those for clients are quoted where the clients are tested."""
    tests = [
        *(ROOT / "tests").rglob("*.py"),
        *(ROOT / "hutong").rglob("tests/*.py"),
        *(ROOT / "web" / "src").rglob("*.test.ts"),
        *(ROOT / "web" / "tests").rglob("*.ts"),
    ]
    kinds = "|".join({rule.rstrip("0123456789") for rule in rule_ids()})
    quoted: set[str] = set()
    for path in tests:
        quoted.update(re.findall(rf"\b(?:{kinds})\d+\b", path.read_text()))
    assert [rule for rule in rule_ids() if rule not in quoted] == []
    assert quoted - set(rule_ids()) == set(), "a test quotes a rule that does not exist"
