"""Other machines that encode: a Dask cluster behind the same interface as the pool.

The scheduler and its workers are started by whoever runs the cluster (docs/decisions/cluster.md);
they have homestream installed and see the music under the same paths. When the cluster is not
there, or loses a job, the pool of this machine does the work: nobody waits for a machine that went
away.

    cluster = Cluster("tcp://10.0.0.7:8786", pool)
    data = await cluster.run(encode.segment, [Source(path=b"/music/a.flac")], ...)
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from concurrent.futures import CancelledError, Executor, Future
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, TypeVar

from homestream.errors import ConfigError, HomestreamError, MediaError
from homestream.workers.pool import Pool, Priority

if TYPE_CHECKING:
    import distributed

T = TypeVar("T")

_log = logging.getLogger(__name__)
_CONNECT_SECONDS: Final = 3.0
_AGAIN_SECONDS: Final = 30.0  # between two tries to find the cluster
_LOST: Final = ("KilledWorker", "FutureCancelledError", "SchedulerClosedError")


class Cluster(Executor):
    """Runs jobs in a Dask cluster, and in `pool` while there is none.

    ConfigError where `homestream[cluster]` is not installed. A job there cannot be ended: one that
    takes longer than its `timeout` is given up.
    """

    def __init__(self, address: str, pool: Pool) -> None:
        try:
            import distributed  # heavy, and only for those who have a cluster
        except ImportError:
            raise ConfigError(
                "streaming.workers names a cluster: install homestream[cluster]"
            ) from None
        self._dask = distributed
        self._address = address
        self._pool = pool
        self._client: distributed.Client | None = None
        self._tried_at = float("-inf")
        self._connecting = asyncio.Lock()

    @property
    def connected(self) -> bool:
        """Whether the cluster takes jobs now."""
        return self._client is not None and self._client.status == "running"

    async def connect(self) -> bool:
        """Finds the cluster, unless that failed just now; whether it is there."""
        async with self._connecting:
            if self.connected:
                return True
            if time.monotonic() - self._tried_at < _AGAIN_SECONDS:
                return False
            self._tried_at = time.monotonic()
            return await asyncio.to_thread(self._connect)

    def _connect(self) -> bool:
        self._leave()
        try:
            client = self._dask.Client(
                self._address,
                timeout=_CONNECT_SECONDS,
                set_as_default=False,
                name="homestream",
            )
        except (OSError, ValueError) as error:
            _log.warning("cluster is not there", extra={"at": self._address, "why": str(error)})
            return False
        _log.info("cluster found", extra={"at": self._address})
        self._client = client
        return True

    def submit(  # type: ignore[override]
        self,
        fn: Callable[..., T],
        /,
        *args: Any,
        priority: Priority = Priority.INTERACTIVE,
        person: str = "",
        timeout: float = 30.0,
        **kwargs: Any,
    ) -> Future[T]:
        """As the pool's `submit`; `person` is not known to the cluster."""
        if not self.connected or self._client is None:
            return self._pool.submit(
                fn, *args, priority=priority, person=person, timeout=timeout, **kwargs
            )
        theirs = self._client.submit(
            fn, *args, **kwargs, pure=False, priority=-int(priority), retries=1
        )
        ours: Future[T] = Future()
        ours.set_running_or_notify_cancel()

        def finished(done: distributed.Future) -> None:
            with suppress(Exception):  # whoever waited has gone
                if done.cancelled():
                    ours.set_exception(CancelledError())
                elif (error := done.exception()) is not None:
                    ours.set_exception(error)
                else:
                    ours.set_result(done.result())

        theirs.add_done_callback(finished)
        return ours

    async def run(
        self,
        fn: Callable[..., T],
        /,
        *args: Any,
        priority: Priority = Priority.INTERACTIVE,
        person: str = "",
        timeout: float = 30.0,  # noqa: ASYNC109 - as the pool's
        **kwargs: Any,
    ) -> T:
        """`submit`, awaited; by the pool where the cluster is away or lost the job."""
        if await self.connect():
            future = self.submit(
                fn, *args, priority=priority, person=person, timeout=timeout, **kwargs
            )
            try:
                async with asyncio.timeout(timeout):
                    return await asyncio.wrap_future(future)
            except HomestreamError:
                raise
            except TimeoutError:
                _log.warning("cluster takes too long", extra={"at": self._address})
            except asyncio.CancelledError:
                if (task := asyncio.current_task()) is not None and task.cancelling():
                    raise
            except Exception as error:
                if type(error).__name__ not in _LOST:
                    raise MediaError(f"not readable: {error}") from error
                _log.warning("cluster lost a job", extra={"why": type(error).__name__})
        return await self._pool.run(
            fn, *args, priority=priority, person=person, timeout=timeout, **kwargs
        )

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Leaves the cluster, which goes on without us."""
        self._leave()

    def _leave(self) -> None:
        if self._client is not None:
            with suppress(Exception):  # it may be gone already
                self._client.close(timeout=1)
        self._client = None
