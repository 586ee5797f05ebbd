"""Opens what the house is made of, wires it, runs its jobs, and closes it in reverse.

The worker processes start first, from a process that has neither threads nor an open database.
"""

from __future__ import annotations

import asyncio
import logging
import os
import secrets
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Final

from aiohttp import web

from homestream import __version__, opening
from homestream.config import Config
from homestream.db.connect import Database
from homestream.devices import advertise
from homestream.errors import BadInput, ConfigError, HomestreamError
from homestream.household import setup
from homestream.library import inbox
from homestream.library.scan import Scanner
from homestream.library.watch import Watcher
from homestream.opening import database, workers
from homestream.server import application, doors
from homestream.server.home import Home
from homestream.streaming.cache import SegmentCache
from homestream.streaming.files import Files
from homestream.streaming.segments import Segments
from homestream.workers.cluster import Cluster
from homestream.workers.pool import Pool

__all__ = ["Pool", "database", "house", "serve", "workers"]

logger = logging.getLogger(__name__)

# for requests that run when the server is told to stop; aiohttp waits so long twice: for them to
# end, and for those it then cancels
STOP_SECONDS: Final = 1.5
KEEPALIVE_SECONDS: Final = 20.0
STANDING_SECONDS: Final = 20.0  # to watch all folders before the first scan
RESTART_SECONDS: Final = 30.0  # before a job that fell is started again


@asynccontextmanager
async def house(config: Config, pool: Pool, *, serving: bool = True) -> AsyncIterator[Home]:
    """Everything but the doors; see `opening.scanner` for `serving`."""
    folder = config.data_folder
    async with (
        database(config) as db,
        opening.scanner(config, db, pool, serving=serving) as scanner,
    ):
        cache = SegmentCache(
            folder / "segments", config.cache_bytes, memory_bytes=config.memory_cache_bytes
        )
        await cache.load()
        cluster = Cluster(config.streaming.workers, pool) if config.streaming.workers else None
        segments = Segments(cache, (cluster or pool).run, workers=config.encoders)
        files = Files(cache, (cluster or pool).run)
        watcher = _watcher(config, db, scanner) if serving else None
        try:
            yield Home(
                config=config,
                db=db,
                pool=pool,
                segments=segments,
                files=files,
                scanner=scanner,
                secret=await asyncio.to_thread(_secret, folder / "secret"),
                art_folder=folder / "art",
                server_id=await _server_id(db),
                started_at=time.time(),
                watcher=watcher,
                inbox=_inbox(config, db, pool, watcher) if watcher is not None else None,
            )
        finally:
            await scanner.close()
            await segments.close()
            await files.close()
            if cluster is not None:
                await asyncio.to_thread(cluster.shutdown)


def loop() -> asyncio.AbstractEventLoop:
    """The loop to serve with: uvloop's where it is installed; see docs/decisions/uvloop.md."""
    try:
        import uvloop
    except ImportError:
        return asyncio.new_event_loop()
    return uvloop.new_event_loop()


async def serve(config: Config, pool: Pool) -> None:
    """Runs the server until SIGTERM or SIGINT."""
    stop = asyncio.Event()
    running = asyncio.get_running_loop()
    for wanted in (signal.SIGTERM, signal.SIGINT):
        running.add_signal_handler(wanted, stop.set)
    async with house(config, pool) as home, _listening(home):
        await _greet(home)
        async with asyncio.TaskGroup() as group:
            jobs = [
                group.create_task(_kept_up(name, job), name=name)
                for name, job in _jobs(home).items()
            ]
            await stop.wait()
            logger.info("stopping")
            for job in jobs:
                job.cancel()


def _jobs(home: Home) -> dict[str, Callable[[], Awaitable[object]]]:
    """What the house does by itself, by name."""
    jobs: dict[str, Callable[[], Awaitable[object]]] = {
        "templates": lambda: asyncio.to_thread(doors.warm),
        "scan": lambda: _scan(home),
    }
    if home.watcher is not None:
        jobs["watch"] = home.watcher.run
    if home.inbox is not None:
        jobs["inbox"] = home.inbox.run
    if home.config.discovery.enabled:
        jobs["announce"] = lambda: _announce(home)
    return jobs


async def _kept_up(name: str, job: Callable[[], Awaitable[object]]) -> None:
    """Runs a job; one that falls is logged and, after a while, started again."""
    while True:
        try:
            await job()
        except Exception:
            logger.exception("job fell", extra={"job": name})
            await asyncio.sleep(RESTART_SECONDS)
        else:
            return


