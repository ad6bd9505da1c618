"""What may be said, without a server."""

from __future__ import annotations

import pytest

from hutong.features.chat.content import blobs_of, check_content, is_plain
from hutong.platform.errors import InvalidArgument, PermissionDenied, RpcError
from hutong.schema import chat_pb2 as pb
from hutong.schema import identity_pb2
from hutong.testing import refused

VOICE = {"media_type": "audio/ogg", "duration_ms": 1}
OPTIONS = ["yes", "no"]


def voice(**fields: object) -> pb.Content:
    return pb.Content(voice=pb.Voice(blob="a", **(VOICE | fields)))  # type: ignore[arg-type]


def poll(question: str = "Tea?", options: list[str] | None = None) -> pb.Content:
    return pb.Content(poll=pb.Poll(question=question, options=OPTIONS if options is None else options))


def place(latitude: int = 0, longitude: int = 0, name: str = "", address: str = "") -> pb.Content:
    location = pb.Location(latitude_e7=latitude, longitude_e7=longitude, name=name, address=address)
    return pb.Content(location=location)


def mentioning(text: str, start: int, length: int, times: int = 1) -> pb.Content:
    mention = pb.Mention(user="u", start=start, length=length)
    return pb.Content(text=text, mentions=[mention] * times)


def linking(text: str, url: str, picture: str = "") -> pb.Content:
    return pb.Content(text=text, preview=pb.Preview(url=url, picture=picture))


@pytest.mark.parametrize(
    ("content", "blobs"),
    [
        (pb.Content(text="hello"), []),
        (pb.Content(text="x" * 8_000), []),
        (pb.Content(file=pb.File(blob="a", name="报告 final.pdf")), ["a"]),
        (pb.Content(picture=pb.Picture(blob="a", thumbnail="b", name="x.png", width=30_000)), ["a", "b"]),
        (pb.Content(picture=pb.Picture(blob="a", name="x.png", original="c")), ["a", "c"]),
        (voice(duration_ms=600_000, waveform=b"x" * 128), ["a"]),
        (voice(media_type="audio/silk", transcribed="b"), ["a", "b"]),
        (
            pb.Content(video=pb.Video(blob="a", poster="b", name="film.mp4", media_type="video/mp4")),
            ["a", "b"],
        ),
        (place(900_000_000, -1_800_000_000, "People's Park", "People's Road"), []),
        (pb.Content(card=pb.Card(profile=identity_pb2.Profile(user="u"))), []),
        (pb.Content(sticker=pb.Sticker(blob="a", width=512, height=512, emoji="😀", pack="p")), ["a"]),
        (poll(), []),
        (poll("x" * 300, [f"{number} {'x' * 90}" for number in range(12)]), []),
        (mentioning("@李 hello", 0, 2), []),
        (mentioning("👍@u", 1, 2, times=50), []),
        (linking("see https://a.example/b?", "https://a.example/b", "a"), ["a"]),
    ],
)
def test_what_may_be_said(content: pb.Content, blobs: list[str]) -> None:
    """MSG1"""
    assert check_content(content) == blobs


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
        (voice(duration_ms=0), "bad_duration"),
        (voice(duration_ms=600_001), "bad_duration"),
        (voice(waveform=b"x" * 129), "too_long"),
        (voice(media_type="x" * 101), "bad_media_type"),
        (pb.Content(video=pb.Video(blob="a", name="x", height=30_001)), "bad_size"),
        (pb.Content(video=pb.Video(blob="a", name="a/b")), "bad_name"),
        (place(900_000_001), "bad_place"),
        (place(-900_000_001), "bad_place"),
        (place(0, 1_800_000_001), "bad_place"),
        (place(name="x" * 101), "bad_length"),
        (place(address="x" * 201), "bad_length"),
        (place(name="a\u202eb"), "bad_characters"),
        (pb.Content(card=pb.Card()), "nobody"),
        (pb.Content(card=pb.Card(profile=identity_pb2.Profile(user="u" * 17))), "nobody"),
        (pb.Content(sticker=pb.Sticker(blob="a", width=4_097)), "bad_size"),
        (pb.Content(sticker=pb.Sticker(blob="a", emoji="😀" * 9)), "too_long"),
        (pb.Content(sticker=pb.Sticker(blob="a", pack="p" * 17)), "too_long"),
        (pb.Content(sticker=pb.Sticker(blob="a", emoji="\n")), "bad_characters"),
        (poll(""), "bad_length"),
        (poll("x" * 301), "bad_length"),
        (poll("a\nb"), "bad_characters"),
        (poll(options=["one"]), "bad_options"),
        (poll(options=[str(number) for number in range(13)]), "bad_options"),
        (poll(options=["a", "a "]), "bad_options"),
        (poll(options=["a", " "]), "bad_length"),
        (poll(options=["a", "x" * 101]), "bad_length"),
        (mentioning("hello", 0, 0), "bad_mention"),
        (mentioning("hello", 4, 2), "bad_mention"),
        (mentioning("hello", 2**32 - 1, 2**32 - 1), "bad_mention"),
        (mentioning("hello", 0, 1, times=51), "too_many_mentions"),
        (
            pb.Content(location=pb.Location(), mentions=[pb.Mention(user="u", length=1)]),
            "bad_mention",
        ),
        (linking("see https://a.example", "https://b.example"), "bad_preview"),
        (linking("see", ""), "bad_preview"),
    ],
)
def test_what_may_not(content: pb.Content, reason: str) -> None:
    """MSG1"""
    with refused(InvalidArgument, reason):
        check_content(content)


