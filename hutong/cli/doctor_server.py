"""The checks of `hutong doctor` on the server's machine."""

from __future__ import annotations

import asyncio
import http.client
import json
import socket
import sqlite3
import ssl
import time
from pathlib import Path

import sqlalchemy as sa

from hutong.cli.diagnosis import Finding, examine_disk, examine_folder, examine_stun, examine_turn
from hutong.cli.doctor_keys import examine_keys
from hutong.client.probe import IceUrl
from hutong.edge.link import ALPN
from hutong.platform.coturn import parse_coturn
from hutong.platform.settings import Settings
from hutong.protocols.stun import time_limited_credentials

_TIMEOUT_S = 3.0
# A clock that was set back makes new messages older than they are; so far is no accident.
_AHEAD_S_MAX = 60
_YEAR_2025_S = 1_735_689_600
_CREDENTIAL_LIFE_S = 60


async def examine_server(settings: Settings) -> list[Finding]:
    """Return what is found in the data folder and at the ports of its settings."""
    folder = examine_folder("Data folder", settings.data)
    findings = [folder, examine_disk(settings.data)]
    if folder.result != "problem":
        findings += await asyncio.to_thread(_examine_database, settings)
        findings.append(examine_keys(settings))
    public = await asyncio.to_thread(_examine_public_port, settings)
    findings.append(public)
    running = public.result == "ok" and "answers" in public.found
    findings.append(await asyncio.to_thread(_examine_link_port, settings, running=running))
    findings += await _examine_relay(settings, running=running)
    return findings


# ---- the database ----


def _examine_database(settings: Settings) -> list[Finding]:
    if settings.database_url and not settings.database_url.startswith("sqlite"):
        return _examine_other_database(settings.database_url)
    path = Path(sa.make_url(settings.database).database or "")
    if not path.exists():
        return [Finding("Database", "note", "There is none yet.", "It is made when the server starts.")]
    try:
        connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=_TIMEOUT_S)
        try:
            return _examine_sqlite(connection)
        finally:
            connection.close()
    except sqlite3.Error as error:
        advice = "Stop the server, keep a copy of the folder, and restore the newest backup."
        return [Finding("Database", "problem", f"{path.name}: {error}", advice)]


def _examine_sqlite(connection: sqlite3.Connection) -> list[Finding]:
    (integrity,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    if integrity != "ok":
        advice = "Stop the server, keep a copy of the folder, and restore the newest backup."
        return [Finding("Database", "problem", str(integrity), advice)]
    (mode,) = connection.execute("PRAGMA journal_mode").fetchone()
    if mode != "wal":
        advice = "Start the server once; it turns write-ahead logging on."
        database = Finding("Database", "problem", f"It is in {mode} mode instead of WAL.", advice)
    else:
        database = Finding("Database", "ok", "It opens, is whole, and writes ahead (WAL).")
    (newest_ms,) = connection.execute("SELECT MAX(at_ms) FROM log_event").fetchone()
    return [database, _examine_clock(newest_ms or 0)]


def _examine_clock(newest_ms: int) -> Finding:
    now_s = time.time()
    if now_s < _YEAR_2025_S or newest_ms / 1000 - now_s > _AHEAD_S_MAX:
        return Finding(
            "Clock",
            "problem",
            f"It says {time.strftime('%Y-%m-%d %H:%M', time.gmtime(now_s))} UTC, before the newest message.",
            "Turn on time synchronisation (systemd-timesyncd, chrony).",
        )
    return Finding("Clock", "ok", time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(now_s)))


def _examine_other_database(url: str) -> list[Finding]:
    try:
        engine = sa.create_engine(url)
        with engine.connect() as connection:
            newest_ms = connection.execute(sa.text("SELECT MAX(at_ms) FROM log_event")).scalar()
        engine.dispose()
    except (sa.exc.SQLAlchemyError, ImportError) as error:
        first_line = str(error).partition("\n")[0]
        return [Finding("Database", "problem", first_line, "Check database_url and the database server.")]
    return [Finding("Database", "ok", sa.make_url(url).host or url), _examine_clock(int(newest_ms or 0))]


# ---- the ports ----


