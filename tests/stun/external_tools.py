"""Programs that are not Python packages: their tests are skipped where they are missing."""

import os
import shutil

import pytest


def require(program: str) -> str:
    """Return the path of a program; skip the test without it, but fail where CI promises it."""
    path = shutil.which(program)
    if path is None:
        reason = f"{program} is not installed"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    return path
