"""All protocols at once, one mapping: the best protocol the router answers in."""

from __future__ import annotations

import asyncio

from hutong.client.portmap.methods import Method
from hutong.protocols.portmap import Grant, PortMapError, RefusedError, SilentError

# How long the less preferred ones wait for each that comes before. A router is one hop away and answers
# in milliseconds; a mapping by two protocols would be undone for both when one of them gives its own back.
_HEAD_START_S = 0.15


async def first_grant(methods: list[Method], wanted_port: int, lifetime_s: int) -> tuple[Method, Grant]:
    """Map by the first method, in their order, that the router answers; a refusal lets the next one try.

    Raises the refusal when there was one, else `SilentError`.
    """
    loop = asyncio.get_running_loop()
    started = loop.time()
    finding = {method: loop.create_task(method.find()) for method in methods}
    refusal: PortMapError = SilentError("no router answers")
    try:
        while finding:
            method, wait_s = _next(methods, finding, loop.time() - started)
            if method is None:
                timeout = None if wait_s is None else wait_s
                await asyncio.wait(finding.values(), timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
                continue
            found = finding.pop(method)
            try:
                await found
                return method, await method.map(wanted_port, lifetime_s)
            except RefusedError as error:
                refusal = error
            except (PortMapError, OSError):
                continue
        raise refusal
    finally:
        for task in finding.values():
            task.cancel()
        await asyncio.gather(*finding.values(), return_exceptions=True)


def _next(
    methods: list[Method], finding: dict[Method, asyncio.Task[None]], passed_s: float
) -> tuple[Method | None, float | None]:
    """Return the method whose turn it is; else for how long to wait, None for any of them."""
    for place, method in enumerate(method for method in methods if method in finding):
        if finding[method].done():
            # Those before it are silent so far.
            wait_s = place * _HEAD_START_S - passed_s
            return (method, None) if wait_s <= 0 else (None, wait_s)
    return None, None
