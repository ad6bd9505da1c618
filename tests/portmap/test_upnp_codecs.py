"""What routers say in SSDP, HTTP, XML and SOAP: what is understood, and what is refused."""

from __future__ import annotations

import pytest

from hutong.protocols.portmap import (
    Grant,
    Kind,
    MalformedError,
    RefusedError,
    ssdp,
)
from hutong.protocols.portmap.description import SERVICES, Service, parse_description
from hutong.protocols.portmap.http import (
    BODY_BYTES_MAX,
    HttpAnswer,
    HttpReader,
    Url,
    encode_get,
    parse_url,
)
from hutong.protocols.portmap.upnp import (
    UpnpMapping,
    next_try,
    parse_address_answer,
    parse_delete,
)
from hutong.protocols.portmap.xml import parse_xml

from .router import description, fault, found_at, page, soap

GATEWAY = "10.0.10.1"
HERE = Url(GATEWAY, 5000, "/desc.xml")
CONTROL = Service(SERVICES[0], Url(GATEWAY, 5000, "/ctl"))
OLD_CONTROL = Service(SERVICES[1], Url(GATEWAY, 5000, "/ctl"))
MAPPING = UpnpMapping(Kind.UDP, "10.0.10.2", 4000, "Hutong & co")


def whole(data: bytes) -> HttpAnswer:
    answer = HttpReader().feed(data)
    assert answer is not None
    return answer


def test_the_router_tells_where_its_description_is() -> None:
    """PMAP6."""
    answer = found_at("http://10.0.10.1:5000/desc.xml")
    assert ssdp.parse_answer(answer, GATEWAY, GATEWAY) == HERE
    with pytest.raises(MalformedError, match="somebody else"):
        ssdp.parse_answer(answer, "10.0.10.66", GATEWAY)
    for wrong in (b"", b"NOTIFY * HTTP/1.1\r\n\r\n", answer.replace(b"200", b"500"), answer + b"x" * 5000):
        with pytest.raises(MalformedError):
            ssdp.parse_answer(wrong, GATEWAY, GATEWAY)
    with pytest.raises(MalformedError, match="another device"):
        ssdp.parse_answer(answer.replace(b"InternetGatewayDevice", b"MediaServer"), GATEWAY, GATEWAY)


@pytest.mark.parametrize(
    "text",
    [
        "http://10.0.10.66:5000/desc.xml",
        "http://10.0.10.1@10.0.10.66/desc.xml",
        "http://user@10.0.10.1/",
        "http://router.lan/desc.xml",
        "https://10.0.10.1/desc.xml",
        "ftp://10.0.10.1/x",
        "file:///etc/passwd",
        "//10.0.10.1/x",
        "http://10.0.10.1:0/",
        "http://10.0.10.1:99999/",
        "http://10.0.10.1/a b",
        "http://10.0.10.1/\r\nX: y",
        "http://10.0.10.1/" + "x" * 1100,
        "http://[::1/",
        "",
    ],
)
def test_only_addresses_of_the_router_are_asked(text: str) -> None:
    """PMAP7."""
    with pytest.raises(MalformedError):
        parse_url(text, GATEWAY)


def test_links_of_the_description_stay_on_the_router() -> None:
    """PMAP7."""
    assert HERE.join("/ctl").path == "/ctl"
    assert HERE.join("ctl?x=1") == Url(GATEWAY, 5000, "/ctl?x=1")
    assert HERE.join("http://10.0.10.1:99/ctl") == Url(GATEWAY, 99, "/ctl")
    for text in ("http://10.0.10.66/ctl", "//10.0.10.66/ctl", "http://[x"):
        with pytest.raises(MalformedError):
            HERE.join(text)


def test_http_answers_come_in_pieces() -> None:
    data = page("hello")
    reader = HttpReader()
    answers = [reader.feed(data[place : place + 1]) for place in range(len(data))]
    assert answers[:-1] == [None] * (len(data) - 1)
    assert answers[-1] == HttpAnswer(200, b"hello")
    chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"
    assert whole(chunked) == HttpAnswer(200, b"hello")
    closing = HttpReader()
    assert closing.feed(b"HTTP/1.0 200 OK\r\n\r\nhel") is None
    assert closing.feed(b"lo") is None
    assert closing.end() == HttpAnswer(200, b"hello")
    assert encode_get(HERE).startswith(b"GET /desc.xml HTTP/1.1\r\nHost: 10.0.10.1:5000\r\n")


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (page("", "302 Found\r\nLocation: http://10.0.10.66/"), "points elsewhere"),
        (page("", "301 Moved\r\nLocation: /x"), "points elsewhere"),
        (b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 65 + b"\r\n", "too many headers"),
        (b"HTTP/1.1 200 OK\r\nX: " + b"y" * 9_000, "no end"),
        (page("x" * (BODY_BYTES_MAX + 1)), "too long"),
        (b"SSH-2.0-OpenSSH\r\n\r\n", "no HTTP"),
        (b"HTTP/1.1 101 Up\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n", "no HTTP"),
    ],
)
def test_bad_http_is_refused(data: bytes, why: str) -> None:
    """PMAP7, PMAP8."""
    with pytest.raises(MalformedError, match=why):
        HttpReader().feed(data)


def test_a_router_that_hangs_up_has_not_answered() -> None:
    with pytest.raises(MalformedError, match="hung up"):
        HttpReader().end()


