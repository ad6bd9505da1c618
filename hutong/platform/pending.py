"""A result that is not there yet, without the cost of a task or a future for each message."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Generator
from typing import Generic, TypeVar

T = TypeVar("T")
U = TypeVar("U")


class Pending(Generic[T]):
    """Settled exactly once, on the event loop. Awaitable; or `then` for the paths that must be cheap.

    The callback of `then` runs synchronously inside `settle`; there is one at the most.
    """

    __slots__ = ("_callback", "_done", "error", "value")

    def __init__(self) -> None:
        self._done = False
        self._callback: Callable[[Pending[T]], object] | None = None
        self.value: T | None = None
        self.error: BaseException | None = None

    def settle(self, value: T | None, error: BaseException | None = None) -> None:
        """Give the result, or the error."""
        assert not self._done
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
        """Return a pending of the changed value; an error of this, or of `change`, is its error."""
        mapped: Pending[U] = Pending()

        def settle(done: Pending[T]) -> None:
            if done.error is not None:
                mapped.settle(None, done.error)
                return
            try:
                value = change(done.result())
            except Exception as error:  # noqa: BLE001  it is handed to whoever waits
                mapped.settle(None, error)
            else:
                mapped.settle(value)

        self.then(settle)
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
