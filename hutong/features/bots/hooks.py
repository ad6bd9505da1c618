"""Incoming webhooks: an address that lets a program write into one group, and nothing else."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Collection, Sequence
from typing import Any

from hutong.features.bots import model, store
from hutong.features.chat.api import Chat, Membership
from hutong.features.identity.api import Identity
from hutong.platform.answers import Question
from hutong.platform.errors import InvalidArgument, NotFound, ResourceExhausted
from hutong.platform.feature import Platform
from hutong.platform.limits import Rate, network_of
from hutong.platform.pending import Pending
from hutong.platform.rpc import KEY_BYTES, Caller
from hutong.platform.text import line
from hutong.platform.web_api import WebRequest
from hutong.platform.writer import Answered, Transaction
from hutong.schema import bots_pb2 as pb
from hutong.schema import chat_pb2

CHANGES = Rate("hooks", burst=20, every_s=10)
POSTS = Rate("hook_posts", burst=60, every_s=1)
# Guessing a secret is hopeless; asking for it all day is still work.
MISSES = Rate("hook_misses", burst=60, every_s=1)
HOOKS_MAX = 20
# With those that work no longer; of these the oldest are forgotten.
LISTED_MAX = 40
NAME_CHARACTERS_MAX = 32
PREFIX = "hooks"
_NO_PASSWORD = "-"  # noqa: S105  a hash that no password has
_POST_METHOD = 2300  # what answers are kept under (CONN13); no method of the schema has it


class Hooks:
    """The part of `hutong.bots.Bots` for hooks, and what answers at their addresses.

    What is posted is said by an account of the hook's own: it is shown, muted and removed as any member is.
    """

    def __init__(self, platform: Platform, secret: bytes) -> None:
        self._platform = platform
        self._secret = secret
        self._identity = platform.use(Identity)
        self._chat = platform.use(Chat)
        self._membership = platform.use(Membership)
        self._membership.on_parted(self._part)
        platform.web_apis.register(PREFIX, self._post)

    async def create_hook(self, caller: Caller, request: pb.CreateHookRequest) -> pb.CreateHookReply:
        """Make an address for a group; for its owner and admins."""
        name = line(request.name, what="A name", maximum=NAME_CHARACTERS_MAX)
        user, log = caller.user, request.log
        self._platform.limits.spend(CHANGES, user)
        secret = model.secret(self._secret, "hook", user, caller.key)

        def create(tx: Transaction) -> pb.CreateHookReply:
            self._membership.steward(tx, log, user)
            hooks = store.of_log(tx, log)
            ended = [row for row in hooks if row.ended_at_ms]
            if len(hooks) - len(ended) >= HOOKS_MAX:
                raise ResourceExhausted(f"At most {HOOKS_MAX} hooks a group.", reason="too_many_hooks")
            for row in ended[: max(0, len(hooks) + 1 - LISTED_MAX)]:
                self._remove(tx, row)
            hook = self._platform.random.new_id()
            voice = self._identity.create_bot(tx, user, f"hook_{hook}", name, _NO_PASSWORD)
            row = {
                "id": hook,
                "log": log,
                "name": name,
                "by": user,
                "user": voice.user,
                "digest": model.digest(secret),
                "created_at_ms": tx.now_ms,
            }
            store.put(tx, row)
            self._membership.admit(tx, log, voice.user, user)
            return pb.CreateHookReply(hook=_hook(store.get(tx, hook), pb.ENDING_NONE))

        reply = await caller.write(self._platform.writer, pb.CreateHookReply, create)
        reply.url = f"{self._platform.endpoints.public_url}/{PREFIX}/{reply.hook.id}/{secret}"
        return reply

    def remove_hook(self, caller: Caller, request: pb.RemoveHookRequest) -> Pending[pb.RemoveHookReply]:
        """End an address."""
        user, name = caller.user, request.id

        def remove(tx: Transaction) -> pb.RemoveHookReply:
            row = store.get(tx, name)
            if row is None:
                raise NotFound("There is no such hook.", reason="no_such_hook")
            self._membership.steward(tx, row.log, user)
            self._remove(tx, row)
            return pb.RemoveHookReply()

        return caller.write(self._platform.writer, pb.RemoveHookReply, remove)

    def _remove(self, tx: Transaction, row: Any) -> None:
        store.remove(tx, row.id)
        if not self._identity.profiles(tx, [row.user])[row.user].deleted:
            self._identity.delete(tx, row.user)

    async def list_hooks(self, caller: Caller, request: pb.ListHooksRequest) -> pb.ListHooksReply:
        """Return a group's hooks, without their secrets, to its owner and admins."""
        user, log = caller.user, request.log

        def hooks(read: Any) -> pb.ListHooksReply:
            members = self._membership.steward(read, log, user).members
            rows = store.of_log(read, log)
            return pb.ListHooksReply(hooks=[_hook(row, _ending(row, members)) for row in rows])

        return await self._platform.read(hooks)

    def _part(self, tx: Transaction, log: str, users: Sequence[str]) -> None:
        """End what was made by people who are out of a group now: they know the secrets.

        Nobody posts for a hook whose own account is out, either. The admins who are left see what has ended.
        """
        store.end(tx, log, users)
        for voice in store.voices(tx, log, users):
            self._identity.delete(tx, voice)

    # ---- what programs post ----

    async def _post(self, request: WebRequest) -> dict[str, Any]:
        name, _, secret = request.path.partition("/")
        row = await self._platform.read(lambda read: store.get(read, name))
        if row is None or row.ended_at_ms or not hmac.compare_digest(row.digest, model.digest(secret)):
            self._platform.limits.spend(MISSES, network_of(request.address))
            raise NotFound("There is no such hook.", reason="no_such_hook")
        if request.method != "POST":
            raise InvalidArgument("Messages are posted here.", reason="not_a_post")
        self._platform.limits.spend(POSTS, name)
        post = model.post(name, request)
        self._chat.check(post.content)

        def say(tx: Transaction) -> chat_pb2.SendReply:
            said = self._chat.append(tx, row.user, row.log, post.content)
            return chat_pb2.SendReply(seq=said.seq, at_ms=said.at_ms)

        key = post.key or self._platform.random.token(KEY_BYTES)
        digest = hashlib.sha256(post.content.SerializeToString()).digest()
        question = Question(row.user, key, _POST_METHOD, digest)
        reply = await self._platform.writer.submit(Answered(say, question, chat_pb2.SendReply))
        return {"log": row.log, "seq": reply.seq, "at_ms": reply.at_ms}


def _hook(row: Any, ending: pb.Ending) -> pb.Hook:
    return pb.Hook(
        id=row.id,
        log=row.log,
        name=row.name,
        by=row.by,
        created_at_ms=row.created_at_ms,
        ended_at_ms=row.ended_at_ms,
        ending=ending,
    )


def _ending(row: Any, members: Collection[str]) -> pb.Ending:
    if not row.ended_at_ms:
        return pb.ENDING_NONE
    return pb.ENDING_REMOVED if row.by in members else pb.ENDING_MAKER_LEFT
