"""What a check of `hutong doctor` finds, and the checks both sides need."""

from __future__ import annotations

import os
import shutil
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from rich.filesize import decimal

from hutong.client.nat import Chance, discover_nat
from hutong.client.probe import IceUrl, ProbeError, stun_binding, turn_allocation

_FREE_BYTES_MIN = 1024**3


@dataclass(frozen=True, slots=True)
class Finding:
    """One row of the table."""

    check: str
    result: Literal["ok", "note", "problem"]
    found: str
    advice: str = ""


def examine_folder(check: str, folder: Path) -> Finding:
    """Check that a folder is there, writable, and closed to others."""
    if not folder.is_dir():
        return Finding(
            check, "problem", f"There is no folder {folder}.", "Start the server once, or give --data."
        )
    if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        return Finding(check, "problem", f"{folder} cannot be written.", "Run as the server's user.")
    if stat.S_IMODE(folder.stat().st_mode) & 0o077:
        return Finding(check, "note", f"{folder} is open to other users.", f"chmod 700 {folder}")
    return Finding(check, "ok", str(folder))


def examine_disk(folder: Path) -> Finding:
    """Check that there is room."""
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    if free < _FREE_BYTES_MIN:
        return Finding("Disk", "problem", f"{decimal(free)} free", "Make room before the disk is full.")
    return Finding("Disk", "ok", f"{decimal(free)} free")


async def examine_stun(host: str, port: int) -> Finding:
    """Check that a STUN server answers."""
    try:
        mapped = await stun_binding(host, port)
    except ProbeError as error:
        return Finding(
            "STUN",
            "problem",
            f"{host} port {port}/udp: {error}",
            "Open this UDP port in the firewall; calls and files go around by the relay or storage.",
        )
    return Finding("STUN", "ok", f"{host} port {port}/udp sees this machine as {mapped.host}")


async def examine_nat(host: str, port: int) -> Finding:
    """Tell how the network in between treats UDP."""
    try:
        nat = await discover_nat(host, port)
    except ProbeError as error:
        return Finding("NAT", "note", f"It cannot be told: {error}", "Calls and files go by the relay.")
    found = f"{nat.kind}, seen as {nat.mapped.host} port {nat.mapped.port}"
    if nat.chance is not Chance.UNKNOWN:
        found += f"; direct connections: {nat.chance.value}"
    if nat.mapping is None or nat.filtering is None:
        advice = "Give the server a second address (relay_discovery) to learn which."
        return Finding("NAT", "ok", found, advice if nat.translates else "")
    if nat.translates:
        found += f" (mapping {nat.mapping.value}, filtering {nat.filtering.value})"
    if nat.is_hard:
        advice = "Some direct paths do not open; the relay carries those."
        return Finding("NAT", "note", found, advice)
    return Finding("NAT", "ok", found)


async def examine_turn(url: IceUrl, username: str, credential: str) -> Finding:
    """Check that a TURN server relays for us."""
    check = f"TURN over {url.transport.upper()}"
    try:
        relayed = await turn_allocation(url, username, credential)
    except ProbeError as error:
        return Finding(
            check,
            "problem",
            f"{url.host} port {url.port}/{url.transport}: {error}",
            "Open this port in the firewall; without a relay some calls do not connect."
            if url.scheme == "turn"
            else "Open this port, and give the server a certificate others trust (tls = files).",
        )
    return Finding(check, "ok", f"{url.host} port {url.port} relays from {relayed.host}")
