"""The `Push` service: which browsers are told when they are away."""

from __future__ import annotations

from hutong.features.identity.api import Identity
from hutong.features.push import encryption, model, store
from hutong.features.push.sending import Sending
from hutong.features.push.vapid import Vapid
from hutong.platform.endpoints import ensure_secret
from hutong.platform.errors import FailedPrecondition
from hutong.platform.feature import Platform
from hutong.platform.limits import Rate
from hutong.platform.outbound import Fetcher
from hutong.platform.pending import Pending
from hutong.platform.rpc import Caller
from hutong.platform.writer import Transaction
from hutong.schema import push_pb2 as pb

CHANGES = Rate("push", burst=20, every_s=10)
TRIALS = Rate("push_try", burst=5, every_s=10)


class PushService:
    """Answers `hutong.push.Push`."""

    def __init__(self, platform: Platform, vapid: Vapid, sending: Sending, hosts: frozenset[str]) -> None:
        self._platform = platform
        self._vapid = vapid
        self._sending = sending
        self._hosts = hosts
        platform.use(Identity).on_deleted(self._account_ends)

    def key(self, _caller: Caller, _request: pb.KeyRequest) -> pb.KeyReply:
        """Return the key browsers subscribe with (RFC 8292)."""
        return pb.KeyReply(key=self._vapid.public)

    def subscribe(self, caller: Caller, request: pb.SubscribeRequest) -> Pending[pb.SubscribeReply]:
        """Tell this device from now on."""
        model.check_subscription(request, self._hosts)
        self._platform.limits.spend(CHANGES, caller.user)
        user, device = caller.user, caller.device

        def subscribe(tx: Transaction) -> pb.SubscribeReply:
            subscription = store.Subscription(
                device, user, request.endpoint, request.p256dh, request.auth, tx.now_ms
            )
            more = store.put(tx, subscription)
            tx.after_commit(lambda: self._sending.counted(more))
            return pb.SubscribeReply()

        return caller.write(self._platform.writer, pb.SubscribeReply, subscribe)

    def unsubscribe(self, caller: Caller, _request: pb.UnsubscribeRequest) -> Pending[pb.UnsubscribeReply]:
        """Tell it no longer. Raises `FailedPrecondition` when it is not subscribed."""
        self._platform.limits.spend(CHANGES, caller.user)
        device = caller.device

        def unsubscribe(tx: Transaction) -> pb.UnsubscribeReply:
            removed = store.remove(tx, device)
            if not removed:
                raise _not_subscribed()
            tx.after_commit(lambda: self._sending.counted(-removed))
            return pb.UnsubscribeReply()

        return caller.write(self._platform.writer, pb.UnsubscribeReply, unsubscribe)

    def test(self, caller: Caller, _request: pb.TestRequest) -> Pending[pb.TestReply]:
        """Push to this device now. Raises `FailedPrecondition` when it is not subscribed."""
        self._platform.limits.spend(TRIALS, caller.user)
        device = caller.device

        def attempt(tx: Transaction) -> pb.TestReply:
            if store.get(tx, device) is None:
                raise _not_subscribed()
            tx.after_commit(lambda: self._sending.try_now(device))
            return pb.TestReply()

        return caller.write(self._platform.writer, pb.TestReply, attempt)

    def _account_ends(self, tx: Transaction, user: str) -> None:
        removed = store.remove_user(tx, user)
        tx.after_commit(lambda: self._sending.counted(-removed))


def _not_subscribed() -> FailedPrecondition:
    return FailedPrecondition("This device gets no notifications yet.", reason="not_subscribed")


def build(platform: Platform) -> tuple[object, ...]:
    """Return what answers `hutong.push.Push`, and what pushes."""
    hosts = frozenset(
        host.strip().lower() for host in platform.settings.push_hosts.split(",") if host.strip()
    )
    vapid = Vapid(ensure_secret(platform.settings.data, "push", encryption.SCALAR_BYTES))
    sending = Sending(platform, vapid, Fetcher(hosts, purpose="push"))
    return PushService(platform, vapid, sending, hosts), sending
