"""Two ends of direct text, a server's log, and ways between them that lose, double and reorder; by a seed."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, field

from hutong.protocols.direct import PreviewReceiver, PreviewSender, Words

TEXTS = ("ok", "ok", "no", "on my way", "你好")


@dataclass
class Listener:
    """The receiving device: what its screen shows is `log` and below it the previews."""

    receiver: PreviewReceiver
    log: list[tuple[int, Words]] = field(default_factory=list)

    @property
    def arriving(self) -> Counter[Words]:
        return Counter(each.words for each in self.receiver.arriving)


class World:
    """A person says things from a device with a channel, and now and then from one without."""

    def __init__(self, seed: int, *, loss: float, disorder: float, refusals: float = 0.0) -> None:
        self.random = random.Random(seed)
        self.now = 1000.0
        self.log: list[tuple[int, str, Words | None]] = []  # seq, device, words
        self.sender = PreviewSender()
        self.listener = Listener(PreviewReceiver(0))
        self.loss, self.disorder = loss, disorder
        self.channel: list[bytes] = []  # on the way
        self.pushes: list[tuple[int, str, Words | None]] = []
        self.unsent: list[tuple[int, Words]] = []  # said, not yet at the server
        self.refusals = refusals
        self.refused: Counter[Words] = Counter()  # in no log; they stand there until they fade
        self.previews = 0  # that were shown

    def step(self) -> None:
        """Let one thing happen."""
        self.now += self.random.random() / 4
        chance = self.random.random()
        if chance < 0.25:
            self.say()
        elif chance < 0.45:
            self.commit()
        elif chance < 0.5:
            self.append("tablet", Words(self.random.choice(TEXTS)))
        elif chance < 0.55:
            self.append("server", None)
        elif chance < 0.75:
            self.deliver()
        elif chance < 0.97:
            self.push()
        elif chance < 0.985:
            self.reopen()
        else:
            self.listener.receiver.expire(self.now)
        self.check()

    def say(self) -> None:
        """Preview and message leave at the same moment."""
        words = Words(self.random.choice(TEXTS), self.random.choice((0, 0, 3)))
        said = self.sender.say(words, len(self.log), self.now)
        self.unsent.append((said[0] if said else 0, words))
        if said:
            self.transmit(said[1])

    def transmit(self, record: bytes) -> None:
        if self.random.random() < self.loss:
            return
        self.channel.append(record)
        if self.random.random() < self.loss:
            self.channel.append(record)  # doubled

    def commit(self) -> None:
        """The server takes the oldest message, or refuses it."""
        if not self.unsent:
            return
        count, words = self.unsent.pop(0)
        if self.random.random() < self.refusals:
            self.refused[words] += 1
            seq = 0
        else:
            seq = self.append("phone", words)
        record = self.sender.settle(count, seq)
        if record is not None:
            self.transmit(record)

    def append(self, device: str, words: Words | None) -> int:
        event = (len(self.log) + 1, device, words)
        self.log.append(event)
        self.pushes.append(event)
        return event[0]

    def deliver(self) -> None:
        if self.channel:
            place = 0
            if self.random.random() < self.disorder:
                place = self.random.randrange(len(self.channel))
            self.listener.receiver.receive(self.channel.pop(place), self.now)

    def push(self) -> None:
        """Pushes come in order (LOG8)."""
        if self.pushes:
            seq, _, words = self.pushes.pop(0)
            self.listener.receiver.event(seq, words)
            if words is not None:
                self.listener.log.append((seq, words))

    def reopen(self) -> None:
        """The channel broke with all that was on it."""
        self.channel.clear()
        self.sender = PreviewSender()
        self.unsent = [(0, words) for _, words in self.unsent]
        self.listener.receiver.channel()

    def check(self) -> None:
        """DIRECT6 to DIRECT8: the log is whole and in order, and nothing stands there twice."""
        events = [(seq, words) for seq, _, words in self.log if words is not None]
        shown = self.listener.log
        assert shown == events[: len(shown)]
        numbers = [each.number for each in self.listener.receiver.arriving]
        self.previews = max(self.previews, *numbers, 0)
        assert numbers == sorted(set(numbers))
        # A preview whose event is in the log already would be shown twice.
        truth = Counter(words for seq, device, words in self.pushes if words and device == "phone")
        truth += Counter(words for _, words in self.unsent)
        assert not self.listener.arriving - truth - self.refused
