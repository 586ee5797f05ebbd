"""A job for small workers."""

from __future__ import annotations

import sys

LARGE = ("av", "numpy", "PIL", "mutagen")
JOBS = ()
LEAN = ("tests.workers.lean_jobs:large_ones",)


def large_ones() -> list[str]:
    """Which large libraries are loaded here."""
    return [name for name in LARGE if name in sys.modules]