BOMB = b'<!DOCTYPE a [<!ENTITY b "bbbb"><!ENTITY c "&b;&b;&b;">]><a>&c;</a>'
OUTSIDE = b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>'


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (BOMB, "document type"),
        (OUTSIDE, "document type"),
        (b'<!DOCTYPE a SYSTEM "http://10.0.10.66/x.dtd"><a/>', "document type"),
        (b"<a>" * 30 + b"</a>" * 30, "without an end"),
        (b"<a>" + b"<b/>" * 5_000 + b"</a>", "without an end"),
        (b"<a>" + b"x" * 3_000 + b"</a>", "text without an end"),
        (b"<a>&lol;</a>", "no XML"),
        (b"<a>", "no XML"),
        (b"<a/><b/>", "no XML"),
        (b"", "no XML"),
        (b'<?xml version="1.0" encoding="klingon"?><a/>', "no XML"),
        (b"\xff\xfe\0", "no XML"),
    ],
)
def test_bad_xml_is_refused(data: bytes, why: str) -> None:
    """PMAP8."""
    with pytest.raises(MalformedError, match=why):
        parse_xml(data)


def test_xml_is_elements_and_text() -> None:
    root = parse_xml(b'<a xmlns="urn:x"><b> one </b><c><b>two</b></c></a>\r\n\0')
    assert [element.name for element in root.walk()] == ["a", "b", "c", "b"]
    assert (root.text_of("b"), root.text_of("z")) == ("one", "")


def test_the_best_service_is_taken() -> None:
    """PMAP9."""
    both = description(1, "/old").replace("</serviceList>", "") + (
        "<service><serviceType>urn:schemas-upnp-org:service:WANIPConnection:2</serviceType>"
        "<controlURL>new</controlURL></service></serviceList></device></root>"
    )
    both = both.replace("</device></root><service>", "<service>")
    assert parse_description(HttpAnswer(200, both.encode()), HERE) == Service(
        SERVICES[0], Url(GATEWAY, 5000, "/new")
    )
    based = description(1).replace("<device>", "<URLBase>http://10.0.10.1:80/x/</URLBase><device>", 1)
    assert parse_description(HttpAnswer(200, based.encode()), HERE).control == Url(GATEWAY, 80, "/ctl")
    for wrong in (description(3), description(1, "http://10.0.10.66/ctl"), description(1, ""), "<a/>"):
        with pytest.raises(MalformedError):
            parse_description(HttpAnswer(200, wrong.encode()), HERE)
    with pytest.raises(MalformedError):
        parse_description(HttpAnswer(404, description(1).encode()), HERE)


# ---- UPnP's orders ----


def test_orders_are_those_of_the_service() -> None:
    """PMAP9."""
    order = MAPPING.encode_add(CONTROL, 4001, 600).decode()
    assert 'SOAPAction: "urn:schemas-upnp-org:service:WANIPConnection:2#AddAnyPortMapping"' in order
    assert "<NewExternalPort>4001</NewExternalPort><NewProtocol>UDP</NewProtocol>" in order
    assert "<NewInternalPort>4000</NewInternalPort><NewInternalClient>10.0.10.2</NewInternalClient>" in order
    assert "Hutong &amp; co" in order
    assert "#AddPortMapping" in MAPPING.encode_add(OLD_CONTROL, 4001, 600).decode()
    assert "#DeletePortMapping" in MAPPING.encode_delete(CONTROL, 4001).decode()
    parse_delete(whole(soap("DeletePortMapping")))


def add(service: Service, data: bytes) -> Grant:
    return MAPPING.parse_add(service, whole(data), 4001, 600, "11.0.0.10")


def test_answers_to_orders() -> None:
    """PMAP9."""
    assert add(CONTROL, soap("AddAnyPortMapping", NewReservedPort="5000")).port == 5000
    assert add(OLD_CONTROL, soap("AddPortMapping")) == Grant("11.0.0.10", 4001, 600)
    for port in ("", "0", "65536", "-1", "five", "123456", "²"):
        with pytest.raises(MalformedError):
            add(CONTROL, soap("AddAnyPortMapping", NewReservedPort=port))
    for data in (soap("AddPortMapping"), page("", "404 Not Found"), page("<a/>"), page("<a/>", "500 X")):
        with pytest.raises(MalformedError):
            add(CONTROL, data)
    with pytest.raises(RefusedError, match="not allowed"):
        add(CONTROL, fault(606))
    # What looks like an answer is none with the status of a fault.
    with pytest.raises(MalformedError):
        add(OLD_CONTROL, soap("AddPortMapping").replace(b"200 OK", b"500 No", 1))
    address = soap("GetExternalIPAddress", NewExternalIPAddress="11.0.0.10")
    assert parse_address_answer(whole(address)) == "11.0.0.10"
    for text in ("", "0", "router"):
        with pytest.raises(MalformedError):
            parse_address_answer(whole(soap("GetExternalIPAddress", NewExternalIPAddress=text)))


def test_what_is_tried_after_a_refusal() -> None:
    """PMAP9."""

    def refusal(code: int) -> RefusedError:
        return RefusedError("UPnP", code, "")

    assert next_try(refusal(725), 4000, 600, 7) == (4000, 0)
    assert next_try(refusal(725), 4000, 0, 7) is None
    assert next_try(refusal(718), 4000, 600, 7) == (1031, 600)
    assert next_try(refusal(729), 4000, 0, 2**32 - 1) is not None
    assert next_try(refusal(606), 4000, 600, 7) is None
