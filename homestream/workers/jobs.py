"""Which functions a worker may run, and how their arguments and results travel.

A job is a plain function of a module, with a type for each argument and for its result. It is
added by its name in `JOBS`, or in `LEAN` where it does without FFmpeg, numpy, Pillow and mutagen:
those run in workers of their own, which are small and soon there.
"""

from __future__ import annotations

import functools
import importlib
import inspect
import typing
from collections.abc import Callable
from typing import Any, Final

import msgspec

JOBS: Final[tuple[str, ...]] = (
    "homestream.media.probe:read",
    "homestream.media.measure:measure",
    "homestream.media.soundness:flaws",
    "homestream.media.analyse:analyse",
    "homestream.media.artwork:thumbnails",
    "homestream.media.lyrics:read",
    "homestream.media.encode:segment",
    "homestream.media.virtual:piece",
    "homestream.media.sheets:read",
    "homestream.media.sheets:parse",
    "homestream.media.lists:read",
    "homestream.media.lists:parse",
)
LEAN: Final[tuple[str, ...]] = ("homestream.media.skim:skim",)
# what a job imports as it runs, for which a worker that is shut in is too late
PARTS: Final[tuple[str, ...]] = ("homestream.media.sound", "homestream.media.tagfile")


class Job:
    """A function with its wire form: arguments as a map by name, the result by its type."""

    def __init__(self, name: str, fn: Callable[..., Any]) -> None:
        """TypeError where a type is missing or cannot travel."""
        hints = typing.get_type_hints(fn)
        signature = inspect.signature(fn)
        named = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
        for parameter in signature.parameters.values():
            if parameter.kind not in named or parameter.name not in hints:
                raise TypeError(f"{name}: {parameter} needs a name and a type")
        if "return" not in hints:
            raise TypeError(f"{name}: the result needs a type")
        self.name = name
        self.fn = fn
        self._signature = signature
        self._raw = hints["return"] is bytes
        self._arguments = msgspec.msgpack.Decoder(
            msgspec.defstruct("Arguments", [(key, hints[key]) for key in signature.parameters])
        )
        self._result = msgspec.msgpack.Decoder(hints["return"])

    def bind(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
        """The arguments by name, defaults filled in; TypeError where they do not fit."""
        bound = self._signature.bind(*args, **kwargs)
        bound.apply_defaults()
        return dict(bound.arguments)

    def arguments(self, packed: bytes) -> dict[str, Any]:
        """What was packed from `bind`; msgspec.MsgspecError where a type does not fit."""
        return msgspec.structs.asdict(self._arguments.decode(packed))

    def pack(self, result: Any) -> bytes:
        return result if self._raw else msgspec.msgpack.encode(result)

    def result(self, packed: bytes) -> Any:
        """What was packed by `pack`; msgspec.MsgspecError where a type does not fit."""
        return packed if self._raw else self._result.decode(packed)


@functools.cache
def job(fn: Callable[..., Any]) -> Job:
    """The job that `fn` is; TypeError where it cannot be one."""
    return Job(f"{fn.__module__}:{fn.__qualname__}", fn)


def listed(module: str, *, lean: bool = False) -> frozenset[str]:
    """The names in the `JOBS` of a module, or in its `LEAN` if it has one."""
    found = importlib.import_module(module)
    return frozenset(getattr(found, "LEAN", ()) if lean else found.JOBS)


def load(name: str) -> Job:
    """The job of that name, `module:function`, its module imported."""
    module, _, function = name.partition(":")
    return job(getattr(importlib.import_module(module), function))
