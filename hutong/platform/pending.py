"""A result that is not there yet, without the cost of a task or a future for each message."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Generator
from typing import Any, Generic, TypeVar, cast

T = TypeVar("T")
U = TypeVar("U")


class Pending(Generic[T]):
    """Settled exactly once, on the event loop. Awaitable; or `then` for the paths that must be cheap.

    The callback of `then` runs synchronously inside `settle`; there is one at the most.
    """

    __slots__ = ("_callback", "_change", "_done", "error", "value")

    def __init__(self) -> None:
        self._done = False
        self._callback: Callable[[Pending[T]], object] | None = None
        self._change: Callable[[Any], T] | None = None
        self.value: T | None = None
        self.error: BaseException | None = None

    def settle(self, value: Any, error: BaseException | None = None) -> None:
        """Give the result, as it is before `map` changes it, or the error."""
        assert not self._done
        if error is None and self._change is not None:
            try:
                value = self._change(value)
            except Exception as failure:  # noqa: BLE001  it is handed to whoever waits
                value, error = None, failure
        self._done = True
        self.value = value
        self.error = error
        if self._callback is not None:
            self._callback(self)

    def then(self, callback: Callable[[Pending[T]], object]) -> None:
        """Call `callback` with this, settled."""
        if self._done:
            callback(self)
            return
        assert self._callback is None
        self._callback = callback

    def map(self, change: Callable[[T], U]) -> Pending[U]:
        """Return a pending of the changed value; an error of this, or of `change`, is its error.

        It is this one, which has that value from now on: a second one, and a function that settles it, were
        5 % of a message. Hence once, and before anything else is done with it.
        """
        assert not self._done
        assert self._callback is None
        assert self._change is None
        mapped = cast("Pending[U]", self)
        mapped._change = change  # noqa: SLF001  one of us
        return mapped

    def result(self) -> T:
        """Return the value of a settled one, or raise its error."""
        assert self._done
        if self.error is not None:
            raise self.error
        return self.value  # type: ignore[return-value]

    def __await__(self) -> Generator[object, None, T]:
        if not self._done:
            future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self.then(lambda _: None if future.done() else future.set_result(None))
            yield from future
        return self.result()
