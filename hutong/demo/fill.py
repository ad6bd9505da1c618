"""Fills an empty data folder: people, acquaintances, then what they told each other."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from hutong.app import build_core
from hutong.demo import attachments
from hutong.demo.attachments import Made
from hutong.demo.clock import PastClock
from hutong.demo.content import Community, Person
from hutong.demo.history import MINUTE_MS, History
from hutong.local import Client, LocalServer
from hutong.platform.clock import Randomness
from hutong.platform.settings import Settings
from hutong.schema import contacts_pb2, identity_pb2

DAY_MS = 24 * 60 * MINUTE_MS
# Three weeks of talking in some seconds.
RATE_LIMIT_FACTOR = 10_000
ASKED_BEFORE_MS = 70 * MINUTE_MS
DEVICE_NAME = "hutong demo"


@dataclass(frozen=True, slots=True)
class Filled:
    """What there is to see."""

    people: int
    conversations: int
    messages: int


async def fill(settings: Settings, community: Community, now_ms: int) -> Filled:
    """Put a community that lived until now into the settings' data folder.

    Raises `RpcError` when the server does not accept what the content says.
    """
    first_ms = min(line.at_ms for room in community.rooms for line in room.script.lines)
    clock = PastClock(first_ms - 2 * DAY_MS)
    core = build_core(settings, clock=clock)
    await core.start()
    try:
        clients, made = await _gather(LocalServer(core, Randomness()), community)
        await _meet(community, clients, clock)
        await History(community, clients, made, clock).play(now_ms)
        clock.set(now_ms - ASKED_BEFORE_MS)
        await _ask(community, clients)
        for client in clients.values():
            client.disconnect()
    finally:
        await core.close()
    messages = sum(len(room.script.lines) for room in community.rooms)
    return Filled(len(community.everybody.people), len(community.rooms), messages)


async def _gather(
    server: LocalServer, community: Community
) -> tuple[dict[str, Client], dict[tuple[str, str], Made]]:
    """Sign everybody up while the pictures are drawn: hashing passwords and drawing take the most time."""
    async with asyncio.TaskGroup() as group:
        drawing = group.create_task(asyncio.to_thread(attachments.draw_all, community))
        signing_up = [
            group.create_task(_sign_up(server, person, community)) for person in community.everybody.people
        ]
    clients = [task.result() for task in signing_up]
    return {client.profile.handle: client for client in clients}, drawing.result()


async def _sign_up(server: LocalServer, person: Person, community: Community) -> Client:
    client = Client(server, device_name=DEVICE_NAME)
    password = community.everybody.password
    await client.sign_up(person.handle, person.name, password=password, language=community.language)
    portrait = await asyncio.to_thread(attachments.draw_portrait, person.portrait)
    picture = (await attachments.upload(client, portrait)).blob
    profile = identity_pb2.UpdateProfileRequest(name=person.name, about=person.about, picture=picture)
    client.profile = (await client.call("Identity.UpdateProfile", profile)).profile
    return client


async def _meet(community: Community, clients: dict[str, Client], clock: PastClock) -> None:
    """Make contacts of each other, one after the other."""
    for one, other in community.acquaintances():
        clock.set(clock.now_ms() + 3 * MINUTE_MS)
        asker, asked = clients[one], clients[other]
        greeting = community.greeting.format(name=asker.profile.name)
        await asker.call("Contacts.Ask", contacts_pb2.AskRequest(user=asked.user, greeting=greeting))
        clock.set(clock.now_ms() + 4 * MINUTE_MS)
        await asked.call("Contacts.Answer", contacts_pb2.AnswerRequest(user=asker.user, accept=True))


async def _ask(community: Community, clients: dict[str, Client]) -> None:
    """Leave one request open."""
    request = community.request
    asked = clients[request.asked].user
    ask = contacts_pb2.AskRequest(user=asked, greeting=request.text)
    await clients[request.asker].call("Contacts.Ask", ask)
