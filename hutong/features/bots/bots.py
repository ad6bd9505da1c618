"""Bots: accounts with a token instead of a person."""

from __future__ import annotations

from hutong.features.bots import model, store
from hutong.features.contacts.api import Contacts
from hutong.features.identity.api import Bot, Identity
from hutong.platform.database import Executor
from hutong.platform.errors import NotFound, PermissionDenied, ResourceExhausted
from hutong.platform.feature import Platform
from hutong.platform.limits import Rate
from hutong.platform.rpc import Caller
from hutong.platform.text import line
from hutong.platform.writer import Transaction
from hutong.schema import bots_pb2 as pb

CHANGES = Rate("bots", burst=20, every_s=10)
BOTS_MAX = 20
NAME_CHARACTERS_MAX = 64


class Bots:
    """The part of `hutong.bots.Bots` for accounts. A token is `handle:password`: bots sign in like people."""

    def __init__(self, platform: Platform, secret: bytes) -> None:
        self._platform = platform
        self._secret = secret
        self._identity = platform.use(Identity)
        self._contacts = platform.use(Contacts)

    async def create_bot(self, caller: Caller, request: pb.CreateBotRequest) -> pb.CreateBotReply:
        """Make a bot; it is a contact of whoever makes it."""
        handle = self._identity.handle(request.handle)
        name = line(request.name, what="A name", maximum=NAME_CHARACTERS_MAX)
        user = caller.user
        self._platform.limits.spend(CHANGES, user)
        password = model.secret(self._secret, "bot", user, caller.key)
        password_hash = await self._identity.hash_password(password)

        def create(tx: Transaction) -> pb.CreateBotReply:
            if self._identity.profiles(tx, [user])[user].bot:
                raise PermissionDenied("Bots make no bots.", reason="is_bot")
            if len(self._of(tx, user)) >= BOTS_MAX:
                raise ResourceExhausted(f"At most {BOTS_MAX} bots.", reason="too_many_bots")
            profile = self._identity.create_bot(tx, user, handle, name, password_hash)
            self._contacts.connect(tx, user, profile.user)
            return pb.CreateBotReply(bot=pb.Bot(profile=profile, created_at_ms=tx.now_ms))

        reply = await caller.write(self._platform.writer, pb.CreateBotReply, create)
        reply.token = f"{reply.bot.profile.handle}:{password}"
        return reply

    async def renew_token(self, caller: Caller, request: pb.RenewTokenRequest) -> pb.RenewTokenReply:
        """Give one of the caller's bots another token, and sign it out."""
        user, bot = caller.user, request.user
        self._platform.limits.spend(CHANGES, user)
        password = model.secret(self._secret, "bot", user, caller.key)
        password_hash = await self._identity.hash_password(password)

        def renew(tx: Transaction) -> pb.RenewTokenReply:
            handle = self._own(tx, user, bot).profile.handle
            self._identity.set_password(tx, bot, password_hash)
            return pb.RenewTokenReply(token=f"{handle}:")

        reply = await caller.write(self._platform.writer, pb.RenewTokenReply, renew)
        return pb.RenewTokenReply(token=reply.token + password)

    async def remove_bot(self, caller: Caller, request: pb.RemoveBotRequest) -> pb.RemoveBotReply:
        """End one of the caller's bots."""
        user, bot = caller.user, request.user

        def remove(tx: Transaction) -> pb.RemoveBotReply:
            self._own(tx, user, bot)
            self._identity.delete(tx, bot)
            return pb.RemoveBotReply()

        return await caller.write(self._platform.writer, pb.RemoveBotReply, remove)

    async def list_bots(self, caller: Caller, _request: pb.ListBotsRequest) -> pb.ListBotsReply:
        """Return the caller's bots."""
        user = caller.user
        bots = await self._platform.read(lambda read: self._of(read, user))
        return pb.ListBotsReply(
            bots=[pb.Bot(profile=bot.profile, created_at_ms=bot.created_at_ms) for bot in bots]
        )

    def _of(self, executor: Executor, user: str) -> list[Bot]:
        bots = self._identity.bots_of(executor, user)
        hooks = store.speaking(executor, [bot.profile.user for bot in bots])
        return [bot for bot in bots if bot.profile.user not in hooks]

    def _own(self, tx: Transaction, user: str, bot: str) -> Bot:
        for each in self._of(tx, user):
            if each.profile.user == bot:
                return each
        raise NotFound("You have no such bot.", reason="no_such_bot")
