"""The `Transfers` service: offering, accepting, ending. The bytes go from device to device, or to storage."""

from __future__ import annotations

from hutong.features.chat.api import Chat, Standings
from hutong.features.files.api import Files
from hutong.features.peers.api import Device, Peers
from hutong.features.transfers import endings, store
from hutong.features.transfers.expiry import Expiry
from hutong.features.transfers.store import Row
from hutong.platform.errors import FailedPrecondition, InvalidArgument, NotFound, ResourceExhausted
from hutong.platform.feature import Platform
from hutong.platform.limits import Rate
from hutong.platform.pending import Pending
from hutong.platform.rpc import Caller
from hutong.platform.text import check_file_name, check_media_type
from hutong.platform.writer import Transaction
from hutong.schema import peers_pb2
from hutong.schema import transfers_pb2 as pb

OFFERS = Rate("transfer_offer", burst=60, every_s=2)
OPEN_OFFERS_MAX = 200
SIZE_BYTES_MAX = 2**53 - 1  # what a browser can count
FILES_MAX = 100_000  # in one manifest (XFER2)
SHA256_BYTES = 32


class TransfersService:
    """Answers `hutong.transfers.Transfers`."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._chat = platform.use(Chat)
        self._files = platform.use(Files)
        self._peers = platform.use(Peers)
        platform.use(Standings).tell(endings.standing)
        self._expiry = Expiry(platform)
        self.on_start = self._expiry.on_start
        self.on_stop = self._expiry.on_stop

    def offer(self, caller: Caller, request: pb.OfferRequest) -> Pending[pb.OfferReply]:
        """Offer a file in a conversation of two."""
        _check_offer(request)
        self._platform.limits.spend(OFFERS, caller.user)
        user, device, name = caller.user, caller.device, self._platform.random.new_id()

        def append(tx: Transaction) -> pb.OfferReply:
            room = self._chat.writable_room(tx, request.log, user)
            if room.group:
                raise FailedPrecondition("Only between two people.", reason="not_direct")
            if store.open_of(tx, user) >= OPEN_OFFERS_MAX:
                raise ResourceExhausted("Too many files are on their way.", reason="too_many_offers")
            other = room.other(user)
            store.insert(tx, Row(name, request.log, user, device, other, offered_at_ms=tx.now_ms))
            self._expiry.offered(tx, tx.now_ms)
            offered = pb.TransferOffered(
                transfer=name,
                name=request.name,
                size_bytes=request.size_bytes,
                media_type=request.media_type,
                sender_device=device,
                files=request.files,
            )
            appended = tx.append(request.log, offered, author=user)
            online = self._platform.sessions.online(other)
            return pb.OfferReply(transfer=name, seq=appended.seq, receiver_online=online)

        return caller.write(self._platform.writer, pb.OfferReply, append)

    def accept(self, caller: Caller, request: pb.AcceptRequest) -> Pending[pb.AcceptReply]:
        """Take the file, on the first device that does; the same device may ask again after a break."""
        user, device = caller.user, caller.device

        def take(tx: Transaction) -> pb.AcceptReply:
            row = self._open(tx, request.transfer, user)
            if user != row.receiver:
                raise FailedPrecondition("This file was not offered to you.", reason="not_receiver")
            if row.receiver_device not in {"", device}:
                raise FailedPrecondition("Another device takes this file.", reason="accepted_elsewhere")
            store.update(tx, row._replace(receiver_device=device))
            one, other = Device(row.sender, row.sender_device), Device(user, device)
            tx.after_commit(lambda: self._peers.open_session(row.transfer, one, other))
            notice = pb.TransferAccepted(
                transfer=row.transfer, sender_device=row.sender_device, receiver_device=device
            )
            tx.notify(row.sender, notice)
            tx.notify(user, notice)
            return pb.AcceptReply(sender_device=row.sender_device)

        return caller.write(self._platform.writer, pb.AcceptReply, take)

    def decline(self, caller: Caller, request: pb.DeclineRequest) -> Pending[pb.DeclineReply]:
        """Refuse the file."""
        user = caller.user

        def refuse(tx: Transaction) -> pb.DeclineReply:
            row = self._open(tx, request.transfer, user)
            if user != row.receiver:
                raise FailedPrecondition("This file was not offered to you.", reason="not_receiver")
            self._end(tx, row, user, pb.TransferEnded(result=pb.RESULT_DECLINED))
            return pb.DeclineReply()

        return caller.write(self._platform.writer, pb.DeclineReply, refuse)

    def cancel(self, caller: Caller, request: pb.CancelRequest) -> Pending[pb.CancelReply]:
        """Give up, on either side."""
        user = caller.user

        def give_up(tx: Transaction) -> pb.CancelReply:
            row = self._open(tx, request.transfer, user)
            self._end(tx, row, user, pb.TransferEnded(result=pb.RESULT_CANCELLED))
            return pb.CancelReply()

        return caller.write(self._platform.writer, pb.CancelReply, give_up)

    def finish(self, caller: Caller, request: pb.FinishRequest) -> Pending[pb.FinishReply]:
        """Be told by the receiving device that it has the whole file and checked it."""
        if request.path not in {peers_pb2.PATH_DIRECT, peers_pb2.PATH_RELAYED}:
            raise InvalidArgument("A transfer is direct or relayed.", reason="bad_path")
        if len(request.sha256) != SHA256_BYTES:
            raise InvalidArgument("A SHA-256 has 32 bytes.", reason="bad_hash")
        user, device = caller.user, caller.device

        def finish(tx: Transaction) -> pb.FinishReply:
            row = self._open(tx, request.transfer, user)
            if (user, device) != (row.receiver, row.receiver_device):
                raise FailedPrecondition("This device does not receive the file.", reason="not_receiver")
            ended = pb.TransferEnded(result=pb.RESULT_DELIVERED, path=request.path, sha256=request.sha256)
            self._end(tx, row, user, ended)
            return pb.FinishReply()

        return caller.write(self._platform.writer, pb.FinishReply, finish)

    def store(self, caller: Caller, request: pb.StoreRequest) -> Pending[pb.StoreReply]:
        """Be told by the sender that the file is on the server now."""
        user = caller.user

        def keep(tx: Transaction) -> pb.StoreReply:
            row = self._open(tx, request.transfer, user)
            if user != row.sender:
                raise FailedPrecondition("This is not your file.", reason="not_sender")
            self._files.share(tx, user, request.blob, row.log)
            ended = pb.TransferEnded(result=pb.RESULT_STORED, path=peers_pb2.PATH_STORED, blob=request.blob)
            self._end(tx, row, user, ended)
            return pb.StoreReply()

        return caller.write(self._platform.writer, pb.StoreReply, keep)

    # ---- steps ----

    def _open(self, tx: Transaction, name: str, user: str) -> Row:
        """Return a transfer of this user that has not ended."""
        row = store.find(tx, name)
        if row is None or user not in {row.sender, row.receiver}:
            raise NotFound("There is no such transfer.", reason="no_such_transfer")
        if row.result:
            raise FailedPrecondition("This transfer has ended.", reason="ended")
        return row

    def _end(self, tx: Transaction, row: Row, user: str, ended: pb.TransferEnded) -> None:
        """Append the end to the conversation. Once: a row with a result is not open any more."""
        ended.transfer = row.transfer
        store.update(tx, row._replace(result=ended.result))
        tx.append(row.log, ended, author=user)
        tx.after_commit(lambda: self._peers.close_session(row.transfer))


def _check_offer(request: pb.OfferRequest) -> None:
    check_file_name(request.name)
    check_media_type(request.media_type)
    if request.size_bytes > SIZE_BYTES_MAX:
        raise InvalidArgument("This file is too large.", reason="too_large")
    if request.files > FILES_MAX:
        raise InvalidArgument("These are too many files.", reason="too_many_files")
