"""Voices as samples and as files. No I/O; may take seconds, and crash: see `worker`.

SILK v3 is what Skype published in 2010 (draft-vos-silk). WeChat writes its storage format with one more byte
in front (0x02) and without the final marker; both are read here, and WeChat's is written.
"""

from __future__ import annotations

import io
import itertools
from array import array
from fractions import Fraction
from typing import Any, NamedTuple

import av
import pysilk

SILK = "audio/silk"
OGG_OPUS = "audio/ogg"
DURATION_S_MAX = 10 * 60
WAVEFORM_VALUES = 128
_SILK_RATE = 24_000
_OPUS_RATE = 48_000
# Speech; WeChat's own files have about as much.
_SILK_BITS = 24_000
_OPUS_BITS = 24_000
_SAMPLE_BYTES = 2
_MARK = b"#!SILK_V3"


class BadVoiceError(Exception):
    """What came is no voice; the text is a reason of the service's."""


class Samples(NamedTuple):
    """Mono, signed 16 bit."""

    rate: int
    data: bytes

    @property
    def duration_ms(self) -> int:
        """How long it is."""
        return len(self.data) // _SAMPLE_BYTES * 1000 // self.rate


def decode(data: bytes) -> Samples:
    """Return the samples of a file. Raises `BadVoiceError`, and whatever a decoder makes of hostile bytes."""
    if data.startswith((_MARK, b"\x02" + _MARK)):
        return Samples(_SILK_RATE, _from_silk(data))
    return Samples(_OPUS_RATE, _from_container(data))


def encode(samples: Samples, media_type: str) -> bytes:
    """Return a file."""
    if media_type == SILK:
        return _to_silk(_at_rate(samples, _SILK_RATE))
    return _to_ogg(_at_rate(samples, _OPUS_RATE))


def waveform(samples: Samples) -> bytes:
    """Return how loud equal stretches are, 0 to 255. The root makes quiet voices visible."""
    values = array("h", samples.data)
    count = min(WAVEFORM_VALUES, len(values))
    edges = [len(values) * place // count for place in range(count + 1)] if count else []
    stretches = (values[start:end] for start, end in itertools.pairwise(edges))
    peaks = (max(*each, -min(each)) for each in stretches)
    return bytes(min(255, int(255 * (peak / 32_768) ** 0.5)) for peak in peaks)


class _Bounded(io.BytesIO):
    """Takes what a decoder writes, up to the longest voice."""

    def __init__(self, rate: int) -> None:
        super().__init__()
        self._left = rate * _SAMPLE_BYTES * DURATION_S_MAX

    def write(self, data: Any) -> int:
        """Keep samples. Raises `BadVoiceError` beyond the bound."""
        self._left -= len(data)
        self.check()
        return super().write(data)

    def check(self) -> None:
        """Raise what was raised before: the decoder of SILK swallows it."""
        if self._left < 0:
            raise BadVoiceError("voice_too_long")


def _from_silk(data: bytes) -> bytes:
    output = _Bounded(_SILK_RATE)
    try:
        pysilk.decode(io.BytesIO(data), output, _SILK_RATE)
    except pysilk.SilkError as error:
        raise BadVoiceError("not_a_voice") from error
    output.check()
    return output.getvalue()


def _to_silk(samples: Samples) -> bytes:
    output = io.BytesIO()
    pysilk.encode(io.BytesIO(samples.data), output, _SILK_RATE, _SILK_BITS)
    return output.getvalue()


def _from_container(data: bytes) -> bytes:
    output = _Bounded(_OPUS_RATE)
    try:
        with av.open(io.BytesIO(data), "r") as container:
            if not container.streams.audio:
                raise BadVoiceError("not_a_voice")
            resampler = av.AudioResampler("s16", "mono", _OPUS_RATE)
            for frame in container.decode(audio=0):
                _write(output, resampler.resample(frame))
            _write(output, resampler.resample(None))
    except (av.FFmpegError, ValueError) as error:
        raise BadVoiceError("not_a_voice") from error
    return output.getvalue()


def _write(output: io.BytesIO, frames: list[av.AudioFrame]) -> None:
    for frame in frames:  # noqa: FURB122  `writelines` would go past the bound
        output.write(bytes(frame.planes[0])[: frame.samples * _SAMPLE_BYTES])


def _to_ogg(samples: Samples) -> bytes:
    output = io.BytesIO()
    with av.open(output, "w", format="ogg") as container:
        stream = container.add_stream("libopus", rate=_OPUS_RATE)
        stream.bit_rate = _OPUS_BITS
        stream.codec_context.layout = "mono"
        resampler = av.AudioResampler("s16", "mono", _OPUS_RATE, frame_size=_OPUS_RATE // 50)
        frames = [*resampler.resample(_frame(samples)), *resampler.resample(None)]
        for frame in frames:
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return output.getvalue()


def _at_rate(samples: Samples, rate: int) -> Samples:
    if samples.rate == rate or not samples.data:
        return Samples(rate, samples.data)
    resampler = av.AudioResampler("s16", "mono", rate)
    output = io.BytesIO()
    _write(output, resampler.resample(_frame(samples)))
    _write(output, resampler.resample(None))
    return Samples(rate, output.getvalue())


def _frame(samples: Samples) -> av.AudioFrame:
    count = len(samples.data) // _SAMPLE_BYTES
    frame = av.AudioFrame("s16", "mono", count)
    frame.sample_rate = samples.rate
    frame.time_base = Fraction(1, samples.rate)
    frame.pts = 0
    plane = frame.planes[0]
    padding = bytes(plane.buffer_size - len(samples.data))
    plane.update(samples.data + padding)
    return frame
