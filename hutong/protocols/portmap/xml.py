"""XML from a router: elements and their text, nothing else, within bounds.

A document type, and with it every entity, is refused; so nothing can be expanded or fetched.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.parsers import expat  # a document type is refused before it can do anything

from hutong.protocols.portmap.errors import MalformedError

_DEPTH_MAX = 24
_ELEMENTS_MAX = 4_096
_TEXT_CHARACTERS_MAX = 2_048


@dataclass(slots=True)
class Element:
    """One element; `name` is without its namespace."""

    name: str
    text: str = ""
    children: list[Element] = field(default_factory=list)

    def walk(self) -> Iterator[Element]:
        """This element and all below it, in their order."""
        waiting = [self]
        while waiting:
            element = waiting.pop()
            yield element
            waiting += reversed(element.children)

    def text_of(self, name: str) -> str:
        """The text of the first child of that name, or ''."""
        return next((child.text.strip() for child in self.children if child.name == name), "")


class _Builder:
    """Builds the tree, and gives up where an honest document would have ended."""

    def __init__(self) -> None:
        self.root: Element | None = None
        self._open: list[Element] = []
        self._elements = 0

    def start(self, name: str, _attributes: object) -> None:
        self._elements += 1
        if len(self._open) >= _DEPTH_MAX or self._elements > _ELEMENTS_MAX:
            raise MalformedError("XML without an end")
        element = Element(name.rpartition(" ")[2])
        if self._open:
            self._open[-1].children.append(element)
        else:
            self.root = element
        self._open.append(element)

    def end(self, _name: str) -> None:
        self._open.pop()

    def data(self, text: str) -> None:
        element = self._open[-1]
        if len(element.text) + len(text) > _TEXT_CHARACTERS_MAX:
            raise MalformedError("text without an end")
        element.text += text

    def refuse(self, *_: object) -> None:
        raise MalformedError("XML with a document type")


def parse_xml(data: bytes) -> Element:
    """Return the root element. Raises `MalformedError`."""
    builder = _Builder()
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartElementHandler = builder.start
    parser.EndElementHandler = builder.end
    parser.CharacterDataHandler = builder.data
    parser.StartDoctypeDeclHandler = builder.refuse
    try:
        # Some routers end a page with zeros or line ends.
        parser.Parse(data.rstrip(b"\0\r\n\t "), True)
    except (expat.ExpatError, ValueError, LookupError) as error:
        raise MalformedError("no XML") from error
    if builder.root is None:
        raise MalformedError("no XML")
    return builder.root
