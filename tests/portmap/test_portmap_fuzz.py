"""Arbitrary bytes, and real answers with a few wrong ones, raise nothing but `PortMapError`."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from hutong.protocols.portmap import (
    Kind,
    PortMapError,
    natpmp,
    pcp,
    ssdp,
)
from hutong.protocols.portmap.description import parse_description
from hutong.protocols.portmap.http import (
    HttpReader,
    parse_url,
)
from hutong.protocols.portmap.upnp import (
    parse_address_answer,
)
from hutong.protocols.portmap.xml import parse_xml

from .router import description, fault, found_at, page, soap
from .test_udp_codecs import (
    NATPMP_ADDRESS,
    NATPMP_MAPPED,
    PCP_ANNOUNCED,
    PCP_MAPPED,
    PCP_NOT_AUTHORISED,
    QUESTION,
)
from .test_upnp_codecs import BOMB, CONTROL, GATEWAY, HERE, MAPPING

REAL = [
    PCP_MAPPED,
    PCP_ANNOUNCED,
    PCP_NOT_AUTHORISED,
    NATPMP_MAPPED,
    NATPMP_ADDRESS,
    found_at("http://10.0.10.1:5000/desc.xml"),
    page(description(2)),
    soap("AddAnyPortMapping", NewReservedPort="5000"),
    fault(718),
    BOMB,
]


@st.composite
def _mangled(draw: st.DrawFn) -> bytes:
    """A real answer with a few bytes changed, cut or doubled."""
    data = bytearray(draw(st.sampled_from(REAL)))
    for _ in range(draw(st.integers(1, 4))):
        place = draw(st.integers(0, max(0, len(data) - 1)))
        match draw(st.integers(0, 2)):
            case 0 if data:
                data[place] = draw(st.integers(0, 255))
            case 1:
                del data[place : place + draw(st.integers(1, 8))]
            case _:
                data[place:place] = data[place : place + draw(st.integers(1, 8))]
    return bytes(data)


def _page(data: bytes) -> None:
    reader = HttpReader()
    answer = reader.feed(data) or reader.end()
    parsers: list[Callable[[], Any]] = [
        lambda: parse_description(answer, HERE),
        lambda: MAPPING.parse_add(CONTROL, answer, 1, 600, "11.0.0.10"),
        lambda: parse_address_answer(answer),
    ]
    for parse in parsers:
        with contextlib.suppress(PortMapError):
            parse()


PARSERS: list[Callable[[bytes], Any]] = [
    QUESTION.parse,
    pcp.parse_announce_answer,
    natpmp.parse_address_answer,
    lambda data: natpmp.parse_map_answer(data, Kind.UDP, 0xA02D, "11.0.0.10"),
    lambda data: ssdp.parse_answer(data, GATEWAY, GATEWAY),
    parse_xml,
    lambda data: parse_url(data.decode("latin-1"), GATEWAY),
    lambda data: HERE.join(data.decode("latin-1")),
    _page,
]


@given(_mangled() | st.binary(max_size=200))
def test_no_bytes_raise_anything_else(data: bytes) -> None:
    """PMAP2."""
    for parse in PARSERS:
        with contextlib.suppress(PortMapError):
            parse(data)
