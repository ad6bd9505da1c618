"""What the other side says, handed to aiortc. Nonsense is left to the time limit of the connection."""

from __future__ import annotations

from aiortc import RTCPeerConnection, RTCSessionDescription
from aiortc.sdp import candidate_from_sdp

from hutong.schema import peers_pb2 as pb


async def take_description(peer: RTCPeerConnection, description: RTCSessionDescription) -> bool:
    """Take an offer or an answer; tell whether it made sense."""
    try:
        await peer.setRemoteDescription(description)
    except Exception:  # noqa: BLE001  aiortc's parser raises whatever the text makes it raise
        return False
    return True


async def take_candidate(peer: RTCPeerConnection, candidate: pb.Candidate) -> None:
    """Take an address; one that nobody understands is one that does not help."""
    text = candidate.candidate.removeprefix("a=").removeprefix("candidate:")
    if not text:
        return  # the end: more may come, a time limit ends the waiting
    try:
        parsed = candidate_from_sdp(text)
        parsed.sdpMid, parsed.sdpMLineIndex = candidate.sdp_mid, candidate.sdp_m_line_index
        await peer.addIceCandidate(parsed)
    except Exception:  # noqa: BLE001  what comes from outside makes aiortc raise anything
        return
