"""How a copy looks: HTML that any browser opens from a folder, without scripts. No I/O."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping
from html import escape

from hutong.schema import chat_pb2

STYLE = """
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { max-width: 46rem; margin: 2rem auto; padding: 0 1rem; overflow-wrap: anywhere; }
article { margin: 0.75rem 0; } time { opacity: 0.65; font-size: 0.85rem; margin-inline-start: 0.5rem; }
p { margin: 0; white-space: pre-wrap; } .note { opacity: 0.65; }
img, video { max-width: 100%; max-height: 24rem; display: block; border-radius: 0.5rem; }
"""

WORDS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "title": "A copy of your data",
        "made": "Made on",
        "conversations": "Conversations",
        "recalled": "This message was taken back.",
        "edited": "edited",
        "location": "Location",
        "card": "Contact",
        "poll": "Poll",
        "voice": "Voice message",
        "bundle": "Forwarded messages",
        "other": "Something this copy cannot show; the JSON file has it.",
        "raw": "The same as data",
        "saved": "Saved messages",
    },
    "zh": {
        "title": "你的数据副本",
        "made": "生成于",
        "conversations": "聊天",
        "recalled": "消息已撤回。",
        "edited": "已编辑",
        "location": "位置",
        "card": "名片",
        "poll": "投票",
        "voice": "语音消息",
        "bundle": "合并转发的消息",
        "other": "此副本无法显示的内容，见 JSON 文件。",  # noqa: RUF001  Chinese
        "raw": "同样内容的数据文件",
        "saved": "收藏的消息",
    },
}


END = "</html>\n"


def beginning(language: str, title: str) -> str:
    """Return everything up to the heading; `END` ends the page."""
    return (
        f'<!doctype html><html lang="{language}"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width">'
        f"<title>{escape(title)}</title><style>{STYLE}</style><h1>{escape(title)}</h1>\n"
    )


def link(path: str, text: str) -> str:
    """Return a link in a paragraph of its own, or only its text when it leads nowhere."""
    return f'<p><a href="{escape(path)}">{escape(text)}</a></p>' if path else f"<p>{escape(text)}</p>"


def player(element: str, path: str, text: str) -> str:
    """Return what plays a file, and a link to it for what the browser cannot play."""
    shown = f'<{element} controls preload="none" src="{escape(path)}"></{element}>' if path else ""
    return shown + link(path, text)


def moment(at_ms: int) -> str:
    """Return a time in UTC, as a `time` element."""
    at = datetime.datetime.fromtimestamp(at_ms / 1000, datetime.UTC)
    return f'<time datetime="{at.isoformat()}">{at:%Y-%m-%d %H:%M} UTC</time>'


def message(
    words: Mapping[str, str],
    author: str,
    at_ms: int,
    content: chat_pb2.Content | None,
    path_of: Callable[[str], str],
    *,
    edited: bool,
) -> str:
    """Return one message; None is one that was taken back. `path_of` finds a blob in the copy, or ''."""
    shown = (
        f'<p class="note">{words["recalled"]}</p>' if content is None else _content(words, content, path_of)
    )
    mark = f' <span class="note">({words["edited"]})</span>' if edited else ""
    return f"<article><strong>{escape(author)}</strong>{moment(at_ms)}{mark}{shown}</article>\n"


def _content(words: Mapping[str, str], content: chat_pb2.Content, path_of: Callable[[str], str]) -> str:
    match content.WhichOneof("kind"):
        case "text":
            return f'<p dir="auto">{escape(content.text)}</p>'
        case "picture":
            picture = content.picture
            path = path_of(picture.original) or path_of(picture.blob)
            if not path:
                return link(path, picture.name)
            return f'<img loading="lazy" src="{escape(path)}" alt="{escape(picture.name)}">'
        case "file":
            return link(path_of(content.file.blob), content.file.name)
        case "video":
            return player("video", path_of(content.video.blob), content.video.name)
        case "voice":
            return player("audio", path_of(content.voice.blob), words["voice"])
        case "sticker":
            return f"<p>{escape(content.sticker.emoji)}</p>"
        case "location":
            place = content.location
            where = f"{place.latitude_e7 / 1e7:.5f}, {place.longitude_e7 / 1e7:.5f}"
            text = " · ".join(each for each in (words["location"], place.name, place.address, where) if each)
            return f"<p>{escape(text)}</p>"
        case "card":
            return f"<p>{words['card']}: {escape(content.card.profile.name)}</p>"
        case "poll":
            options = "".join(f"<li>{escape(option)}</li>" for option in content.poll.options)
            return f"<p>{words['poll']}: {escape(content.poll.question)}</p><ul>{options}</ul>"
        case "bundle":
            inner = "".join(
                message(words, each.author.name, each.at_ms, each.content, path_of, edited=False)
                for each in content.bundle.messages
            )
            return f"<p>{words['bundle']}: {escape(content.bundle.title)}</p><blockquote>{inner}</blockquote>"
        case _:
            return f'<p class="note">{words["other"]}</p>'
