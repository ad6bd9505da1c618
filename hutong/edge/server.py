"""All listeners of one process: the public port, the link port, the relay."""

from __future__ import annotations

import asyncio
import base64
import ipaddress
import socket
import ssl
from dataclasses import dataclass
from functools import partial
from urllib.parse import urlsplit

import uvicorn
from uvicorn.server import ServerState

from hutong.edge import certificates, web
from hutong.edge.admission import Admission
from hutong.edge.core import CoreAccess
from hutong.edge.http import HttpProtocol
from hutong.edge.leaf import LinkCertificate
from hutong.edge.link import ALPN, LinkProtocol
from hutong.edge.link_port import LinkPort
from hutong.edge.post import PostCarriers
from hutong.edge.relay import RelayServer
from hutong.edge.relay.configured import ALPN as RELAY_ALPN
from hutong.edge.relay.configured import configured_relay
from hutong.edge.tickets import DatabaseTickets, TicketOffice, TicketStoreError
from hutong.edge.websocket import upgrade_protocol
from hutong.platform import journal
from hutong.platform.clock import Clock, Randomness, SystemClock
from hutong.platform.coturn import parse_coturn
from hutong.platform.endpoints import Endpoints
from hutong.platform.limits import Limits
from hutong.platform.settings import Settings, SettingsError
from hutong.protocols.tls13 import ServerConfig

CLOSE_TIMEOUT_S = 5
# The kernel keeps this many finished handshakes while the loop is busy.
_BACKLOG = 2048
# Looks whether it is time; often, because a clock that was wrong at the start is set right soon.
_RENEW_EVERY_S = 900

log = journal.get(__name__)


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where the server listens."""

    public_url: str
    port: int
    link_port: int | None
    fingerprint: str  # SHA-256 of the self-signed certificate for https
    root: str  # what clients pin, base64url
    endpoints: Endpoints

    @property
    def relay_port(self) -> int | None:
        """The relay's, when there is one."""
        return self.endpoints.relay_port or None


class EdgeServer:
    """Starts and stops the listeners in front of a core that runs, here or elsewhere."""

    def __init__(
        self, core: CoreAccess, *, clock: Clock | None = None, random: Randomness | None = None
    ) -> None:
        self._core = core
        self._settings = core.settings
        self._clock = clock or SystemClock()
        self._random = random or Randomness()
        self._servers: list[asyncio.Server] = []
        self._http = ServerState()
        self._relay: RelayServer | None = None
        self._posts = PostCarriers(core.door, self._clock, self._random)
        self._tickets: TicketOffice | None = None
        self._link: LinkPort | None = None
        self._certificate: LinkCertificate
        self._renewal: asyncio.Task[None] | None = None

    async def start(self) -> Addresses:
        """Listen. Raises `OSError` when a port is taken, `SettingsError` for TLS files that do not fit."""
        settings = self._settings
        host = _host_of(settings)
        certificate, _ = certificates.ensure(settings.data / "tls", host)
        port = await self._listen_public(_public_tls(settings))
        link_port = None
        if settings.link_port >= 0:
            link_port = await self._listen_link(host)
        scheme = "http" if settings.tls == "off" else "https"
        url = settings.public_url or f"{scheme}://{_reachable(settings.host)}:{port}"
        endpoints = Endpoints(public_url=url, link_host=str(urlsplit(url).hostname), link_port=link_port or 0)
        if settings.relay_port >= 0 and parse_coturn(settings.relay_coturn) is None:
            await self._start_relay(endpoints)
        self._core.announce(endpoints)
        root = base64.urlsafe_b64encode(self._core.root).decode().rstrip("=")
        return Addresses(url, port, link_port, certificates.fingerprint(certificate), root, endpoints)

    async def _listen_public(self, tls: ssl.SSLContext | None) -> int:
        config = uvicorn.Config(
            web.create(self._core, self._posts),
            ws=upgrade_protocol(self._core.door, self._settings.link_dscp),
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

    async def _listen_link(self, host: str) -> int:
        settings, core = self._settings, self._core
        self._certificate = LinkCertificate(settings.data / "tls", host, self._clock)
        await self._certificate.renew(core.root, core.certify)
        url = settings.tickets_url or f"sqlite:///{settings.data / 'tickets.db'}"
        try:
            store = DatabaseTickets(url, settings.region)
        except TicketStoreError as error:
            raise SettingsError(str(error)) from error
        self._tickets = TicketOffice(store, self._clock, self._random)
        self._tickets.start()
        self._link = LinkPort(
            self._tls_config(),
            door=core.door,
            tickets=self._tickets,
            admission=Admission(Limits(self._clock, settings.rate_limit_factor)),
            clock=self._clock,
            random=self._random,
            dscp=settings.link_dscp,
            registry=core.metrics.registry,
        )
        self._renewal = asyncio.create_task(self._renew(self._link))
        server = await asyncio.get_running_loop().create_server(
            partial(LinkProtocol, self._link), settings.host, settings.link_port, backlog=_BACKLOG
        )
        self._servers.append(server)
        return int(server.sockets[0].getsockname()[1])

    def _tls_config(self) -> ServerConfig:
        return ServerConfig(chain=(self._certificate.leaf,), key=self._certificate.key, alpn=(ALPN,))

    async def _renew(self, link: LinkPort) -> None:
        while True:
            await asyncio.sleep(_RENEW_EVERY_S)
            try:
                await self._certificate.renew(self._core.root, self._core.certify)
            except (OSError, SettingsError) as error:
                log.error("link_certificate_ended", error=str(error))  # noqa: TRY400  the operator's work
            else:
                link.config = self._tls_config()

    async def _start_relay(self, endpoints: Endpoints) -> None:
        settings = self._settings
        endpoints.relay_host = settings.relay_address or str(urlsplit(endpoints.public_url).hostname)
        self._relay = configured_relay(
            settings,
            host=endpoints.relay_host,
            secret=self._core.relay_secret,
            tls=_tls_context(settings, RELAY_ALPN),
            registry=self._core.metrics.registry,
        )
        await self._relay.start()
        endpoints.relay_port = self._relay.port
        endpoints.relay_tls_port = self._relay.tls_port

    async def close(self) -> None:
        """Stop listening; connections were told by the core."""
        if self._renewal is not None:
            self._renewal.cancel()
        if self._relay is not None:
            await self._relay.close()
        for server in self._servers:
            server.close()
        self._posts.close()
        for connection in list(self._http.connections):
            connection.shutdown()
        if self._link is not None:
            for link in list(self._link.connections):
                link.shutdown()
        for server in self._servers:
            try:
                await asyncio.wait_for(server.wait_closed(), CLOSE_TIMEOUT_S)
            except TimeoutError:
                log.info("connections_left_open")
        if self._tickets is not None:
            await self._tickets.close()


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
    return None if settings.tls == "off" else _tls_context(settings, ["http/1.1"])


def _tls_context(settings: Settings, alpn: list[str]) -> ssl.SSLContext:
    match settings.tls:
        case "off" | "self-signed":
            certificate, key = certificates.ensure(settings.data / "tls", _host_of(settings))
        case "files":
            if settings.tls_certificate_file is None or settings.tls_key_file is None:
                raise SettingsError("tls = files needs tls_certificate_file and tls_key_file.")
            certificate, key = settings.tls_certificate_file, settings.tls_key_file
        case other:
            raise SettingsError(f"tls cannot be {other!r}: it is off, self-signed or files.")
    try:
        return certificates.server_context(certificate, key, alpn)
    except (OSError, ssl.SSLError) as error:
        raise SettingsError(f"The TLS files cannot be used: {error}") from error
