"""What runs inside a namespace: `serve HOST OTHER_HOST` or `ask HOST PORT`; prints one JSON line."""

import asyncio
import json
import sys

from hutong.client.nat import discover_nat
from hutong.protocols.stun import Address

from .loopback import relay_server

PORT, OTHER_PORT = 3478, 3479


async def serve(host: str, other: str) -> None:
    relay = relay_server(host=host, port=PORT, relay_addresses=[host], discovery=Address(other, OTHER_PORT))
    await relay.start()
    sys.stdout.write(json.dumps(relay.port) + "\n")
    sys.stdout.flush()
    await asyncio.Event().wait()


async def ask(host: str, port: str) -> None:
    nat = await discover_nat(host, int(port))
    assert nat.mapping is not None
    assert nat.filtering is not None
    found = [nat.mapped.host, nat.mapping.value, nat.filtering.value, nat.kind]
    sys.stdout.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    asyncio.run({"serve": serve, "ask": ask}[sys.argv[1]](*sys.argv[2:]))
