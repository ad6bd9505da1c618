"""magic-wormhole with a mailbox server of its own on loopback, in a virtual environment of its own."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

VENV = Path(__file__).resolve().parents[1] / ".make/wormhole"
LOCK = Path(__file__).with_name("wormhole.lock")


def install() -> None:
    """Make the environment, once."""
    if not (VENV / "bin/wormhole").exists():
        subprocess.run([sys.executable, "-m", "venv", VENV], check=True)
        command = [str(VENV / "bin/pip"), "install", "-q", "--require-hashes", "-r", str(LOCK)]
        subprocess.run(command, check=True)


@asynccontextmanager
async def mailbox(folder: Path) -> AsyncIterator[str]:
    """Run the mailbox server; yield its URL."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    process = await asyncio.create_subprocess_exec(
        *(str(VENV / "bin/twist"), "wormhole-mailbox", f"--port=tcp:{port}:interface=127.0.0.1"),
        "--channel-db=:memory:",
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        async with asyncio.timeout(30):
            while True:
                try:
                    _, writer = await asyncio.open_connection("127.0.0.1", port)
                except OSError:
                    await asyncio.sleep(0.05)
                else:
                    writer.close()
                    break
        yield f"ws://127.0.0.1:{port}/v1"
    finally:
        process.terminate()
        await process.wait()


async def seconds(url: str, path: Path, into: Path, code: str) -> float:
    """Send a file from one process to another; return how long both took, start-up included."""
    common = [str(VENV / "bin/wormhole"), f"--relay-url={url}", "--transit-helper=tcp:127.0.0.1:9"]
    started = time.monotonic()
    sending = [*common, "send", "--hide-progress", f"--code={code}", str(path)]
    receiving = [*common, "receive", "--hide-progress", "--accept-file", f"--output-file={into}", code]
    sender, receiver = [
        await asyncio.create_subprocess_exec(*command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for command in (sending, receiving)
    ]
    async with asyncio.timeout(600):
        codes = await asyncio.gather(sender.wait(), receiver.wait())
    if any(codes):
        raise RuntimeError(f"wormhole ended with {codes}")
    return time.monotonic() - started
