"""What every test may use: programs that must be there, and a free port."""

from __future__ import annotations

import os
import shutil
import socket
from contextlib import closing

import pytest


def needed(program: str) -> str:
    """The path of a program that a test needs; skips with the reason, or fails where CI=true."""
    path = shutil.which(program)
    if path is None:
        reason = f"{program} is not installed"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    return path


@pytest.fixture(scope="session")
def ffmpeg() -> str:
    return needed("ffmpeg")


@pytest.fixture(scope="session")
def chromium() -> str:
    return needed("chromium")


def free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
