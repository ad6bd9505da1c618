"""What a program may send, and the secrets it proves itself with. No I/O."""

from __future__ import annotations

import hashlib
import hmac
import urllib.parse
from dataclasses import dataclass
from typing import Any

from hutong.platform.errors import InvalidArgument
from hutong.platform.rpc import KEY_BYTES
from hutong.platform.web_api import WebRequest, json_object
from hutong.schema import chat_pb2

KEY_CHARACTERS_MAX = 128
_FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True)
class Post:
    """One message for a group. Two with the same key are the same message."""

    content: chat_pb2.Content
    key: bytes | None


def secret(server_secret: bytes, purpose: str, user: str, key: bytes) -> str:
    """Return the secret that the request `key` of `user` makes.

    Made again from the same request, so that a retry gets the same answer although nobody has kept it.
    """
    parts = b"\x00".join((purpose.encode(), user.encode(), key))
    return hmac.digest(server_secret, parts, hashlib.sha256)[:24].hex()


def digest(text: str) -> bytes:
    """Return what is kept of a secret: it is long and random, so that nobody finds it from this."""
    return hashlib.sha256(text.encode()).digest()


def post(hook: str, request: WebRequest) -> Post:
    """Read `{"text": ..., "key": ...}`, as JSON or as a form's `payload`. Raises `InvalidArgument`.

    `curl -d` calls everything a form. What begins like an object is one, whatever it is called.
    """
    form = request.media_type == _FORM and not request.body.lstrip().startswith(b"{")
    fields = json_object(_payload(request.body) if form else request.body)
    text, key = _text(fields, "text"), _text(fields, "key")
    if len(key) > KEY_CHARACTERS_MAX:
        raise InvalidArgument(f"A key has at most {KEY_CHARACTERS_MAX} characters.", reason="too_long")
    return Post(
        chat_pb2.Content(text=text),
        hashlib.sha256(f"{hook}\x00{key}".encode()).digest()[:KEY_BYTES] if key else None,
    )


def _payload(body: bytes) -> bytes:
    try:
        form = urllib.parse.parse_qs(body.decode(), max_num_fields=20)
    except ValueError as error:  # no UTF-8, too many fields
        raise InvalidArgument("This is not a form.", reason="malformed") from error
    return form.get("payload", [""])[0].encode()


def _text(fields: dict[str, Any], name: str) -> str:
    value = fields.get(name, "")
    if not isinstance(value, str):
        raise InvalidArgument(f"{name!r} is a text.", reason="malformed")
    try:
        value.encode()
    except UnicodeEncodeError as error:  # JSON may spell half a character
        raise InvalidArgument(f"{name!r} has characters that are none.", reason="bad_characters") from error
    return value
