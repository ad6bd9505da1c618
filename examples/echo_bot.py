"""A bot that accepts everybody's request to be a contact and repeats what they say.

    HUTONG_PASSWORD=... python examples/echo_bot.py http://localhost:8300 echo

It creates its account the first time. Started again, it answers what it missed.
"""

import asyncio
import os
import sys

from hutong.client import Client, Event, Relation
from hutong.schema import contacts_pb2


async def greet(me: Client) -> None:
    """Accept the requests that wait."""
    for contact in await me.contacts.list():
        if contact.relation is Relation.ASKED:
            await me.contacts.answer(contact.person, accept=True)


async def main(address: str, handle: str) -> None:
    """Run until Ctrl-C."""
    async with Client(address, patience_s=60) as me:
        if not me.signed_in:
            await me.sign_up(handle, os.environ["HUTONG_PASSWORD"], name="Echo")
        stream = me.events()
        await greet(me)
        print(f"@{me.me.handle} listens.", flush=True)
        async for event in stream:
            if not isinstance(event, Event):
                continue
            if isinstance(event.body, contacts_pb2.ContactChanged):
                await greet(me)
            message = await me.message(event)
            if message is not None and not message.mine:
                await me.send_text(message.conversation, f"You said: {message.text}")
                await me.mark_read(message)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:3]))
