from __future__ import annotations

import io
import itertools
import math
from array import array
from typing import Any

import av
import pysilk
import pytest

from hutong.features.voices import codec
from hutong.features.voices.codec import BadVoiceError, Samples

RATE = 48_000


def tone(hertz: float = 440, seconds: float = 1.0, rate: int = RATE) -> Samples:
    """Return a tone that swells, so that silence and loudness can be told apart."""
    count = int(seconds * rate)
    values = (
        int(12_000 * place / count * math.sin(2 * math.pi * hertz * place / rate)) for place in range(count)
    )
    return Samples(rate, array("h", values).tobytes())


def pitch(samples: Samples) -> float:
    """Return the tone's frequency: how often it rises through zero in the loud second half."""
    values = array("h", samples.data)
    half = values[len(values) // 2 :]
    rises = sum(1 for before, after in itertools.pairwise(half) if before < 0 <= after)
    return rises * samples.rate / len(half)


def recorded(samples: Samples, form: str, codec_name: str) -> bytes:
    """Return what another program would have made of it."""
    output = io.BytesIO()
    with av.open(output, "w", format=form) as container:
        stream: Any = container.add_stream(codec_name, rate=samples.rate)  # the stubs: audio or anything
        stream.codec_context.layout = "mono"
        size = stream.codec_context.frame_size or 960
        frame = codec._frame(samples)
        resampler = av.AudioResampler(
            stream.codec_context.format or "s16", "mono", samples.rate, frame_size=size
        )
        for part in [*resampler.resample(frame), *resampler.resample(None)]:
            container.mux(stream.encode(part))
        container.mux(stream.encode(None))
    return output.getvalue()


@pytest.mark.parametrize(
    ("form", "codec_name"),
    [("webm", "libopus"), ("ogg", "libopus"), ("mp4", "aac"), ("wav", "pcm_s16le"), ("mp3", "mp3")],
)
@pytest.mark.parametrize("media_type", [codec.OGG_OPUS, codec.SILK])
def test_what_browsers_and_phones_record_becomes_either(form: str, codec_name: str, media_type: str) -> None:
    if codec_name == "mp3":
        codec_name = "libmp3lame"
    source = recorded(tone(), form, codec_name)
    again = codec.decode(codec.encode(codec.decode(source), media_type))
    assert again.duration_ms == pytest.approx(1000, abs=100)
    assert pitch(again) == pytest.approx(440, rel=0.03)


def test_wechats_files_and_those_of_the_reference_codec_are_read() -> None:
    samples = codec._at_rate(tone(), 24_000)
    for tencent, mark in ((True, b"\x02#!SILK_V3"), (False, b"#!SILK_V3")):
        output = io.BytesIO()
        pysilk.encode(io.BytesIO(samples.data), output, 24_000, 24_000, tencent=tencent)
        assert output.getvalue().startswith(mark)
        assert pitch(codec.decode(output.getvalue())) == pytest.approx(440, rel=0.03)
    assert codec.encode(tone(), codec.SILK).startswith(b"\x02#!SILK_V3")


def test_the_waveform_swells_with_the_tone() -> None:
    values = codec.waveform(tone())
    assert len(values) == codec.WAVEFORM_VALUES
    assert values[0] < 30 < values[64] < values[127]
    assert codec.waveform(Samples(RATE, b"")) == b""
    assert codec.waveform(Samples(RATE, array("h", [-32_768] * 1000).tobytes())) == b"\xff" * 128


def test_a_voice_has_a_longest_length(monkeypatch: pytest.MonkeyPatch) -> None:
    sources = [codec.encode(tone(seconds=2), kind) for kind in (codec.OGG_OPUS, codec.SILK)]
    monkeypatch.setattr(codec, "DURATION_S_MAX", 1)
    for source in sources:
        with pytest.raises(BadVoiceError, match="voice_too_long"):
            codec.decode(source)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"hello",
        bytes(1000),
        b"\x02#!SILK_V3\xff\xff" + b"\xff" * 100,
        b"OggS" + bytes(200),
        b"RIFF\xff\xff\xff\xffWAVE",
    ],
)
def test_what_is_no_voice_is_refused(data: bytes) -> None:
    with pytest.raises(BadVoiceError, match="not_a_voice"):
        codec.decode(data)
