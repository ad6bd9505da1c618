"""What may be said, without a server."""

from __future__ import annotations

import pytest

from hutong.features.chat import model
from hutong.platform.errors import InvalidArgument
from hutong.schema import chat_pb2 as pb
from hutong.testing import refused


@pytest.mark.parametrize(
    ("content", "blobs"),
    [
        (pb.Content(text="hello"), []),
        (pb.Content(text="x" * 8_000), []),
        (pb.Content(file=pb.File(blob="a", name="报告 final.pdf")), ["a"]),
        (pb.Content(picture=pb.Picture(blob="a", thumbnail="b", name="x.png", width=30_000)), ["a", "b"]),
        (pb.Content(picture=pb.Picture(blob="a", name="x.png", media_type="image/png")), ["a"]),
    ],
)
def test_what_may_be_said(content: pb.Content, blobs: list[str]) -> None:
    assert model.check_content(content) == blobs


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (pb.Content(), "unknown_content"),
        (pb.Content(text=""), "empty"),
        (pb.Content(text=" \n\t"), "empty"),
        (pb.Content(text="x" * 8_001), "too_long"),
        (pb.Content(file=pb.File(blob="a", name="")), "bad_name"),
        (pb.Content(file=pb.File(blob="a", name="../etc")), "bad_name"),
        (pb.Content(file=pb.File(blob="a", name="a\\b")), "bad_name"),
        (pb.Content(file=pb.File(blob="a", name="a\nb")), "bad_name"),
        (pb.Content(file=pb.File(blob="a", name="photo\u202egpj.exe")), "bad_name"),
        (pb.Content(file=pb.File(blob="a", name="x" * 256)), "bad_name"),
        (pb.Content(file=pb.File(blob="a", name="x", media_type="text/html\r\nX: y")), "bad_media_type"),
        (pb.Content(picture=pb.Picture(blob="a", name="x", width=30_001)), "bad_size"),
    ],
)
def test_what_may_not(content: pb.Content, reason: str) -> None:
    with refused(InvalidArgument, reason):
        model.check_content(content)


@pytest.mark.parametrize("title", ["家 👨‍👩‍👧", "Team\u3000A", "x" * 64])
def test_titles(title: str) -> None:
    assert model.title(f" {title} ") == title


@pytest.mark.parametrize(
    ("title", "reason"), [("", "bad_length"), ("x" * 65, "bad_length"), ("a\nb", "bad_characters")]
)
def test_bad_titles(title: str, reason: str) -> None:
    with refused(InvalidArgument, reason):
        model.title(title)
