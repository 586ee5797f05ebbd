"""Structured log lines on standard error: time, level, where, what, then key=value (logfmt)."""

from __future__ import annotations

import logging
import sys
import time
from typing import Any, TextIO

_PLAIN = frozenset(vars(logging.makeLogRecord({})))


class Lines(logging.Formatter):
    """One line a record; whatever could break the line, or forge one, is escaped."""

    def format(self, record: logging.LogRecord) -> str:
        moment = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
        name = record.name.removeprefix("homestream.")
        parts = [
            f"{moment}.{int(record.msecs):03d}Z",
            f"{record.levelname.lower():<7}",
            f"{name}:",
            _escaped(record.getMessage()),
        ]
        fields = vars(record)
        parts += [f"{key}={_value(fields[key])}" for key in fields if key not in _PLAIN]
        if record.exc_info:
            parts.append(f"trace={_value(self.formatException(record.exc_info))}")
        return " ".join(parts)


def set_up(level: str = "INFO", stream: TextIO | None = None) -> None:
    """Sends all log lines of this process to `stream` (standard error)."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(Lines())
    logging.root.handlers[:] = [handler]
    logging.root.setLevel(level)
    # each request has our own line, with what matters and without query strings
    logging.getLogger("aiohttp.access").setLevel(logging.WARNING)


def _escaped(text: str) -> str:
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def _value(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.3f}"
    text = _escaped(str(value).replace("\\", "\\\\").replace('"', '\\"'))
    return f'"{text}"' if not text or any(c in text for c in ' "=') else text
