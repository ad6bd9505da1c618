"""A million messages in a PostgreSQL database, and what stands in it."""

from __future__ import annotations

from collections.abc import Iterator

import sqlalchemy as sa

_COPY = "COPY log_event FROM STDIN"


def is_filled(url: str) -> bool:
    """Tell whether an earlier run has put its messages there."""
    there = "SELECT to_regclass('hutong_search.entry') IS NOT NULL"
    return bool(_scalar(url, there)) and bool(_scalar(url, "SELECT EXISTS (SELECT FROM hutong_search.entry)"))


def heads(url: str) -> dict[str, int]:
    """Return the number of the last event of each log."""
    with _begin(url) as connection:
        rows = connection.execute(sa.text("SELECT log, max(seq) AS seq FROM log_event GROUP BY log"))
        return {row.log: row.seq for row in rows}


def insert(url: str, rows: Iterator[tuple[object, ...]]) -> None:
    """Append rows of `log_event`, and let the planner look at them, as autovacuum would."""
    with _begin(url) as connection:
        driver = connection.connection.driver_connection
        assert driver is not None
        with driver.cursor() as cursor, cursor.copy(_COPY) as copy:
            for row in rows:
                copy.write_row(row)
        connection.execute(sa.text("ANALYZE log_event"))


def largest_log(url: str, created: int) -> str:
    """Return the conversation with most messages of those that the asking person is in."""
    query = (
        "SELECT log FROM log_event WHERE log IN (SELECT log FROM log_event WHERE kind = :kind) "
        "GROUP BY log ORDER BY max(seq) DESC LIMIT 1"
    )
    return str(_scalar(url, query, kind=created))


def index_bytes(url: str) -> int:
    """Return what the index takes; brings the planner's figures of it up to date, as autovacuum would."""
    with _begin(url) as connection:
        connection.execute(sa.text("ANALYZE hutong_search.entry"))
    return int(str(_scalar(url, "SELECT pg_total_relation_size('hutong_search.entry')")))


def _scalar(url: str, statement: str, **values: object) -> object:
    with _begin(url) as connection:
        found: object = connection.execute(sa.text(statement), values).scalar()
        return found


def _begin(url: str) -> sa.Connection:
    return (
        sa.create_engine(url, poolclass=sa.NullPool).connect().execution_options(isolation_level="AUTOCOMMIT")
    )
