"""Sends a file to a contact, directly if they take it now, and says which way it went.

    python examples/send_file.py http://localhost:8300 bob photo.jpg

Sign in on this machine first: hutong login HANDLE --server http://localhost:8300
"""

import asyncio
import sys
from pathlib import Path

from hutong.client import Client
from hutong.client.transfers import Progress


def show(progress: Progress) -> None:
    """Print how far it is."""
    print(f"{progress.phase.value}: {progress.done_bytes} of {progress.size_bytes} bytes")


async def main(address: str, handle: str, path: str) -> None:
    """Send one file."""
    async with Client(address, catch_up=False) as me:
        conversation = await me.open(handle)
        delivered = await me.send_file(conversation, Path(path), on_progress=show)
        print(f"{path} went to {conversation.title}: {delivered.way.name.lower()}")


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:4]))
