"""The checks of `hutong doctor --server`: what a client of that server sees."""

from __future__ import annotations

from pathlib import Path

from hutong.cli.diagnosis import (
    Finding,
    examine_disk,
    examine_folder,
    examine_nat,
    examine_stun,
    examine_turn,
)
from hutong.client import AddressError, Client, HomeError, UnreachableError, methods, parse_address
from hutong.client.home import default_root
from hutong.client.probe import IceUrl, ProbeError
from hutong.platform.errors import RpcError
from hutong.schema import peers_pb2

# Further apart, and what was said when is told wrongly; certificates begin to fail.
_SKEW_S_MAX = 60


async def examine_client(server: str, home: Path | None) -> list[Finding]:
    """Return what a client finds out."""
    try:
        address = parse_address(server)
    except AddressError as error:
        return [Finding("Address", "problem", str(error), "Write it as hutong serve shows it.")]
    root = home or default_root()
    findings = [examine_disk(root)]
    try:
        async with Client(address, home=root / address.folder_name, catch_up=False) as me:
            findings += _examine_connection(me)
            if me.signed_in:
                findings.append(examine_folder("This device", me.folder))
                findings += await _examine_ice(me)
            else:
                findings.append(
                    Finding(
                        "This device",
                        "note",
                        "It is not signed in; the relay was not tried.",
                        "hutong login HANDLE, then again.",
                    )
                )
    except UnreachableError as error:
        advice = "Check the address, and that the server runs: hutong doctor on its machine."
        findings.append(Finding("Connection", "problem", str(error), advice))
    except HomeError as error:
        findings.append(Finding("This device", "problem", str(error), "Repair or remove it."))
    return findings


def _examine_connection(me: Client) -> list[Finding]:
    name = f"{me.server_name}, version {me.server_version}"
    if me.address.vouched or me.address.loopback:
        how = "its root key is vouched for" if me.address.vouched else "on this machine"
        connection = Finding("Connection", "ok", f"{name}, {how}")
    else:
        advice = "Compare the root key that `hutong login` shows with the one `hutong serve` prints."
        connection = Finding("Connection", "note", f"{name}, known by its first contact", advice)
    skew_s = me.clock_skew_s
    if abs(skew_s) > _SKEW_S_MAX:
        clock = Finding(
            "Clock",
            "problem",
            f"The server's clock is {abs(skew_s):.0f} s {'ahead of' if skew_s > 0 else 'behind'} ours.",
            "Turn on time synchronisation on both machines.",
        )
    else:
        clock = Finding("Clock", "ok", f"{abs(skew_s):.1f} s apart")
    return [connection, clock]


async def _examine_ice(me: Client) -> list[Finding]:
    try:
        reply = await me.call(methods.GET_ICE_SERVERS, peers_pb2.GetIceServersRequest())
    except RpcError as error:
        return [Finding("Relay", "problem", str(error), "Look at the server's log.")]
    if not reply.servers:
        advice = "Set relay_port on the server: without it some calls do not connect."
        return [Finding("Relay", "note", "The server has none.", advice)]
    findings: list[Finding] = []
    for each in reply.servers:
        for text in each.urls:
            try:
                url = IceUrl.parse(text)
            except ProbeError as error:
                findings.append(Finding("Relay", "problem", str(error), "Check the server's settings."))
                continue
            if url.scheme == "stun":
                stun = await examine_stun(url.host, url.port)
                findings.append(stun)
                # A second address is there for the NAT's sake, and asked by the first.
                if stun.result == "ok" and all(each.check != "NAT" for each in findings):
                    findings.append(await examine_nat(url.host, url.port))
            elif url.scheme in {"turn", "turns"}:
                findings.append(await examine_turn(url, each.username, each.credential))
    return findings
