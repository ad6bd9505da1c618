from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from hutong.platform.clock import SystemClock
from hutong.testing import TestServer
from tests.platform.scene import cheap_passwords
from tests.rpc.town import Town


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def town(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Town]:
    """One for a whole module: nothing that is refused changes it."""
    folder = tmp_path_factory.mktemp("town")
    with pytest.MonkeyPatch.context() as patch:
        cheap_passwords(patch)
        async with TestServer.run(folder, clock=SystemClock(), rate_limit_factor=10**6) as server:
            yield await Town.build(server, folder)
