"""What a push says, in the language of who gets it. No I/O."""

from __future__ import annotations

from google.protobuf.message import DecodeError

from hutong.features.push import encryption
from hutong.platform.errors import InvalidArgument
from hutong.platform.events import kind_of
from hutong.platform.log import Stored
from hutong.platform.urls import Url, UrlError, parse
from hutong.schema import calls_pb2, chat_pb2, transfers_pb2
from hutong.schema import push_pb2 as pb

ENDPOINT_CHARACTERS_MAX = 1_000
TITLE_CHARACTERS_MAX = 80
BODY_CHARACTERS_MAX = 200
EVERYONE = ""

_MESSAGE = kind_of(chat_pb2.MessageSent)
_CALL = kind_of(calls_pb2.CallRecorded)
_TRANSFER = kind_of(transfers_pb2.TransferOffered)
_MISSED = {calls_pb2.OUTCOME_NO_ANSWER, calls_pb2.OUTCOME_CANCELLED}

_EN = {
    "hidden": "You have a new message.",
    "works": "Notifications work on this device.",
    "group": "Group",
    "somebody": "Somebody",
    "message": "A message",
    "picture": "Picture",
    "file": "File",
    "voice": "Voice message",
    "video": "Video",
    "location": "Location",
    "card": "Contact card",
    "sticker": "Sticker",
    "poll": "Poll",
    "bundle": "Forwarded messages",
    "call": "Missed call",
    "video_call": "Missed video call",
}
_ZH = {
    "hidden": "你有新消息。",
    "works": "这台设备可以收到通知。",
    "group": "群聊",
    "somebody": "某人",
    "message": "消息",
    "picture": "[图片]",
    "file": "[文件]",
    "voice": "[语音]",
    "video": "[视频]",
    "location": "[位置]",
    "card": "[名片]",
    "sticker": "[表情]",
    "poll": "[投票]",
    "bundle": "[聊天记录]",
    "call": "未接来电",
    "video_call": "未接视频来电",
}


def words(language: str) -> dict[str, str]:
    """Return the sentences of a language; English for one that is not set."""
    return _ZH if language == "zh" else _EN


def check_subscription(request: pb.SubscribeRequest, hosts: frozenset[str]) -> Url:
    """Return where to post to. Raises `InvalidArgument`. Only the `hosts` may do without TLS."""
    try:
        url = parse(request.endpoint if len(request.endpoint) <= ENDPOINT_CHARACTERS_MAX else "")
    except UrlError as error:
        raise InvalidArgument("This is no address of a push service.", reason="bad_endpoint") from error
    if url.scheme != "https" and url.host not in hosts:
        raise InvalidArgument("A push service speaks https.", reason="bad_endpoint")
    if not encryption.is_point(request.p256dh) or len(request.auth) != encryption.AUTH_BYTES:
        raise InvalidArgument("These are no keys of a subscription.", reason="bad_keys")
    return url


def mentions(event: Stored, user: str) -> bool:
    """Tell whether a message speaks to a user, or to everyone."""
    if event.kind != _MESSAGE:
        return False
    return any(each.user in {user, EVERYONE} for each in _content(event).mentions)


def summary(event: Stored, language: str) -> str:
    """Return a line about an event; '' for one that is no news, as a call that was answered."""
    say = words(language)
    if event.kind == _CALL:
        call = calls_pb2.CallRecorded.FromString(event.body)
        if call.outcome not in _MISSED:
            return ""
        return say["video_call"] if call.video else say["call"]
    if event.kind == _TRANSFER:
        offer = transfers_pb2.TransferOffered.FromString(event.body)
        return f"{say['file']} {shortened(offer.name, BODY_CHARACTERS_MAX)}".strip()
    if event.kind != _MESSAGE:
        return say["message"]
    content = _content(event)
    kind = content.WhichOneof("kind") or "message"
    if kind == "text":
        return shortened(content.text, BODY_CHARACTERS_MAX)
    if kind == "file":
        return f"{say['file']} {shortened(content.file.name, BODY_CHARACTERS_MAX)}".strip()
    return say.get(kind, say["message"])


def shortened(text: str, characters_max: int) -> str:
    """Return a text on one line, cut where it is too long."""
    line = " ".join(text[: 2 * characters_max].split())
    return line if len(line) <= characters_max else line[: characters_max - 1] + "…"


def _content(event: Stored) -> chat_pb2.Content:
    try:
        return chat_pb2.MessageSent.FromString(event.body).content
    except DecodeError:  # of a newer version: still worth a push
        return chat_pb2.Content()
