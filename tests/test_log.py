"""Log lines: one line a record, whatever is in it."""

from __future__ import annotations

import io
import logging

from homestream import log


def test_fields_follow_the_message_and_nothing_breaks_the_line() -> None:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(log.Lines())
    logger = logging.Logger("homestream.library.scan")
    logger.addHandler(handler)
    logger.info("scan done", extra={"path": 'a "b"\nlevel=error', "seconds": 1.5, "tracks": 3})
    line = stream.getvalue()
    assert line.count("\n") == 1
    assert " info    library.scan: scan done " in line
    assert 'path="a \\"b\\"\\nlevel=error" seconds=1.500 tracks=3' in line
