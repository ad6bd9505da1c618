"""What the documents say is true: links lead somewhere, commands exist, the README's program runs."""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from hutong.cli.commands import MODULES
from tests.client.live import running

ROOT = Path(__file__).resolve().parents[1]
DOCUMENTS = sorted(
    [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("bench/*.md")],
)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(document: Path) -> None:
    targets = re.findall(r"\]\(([^)#\s]+)[^)]*\)", document.read_text())
    local = [target for target in targets if "://" not in target]
    assert [target for target in local if not (document.parent / target).exists()] == []


def test_the_commands_of_the_readme_exist() -> None:
    named = set(re.findall(r"^(?:\.venv/bin/)?hutong (\w+)", (ROOT / "README.md").read_text(), re.MULTILINE))
    assert named
    assert named <= set(MODULES)


def test_the_make_targets_of_the_documents_exist() -> None:
    text = "\n".join(document.read_text() for document in DOCUMENTS)
    defined = set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert {"run", "test"} <= set(re.findall(r"^make (\w+)", text, re.MULTILINE))
    assert set(re.findall(r"(?:^|`)make (\w+)", text, re.MULTILINE)) <= defined


async def test_the_program_of_the_readme_runs(tmp_path: Path) -> None:
    (code,) = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    async with running(tmp_path / "server") as server:
        async with server.client("anna") as anna, server.client("bot") as bot:
            await anna.sign_up("anna", "correct horse", name="Anna")
            await bot.sign_up("bot", "correct horse", name="Bot")
            await server.befriend(anna, bot)
        here = f"__import__('pathlib').Path({str(server.folder / 'bot')!r})"
        imports, body = code.split("\n\n", 1)
        body = body.replace('Client("http://127.0.0.1:8300")', f"Client({server.url!r}, home={here})")
        body = textwrap.indent(body, "    ")
        program = f"import asyncio\n{imports}\nasync def main():\n{body}\nasyncio.run(main())"
        process = await asyncio.create_subprocess_exec(sys.executable, "-c", program, stderr=subprocess.PIPE)
        try:
            async with server.client("anna") as anna:
                answers = anna.messages()
                # A program that was never here before hears what is said from its start on.
                answer = asyncio.ensure_future(anext(answers))
                for _ in range(30):
                    await anna.send_text(await anna.open("bot"), "hello")
                    if await asyncio.wait({answer}, timeout=1) and answer.done():
                        break
                assert (await answer).text == "You said: hello"
        finally:
            process.terminate()
            await process.wait()
