"""What may be said: the rules for every kind of content. No I/O."""

from __future__ import annotations

from collections.abc import Iterator

from hutong.platform.errors import InvalidArgument, PermissionDenied
from hutong.platform.text import check_file_name, check_media_type, is_line
from hutong.schema import chat_pb2 as pb

TEXT_CHARACTERS_MAX = 8_000
PICTURE_SIDE_MAX = 30_000
VOICE_MS_MAX = 10 * 60 * 1000
WAVEFORM_BYTES_MAX = 128
STICKER_SIDE_MAX = 4_096
EMOJI_BYTES_MAX = 32
ID_CHARACTERS_MAX = 16
QUESTION_CHARACTERS_MAX = 300
OPTION_CHARACTERS_MAX = 100
OPTIONS_MIN, OPTIONS_MAX = 2, 12
PLACE_CHARACTERS_MAX = 100
ADDRESS_CHARACTERS_MAX = 200
MENTIONS_MAX = 50
_DEGREES = 10**7


def is_plain(content: pb.Content) -> bool:
    """Tell whether a message is nothing but a text, as most are: `check_text` checks all of it."""
    return bool(content.text) and len(content.ListFields()) == 1


def check_content(content: pb.Content) -> list[str]:
    """Return the blobs a person's message shows. Raises `InvalidArgument` for what cannot be shown.

    What a card says of its person is taken out: the server fills it in.
    """
    kind = content.WhichOneof("kind")
    if kind == "bundle" or content.HasField("forwarded_from"):
        raise PermissionDenied("Forwarding is the server's to do.", reason="server_only")
    match kind:
        case "text":
            check_text(content.text)
        case "picture":
            _check_picture(content.picture)
        case "file":
            check_file_name(content.file.name)
            check_media_type(content.file.media_type)
        case "voice":
            _check_voice(content.voice)
        case "video":
            _check_sides(content.video.width, content.video.height, PICTURE_SIDE_MAX)
            check_file_name(content.video.name)
            check_media_type(content.video.media_type)
        case "location":
            _check_location(content.location)
        case "card":
            user = content.card.profile.user
            if not 0 < len(user) <= ID_CHARACTERS_MAX:
                raise InvalidArgument("A card needs a person.", reason="nobody")
            content.card.profile.Clear()
            content.card.profile.user = user
        case "sticker":
            _check_sticker(content.sticker)
        case "poll":
            _check_poll(content.poll)
        case _:
            raise InvalidArgument("This kind of message is not known here.", reason="unknown_content")
    _check_mentions(content)
    if content.HasField("preview") and (not content.preview.url or content.preview.url not in content.text):
        raise InvalidArgument("The text does not hold this link.", reason="bad_preview")
    return list(blobs_of(content))


def blobs_of(content: pb.Content) -> Iterator[str]:
    """Yield the blobs a message shows, one in two places twice; those of a bundle's messages too."""
    match content.WhichOneof("kind"):
        case "picture":
            yield content.picture.blob
            yield from _given(content.picture.thumbnail, content.picture.original)
        case "file":
            yield content.file.blob
        case "voice":
            yield content.voice.blob
            yield from _given(content.voice.transcribed)
        case "video":
            yield content.video.blob
            yield from _given(content.video.poster)
        case "sticker":
            yield content.sticker.blob
        case "bundle":
            for bundled in content.bundle.messages:
                yield from blobs_of(bundled.content)
    yield from _given(content.preview.picture)


def _given(*blobs: str) -> Iterator[str]:
    return (blob for blob in blobs if blob)


def check_text(text: str) -> None:
    """Refuse a text that nobody could see, or that is too long. Raises `InvalidArgument`."""
    if not text.strip():
        raise InvalidArgument("The message is empty.", reason="empty")
    if len(text) > TEXT_CHARACTERS_MAX:
        raise InvalidArgument(f"A message has at most {TEXT_CHARACTERS_MAX} characters.", reason="too_long")


def _check_picture(picture: pb.Picture) -> None:
    _check_sides(picture.width, picture.height, PICTURE_SIDE_MAX)
    check_file_name(picture.name)
    check_media_type(picture.media_type)


def _check_sides(width: int, height: int, maximum: int) -> None:
    if max(width, height) > maximum:
        raise InvalidArgument("The picture is too large.", reason="bad_size")


def _check_voice(voice: pb.Voice) -> None:
    if not 0 < voice.duration_ms <= VOICE_MS_MAX:
        raise InvalidArgument("A voice message lasts at most ten minutes.", reason="bad_duration")
    if len(voice.waveform) > WAVEFORM_BYTES_MAX:
        raise InvalidArgument("The waveform is too long.", reason="too_long")
    check_media_type(voice.media_type)


def _check_location(location: pb.Location) -> None:
    if abs(location.latitude_e7) > 90 * _DEGREES or abs(location.longitude_e7) > 180 * _DEGREES:
        raise InvalidArgument("There is no such place.", reason="bad_place")
    _check_line(location.name, "A place", 0, PLACE_CHARACTERS_MAX)
    _check_line(location.address, "An address", 0, ADDRESS_CHARACTERS_MAX)


def _check_sticker(sticker: pb.Sticker) -> None:
    _check_sides(sticker.width, sticker.height, STICKER_SIDE_MAX)
    if len(sticker.emoji.encode()) > EMOJI_BYTES_MAX or len(sticker.pack) > ID_CHARACTERS_MAX:
        raise InvalidArgument("The sticker says too much.", reason="too_long")
    if not is_line(sticker.emoji) or not is_line(sticker.pack):
        raise InvalidArgument("The sticker has characters that cannot be shown.", reason="bad_characters")


def _check_poll(poll: pb.Poll) -> None:
    _check_line(poll.question, "A question", 1, QUESTION_CHARACTERS_MAX)
    if not OPTIONS_MIN <= len(poll.options) <= OPTIONS_MAX:
        raise InvalidArgument(f"A poll has {OPTIONS_MIN} to {OPTIONS_MAX} options.", reason="bad_options")
    for option in poll.options:
        _check_line(option, "An option", 1, OPTION_CHARACTERS_MAX)
    if len({option.strip() for option in poll.options}) < len(poll.options):
        raise InvalidArgument("Two options are the same.", reason="bad_options")


def _check_mentions(content: pb.Content) -> None:
    if len(content.mentions) > MENTIONS_MAX:
        raise InvalidArgument(f"At most {MENTIONS_MAX} mentions in a message.", reason="too_many_mentions")
    for mention in content.mentions:
        if not mention.length or mention.start + mention.length > len(content.text):
            raise InvalidArgument("A mention stands outside of the text.", reason="bad_mention")


def _check_line(text: str, what: str, minimum: int, maximum: int) -> None:
    if not minimum <= len(text.strip()) or len(text) > maximum:
        raise InvalidArgument(f"{what} has {minimum} to {maximum} characters.", reason="bad_length")
    if not is_line(text):
        raise InvalidArgument(f"{what} has characters that cannot be shown.", reason="bad_characters")
