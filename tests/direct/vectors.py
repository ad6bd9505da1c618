"""Writes `schema/vectors/direct.json`: what a listener shows after each step, here and in the web client."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

from hutong.protocols.direct import DirectError, PreviewReceiver, Words
from hutong.schema import direct_pb2 as pb

PLACE = Path(__file__).resolve().parents[2] / "schema/vectors/direct.json"
HEAD = 5
RUNS = 8
STEPS = 60
TEXTS = ("ok", "no", "你好 👋")


def _record(chance: random.Random, head: int) -> bytes:
    if chance.random() < 0.05:
        return chance.randbytes(12)
    if chance.random() < 0.25:
        settled = pb.Settled(count=chance.randint(0, 40), seq=chance.choice((0, head, head + 1, head + 3)))
        return pb.Record(settled=settled).SerializeToString()
    after = head - chance.choice((-1, 0, 0, 0, 1, 2))
    preview = pb.Preview(
        count=chance.randint(0, 60), after=after, text=chance.choice(TEXTS), reply_to=chance.choice((0, 0, 2))
    )
    return pb.Record(preview=preview).SerializeToString()


def _run(seed: int) -> list[dict[str, Any]]:
    chance = random.Random(seed)
    receiver, head, now_ms = PreviewReceiver(HEAD), HEAD, 0
    steps: list[dict[str, Any]] = []
    for _ in range(STEPS):
        # Eighths of a second are exact in both languages.
        now_ms += 125 * chance.choice((0, 0, 1, 2, 8, 40))
        step: dict[str, Any] = {"nowMs": now_ms}
        kind = chance.random()
        if kind < 0.55:
            record = _record(chance, head)
            step |= {"do": "receive", "record": record.hex()}
            try:
                receiver.receive(record, now_ms / 1000)
            except DirectError:
                step["refused"] = True
        elif kind < 0.85:
            head += 1
            words = Words(chance.choice(TEXTS), chance.choice((0, 0, 2))) if chance.random() < 0.8 else None
            step |= {"do": "event", "seq": head, "words": words and {"text": words[0], "replyTo": words[1]}}
            step["ahead"] = receiver.event(head, words)
        elif kind < 0.9:
            step["do"] = "channel"
            receiver.channel()
        elif kind < 0.98:
            step["do"] = "expire"
            receiver.expire(now_ms / 1000)
        else:
            head += 3
            step |= {"do": "jumped", "head": head}
            receiver.jumped(head)
        step["shown"] = [
            {
                "number": each.number,
                "text": each.words.text,
                "replyTo": each.words.reply_to,
                "state": each.state.value,
            }
            for each in receiver.arriving
        ]
        steps.append(step)
    return steps


def vectors() -> str:
    """Return the file's text."""
    runs: list[dict[str, Any]] = [{"head": HEAD, "steps": _run(seed)} for seed in range(RUNS)]
    lines = [
        f'{{"head": {run["head"]}, "steps": [\n'
        + ",\n".join(json.dumps(step, ensure_ascii=False) for step in run["steps"])
        + "\n]}"
        for run in runs
    ]
    return "[\n" + ",\n".join(lines) + "\n]\n"


if __name__ == "__main__":
    PLACE.write_text(vectors())
