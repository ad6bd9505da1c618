"""The built-in relay in a process of its own; the first line it prints is its port."""

from __future__ import annotations

import asyncio
import sys

import uvloop
from prometheus_client import CollectorRegistry

from hutong.edge.relay import PrometheusMeter, RelayOptions, RelayServer
from hutong.protocols.stun import Limits

# Far above what one core carries: the bounds are checked for every packet and never reached.
_UNREACHED_BYTES_PER_S = 10**11


async def run(secret: str) -> None:
    """Relay until the process is ended."""
    limits = Limits(
        allocations_per_user_max=1000,
        user_bytes_per_s_max=_UNREACHED_BYTES_PER_S,
        bytes_per_s_max=_UNREACHED_BYTES_PER_S,
    )
    options = RelayOptions(
        host="127.0.0.1",
        port=0,
        secret=secret.encode(),
        realm="hutong",
        relay_addresses=["127.0.0.1"],
        allow_private_peers=True,
        limits=limits,
    )
    relay = RelayServer(options, meter=PrometheusMeter(CollectorRegistry()))
    await relay.start()
    sys.stdout.write(f"{relay.port}\n")
    sys.stdout.flush()
    await asyncio.Event().wait()


if __name__ == "__main__":
    uvloop.run(run(sys.argv[1]))
