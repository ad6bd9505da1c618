"""Session descriptions with and without their relay candidates. Pure text work on SDP (RFC 8839).

aioice takes the first pair of candidates that answers, which is often the relay although a direct path would
have opened a moment later. So relay candidates, ours and theirs, are held back while the direct ones
are tried.
"""

from __future__ import annotations

from dataclasses import dataclass

from hutong.schema import peers_pb2

_PREFIX = "a=candidate:"
_END = "a=end-of-candidates"
# More candidates than that are no honest description's.
_HELD_MAX = 64


@dataclass(frozen=True, slots=True)
class Split:
    """A description without relay candidates, and those candidates."""

    sdp: str
    relays: tuple[peers_pb2.Candidate, ...]


def split_relays(sdp: str) -> Split:
    """Take the relay candidates out of a description; the end of candidates is left open."""
    kept: list[str] = []
    relays: list[peers_pb2.Candidate] = []
    line_index = -1
    mid = ""
    for line in sdp.splitlines():
        if line.startswith("m="):
            line_index += 1
            mid = ""
        elif line.startswith("a=mid:"):
            mid = line.removeprefix("a=mid:")
        if line == _END:
            continue
        if line.startswith(_PREFIX) and is_relay(line):
            text = line.removeprefix("a=")
            relays.append(
                peers_pb2.Candidate(candidate=text, sdp_mid=mid, sdp_m_line_index=max(line_index, 0))
            )
            continue
        kept.append(line)
    return Split("\r\n".join(kept) + "\r\n", tuple(relays[:_HELD_MAX]))


def is_relay(candidate: str) -> bool:
    """Whether a candidate line names a relay's address (RFC 8839, section 5.1)."""
    fields = candidate.split()
    return len(fields) >= 8 and fields[6] == "typ" and fields[7] == "relay"


def address_of(candidate: str) -> tuple[str, int] | None:
    """Return the candidate's address and port; None when it is not well formed."""
    fields = candidate.split()
    if len(fields) < 8 or not fields[5].isdecimal():
        return None
    return fields[4], int(fields[5])
