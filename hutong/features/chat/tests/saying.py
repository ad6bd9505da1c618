"""What people say and how it is read back, for the tests."""

from __future__ import annotations

from hutong.features.files.tests.uploading import upload
from hutong.schema import chat_pb2 as pb
from hutong.testing import Client


async def say(client: Client, log: str, content: pb.Content | str = "hello") -> int:
    """Send; return the message's number."""
    content = pb.Content(text=content) if isinstance(content, str) else content
    return int((await client.call("Chat.Send", pb.SendRequest(log=log, content=content))).seq)


async def edit(client: Client, log: str, seq: int, content: pb.Content | str) -> None:
    content = pb.Content(text=content) if isinstance(content, str) else content
    await client.call("Chat.Edit", pb.EditRequest(log=log, seq=seq, content=content))


async def recall(client: Client, log: str, seq: int) -> None:
    await client.call("Chat.Recall", pb.RecallRequest(log=log, seq=seq))


async def get(client: Client, log: str) -> pb.Conversation:
    reply: pb.GetReply = await client.call("Chat.Get", pb.GetRequest(log=log, recent=50))
    return reply.conversation


async def sent(client: Client, log: str, seq: int) -> pb.MessageSent:
    """Return a message as it stands in the log, whole or erased."""
    (event,) = [event for event in (await get(client, log)).recent if event.seq == seq]
    return pb.MessageSent.FromString(event.body)


async def group(owner: Client, *others: Client, title: str = "Team") -> str:
    request = pb.CreateGroupRequest(title=title, users=[each.user for each in others])
    return str((await owner.call("Chat.CreateGroup", request)).conversation.log)


async def file(client: Client, data: bytes, name: str = "report.pdf") -> pb.Content:
    """Upload a file; return a message that shows it."""
    blob = (await upload(client, data)).blob
    return pb.Content(file=pb.File(blob=blob, name=name, size_bytes=len(data)))


def to(user: str, text: str = "@you look") -> pb.Content:
    """Return a text that mentions somebody, or everyone ('')."""
    return pb.Content(text=text, mentions=[pb.Mention(user=user, start=0, length=4)])
