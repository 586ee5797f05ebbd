"""A network of the test's own: a TCP proxy on loopback that can be made slow, silent or dead."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

CHUNK = 2048


class Wire:
    """Carries bytes between a port of its own and a server's."""

    def __init__(self, target: int) -> None:
        self.target = target
        self.rate: float | None = None  # bytes a second of all answers together; None: any
        self.port = 0
        self._cut = False
        self._ready = 0.0  # when the line is free for the next chunk, by the loop's clock
        self._open: set[asyncio.StreamWriter] = set()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def slow(self, kilobits: float | None) -> None:
        """Answers come at so many kbit/s from now on; None: as fast as they can."""
        self.rate = None if kilobits is None else kilobits * 1000 / 8
        self._ready = 0.0

    def cut(self) -> None:
        """Every connection breaks, and new ones do at once, until `mend`."""
        self._cut = True
        for writer in list(self._open):
            writer.transport.abort()

    def mend(self) -> None:
        self._cut = False

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._cut:
            writer.transport.abort()
            return
        try:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self.target)
        except OSError:
            writer.transport.abort()
            return
        self._open |= {writer, far_writer}
        try:
            await asyncio.gather(
                self._carry(reader, far_writer, slowly=False),
                self._carry(far_reader, writer, slowly=True),
            )
        finally:
            self._open -= {writer, far_writer}
            for each in (writer, far_writer):
                each.transport.abort()

    async def _carry(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, slowly: bool
    ) -> None:
        with contextlib.suppress(OSError):
            while chunk := await reader.read(CHUNK):
                if slowly:
                    await self._turn(len(chunk))
                writer.write(chunk)
                await writer.drain()
            if writer.can_write_eof():
                writer.write_eof()

    async def _turn(self, size: int) -> None:
        """Waits until the line has carried what was before, and takes the time of `size` bytes."""
        if self.rate is None:
            return
        now = asyncio.get_running_loop().time()
        begin = max(now, self._ready)
        self._ready = begin + size / self.rate
        await asyncio.sleep(self._ready - now)


@asynccontextmanager
async def wire(target: int) -> AsyncIterator[Wire]:
    """A wire to a port of this machine."""
    made = Wire(target)
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0, limit=CHUNK * 4)
    made.port = server.sockets[0].getsockname()[1]
    try:
        yield made
    finally:
        made.cut()
        server.close()
        await server.wait_closed()