@pytest.mark.parametrize(
    "content",
    [
        pb.Content(bundle=pb.Bundle(title="x")),
        pb.Content(text="x", forwarded_from=identity_pb2.Profile()),
        pb.Content(text="x", forwarded_from=identity_pb2.Profile(user="u", name="Somebody")),
    ],
)
def test_what_only_the_server_says(content: pb.Content) -> None:
    """MSG2"""
    with refused(PermissionDenied, "server_only"):
        check_content(content)


def test_a_card_says_who_and_nothing_else() -> None:
    """MSG3"""
    profile = identity_pb2.Profile(user="u", name="Somebody Important", handle="boss")
    content = pb.Content(card=pb.Card(profile=profile))
    check_content(content)
    assert content == pb.Content(card=pb.Card(profile=identity_pb2.Profile(user="u")))


def test_a_bundle_shows_what_its_messages_show() -> None:
    bundled = [
        pb.Bundled(content=pb.Content(picture=pb.Picture(blob="a", thumbnail="b"))),
        pb.Bundled(content=pb.Content(text="hello")),
        pb.Bundled(content=pb.Content(file=pb.File(blob="a"))),
    ]
    assert list(blobs_of(pb.Content(bundle=pb.Bundle(messages=bundled)))) == ["a", "b", "a"]


def test_every_kind_has_rules() -> None:
    """MSG1: a kind that is new in the schema is refused until it has some."""
    for field in pb.Content.DESCRIPTOR.oneofs_by_name["kind"].fields:
        name, content = field.name, pb.Content()
        if field.message_type is None:
            setattr(content, name, "")
        else:
            getattr(content, name).SetInParent()
        reason = ""
        try:
            check_content(content)
        except RpcError as error:
            reason = error.reason
        assert reason != "unknown_content", name


@pytest.mark.parametrize(
    ("content", "plain"),
    [
        (pb.Content(text="hello"), True),
        (pb.Content(text=" "), True),  # refused by `check_text`
        (pb.Content(), False),
        (pb.Content(text=""), False),
        (pb.Content(text="hello", reply_to=1), False),
        (mentioning("hello", 0, 1), False),
        (linking("https://a.example", "https://a.example"), False),
        (pb.Content(text="hello", forwarded_from=identity_pb2.Profile()), False),
        (voice(), False),
    ],
)
def test_plain_is_what_needs_no_other_check(content: pb.Content, plain: bool) -> None:
    assert is_plain(content) is plain
