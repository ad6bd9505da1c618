"""Groups and their people, for the tests."""

from __future__ import annotations

from functools import partial

import sqlalchemy as sa

from hutong.features.chat import store
from hutong.features.identity import store as identity_store
from hutong.platform.writer import Transaction
from hutong.schema import chat_pb2 as pb
from hutong.testing import Client, TestServer


async def group(owner: Client, *others: Client, title: str = "Team") -> str:
    request = pb.CreateGroupRequest(title=title, users=[each.user for each in others])
    reply = await owner.call("Chat.CreateGroup", request)
    return str(reply.conversation.log)


async def send(client: Client, log: str, words: str = "hello") -> int:
    request = pb.SendRequest(log=log, content=pb.Content(text=words))
    return int((await client.call("Chat.Send", request)).seq)


async def get(client: Client, log: str, recent: int = 50) -> pb.Conversation:
    reply: pb.GetReply = await client.call("Chat.Get", pb.GetRequest(log=log, recent=recent))
    return reply.conversation


async def head(client: Client, log: str) -> int:
    return (await get(client, log, recent=0)).head


def roles_in(conversation: pb.Conversation) -> dict[str, int]:
    return {each.profile.handle: each.role for each in conversation.members}


def add_people(log: str, count: int, tx: Transaction) -> None:
    """Put people with the longest names there can be into a new group, without events."""
    people = [
        {
            "user": f"u{number:011}",
            "handle": f"{number:032}",
            "name": "名" * 64,
            "about": "言" * 280,
            "picture": "f" * 64,
            "password_hash": "",
            "admin": False,
            "language": "",
            "created_at_ms": 0,
        }
        for number in range(count)
    ]
    tx.execute(sa.insert(identity_store.account), people)
    store.put_members(tx, log, [str(each["user"]) for each in people], joined=1)


async def large_group(server: TestServer, people: int, owner: Client, *others: Client) -> str:
    """Make a group of so many people, most of whom never come."""
    log = await group(owner, *others)
    await server.core.platform.writer.work(partial(add_people, log, people - 1 - len(others)))
    return log
