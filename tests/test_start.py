"""A server starts without what its workers alone need."""

from __future__ import annotations

import subprocess
import sys

HEAVY = ("av", "numpy", "PIL", "mutagen", "distributed")


def test_server_starts_without_the_heavy_libraries() -> None:
    told = subprocess.run(
        [sys.executable, "-c", "import sys, homestream.run; print(*sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert set(HEAVY).isdisjoint(told.stdout.split())
