"""How lists are sorted and where the next page begins: a cursor stands for a row's sort keys."""

from __future__ import annotations

import base64
import binascii
import random
import sqlite3
from collections.abc import Sequence
from typing import Final

import msgspec

from homestream.errors import BadInput
from homestream.library.catalogue.values import Page, T

PRIME: Final = 2_147_483_647


class Order(msgspec.Struct, frozen=True):
    """How a list is sorted: columns, the row's id last; all of them up or all down."""

    columns: tuple[str, ...]
    down: bool = False

    @property
    def clause(self) -> str:
        way = " DESC" if self.down else ""
        return "ORDER BY " + ", ".join(column + way for column in self.columns)

    @property
    def keys(self) -> str:
        """The keys as result columns key0, key1 ..."""
        return "".join(f", {column} AS key{at}" for at, column in enumerate(self.columns))

    def after(self, cursor: Sequence[int | str] | None) -> str:
        """The condition for rows behind a cursor, whose keys are :key0, :key1 ..."""
        if cursor is None:
            return "1"
        names = ", ".join(f":key{at}" for at in range(len(self.columns)))
        return f"({', '.join(self.columns)}) {'<' if self.down else '>'} ({names})"


def place(cursor: str | None, sort: str, order: Order) -> tuple[list[int | str] | None, int]:
    """The keys in a cursor and the seed of a random order; BadInput unless it is of that sort."""
    if cursor is None:
        return None, random.randrange(2, PRIME)
    try:
        raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        name, seed, *keys = msgspec.json.decode(raw, type=list[int | str])
    except (binascii.Error, ValueError, msgspec.MsgspecError) as error:
        raise BadInput("cursor is not one of ours") from error
    fits = all(isinstance(key, str) or abs(key) < 2**63 for key in keys)
    if name != sort or not isinstance(seed, int) or not 0 < seed < PRIME:
        raise BadInput("cursor is not of this list")
    if len(keys) != len(order.columns) or not fits:
        raise BadInput("cursor is not of this list")
    return keys, seed


def key_params(after: Sequence[int | str] | None) -> dict[str, int | str]:
    return {f"key{at}": key for at, key in enumerate(after or ())}


def page_of(
    items: list[T],
    rows: Sequence[sqlite3.Row],
    limit: int,
    sort: str,
    order: Order,
    seed: int,
) -> Page[T]:
    if len(rows) <= limit:
        return Page(items, None)
    last = rows[limit - 1]
    keys = [last[f"key{at}"] for at in range(len(order.columns))]
    return Page(items, cursor_of(sort, seed, keys))


def cursor_of(sort: str, seed: int, keys: Sequence[int | str]) -> str:
    raw = msgspec.json.encode([sort, seed, *keys])
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")
