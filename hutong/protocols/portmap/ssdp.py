"""SSDP: a question to everybody in the house, and the router's answer.

Source: UPnP Device Architecture 1.1 section 1.3 (M-SEARCH).
"""

from __future__ import annotations

from hutong.protocols.portmap.errors import MalformedError
from hutong.protocols.portmap.http import Url, parse_url

PORT = 1900
MULTICAST_HOST = "239.255.255.250"
# Newer gateways answer for version 1 as well (section 1.3.2); a few old ones know their service only.
TARGETS = (
    "urn:schemas-upnp-org:device:InternetGatewayDevice:1",
    "urn:schemas-upnp-org:service:WANIPConnection:1",
)
_ANSWER_BYTES_MAX = 4096
_LINES_MAX = 64


def encode_search(target: str, host: str = MULTICAST_HOST) -> bytes:
    """Ask for a kind of device, the whole house or one `host`."""
    return (
        f'M-SEARCH * HTTP/1.1\r\nHOST: {host}:{PORT}\r\nMAN: "ssdp:discover"\r\n'
        # A device may wait that many seconds with its answer; there is no smaller number.
        f"MX: 1\r\nST: {target}\r\n\r\n"
    ).encode()


def parse_answer(data: bytes, sender: str, gateway: str) -> Url:
    """Return where the router's description is.

    Raises `MalformedError` unless the router itself says it, about itself.
    """
    if sender != gateway:
        raise MalformedError("an answer of somebody else")
    if len(data) > _ANSWER_BYTES_MAX:
        raise MalformedError("an answer that is too long")
    lines = data.decode("latin-1").split("\r\n")
    status = lines[0].split()
    if len(lines) > _LINES_MAX or len(status) < 2 or status[0][:7] != "HTTP/1." or status[1] != "200":
        raise MalformedError("no answer of SSDP")
    headers = {
        name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)
    }
    if not any(target.rpartition(":")[0] in headers.get("st", "") for target in TARGETS):
        raise MalformedError("an answer about another device")
    return parse_url(headers.get("location", ""), gateway)
