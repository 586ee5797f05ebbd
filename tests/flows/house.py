"""A homestream of the test's own: the real program in a process, spoken to over HTTP alone."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import Message
from pathlib import Path
from typing import Any

from tests.conftest import free_port

ROOT = Path(__file__).parents[2]
PASSWORD = "correct horse battery"


class _StayHere(urllib.request.HTTPRedirectHandler):
    """A redirect is an answer like any other."""

    def redirect_request(self, *words: Any, **named: Any) -> None:
        return None


OPENER = urllib.request.build_opener(_StayHere)


@dataclass
class Answer:
    status: int
    headers: Message  # by name, in whatever case
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def text(self) -> str:
        return self.body.decode()


@dataclass
class House:
    """One data folder and its music; the server may run or not."""

    data: Path
    music: Path
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[str] | None = None
    greeting: str = ""
    extra: dict[str, str] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def environ(self) -> dict[str, str]:
        kept = {k: v for k, v in os.environ.items() if not k.startswith("HOMESTREAM_")}
        return kept | {
            "PYTHONPATH": str(ROOT),
            "HOMESTREAM_DATA_PATH": str(self.data),
            "HOMESTREAM_SERVER_HOST": "127.0.0.1",
            "HOMESTREAM_SERVER_PORT": str(self.port),
            "HOMESTREAM_DISCOVERY_ENABLED": "false",
            "HOMESTREAM_LIBRARY_0_NAME": "Music",
            "HOMESTREAM_LIBRARY_0_PATH": str(self.music),
            **self.extra,
        }

    def command(self, *words: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        """Runs `homestream ...` to its end."""
        return subprocess.run(
            [sys.executable, "-m", "homestream", *words],
            input=stdin,
            capture_output=True,
            text=True,
            env=self.environ,
            timeout=120,
            check=False,
        )

    def spawn(self, *words: str) -> subprocess.Popen[str]:
        """Starts `homestream ...` and leaves it running."""
        return subprocess.Popen(
            [sys.executable, "-m", "homestream", *words],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=self.environ,
        )

    def start(self) -> None:
        """Starts the server and waits until it has said where it is."""
        self.data.mkdir(parents=True, exist_ok=True)
        with (self.data.parent / "server.log").open("a") as errors:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "homestream", "serve"],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                env=self.environ,
            )
        assert self.process.stdout is not None
        self.greeting = ""
        for line in self.process.stdout:
            self.greeting += line
            if "ready" in line:
                return
        raise AssertionError((self.data.parent / "server.log").read_text())

    def stop(self, how: int = signal.SIGTERM) -> int:
        """Ends the server; its exit status."""
        assert self.process is not None
        self.process.send_signal(how)
        status = self.process.wait(timeout=20)
        assert self.process.stdout is not None
        self.process.stdout.close()
        self.process = None
        return status

    def token(self, name: str = "ada", role: str = "owner") -> str:
        """An account and an API key of it, made on the command line."""
        made = self.command("account", "add", name, "--role", role, "--password-stdin",
                            stdin=PASSWORD + "\n")  # fmt: skip
        assert made.returncode == 0, made.stderr
        key = self.command("token", "create", name, "--name", "test")
        assert key.returncode == 0, key.stderr
        return key.stdout.split()[-1]

    def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        token: str | None = None,
        headers: dict[str, str] | None = None,
    ) -> Answer:
        """One request; error answers are answers."""
        request = urllib.request.Request(
            path if path.startswith("http") else self.url + path, method=method
        )
        if body is not None:
            request.data = json.dumps(body).encode()
            request.add_header("Content-Type", "application/json")
        if token is not None:
            request.add_header("Authorization", f"Bearer {token}")
        for name, value in (headers or {}).items():
            request.add_header(name, value)
        try:
            with OPENER.open(request, timeout=60) as response:
                return Answer(response.status, response.headers, response.read())
        except urllib.error.HTTPError as error:
            with error:
                return Answer(error.code, error.headers, error.read())

    def get(self, path: str, token: str | None = None) -> Any:
        """The JSON of a GET that must succeed."""
        answer = self.ask("GET", path, token=token)
        assert answer.status == 200, (path, answer.status, answer.text)
        return answer.json

    def every(self, path: str, token: str) -> list[Any]:
        """All items of a list, page by page."""
        items: list[Any] = []
        following: str | None = path
        while following is not None:
            page = self.get(following, token)
            items += page["items"]
            following = page["next"]
        return items

    def scanned(self, token: str, seconds: float = 60) -> None:
        """Waits until the scan that runs at start is done."""
        end = time.monotonic() + seconds
        while True:
            scans = self.get("/api/v1/scans", token)["items"]
            if scans and scans[0]["state"] == "done":
                return
            assert time.monotonic() < end, scans
            time.sleep(0.05)


@contextmanager
def standing(folder: Path, music: Path, **extra: str) -> Iterator[House]:
    """A house whose server is ended at the end, whatever happens."""
    house = House(folder / "data", music, extra=extra)
    try:
        yield house
    finally:
        if house.process is not None:
            house.stop(signal.SIGKILL)
