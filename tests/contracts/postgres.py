"""A PostgreSQL of its own for tests: a cluster in a folder, on a socket there, and gone with it."""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_BINARIES = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
_QUICK = "-c fsync=off -c full_page_writes=off -c shared_buffers=16MB -c max_connections=20 -c autovacuum=off"
_WAIT_S = 90


def missing() -> str:
    """Return why no PostgreSQL can be started here, or ''."""
    if not _BINARIES:
        return "PostgreSQL is not installed (Debian: postgresql)"
    if importlib.util.find_spec("psycopg") is None:
        return "psycopg is not installed"
    if os.geteuid() == 0 and not _has_user("postgres"):
        return "PostgreSQL does not run as root, and there is no user postgres"
    return ""


@contextmanager
def postgres() -> Iterator[str]:
    """Start one; return SQLAlchemy's URL of it."""
    # Not below pytest's folder: nobody but its owner may enter that, and a socket's path is short.
    folder = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))
    try:
        if os.geteuid() == 0:
            shutil.chown(folder, "postgres")
        data = folder / "data"
        _run("initdb", "-D", str(data), "-A", "trust", "-U", "hutong", "--no-sync", "--locale=C.UTF-8")
        options = f"-k {folder} -c listen_addresses='' {_QUICK}"
        _run(
            "pg_ctl",
            "-D",
            str(data),
            "-o",
            options,
            "-l",
            str(folder / "log"),
            "-t",
            str(_WAIT_S),
            "-w",
            "start",
        )
        try:
            yield f"postgresql+psycopg://hutong@/postgres?host={folder}"
        finally:
            _run("pg_ctl", "-D", str(data), "-m", "immediate", "-w", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _run(program: str, *arguments: str) -> None:
    as_user = {"user": "postgres", "group": "postgres", "extra_groups": []} if os.geteuid() == 0 else {}
    subprocess.run(
        [str(_BINARIES[-1] / program), *arguments],
        check=True,
        cwd="/",
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        timeout=_WAIT_S,
        **as_user,  # type: ignore[call-overload]
    )


def _has_user(name: str) -> bool:
    try:
        pwd.getpwnam(name)
    except KeyError:
        return False
    return True
