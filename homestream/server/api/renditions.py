"""What a player can do, as it tells it, and which renditions it is offered, as it is told."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from homestream.media import ladder
from homestream.media.ladder import Client, Codec, Container

Codecs = Annotated[list[Codec], Meta(max_length=8)]
Containers = Annotated[list[Container], Meta(max_length=8)]
BitRate = Annotated[
    int, Meta(ge=8_000, le=100_000_000, description="Most bit/s; the lowest rung may have more")
]
SampleRate = Annotated[int, Meta(ge=8_000, le=768_000, description="Hz, of lossless sound")]
Network = Literal["unmetered", "metered"]


class Rendition(msgspec.Struct, frozen=True):
    """One rendition that is offered; rates in bit/s and Hz. `copy`: the packets of the file
    itself. `bandwidth`: the peak, boxes included."""

    name: str
    codec: str
    bit_rate: int
    sample_rate: int
    bit_depth: int | None
    lossless: bool
    copy: bool
    bandwidth: int


def client(
    *,
    accepts: list[Codec] | None,
    containers: list[Container] | None,
    max_bit_rate: int | None,
    max_sample_rate: int | None,
    network: Network,
    lossless: bool,
) -> Client:
    """The player that is told of so; what is not told is what every player can."""
    usual = Client()
    return Client(
        accepts=tuple(accepts) if accepts else usual.accepts,
        containers=tuple(containers) if containers else usual.containers,
        max_bit_rate=max_bit_rate,
        max_sample_rate=max_sample_rate or usual.max_sample_rate,
        metered=network == "metered",
        lossless=lossless,
        # who tells what it takes means packets of every kind
        copies=bool(accepts),
    )


def told(renditions: Iterable[ladder.Rendition]) -> list[Rendition]:
    return [
        Rendition(
            name=each.name,
            codec=each.codec,
            bit_rate=each.bit_rate,
            sample_rate=each.sample_rate,
            bit_depth=each.bit_depth,
            lossless=each.lossless,
            copy=each.copy,
            bandwidth=each.bandwidth,
        )
        for each in renditions
    ]
