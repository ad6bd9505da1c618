"""The orders of UPnP IGD: SOAP calls to a router, and what it answers.

Source: WANIPConnection:2 sections 2.5.14 to 2.5.19, UPnP Device Architecture 1.1 section 3.2.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from xml.sax.saxutils import escape

from hutong.protocols.portmap.description import Service
from hutong.protocols.portmap.errors import MalformedError, RefusedError
from hutong.protocols.portmap.grant import Grant, Kind
from hutong.protocols.portmap.http import HttpAnswer, encode_post
from hutong.protocols.portmap.lease import FOR_EVER_S
from hutong.protocols.portmap.xml import Element, parse_xml

_CONFLICTS = frozenset({718, 729})
_PERMANENT_ONLY = 725
_MEANINGS = {
    401: "it does not know this request",
    402: "it does not take these values",
    501: "it could not do it",
    606: "not allowed",
    714: "there is no such mapping",
    718: "the port is another's",
    724: "it maps a port to the same port only",
    725: "it maps for ever only",
    728: "it has no port left",
    729: "the port is another's",
}


@dataclass(frozen=True, slots=True)
class UpnpMapping:
    """The mapping a device wants: TCP or UDP to a port of `client_host`."""

    kind: Kind
    client_host: str
    local_port: int
    name: str

    def encode_add(self, service: Service, wanted_port: int, lifetime_s: int) -> bytes:
        """Ask for it, at another port if need be where the service can choose one."""
        action = "AddAnyPortMapping" if service.chooses_ports else "AddPortMapping"
        return _encode(
            service,
            action,
            {
                "NewRemoteHost": "",
                "NewExternalPort": str(wanted_port),
                "NewProtocol": self.kind.name,
                "NewInternalPort": str(self.local_port),
                "NewInternalClient": self.client_host,
                "NewEnabled": "1",
                "NewPortMappingDescription": self.name,
                "NewLeaseDuration": str(lifetime_s),
            },
        )

    def parse_add(
        self, service: Service, answer: HttpAnswer, wanted_port: int, lifetime_s: int, host: str
    ) -> Grant:
        """Read the answer to `encode_add`. Raises `MalformedError`, `RefusedError`."""
        if not service.chooses_ports:
            _parse(answer, "AddPortMappingResponse")
            return Grant(host, wanted_port, lifetime_s)
        reserved = _parse(answer, "AddAnyPortMappingResponse").text_of("NewReservedPort")
        if not (reserved.isascii() and reserved.isdecimal() and len(reserved) <= 5):
            raise MalformedError("a mapping without a port")
        if not 1 <= int(reserved) <= 65_535:
            raise MalformedError("a mapping without a port")
        return Grant(host, int(reserved), lifetime_s)

    def encode_delete(self, service: Service, port: int) -> bytes:
        """Ask for the end of the mapping at an outside port."""
        values = {"NewRemoteHost": "", "NewExternalPort": str(port), "NewProtocol": self.kind.name}
        return _encode(service, "DeletePortMapping", values)


def parse_delete(answer: HttpAnswer) -> None:
    """Return when the mapping is gone. Raises `MalformedError`, `RefusedError`."""
    _parse(answer, "DeletePortMappingResponse")


def encode_address_request(service: Service) -> bytes:
    """Ask for the router's outside address."""
    return _encode(service, "GetExternalIPAddress", {})


def parse_address_answer(answer: HttpAnswer) -> str:
    """Return the router's outside address. Raises `MalformedError`, `RefusedError`."""
    text = _parse(answer, "GetExternalIPAddressResponse").text_of("NewExternalIPAddress")
    try:
        return str(ipaddress.ip_address(text))
    except ValueError as error:
        raise MalformedError("it has no outside address") from error


def next_try(error: RefusedError, wanted_port: int, lifetime_s: int, draw: int) -> tuple[int, int] | None:
    """Return the port and lifetime to try after a refusal, or None when there is no use.

    `draw` is a random number; another port is taken from those programs may have.
    """
    if error.code == _PERMANENT_ONLY and lifetime_s != FOR_EVER_S:
        return wanted_port, FOR_EVER_S
    if error.code in _CONFLICTS:
        return 1024 + draw % (65_536 - 1024), lifetime_s
    return None


def _encode(service: Service, action: str, values: dict[str, str]) -> bytes:
    arguments = "".join(f"<{name}>{escape(value)}</{name}>" for name, value in values.items())
    body = (
        '<?xml version="1.0"?>\r\n'
        '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" '
        's:encodingStyle="http://schemas.xmlsoap.org/soap/encoding/"><s:Body>'
        f'<u:{action} xmlns:u="{service.kind}">{arguments}</u:{action}></s:Body></s:Envelope>\r\n'
    )
    return encode_post(service.control, f"{service.kind}#{action}", body.encode())


def _parse(answer: HttpAnswer, name: str) -> Element:
    """Return the response element of a SOAP answer. Raises `MalformedError`, `RefusedError`."""
    if answer.status not in {200, 500}:
        raise MalformedError(f"status {answer.status}")
    for element in parse_xml(answer.body).walk():
        if element.name == name and answer.status == 200:
            return element
        if element.name == "UPnPError":
            code = element.text_of("errorCode")
            number = int(code) if code.isascii() and code.isdecimal() and len(code) <= 4 else 0
            raise RefusedError("UPnP", number, _MEANINGS.get(number, "an unknown error"))
    raise MalformedError("an answer to something else")
