"""The link: round trips to the first reply, throughput, bytes on the wire, handshakes.

Estimates before measuring: 0-RTT answers after one round trip and what signing in costs the server, 3-5 ms.
Our records are Python around OpenSSL's AES-GCM, and so is half of Python's `ssl` under a loop: they should
be alike, and half as fast with the sealed layer's second AES-GCM. A message is three records of 43 bytes
overhead (TLS 22, sealed 19, length 2) and Protobuf with a dictionary, against JSON's names.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
import time
from pathlib import Path

import uvloop

from bench import _first_reply, _handshakes, _throughput, _wire
from bench._certificate import make_certificate
from bench._link import connect_stream
from bench._report import report
from bench._server import seed, serve
from bench._wire_json import deflated_bytes

# The server takes no early data until whatever it forgot by restarting is too old (LINK rules): 20 s.
EARLY_AFTER_S = 21


async def run(seconds: float, messages: int, handshakes: int) -> None:
    """Measure everything; the server grows old enough for early data meanwhile."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        certificate = make_certificate(folder)
        pair, other_pair = seed(folder, 2)
        async with serve(folder) as server:
            started = time.monotonic()
            _, stream = await connect_stream(server, other_pair.one)
            said = _wire.texts(messages)
            metrics = {"wire_bytes_per_message": await _wire.ours(server, pair, said)}
            peers = await _wire.peers(certificate, said)
            best = min(peers.values())
            peers["json_websocket_deflated_bytes_per_message"] = deflated_bytes(said)
            rates = await _throughput.measure(certificate, seconds)
            shaken, shaken_peers = _handshakes.measure(certificate, handshakes)
            await asyncio.sleep(max(0.0, started + EARLY_AFTER_S - time.monotonic()))
            first = await _first_reply.measure(server, other_pair.one, stream.tickets, certificate)
    ratios = {"wire_ratio_to_best_peer": metrics["wire_bytes_per_message"] / best}
    for kind, unit in (("bulk", "mb"), ("small", "messages")):
        for who in ("tls", "sealed"):
            metrics[f"{kind}_{who}_{unit}_per_s"] = rates[f"{kind}_{who}"]
            ratios[f"{kind}_{who}_ratio_to_ssl"] = rates[f"{kind}_{who}"] / rates[f"{kind}_ssl"]
        peers[f"{kind}_ssl_{unit}_per_s"] = rates[f"{kind}_ssl"]
        # What is promised holds for both layers: the slower one counts.
        ratios[f"{kind}_ratio_to_ssl"] = min(
            ratios[f"{kind}_tls_ratio_to_ssl"], ratios[f"{kind}_sealed_ratio_to_ssl"]
        )
    report("link", metrics | shaken | first.metrics, peers | shaken_peers | first.peers, ratios)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="the only output there is")
    parser.add_argument("--long", action="store_true", help="five times longer")
    arguments = parser.parse_args()
    times = 5 if arguments.long else 1
    uvloop.run(run(1.2 * times, 1_000 * times, 300 * times))
