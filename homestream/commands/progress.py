"""How far a command is: a bar on a terminal, a plain line now and then elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Show = Callable[[int, int, str], None]
_PLAIN_SECONDS = 2.0


@contextmanager
def shown(title: str, *, quiet: bool = False) -> Iterator[Show]:
    """A function to call with (done, total, what is being done). It writes to standard error."""
    if quiet:
        yield lambda done, total, what: None
    elif sys.stderr.isatty():
        # a tenth of a second to import, which a start without a terminal need not wait
        from rich.console import Console
        from rich.progress import (
            BarColumn,
            MofNCompleteColumn,
            Progress,
            TextColumn,
            TimeElapsedColumn,
        )

        with Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.fields[what]}", style="dim"),
            console=Console(stderr=True),
            transient=True,
        ) as bars:
            task = bars.add_task(title, total=None, what="")
            yield lambda done, total, what: bars.update(
                task, completed=done, total=total or None, what=what
            )
    else:
        last = 0.0

        def line(done: int, total: int, what: str) -> None:
            nonlocal last
            if time.monotonic() - last >= _PLAIN_SECONDS:
                last = time.monotonic()
                print(f"{title}: {done} of {total} {what}".rstrip(), file=sys.stderr, flush=True)

        yield line
