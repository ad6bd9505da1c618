"""A device at home, until its input ends: `python -m tests.portmap.device KIND LIFETIME [PROTOCOL...]`.

It has an echo on a port, maps it for that many seconds at a time, and prints what came of it. A line of
input hurries it.
"""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any, cast

from hutong.client.portmap import PROTOCOLS, PortMapping, Protocol, methods

_PATIENCE_S = 20.0


class Echo(asyncio.DatagramProtocol):
    """Sends back what comes."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: tuple[Any, ...]) -> None:
        self._transport.sendto(b"echo " + data, addr)


async def _echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"echo " + await reader.read(100))
    await writer.drain()
    writer.close()


async def _listen(kind: str) -> int:
    if kind == "tcp":
        server = await asyncio.start_server(_echo, "0.0.0.0", 0)
        return int(server.sockets[0].getsockname()[1])
    transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(Echo, local_addr=("0.0.0.0", 0))
    return int(transport.get_extra_info("sockname")[1])


async def main(kind: str, lifetime: str, *names: str) -> None:
    """Map a port until nobody wants it any more."""
    PortMapping.lifetime_s = int(lifetime)
    # A slow machine is no silent router.
    methods._FIND_S = methods._MAP_S = _PATIENCE_S
    port = await _listen(kind)
    protocols = tuple(Protocol(name) for name in names) or PROTOCOLS
    async with PortMapping.open(kind, port, protocols=protocols) as mapping:
        await mapping._settled.wait()
        outcome = {"external": mapping.external, "state": mapping.state.name, "refusal": mapping.refusal}
        sys.stdout.write(json.dumps(outcome) + "\n")
        sys.stdout.flush()
        while await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline):
            mapping.hurry()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