def _examine_public_port(settings: Settings) -> Finding:
    check, host, port = "Public port", _local(settings.host), settings.port
    if not _is_taken(host, port):
        return Finding(check, "note", f"Nothing listens at {host}:{port}.", "Start it: hutong serve")
    try:
        health = _health(host, port, tls=settings.tls != "off")
    except (OSError, http.client.HTTPException, ValueError) as error:
        advice = "End what uses it, or choose another: hutong serve --port ..."
        return Finding(check, "problem", f"Another program listens at {host}:{port} ({error}).", advice)
    found = f"{health.get('name')}, version {health.get('version')}, answers at {host}:{port}"
    return Finding(check, "ok", found)


def _health(host: str, port: int, *, tls: bool) -> dict[str, object]:
    connection: http.client.HTTPConnection
    if tls:
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE  # only asked whether it is there; nothing is told to it
        connection = http.client.HTTPSConnection(host, port, timeout=_TIMEOUT_S, context=context)
    else:
        connection = http.client.HTTPConnection(host, port, timeout=_TIMEOUT_S)
    try:
        connection.request("GET", "/healthz")
        health = json.loads(connection.getresponse().read(65536))
    finally:
        connection.close()
    if not isinstance(health, dict) or health.get("status") != "ok":
        raise ValueError("not a Hutong server")
    return health


def _examine_link_port(settings: Settings, *, running: bool) -> Finding:
    check, host, port = "Link port", _local(settings.host), settings.link_port
    if port < 0:
        return Finding(check, "note", "It is turned off.", "")
    if not _is_taken(host, port):
        if running:
            advice = "Look at the server's log; other settings may be in force there."
            return Finding(check, "problem", f"Nothing listens at {host}:{port}.", advice)
        return Finding(check, "ok", f"{host}:{port} is free")
    try:
        shown = _certificate_of(host, port)
    except (OSError, ValueError) as error:
        advice = "End what uses it, or set link_port."
        return Finding(check, "problem", f"Another program listens at {host}:{port} ({error}).", advice)
    kept = settings.data / "tls" / "link.der"
    if not kept.exists() or kept.read_bytes() != shown:
        advice = "Another server uses this port; set link_port, or give its --data."
        return Finding(check, "problem", f"{host}:{port} shows another certificate.", advice)
    return Finding(check, "ok", f"{host}:{port} shows this server's certificate")


def _certificate_of(host: str, port: int) -> bytes:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE  # compared with the one that is kept
    context.set_alpn_protocols([ALPN])
    with (
        socket.create_connection((host, port), timeout=_TIMEOUT_S) as plain,
        context.wrap_socket(plain) as secure,
    ):
        if secure.selected_alpn_protocol() != ALPN:
            raise ValueError("not a link port")
        return secure.getpeercert(binary_form=True) or b""


def _is_taken(host: str, port: int) -> bool:
    try:
        with socket.create_connection((host, port), timeout=_TIMEOUT_S):
            return True
    except ConnectionRefusedError:
        return False
    except OSError:
        return True


def _local(host: str) -> str:
    """The address to try for one the server listens on."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104


# ---- the relay ----


async def _examine_relay(settings: Settings, *, running: bool) -> list[Finding]:
    coturn = parse_coturn(settings.relay_coturn)
    if coturn is not None:
        return await _examine_turn_at(coturn.host, coturn.port, coturn.secret)
    port = settings.relay_port
    if port < 0:
        advice = "Without it some calls and files do not find a path."
        return [Finding("Relay", "note", "It is turned off.", advice)]
    if not running:
        return [_examine_free_relay_port(_local(settings.host), port)]
    host = settings.relay_address or _local(settings.host)
    secret = settings.data / "relay.secret"
    return await _examine_turn_at(host, port, bytes.fromhex(secret.read_text()) if secret.exists() else None)


async def _examine_turn_at(host: str, port: int, secret: bytes | None) -> list[Finding]:
    findings = [await examine_stun(host, port)]
    if secret is not None:
        username, credential = time_limited_credentials(secret, "doctor", time.time(), _CREDENTIAL_LIFE_S)
        urls = [IceUrl("turn", host, port, transport) for transport in ("udp", "tcp")]
        findings += [await examine_turn(url, username, credential) for url in urls]
    return findings


def _examine_free_relay_port(host: str, port: int) -> Finding:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind((host, port))
        except OSError as error:
            advice = "End what uses it, or set relay_port."
            return Finding("Relay port", "problem", f"{host}:{port}/udp: {error.strerror}", advice)
    return Finding("Relay port", "ok", f"{host}:{port}/udp is free")
