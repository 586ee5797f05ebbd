"""Where a list goes on: the last row's sort keys as an opaque text that is safe in a URL."""

from __future__ import annotations

import base64
import binascii

import msgspec

from homestream.errors import BadInput


def encode(*keys: int) -> str:
    """The cursor after the row with these keys."""
    return base64.urlsafe_b64encode(msgspec.json.encode(keys)).decode().rstrip("=")


def decode(cursor: str, count: int) -> tuple[int, ...]:
    """The keys in a cursor that must hold `count` of them; BadInput for any other text."""
    try:
        data = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        keys = msgspec.json.decode(data, type=tuple[int, ...])
    except (binascii.Error, ValueError, msgspec.DecodeError, RecursionError):
        keys = ()
    if len(keys) != count or any(abs(key) >= 2**63 for key in keys):
        raise BadInput("cursor is not one of ours")
    return keys
