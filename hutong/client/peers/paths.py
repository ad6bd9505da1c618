"""Which way the bytes of a connection go."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from aiortc import RTCPeerConnection

from hutong.schema import peers_pb2 as pb


def path_of(
    peer: RTCPeerConnection | None, their_relays: Collection[tuple[str, int]], relay_hosts: Collection[str]
) -> pb.Path:
    """Return the path in use (PEER13): relayed when either end of the chosen pair is a relay's address.

    `their_relays` are the other side's relayed addresses as far as they were told, `relay_hosts` the hosts
    of the relays we know.
    """
    pair = _selected_pair(peer)
    if pair is None:
        return pb.PATH_UNKNOWN
    ours, theirs = pair.local_candidate, pair.remote_candidate
    relayed = (
        "relay" in {ours.type, theirs.type}
        or (theirs.host, theirs.port) in their_relays
        # Heard of by a check that came before the candidate was told.
        or (theirs.type == "prflx" and theirs.host in relay_hosts)
    )
    return pb.PATH_RELAYED if relayed else pb.PATH_DIRECT


def _selected_pair(peer: RTCPeerConnection | None) -> Any:
    """The pair of candidates ICE has chosen. aiortc's statistics leave it out."""
    if peer is None or peer.sctp is None:
        return None
    return peer.sctp.transport.transport._connection._nominated.get(1)  # noqa: SLF001
