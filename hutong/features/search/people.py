"""Finding people one knows by a part of a name."""

from __future__ import annotations

from collections import defaultdict
from typing import NamedTuple

from hutong.features.chat.api import Traces
from hutong.features.contacts.api import Contacts
from hutong.features.identity.api import Identity
from hutong.features.search import model
from hutong.features.search.segment import fold
from hutong.platform.database import Executor
from hutong.platform.feature import Platform
from hutong.platform.limits import Rate
from hutong.platform.rpc import Caller
from hutong.schema import identity_pb2
from hutong.schema import search_pb2 as pb

PEOPLE_SEARCHES = Rate("search_people", burst=40, every_s=0.5)
# Bounds one look; whoever is in groups with more people does not find all of them.
COMPANIONS_MAX = 20_000
_BEGINS, _WORD_BEGINS, _INSIDE, _NOT = range(4)


class Name(NamedTuple):
    """What a search for a person means."""

    text: str  # folded
    handles_only: bool


class PeopleSearch:
    """Answers `People`: among contacts, and those who are in a group with the caller."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._identity = platform.use(Identity)
        self._contacts = platform.use(Contacts)
        self._traces = platform.use(Traces)

    async def people(self, caller: Caller, request: pb.PeopleRequest) -> pb.PeopleReply:
        """Return those whose name, nickname or handle has the text in it, the best matches first."""
        wanted, limit, user = _wanted(request), model.at_most(request.limit), caller.user
        self._platform.limits.spend(PEOPLE_SEARCHES, user)

        def look(read: Executor) -> pb.PeopleReply:
            contacts = set(self._contacts.of(read, user))
            nicknames: defaultdict[str, set[str]] = defaultdict(set)
            for other, nickname in self._traces.companions(read, user, COMPANIONS_MAX):
                nicknames[other].add(nickname)
            found = [
                (
                    rank,
                    fold(profile.name),
                    pb.FoundPerson(profile=profile, contact=other in contacts, nickname=nickname),
                )
                for other, profile in self._identity.profiles(read, contacts | set(nicknames)).items()
                for rank, nickname in [_best(wanted, profile, nicknames[other])]
                if rank != _NOT and not profile.deleted
            ]
            found.sort(key=lambda each: (each[0], not each[2].contact, each[1], each[2].profile.user))
            return pb.PeopleReply(people=[person for _, _, person in found[:limit]])

        return await self._platform.read(look)


def _wanted(request: pb.PeopleRequest) -> Name:
    text = model.checked(request.text).strip()
    folded = fold(text.removeprefix("@")).strip()
    if not folded:
        raise model.nothing_asked()
    return Name(folded, text.startswith("@"))


def _best(wanted: Name, profile: identity_pb2.Profile, nicknames: set[str]) -> tuple[int, str]:
    """Return how well somebody matches, and by which nickname when nothing else does."""
    by_handle = max(_rank(wanted.text, profile.handle), _WORD_BEGINS)
    if wanted.handles_only:
        return by_handle, ""
    rank = min(by_handle, _rank(wanted.text, profile.name))
    if rank != _NOT:
        return rank, ""
    return min(((_rank(wanted.text, each), each) for each in nicknames if each), default=(_NOT, ""))


def _rank(wanted: str, name: str) -> int:
    folded = fold(name)
    if folded.startswith(wanted):
        return _BEGINS
    if f" {wanted}" in folded:
        return _WORD_BEGINS
    return _INSIDE if wanted in folded else _NOT
