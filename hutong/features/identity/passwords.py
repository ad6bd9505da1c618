"""Passwords, hashed by argon2id off the event loop, a bounded number at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from hutong.platform.errors import ResourceExhausted

T = TypeVar("T")

# Each hash takes 64 MiB and a core for a while; a flood of log-ins must not take the machine.
_AT_ONCE = 2
_WAITING_MAX = 100


class Passwords:
    """Hashes and checks."""

    def __init__(self) -> None:
        self._hasher = PasswordHasher()
        self._pool = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="argon2")
        self._waiting = 0
        # Checked when there is no such account, so that the answer takes as long.
        self._nobody = self._hasher.hash("nobody has this password")

    async def hash(self, password: str) -> str:
        """Return the encoded hash."""
        return await self._run(lambda: self._hasher.hash(password))

    async def matches(self, encoded: str | None, password: str) -> bool:
        """Tell whether the password is the one; None is an account that does not exist."""

        def check() -> bool:
            try:
                return self._hasher.verify(encoded or self._nobody, password) and encoded is not None
            except (VerificationError, InvalidHashError):
                return False

        return await self._run(check)

    async def _run(self, work: Callable[[], T]) -> T:
        if self._waiting >= _WAITING_MAX:
            raise ResourceExhausted(
                "Too many people are signing in; try again in a moment.", reason="busy", retry_after_ms=2000
            )
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, work)
        finally:
            self._waiting -= 1

    def close(self) -> None:
        """Let the threads go."""
        self._pool.shutdown(wait=False, cancel_futures=True)
