"""Packets framed by hand are what Protobuf would have made of them."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hutong.platform.packets import event_fields, event_packet, framed, reply_packet, varint
from hutong.schema import chat_pb2, link_pb2, log_pb2, options_pb2

# Bounded by examples: on a busy machine the first draw alone takes a second.
steady = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
numbers = st.one_of(st.integers(0, 2**32 - 1), st.sampled_from([0x7F, 0x80, 0x3FFF, 0x4000, 2**21, 2**28]))
bodies = st.one_of(st.binary(max_size=300), st.sampled_from([0, 127, 128, 16_383, 16_384, 70_000]).map(bytes))
packed = st.one_of(st.none(), st.binary(min_size=1, max_size=200))


@steady
@given(st.integers(1, 2**32 - 1), bodies, packed)
def test_a_reply(request_id: int, body: bytes, smaller: bytes | None) -> None:
    reply = link_pb2.Reply(id=request_id, body=body)
    if smaller is not None:
        reply = link_pb2.Reply(id=request_id, body=smaller, encoding=options_pb2.ENCODING_COMPRESSED)
    packet = link_pb2.Packet.FromString(reply_packet(request_id, body, smaller))
    assert packet == link_pb2.Packet(replies=[reply])


@steady
@given(numbers, st.integers(0, 2**60), bodies, packed, st.binary(max_size=16))
def test_an_event(seq: int, at_ms: int, body: bytes, smaller: bytes | None, key: bytes) -> None:
    event = log_pb2.Event(log="chat:1", seq=seq, kind=401, author="alice", at_ms=at_ms, key=key, body=body)
    if smaller is not None:
        event.body, event.encoding = smaller, options_pb2.ENCODING_COMPRESSED
    fields = event_fields("chat:1", seq, 401, b"alice", at_ms, body, smaller)
    assert link_pb2.Packet.FromString(event_packet(fields, key)) == link_pb2.Packet(events=[event])


@steady
@given(numbers)
def test_a_number(number: int) -> None:
    """Seven bits a byte, the lowest first, the last without the high bit."""
    encoded = varint(number)
    assert sum((byte & 0x7F) << 7 * place for place, byte in enumerate(encoded)) == number
    assert [byte >> 7 for byte in encoded] == [1] * (len(encoded) - 1) + [0]
    assert len(encoded) == max(1, -(-number.bit_length() // 7))


@steady
@given(st.text(max_size=400), numbers)
def test_a_message_in_another(text: str, reply_to: int) -> None:
    content = chat_pb2.Content(text=text, reply_to=reply_to)
    whole = chat_pb2.MessageSent(content=content)
    assert framed(chat_pb2.MessageSent.CONTENT_FIELD_NUMBER, content) == whole.SerializeToString()
