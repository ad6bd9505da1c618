"""The same load on Prosody, an XMPP server, when Debian's package is there: 50 pairs, 20 in flight each."""

from __future__ import annotations

import asyncio
import base64
import os
import shutil
import socket
import tempfile
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from xml.sax.saxutils import escape

from bench._certificate import Certificate, client_context
from tests.network.proxy import Proxy

PASSWORD = "bench"
BODY = "x" * 100

CONFIGURATION = """
run_as_root = true
pidfile = "{folder}/prosody.pid"
data_path = "{folder}/data"
log = {{ error = "{folder}/error.log" }}
interfaces = {{ "127.0.0.1" }}
c2s_ports = {{ {port} }}
s2s_ports = {{ }}
network_backend = "epoll"
modules_enabled = {{ "roster", "saslauth", "register", {modules} }}
modules_disabled = {{ "s2s", "offline", "limits", "tls" }}
{tls}
allow_registration = true
registration_throttle_max = 10000
c2s_require_encryption = false
allow_unencrypted_plain_auth = true
authentication = "internal_plain"
storage = "internal"
default_archive_policy = true
VirtualHost "localhost"
"""

TLS = """
c2s_direct_tls_ports = {{ {port} }}
ssl = {{ certificate = "{certificate}", key = "{key}" }}
"""


def installed() -> bool:
    """Tell whether there is a Prosody on this machine."""
    return shutil.which("prosody") is not None


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@asynccontextmanager
async def _serve(*modules: str, certificate: Certificate | None = None) -> AsyncIterator[int]:
    """Run Prosody; return the port of its streams, with TLS when there is a certificate."""
    with tempfile.TemporaryDirectory() as name:
        plain_port = port = _free_port()
        tls = ""
        if certificate is not None:
            port = _free_port()
            tls = TLS.format(port=port, certificate=certificate.certificate_path, key=certificate.key_path)
        folder = Path(name)
        (folder / "data").mkdir()
        path = folder / "prosody.cfg.lua"
        listed = ", ".join(f'"{module}"' for module in modules)
        path.write_text(CONFIGURATION.format(folder=folder, port=plain_port, modules=listed, tls=tls))
        process = await asyncio.create_subprocess_exec(
            "prosody", "--config", str(path), "-F", stdout=asyncio.subprocess.DEVNULL, env=dict(os.environ)
        )
        try:
            async with asyncio.timeout(20):
                while True:
                    try:
                        _, writer = await asyncio.open_connection("127.0.0.1", port)
                    except OSError:
                        await asyncio.sleep(0.1)
                    else:
                        writer.close()
                        break
            yield port
        finally:
            process.terminate()
            await asyncio.wait_for(process.wait(), 20)


class _Client(asyncio.Protocol):
    """Just enough XMPP to sign up, sign in, send and count."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.text = ""  # of the last answer that was waited for
        self.on_message: Callable[[int], object] = lambda _count: None
        self._text = b""
        self._awaited: tuple[bytes, asyncio.Future[None]] | None = None
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment]

    def data_received(self, data: bytes) -> None:
        if self._awaited is None:
            # A stanza may be cut anywhere; its end tag is counted when it is whole.
            self._text += data
            count = self._text.count(b"</message>")
            if count:
                self._text = self._text.rpartition(b"</message>")[2]
                self.on_message(count)
            return
        self._text += data
        mark, future = self._awaited
        if mark in self._text:
            self.text = self._text.decode()
            self._text, self._awaited = b"", None
            future.set_result(None)
        elif b"<failure" in self._text or b"<stream:error" in self._text:
            future.set_exception(RuntimeError(self._text.decode()))

    def write(self, text: str) -> None:
        assert self._transport is not None
        if not self._transport.is_closing():  # what still arrives when the server ends is not answered
            self._transport.write(text.encode())

    async def ask(self, text: str, mark: str) -> None:
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._awaited = (mark.encode(), future)
        self.write(text)
        await asyncio.wait_for(future, 20)

    async def sign_in(self) -> None:
        opening = (
            "<?xml version='1.0'?><stream:stream to='localhost' xmlns='jabber:client' "
            "xmlns:stream='http://etherx.jabber.org/streams' version='1.0'>"
        )
        await self.ask(opening, "</stream:features>")
        register = (
            f"<iq type='set' id='r'><query xmlns='jabber:iq:register'><username>{self.name}</username>"
            f"<password>{PASSWORD}</password></query></iq>"
        )
        await self.ask(register, "type='result'")
        plain = base64.b64encode(f"\0{self.name}\0{PASSWORD}".encode()).decode()
        auth = f"<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>{plain}</auth>"
        await self.ask(auth, "<success")
        await self.ask(opening, "</stream:features>")
        bind = "<iq type='set' id='b'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>"
        await self.ask(bind, "</iq>")
        await self.ask("<presence/>", "<presence")


async def delivered_per_s(*, archive: bool, pairs: int, in_flight: int, seconds: float) -> float:
    """Keep `in_flight` messages of each pair under way; return deliveries per second."""
    loop = asyncio.get_running_loop()
    delivered = 0

    async def client(port: int, name: str) -> _Client:
        _, protocol = await loop.create_connection(lambda: _Client(name), "127.0.0.1", port)
        await protocol.sign_in()
        return protocol

    async with _serve(*(("mam",) if archive else ())) as port:
        names = [(f"a{number}", f"b{number}") for number in range(pairs)]
        clients = [(await client(port, one), await client(port, other)) for one, other in names]
        for number, (sender, receiver) in enumerate(clients):
            stanza = f"<message to='b{number}@localhost' type='chat'><body>{BODY}</body></message>"

            def on_message(count: int, sender: _Client = sender, stanza: str = stanza) -> None:
                nonlocal delivered
                delivered += count
                sender.write(stanza * count)

            receiver.on_message = on_message
            sender.write(stanza * in_flight)
        await asyncio.sleep(1)
        begin, before = loop.time(), delivered
        await asyncio.sleep(seconds)
        return (delivered - before) / (loop.time() - begin)


async def bytes_per_message(certificate: Certificate, messages: list[str]) -> float:
    """Return TCP payload for a message with an id, its acknowledgement (XEP-0198) and its delivery, archived.

    What clients add (receipts asked for, chat states, markers, origin ids) is left out; so are namespaces on
    the way up.
    """
    loop = asyncio.get_running_loop()
    context = client_context()
    async with _serve("mam", "smacks", certificate=certificate) as port, Proxy(("127.0.0.1", port)) as proxy:

        async def client(name: str) -> _Client:
            _, protocol = await loop.create_connection(
                lambda: _Client(name), "127.0.0.1", proxy.port, ssl=context
            )
            await protocol.sign_in()
            return protocol

        sender, receiver = await client("0123456789ab"), await client("ab0123456789")
        await sender.ask("<enable xmlns='urn:xmpp:sm:3'/>", "<enabled")
        delivered: asyncio.Future[int]

        def on_message(count: int) -> None:
            delivered.set_result(count)

        receiver.on_message = on_message
        await asyncio.sleep(0.2)
        before = proxy.up_bytes + proxy.down_bytes
        for text in messages:
            delivered = loop.create_future()
            stanza = (
                f"<message to='{receiver.name}@localhost' type='chat' id='{uuid.uuid4()}'>"
                f"<body>{escape(text)}</body></message><r xmlns='urn:xmpp:sm:3'/>"
            )
            await sender.ask(stanza, "<a ")
            await asyncio.wait_for(delivered, 10)
        spent = proxy.up_bytes + proxy.down_bytes - before
    return spent / len(messages)
