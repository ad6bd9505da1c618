"""What a router says of itself: where it takes orders about ports.

Source: UPnP Device Architecture 1.1 section 2.3, WANIPConnection:1, WANIPConnection:2, WANPPPConnection:1.
"""

from __future__ import annotations

from dataclasses import dataclass

from hutong.protocols.portmap.errors import MalformedError
from hutong.protocols.portmap.http import HttpAnswer, Url
from hutong.protocols.portmap.xml import parse_xml

# In the order they are taken in: the newer one chooses a free port itself.
SERVICES = (
    "urn:schemas-upnp-org:service:WANIPConnection:2",
    "urn:schemas-upnp-org:service:WANIPConnection:1",
    "urn:schemas-upnp-org:service:WANPPPConnection:1",
)


@dataclass(frozen=True, slots=True)
class Service:
    """A service that maps ports, and where it takes orders."""

    kind: str
    control: Url

    @property
    def chooses_ports(self) -> bool:
        """Whether it has AddAnyPortMapping."""
        return self.kind == SERVICES[0]


def parse_description(answer: HttpAnswer, page: Url) -> Service:
    """Return the best service of a description. Raises `MalformedError` when there is none."""
    if answer.status != 200:
        raise MalformedError(f"no description: status {answer.status}")
    root = parse_xml(answer.body)
    base = root.text_of("URLBase")
    home = page.join(base) if base else page
    found: dict[str, Url] = {}
    for element in root.walk():
        kind, control = element.text_of("serviceType"), element.text_of("controlURL")
        if element.name == "service" and kind in SERVICES and control and kind not in found:
            found[kind] = home.join(control)
    for kind in SERVICES:
        if kind in found:
            return Service(kind, found[kind])
    raise MalformedError("it maps no ports")
