"""PCP and NAT-PMP as a real router says them; leases, and the times of questions."""

from __future__ import annotations

import pytest

from hutong.protocols.portmap import (
    Grant,
    Kind,
    Lease,
    MalformedError,
    RefusedError,
    Resend,
    is_public,
    natpmp,
    pcp,
)

# Said by miniupnpd 2.3.1.
NONCE = bytes.fromhex("9389b6b75ce9c8ea35a9aab3")
PCP_MAPPED = bytes.fromhex(
    "028100000000007800002d980000000000000000000000009389b6b75ce9c8ea35a9aab311000000a028a028"
    "00000000000000000000ffff0b00000a"
)
PCP_ANNOUNCED = bytes.fromhex("028000000000000000002d98000000000000000000000000")
PCP_NOT_AUTHORISED = bytes.fromhex(
    "028100020000000000002d980000000000000000000000009389b6b75ce9c8ea35a9aab311000000a028a028"
    "00000000000000000000ffff0b00000a"
)
NATPMP_NO_NETWORK = bytes.fromhex("0081000300002eb8a02da02d00000064")
NATPMP_ADDRESS = bytes.fromhex("0080000000002eb80b00000a")
NATPMP_MAPPED = bytes.fromhex("0081000000002eb8a02da02d00000064")
QUESTION = pcp.MapQuestion(NONCE, "10.0.10.2", Kind.UDP, 0xA028)


def test_pcp_as_a_real_router_says_it() -> None:
    """PMAP4."""
    assert QUESTION.parse(PCP_MAPPED) == Grant("11.0.0.10", 0xA028, 120)
    pcp.parse_announce_answer(PCP_ANNOUNCED)
    with pytest.raises(RefusedError, match="not allowed") as refused:
        QUESTION.parse(PCP_NOT_AUTHORISED)
    assert refused.value.code == 2


def test_pcp_requests_are_those_of_the_rfc() -> None:
    """PMAP4: RFC 6887 sections 7.1 and 11.1."""
    request = QUESTION.encode(40_000, None, 120)
    head = bytes.fromhex("02010000 00000078 00000000000000000000ffff0a000a02")
    body = NONCE + bytes.fromhex("11000000 a028 9c40 00000000000000000000ffff00000000")
    assert request == head + body
    assert QUESTION.encode(0, "11.0.0.10", 0)[4:8] == bytes(4)
    assert pcp.encode_announce("10.0.10.2")[:4] == b"\2\0\0\0"


@pytest.mark.parametrize(
    "question",
    [
        pcp.MapQuestion(bytes(12), "10.0.10.2", Kind.UDP, 0xA028),
        pcp.MapQuestion(NONCE, "10.0.10.2", Kind.TCP, 0xA028),
        pcp.MapQuestion(NONCE, "10.0.10.2", Kind.UDP, 0xA029),
    ],
)
@pytest.mark.parametrize("answer", [PCP_MAPPED, PCP_NOT_AUTHORISED])
def test_an_answer_about_another_mapping_is_none(question: pcp.MapQuestion, answer: bytes) -> None:
    """PMAP4: the nonce is ours, so a guesser in the house can neither grant nor refuse."""
    with pytest.raises(MalformedError, match="another mapping"):
        question.parse(answer)


def test_a_router_with_another_version_is_understood() -> None:
    """PMAP5."""
    for answer in (bytes.fromhex("0000000100000000"), bytes.fromhex("018100010000000000000000") + bytes(12)):
        with pytest.raises(RefusedError) as refused:
            QUESTION.parse(answer)
        assert refused.value.code == 1
        with pytest.raises(RefusedError):
            pcp.parse_announce_answer(answer)
    # Whoever does not know the question has answered it in PCP.
    pcp.parse_announce_answer(bytes([2, 0x80, 0, 4]) + bytes(20))


def test_natpmp_as_a_real_router_says_it() -> None:
    """PMAP5."""
    assert natpmp.parse_address_answer(NATPMP_ADDRESS) == "11.0.0.10"
    grant = natpmp.parse_map_answer(NATPMP_MAPPED, Kind.UDP, 0xA02D, "11.0.0.10")
    assert grant == Grant("11.0.0.10", 0xA02D, 100)
    with pytest.raises(RefusedError, match="no outside address"):
        natpmp.parse_map_answer(NATPMP_NO_NETWORK, Kind.UDP, 0xA02D, "")
    assert natpmp.encode_map_request(Kind.TCP, 80, 81, 600).hex() == "000200000050005100000258"
    assert natpmp.encode_map_request(Kind.UDP, 80, 81, 0).hex() == "000100000050000000000000"


@pytest.mark.parametrize(
    ("kind", "port", "answer"),
    [
        (Kind.TCP, 0xA02D, NATPMP_MAPPED),
        (Kind.UDP, 0xA02E, NATPMP_MAPPED),
        (Kind.UDP, 0xA02D, NATPMP_MAPPED[:-1]),
        (Kind.UDP, 0xA02D, NATPMP_MAPPED[:10] + bytes(2) + NATPMP_MAPPED[12:]),
        (Kind.UDP, 0xA02D, NATPMP_ADDRESS),
    ],
)
def test_a_natpmp_answer_to_something_else_is_none(kind: Kind, port: int, answer: bytes) -> None:
    with pytest.raises(MalformedError):
        natpmp.parse_map_answer(answer, kind, port, "11.0.0.10")


# ---- time ----


def test_questions_are_asked_again_less_and_less_often() -> None:
    """PMAP3."""
    resend = Resend(0.0, 1.0)
    sent = []
    now = 0.0
    while not resend.over(now):
        if resend.take(now):
            sent.append(now)
        now = resend.deadline
    assert sent == [0.0, 0.25, 0.75]
    assert not resend.take(now)


def test_leases_are_renewed_in_time() -> None:
    """PMAP10."""
    lease = Lease(Grant("11.0.0.10", 1, 600), 100.0, 0.0)
    assert lease.renew_at == 400.0
    assert Lease(Grant("11.0.0.10", 1, 600), 100.0, 1.0).renew_at == 475.0
    lease.missed(400.0)
    assert lease.renew_at == 550.0
    lease.missed(699.5)
    assert lease.renew_at == 700.0
    assert not lease.over(699.9)
    assert lease.over(700.0)
    # For ever, and for a week, are looked after as well; a second is not asked for without end.
    assert Lease(Grant("11.0.0.10", 1, 0), 0.0, 0.0).renew_at == 1_800.0
    assert Lease(Grant("11.0.0.10", 1, 604_800), 0.0, 0.0).renew_at == 1_800.0
    assert Lease(Grant("11.0.0.10", 1, 1), 0.0, 0.0).renew_at == 1.0


@pytest.mark.parametrize(
    ("host", "public"),
    [
        ("11.0.0.10", True),
        ("2001:4860::1", True),
        ("10.0.0.1", False),
        ("192.168.1.1", False),
        ("100.64.0.1", False),
        ("169.254.1.1", False),
        ("127.0.0.1", False),
        ("0.0.0.0", False),
        ("224.0.0.1", False),
        ("203.0.113.1", False),
        ("router", False),
    ],
)
def test_addresses_behind_another_nat_are_told_apart(host: str, public: bool) -> None:
    """PMAP11."""
    assert is_public(host) is public
