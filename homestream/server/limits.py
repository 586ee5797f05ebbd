"""How much a listener may be sent: asked for as a stream is offered, and with each segment."""

from __future__ import annotations

from homestream.server.routing import Call


def bit_rate(call: Call) -> int | None:
    """The most bit/s that who asks may have; None: as many as there are."""
    most = call.home.config.streaming.max_bit_rate
    return most * 1000 if most else None
