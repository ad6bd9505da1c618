from __future__ import annotations

import base64

import http_ece  # type: ignore[import-untyped]
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from hutong.features.push import encryption
from hutong.features.push.tests.service import Browser, decoded
from hutong.features.push.vapid import LIFE_S, Vapid


def test_the_example_of_rfc_8291() -> None:
    """Appendix A."""
    scalar = decoded("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw")
    body = encryption.encrypt(
        b"When I grow up, I want to be a watermelon\x02",
        decoded("BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"),
        decoded("BTBZMqHH6r4Tts7J_aSIgg"),
        salt=decoded("DGv6ra1nlYgDCS1FRnbzlw"),
        key=ec.derive_private_key(int.from_bytes(scalar, "big"), ec.SECP256R1()),
    )
    assert base64.urlsafe_b64encode(body).rstrip(b"=").decode() == (
        "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6Tlz"
        "AC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
    )


@pytest.mark.parametrize("size", [0, 1, 510, 511, 512, 3_000, encryption.PLAIN_BYTES_MAX])
def test_bodies_are_read_by_others_and_tell_little_by_their_length(size: int) -> None:
    browser = Browser("")
    plain = bytes(range(256)) * 20
    record = encryption.padded(plain[:size])
    key = encryption.key_from(bytes([7]) * encryption.SCALAR_BYTES)
    body = encryption.encrypt(record, browser.p256dh, browser.auth, salt=bytes(16), key=key)
    assert len(body) <= 4096
    assert len(record) % 512 == 0 or len(body) == 4096
    read = http_ece.decrypt(body, private_key=browser.key, auth_secret=browser.auth, version="aes128gcm")
    assert read == plain[:size]


def test_keys_that_are_none() -> None:
    good = Browser("").p256dh
    assert encryption.is_point(good)
    assert not encryption.is_point(good[:-1])
    assert not encryption.is_point(b"\x04" + bytes(64))  # not on the curve
    assert not encryption.is_point(b"\x02" + good[1:33])  # compressed
    assert not encryption.is_point(b"")


def test_tokens_are_made_anew_in_time_and_for_each_service() -> None:
    """RFC 8292: at most a day."""
    vapid = Vapid(bytes(48))
    assert vapid.public == Vapid(bytes(48)).public
    assert vapid.public != Vapid(bytes([1]) * 48).public
    first = vapid.authorization("https://a.example", "", 1_000)
    assert vapid.authorization("https://a.example", "", 1_000 + LIFE_S // 2 - 1) == first
    assert vapid.authorization("https://a.example", "", 1_000 + LIFE_S // 2) != first
    assert vapid.authorization("https://b.example", "", 1_000) != first
    topics = {vapid.topic(device, log) for device in "ab" for log in ("chat:1", "chat:2")}
    assert len(topics) == 4
    assert {len(topic) for topic in topics} == {32}
