"""All listeners of one process: the public port, the link port, the relay."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import ssl
from dataclasses import dataclass
from urllib.parse import urlsplit

import uvicorn
from uvicorn.server import ServerState

from hutong.app import Core
from hutong.edge import certificates, web
from hutong.edge.http import HttpProtocol
from hutong.edge.relay import PrometheusMeter, RelayServer
from hutong.edge.stream import ALPN, StreamProtocol
from hutong.edge.websocket import upgrade_protocol
from hutong.platform import journal
from hutong.platform.endpoints import ensure_secret
from hutong.platform.settings import Settings, SettingsError

CLOSE_TIMEOUT_S = 5
# The kernel keeps this many finished handshakes while the loop is busy.
_BACKLOG = 2048

log = journal.get(__name__)


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where the server listens."""

    public_url: str
    port: int
    link_port: int | None
    link_fingerprint: str
    relay_port: int | None


class EdgeServer:
    """Starts and stops the listeners on a running core."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._settings = core.platform.settings
        self._servers: list[asyncio.Server] = []
        self._http = ServerState()
        self._relay: RelayServer | None = None

    async def start(self) -> Addresses:
        """Listen. Raises `OSError` when a port is taken, `SettingsError` for TLS files that do not fit."""
        settings = self._settings
        certificate, key = certificates.ensure(settings.data / "tls", _host_of(settings))
        port = await self._listen_public(_public_tls(settings))
        link_port = None
        if settings.link_port >= 0:
            link_port = await self._listen_link(certificates.server_context(certificate, key, [ALPN]))
        scheme = "http" if settings.tls == "off" else "https"
        url = settings.public_url or f"{scheme}://{_reachable(settings.host)}:{port}"
        endpoints = self._core.platform.endpoints
        endpoints.public_url = url
        relay_port = None
        if settings.relay_port >= 0:
            endpoints.relay_host = settings.relay_address or str(urlsplit(url).hostname)
            endpoints.relay_secret = ensure_secret(settings.data, "relay")
            relay_port = endpoints.relay_port = await self._start_relay(
                endpoints.relay_host, endpoints.relay_secret
            )
        return Addresses(url, port, link_port, certificates.fingerprint(certificate), relay_port)

    async def _listen_public(self, tls: ssl.SSLContext | None) -> int:
        config = uvicorn.Config(
            web.create(self._core.platform),
            ws=upgrade_protocol(self._core.platform.sessions),
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            date_header=False,
            timeout_keep_alive=30,
        )
        config.load()
        state = self._http
        server = await asyncio.get_running_loop().create_server(
            lambda: HttpProtocol(config=config, server_state=state, app_state={}),
            self._settings.host,
            self._settings.port,
            ssl=tls,
            backlog=_BACKLOG,
        )
        self._servers.append(server)
        return int(server.sockets[0].getsockname()[1])

    async def _listen_link(self, tls: ssl.SSLContext) -> int:
        server = await asyncio.get_running_loop().create_server(
            lambda: StreamProtocol(self._core.platform.sessions),
            self._settings.host,
            self._settings.link_port,
            ssl=tls,
            backlog=_BACKLOG,
        )
        self._servers.append(server)
        return int(server.sockets[0].getsockname()[1])

    async def _start_relay(self, host: str, secret: bytes) -> int:
        self._relay = RelayServer(
            host=self._settings.host,
            port=self._settings.relay_port,
            secret=secret,
            realm="hutong",
            relay_address=socket.gethostbyname(host),
            allow_private_peers=self._settings.relay_private_peers,
            meter=PrometheusMeter(self._core.platform.metrics.registry),
        )
        await self._relay.start()
        return self._relay.port

    async def close(self) -> None:
        """Stop listening; connections were told by the core."""
        if self._relay is not None:
            await self._relay.close()
        for server in self._servers:
            server.close()
        for connection in list(self._http.connections):
            connection.shutdown()
        for server in self._servers:
            try:
                await asyncio.wait_for(server.wait_closed(), CLOSE_TIMEOUT_S)
            except TimeoutError:
                log.info("connections_left_open")


def _reachable(host: str) -> str:
    """Return an address others can use: for a wildcard, the one that routes outwards (nothing is sent)."""
    try:
        wildcard = ipaddress.ip_address(host).is_unspecified
    except ValueError:  # a name
        return host
    if not wildcard:
        return host
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # TEST-NET-1 (RFC 5737)
            return str(probe.getsockname()[0])
        except OSError:
            return "127.0.0.1"


def _host_of(settings: Settings) -> str:
    return urlsplit(settings.public_url).hostname or settings.host


def _public_tls(settings: Settings) -> ssl.SSLContext | None:
    match settings.tls:
        case "off":
            return None
        case "self-signed":
            certificate, key = certificates.ensure(settings.data / "tls", _host_of(settings))
        case "files":
            if settings.tls_certificate_file is None or settings.tls_key_file is None:
                raise SettingsError("tls = files needs tls_certificate_file and tls_key_file.")
            certificate, key = settings.tls_certificate_file, settings.tls_key_file
        case other:
            raise SettingsError(f"tls cannot be {other!r}: it is off, self-signed or files.")
    try:
        return certificates.server_context(certificate, key, ["http/1.1"])
    except (OSError, ssl.SSLError) as error:
        raise SettingsError(f"The TLS files cannot be used: {error}") from error
