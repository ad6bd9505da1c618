"""A message to as many people as a group may have, all of them away."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import sqlalchemy as sa

from hutong.features.chat.model import MEMBERS_MAX
from hutong.features.chat.tests.grouping import large_group
from hutong.features.chat.tests.saying import say
from hutong.features.identity import store as identity_store
from hutong.features.push import store
from hutong.features.push.sending import PUSHES_AT_ONCE
from hutong.features.push.tests.conftest import Scene
from hutong.features.push.tests.service import PushService
from hutong.platform.writer import Transaction
from hutong.testing import TestServer


async def all_subscribe(scene: Scene) -> None:
    """Give everybody without a device one, and a browser that subscribed."""

    def subscribe(tx: Transaction) -> None:
        nobody = identity_store.account.c.user.not_in([scene.alice.user, scene.bobby.user])
        for user in tx.execute(sa.select(identity_store.account.c.user).where(nobody)).scalars().all():
            device = {"device": f"d{user[1:]}", "user": user, "name": "Phone", "public_key": bytes(32)}
            times = {"created_at_ms": 0, "seen_at_ms": 0, "revoked": False}
            tx.execute(sa.insert(identity_store.device), device | times)
            browser = scene.service.browser(user)
            keys = (browser.endpoint, browser.p256dh, browser.auth)
            store.put(tx, store.Subscription(device["device"], user, *keys, tx.now_ms))

    await scene.server.core.platform.writer.work(subscribe)
    scene.sending.counted(MEMBERS_MAX - 1)


async def test_everybody_in_the_largest_group_is_told_before_anybody_is_told_again(
    tmp_path: Path, quick_passwords: None
) -> None:
    """With a bounded number of requests under way, and others are not kept waiting behind them."""
    del quick_passwords
    async with (
        TestServer.run(tmp_path, push_hosts="127.0.0.1", rate_limit_factor=100) as server,
        PushService.open(server.clock.now_ms() // 1000) as service,
    ):
        alice, bobby = await server.friends("alice", "bobby")
        scene = Scene(server, service, alice, bobby, await server.conversation(alice, bobby))
        await scene.subscribe(bobby, "bobby")
        bobby.disconnect()
        log = await large_group(server, MEMBERS_MAX, alice)
        await all_subscribe(scene)
        most_tasks = 0

        def under_way() -> bool:
            nonlocal most_tasks
            most_tasks = max(most_tasks, len(scene.sending._tasks))
            return scene.tick()

        await say(alice, log, "first")
        await alice.until(lambda: under_way() and len(service.taken) > MEMBERS_MAX // 10)
        assert len(scene.sending._queue) <= MEMBERS_MAX
        await say(alice, log, "second")
        await scene.say("for Bobby")
        before = len(service.taken)
        # As many pushes as there are people, and two more.
        await alice.until(lambda: under_way() and len(service.taken) > MEMBERS_MAX + 1)
        firsts = [name for name, _ in service.taken[:MEMBERS_MAX]]
        # Only what is under way at once can overtake.
        assert len(set(firsts)) > MEMBERS_MAX - PUSHES_AT_ONCE
        await alice.until(lambda: under_way() and scene.sending.idle)
        assert 1 < most_tasks <= PUSHES_AT_ONCE
        assert service.refused == []
        # Bobby waited for those whose turn was before his, and not for their next one.
        names = [name for name, _ in service.taken]
        assert before < names.index("bobby") < MEMBERS_MAX + before + 2 * PUSHES_AT_ONCE
        told = Counter(names)
        assert set(told) == {*service.browsers}
        newest = {name: taken.nudge for name, taken in service.taken}
        assert {nudge.body for name, nudge in newest.items() if name != "bobby"} == {"Alice: second"}
        assert {nudge.badge for name, nudge in newest.items() if name != "bobby"} == {2}