async def _scan(home: Home) -> None:
    """Looks for what changed while the server was away, and before its folders were watched."""
    if home.watcher is not None:
        with suppress(TimeoutError):  # a disk that is silent keeps nobody from the others
            await asyncio.wait_for(home.watcher.standing(), STANDING_SECONDS)
    result = await home.scanner.run(all_stages=True)
    counts = {
        name: getattr(result, name)
        for name in ("tracks", "albums", "added", "updated", "moved", "away")
    }
    logger.info(
        "scan done",
        extra={**counts, "rejected": len(result.rejected), "seconds": result.seconds},
    )
    logger.info("files are read by shut-in workers", extra={"by": home.pool.stats().sandbox})


def _watcher(config: Config, db: Database, scanner: Scanner) -> Watcher:
    return Watcher(
        db,
        scanner,
        enabled=config.watching.enabled,
        settle_seconds=config.watching.settle_seconds,
        poll_seconds=config.watching.poll_seconds,
        unwatched=frozenset(
            os.fsencode(os.path.normpath(each.path)) for each in config.library if not each.watch
        ),
    )


def _inbox(config: Config, db: Database, pool: Pool, watcher: Watcher) -> inbox.Inbox:
    largest, quota = config.inbox_bytes
    folder = os.path.normpath(config.inbox.folder) if config.inbox.folder else ""
    settings = inbox.Settings(
        folder=os.fsencode(folder),
        library=config.inbox.library,
        pattern=config.inbox.pattern,
        largest_bytes=largest,
        quota_bytes=quota,
    )
    try:
        return inbox.Inbox(db, pool, config.data_folder / "inbox", settings, watcher.touch)
    except BadInput as error:
        raise ConfigError(f"inbox.pattern: {error}") from error


async def _announce(home: Home) -> None:
    await advertise.announce(
        home.config.server.host,
        advertise.Announcement(
            name=home.config.discovery.name or await setup.household(home.db),
            port=home.config.server.port,
            version=__version__,
            server_id=home.server_id,
        ),
    )


@asynccontextmanager
async def _listening(home: Home) -> AsyncIterator[None]:
    server = home.config.server
    app = application.build(home, doors.ROUTES, page_error=doors.page_error)
    runner = web.AppRunner(
        app,
        access_log=None,
        keepalive_timeout=KEEPALIVE_SECONDS,
        shutdown_timeout=STOP_SECONDS,
        max_line_size=8190,
        max_field_size=8190,
    )
    await runner.setup()
    try:
        try:
            await web.TCPSite(runner, server.host, server.port, reuse_address=True).start()
        except OSError as error:
            raise HomestreamError(
                f"port {server.port} at {server.host} cannot be used: "
                f"{os.strerror(error.errno or 0)}; is homestream running already? "
                "Otherwise set server.port"
            ) from error
        yield
    finally:
        await runner.cleanup()


async def _greet(home: Home) -> None:
    """Tells the person at the terminal where to go, on standard output."""
    server = home.config.server
    here = "localhost" if server.host in ("0.0.0.0", "::", "127.0.0.1") else server.host  # noqa: S104
    local = server.public_url.rstrip("/") or f"http://{_bracketed(here)}:{server.port}"
    lines = [f"homestream {__version__}", f"  here        {local}/"]
    lines += [
        f"  on the LAN  http://{_bracketed(address)}:{server.port}/"
        for address in advertise.addresses(server.host)
        if not address.startswith("127.")
    ]
    if await setup.is_open(home.db):
        lines.append(f"  first run   {local}/setup#{await setup.code(home.db)}")
    lines.append("  ready       (Ctrl+C stops the server)")
    print("\n".join(lines), flush=True)


def _bracketed(address: str) -> str:
    return f"[{address}]" if ":" in address else address


def _secret(path: Path) -> bytes:
    """The key that signs links: 256 random bits, made once, readable by the server alone."""
    beside = path.with_name(f"secret.{os.getpid()}")
    if not path.exists():
        beside.write_bytes(secrets.token_bytes(32))
        beside.chmod(0o600)
        with suppress(FileExistsError):  # another process was sooner: its key it is
            os.link(beside, path)
        beside.unlink()
    key = path.read_bytes()
    if len(key) != 32:
        raise HomestreamError(f"{path} is damaged: remove it, and all links are made anew")
    return key


async def _server_id(db: Database) -> str:
    async with db.write() as tx:
        await tx.execute(
            "INSERT OR IGNORE INTO setting (key, value) VALUES ('server_id', :value)",
            {"value": secrets.token_hex(8)},
        )
        row = await tx.row("SELECT value FROM setting WHERE key = 'server_id'")
    return str(row["value"]) if row else ""
