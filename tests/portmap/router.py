"""A scripted router on loopback: what it says is the test's; who it is, an address that no other test has."""

from __future__ import annotations

import asyncio
import itertools
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, cast

from hutong.client.portmap import Gateway

LOCAL_HOST = "127.0.0.1"
# All of 127/8 is this machine; the process and a count make an address of our own.
_NUMBERS = itertools.count(1)

Answer = Callable[[bytes], bytes | list[bytes] | None]


def fresh_host() -> str:
    """Return a loopback address nobody else listens on."""
    process = os.getpid()
    return f"127.{100 + process // 256 % 100}.{process % 256}.{next(_NUMBERS)}"


class Udp(asyncio.DatagramProtocol):
    """Answers datagrams and keeps what was asked."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        self.asked: list[bytes] = []
        self.senders: list[tuple[str, int]] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: tuple[Any, ...]) -> None:
        self.asked.append(data)
        self.senders.append((addr[0], addr[1]))
        said = self.answer(data)
        for each in said if isinstance(said, list) else [said]:
            if each is not None:
                self.transport.sendto(each, addr)


@asynccontextmanager
async def listening(host: str, port: int, answer: Answer) -> AsyncIterator[Udp]:
    """Answer datagrams to an address."""
    _, udp = await asyncio.get_running_loop().create_datagram_endpoint(
        lambda: Udp(answer), local_addr=(host, port)
    )
    try:
        yield udp
    finally:
        udp.transport.close()


@asynccontextmanager
async def router(answer: Answer) -> AsyncIterator[tuple[Gateway, Udp]]:
    """Run a router that speaks on port 5351 only."""
    host = fresh_host()
    async with listening(host, 5351, answer) as udp:
        yield Gateway(host, LOCAL_HOST), udp


class Pages:
    """The web server of a UPnP router. `pages` maps the path, or the SOAP action, to a whole answer."""

    def __init__(self) -> None:
        self.pages: dict[str, Callable[[str], bytes]] = {}
        self.asked: list[str] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            headers = {
                name.lower(): value.strip()
                for name, _, value in (line.partition(":") for line in head.split("\r\n"))
            }
            body = (await reader.readexactly(int(headers.get("content-length", "0")))).decode()
            name = headers.get("soapaction", head.split()[1]).strip('"').rpartition("#")[2]
            self.asked.append(name)
            writer.write(self.pages[name](body))
            await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


def page(body: str, status: str = "200 OK") -> bytes:
    """Return a whole HTTP answer."""
    data = body.encode()
    head = f"HTTP/1.1 {status}\r\nContent-Length: {len(data)}\r\nConnection: close\r\n\r\n"
    return head.encode() + data


def soap(action: str, **values: str) -> bytes:
    """Return a SOAP answer."""
    inside = "".join(f"<{name}>{value}</{name}>" for name, value in values.items())
    return page(
        f'<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>'
        f'<u:{action}Response xmlns:u="urn:x">{inside}</u:{action}Response></s:Body></s:Envelope>'
    )


def fault(code: int) -> bytes:
    """Return a SOAP fault."""
    return page(
        '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><s:Fault><detail>'
        f'<UPnPError xmlns="urn:schemas-upnp-org:control-1-0"><errorCode>{code}</errorCode></UPnPError>'
        "</detail></s:Fault></s:Body></s:Envelope>",
        "500 Internal Server Error",
    )


def description(version: int, control: str = "/ctl") -> str:
    """Return what a router says of itself."""
    return (
        '<?xml version="1.0"?><root xmlns="urn:schemas-upnp-org:device-1-0"><device><serviceList><service>'
        f"<serviceType>urn:schemas-upnp-org:service:WANIPConnection:{version}</serviceType>"
        f"<controlURL>{control}</controlURL></service></serviceList></device></root>"
    )


def found_at(location: str) -> bytes:
    """Return an answer of SSDP."""
    return (
        "HTTP/1.1 200 OK\r\nST: urn:schemas-upnp-org:device:InternetGatewayDevice:1\r\n"
        f"LOCATION: {location}\r\n\r\n"
    ).encode()


@asynccontextmanager
async def upnp_router(version: int = 1) -> AsyncIterator[tuple[Gateway, Pages]]:
    """Run a router that speaks UPnP only, with a public address and a description."""
    host = fresh_host()
    pages = Pages()
    server = await asyncio.start_server(pages.serve, host, 0)
    port = server.sockets[0].getsockname()[1]
    pages.pages = {
        "/desc.xml": lambda _body: page(description(version)),
        "GetExternalIPAddress": lambda _body: soap("GetExternalIPAddress", NewExternalIPAddress="11.0.0.10"),
        "DeletePortMapping": lambda _body: soap("DeletePortMapping"),
    }
    async with server, listening(host, 1900, lambda _data: found_at(f"http://{host}:{port}/desc.xml")):
        yield Gateway(host, LOCAL_HOST), pages


def pcp_answer(
    request: bytes, *, result: int = 0, host: str = "11.0.0.10", port: int = 0, lifetime_s: int | None = None
) -> bytes:
    """Answer a PCP request as asked, but for what is named."""
    lifetime = request[4:8] if lifetime_s is None else lifetime_s.to_bytes(4)
    head = bytes([2, 0x80 | request[1], 0, result]) + lifetime + bytes(16)
    if len(request) < 60:
        return head
    outside = (port or int.from_bytes(request[42:44])).to_bytes(2)
    packed = bytes(int(part) for part in host.split("."))
    return head + request[24:42] + outside + bytes(10) + b"\xff\xff" + packed


def natpmp_answer(request: bytes, *, result: int = 0, host: str = "11.0.0.10", port: int = 0) -> bytes:
    """Answer a NAT-PMP request as asked, but for what is named. To other versions it says so."""
    if request[0] != 0:
        return bytes([0, 0x80 | request[1], 0, 1]) + bytes(4)
    head = bytes([0, 0x80 | request[1]]) + result.to_bytes(2) + bytes(4)
    if request[1] == 0:
        return head + bytes(int(part) for part in host.split("."))
    return head + request[4:6] + (port.to_bytes(2) if port else request[6:8]) + request[8:12]
