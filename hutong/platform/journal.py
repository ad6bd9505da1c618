"""Structured logs: one JSON object a line on standard error, or readable lines on a terminal.

Names and numbers only. User content, passwords, tokens and keys never go in; an error-level line means
a bug or that the operator has something to do.
"""

from __future__ import annotations

import logging
import sys

import structlog


def configure(level: str, *, readable: bool) -> None:
    """Set up logging for this process. `level` is debug, info, warning or error."""
    processors: list[structlog.typing.Processor] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    renderer: structlog.typing.Processor = (
        structlog.dev.ConsoleRenderer() if readable else structlog.processors.JSONRenderer()
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=processors,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    # They narrate what works; what fails they raise.
    for talkative in ("alembic", "picows", "uvicorn"):
        logging.getLogger(talkative).setLevel(logging.WARNING)
    structlog.configure(
        processors=[*processors, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )


def get(name: str) -> structlog.stdlib.BoundLogger:
    """Return the logger of a module: `journal.get(__name__).info("event_name", count=3)`."""
    logger: structlog.stdlib.BoundLogger = structlog.get_logger(name)
    return logger
