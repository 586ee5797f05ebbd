"""One segment of a programme, encoded alone: a pure function of the files, the rendition and the
segment's number. Nothing is kept between two calls, so any segment is as near as any other and its
bytes are the same whoever computes them, in whatever order.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from homestream.errors import BadInput, MediaError
from homestream.formats import adts, flac, fmp4, mpegts, packed
from homestream.media import encoders, mix, pcm, timeline
from homestream.media import programme as programmes
from homestream.media.ladder import Rendition
from homestream.media.programme import Programme
from homestream.media.source import Source

# Raised when the same input gives other bytes for a reason that lies in this project.
_VERSION: Final = 2
_FAR: Final = 1 << 40  # samples
# the block sizes of a FLAC file that is copied: any (RFC 9639 section 8.2)
_BLOCKS: Final = (16, 65_535)


def identity(rendition: Rendition) -> str:
    """What the bytes of a segment depend on beside its input: belongs in every cache key."""
    if rendition.copy:
        return f"{_VERSION} copy"
    return f"{_VERSION} {encoders.identity(rendition)}"


def init(programme: Programme, rendition: Rendition) -> bytes:
    """The init segment. Cheap and pure: it needs no file and no worker.

    BadInput for a rendition whose container has none.
    """
    if rendition.container != "fmp4":
        raise BadInput(f"{rendition.name} has no init segment")
    return fmp4.init(
        entry=_entry(rendition),
        sample_rate=rendition.sample_rate,
        samples=programmes.told_samples(programme, rendition.sample_rate),
        priming=rendition.priming,
    )


def reach(programme: Programme, rendition: Rendition, number: int) -> range:
    """The items that segment `number` is made from: a range of places in `programme.items`.

    NotFound past the end.
    """
    cut = timeline.segment(programme, rendition, number)
    return reach_of_packets(programme, rendition, cut.first_packet, cut.end_packet)


def window(programme: Programme, rendition: Rendition, number: int) -> tuple[int, int]:
    """The samples [start, end) that segment `number` is made from; before 0 and past the end there
    is silence. NotFound past the end.
    """
    cut = timeline.segment(programme, rendition, number)
    return _window(programme, rendition, cut.first_packet, cut.end_packet)


def reach_of_packets(programme: Programme, rendition: Rendition, first: int, end: int) -> range:
    """The items that packets [first, end) are made from: places in `programme.items`."""
    if rendition.copy:
        return range(1)
    start, finish = _window(programme, rendition, first, end)
    return programmes.touching(programme, rendition.sample_rate, start, finish)


def segment(
    sources: list[Source], programme: Programme, rendition: Rendition, number: int
) -> bytes:
    """Segment `number` (0-based) in the rendition's container.

    `sources` are those of the items in `reach(programme, rendition, number)`, in their order.
    NotFound past the end, MediaError for a file that cannot be opened.
    """
    cut = timeline.segment(programme, rendition, number)
    made = _made(sources, programme, rendition, cut.first_packet, cut.end_packet)
    match rendition.container:
        case "fmp4":
            return fmp4.segment(
                sequence=number + 1,
                decode_time=max(made.place + rendition.priming, 0),
                packet_samples=rendition.frame,
                packets=made.packets,
                lengths=made.lengths,
            )
        case "ts" if rendition.codec == "aac":
            return mpegts.segment(
                number=number,
                stream_type=mpegts.AAC,
                start=made.place,
                frame_samples=rendition.frame,
                sample_rate=rendition.sample_rate,
                frames=_frames(rendition, made.packets),
            )
        case "packed":
            return packed.segment(
                start=made.place,
                sample_rate=rendition.sample_rate,
                frames=_frames(rendition, made.packets),
            )
    raise BadInput(f"no segments of container {rendition.container}")


def packets(
    sources: list[Source], programme: Programme, rendition: Rendition, first: int, end: int
) -> list[bytes]:
    """Encoded packets [first, end) of the rendition, which all containers are filled with.

    `sources` are those of the items in `reach_of_packets(programme, rendition, first, end)`, in
    their order. Of a copy: those that begin in the samples of these packets, whatever their number.
    MediaError for a file that cannot be opened.
    """
    return _made(sources, programme, rendition, first, end).packets


def _window(programme: Programme, rendition: Rendition, first: int, end: int) -> tuple[int, int]:
    """The samples that an encoder is fed for packets [first, end); they may begin before 0 and end
    after the last, where zeros are meant."""
    samples = programmes.samples(programme, rendition.sample_rate)
    return encoders.window(rendition, first, end, samples)


class _Made(NamedTuple):
    packets: list[bytes]
    place: int  # the sample that the first one begins with; the priming lies before 0
    lengths: list[int] | None = None  # in samples; None: all have the rendition's


def _made(
    sources: list[Source], programme: Programme, rendition: Rendition, first: int, end: int
) -> _Made:
    if rendition.copy:
        return _copied(sources, programme, rendition, first, end)
    start, finish = _window(programme, rendition, first, end)
    sound = mix.sound(sources, programme, rendition, start, finish)
    made = encoders.packets(sound, rendition, start, first, end)
    place = first * rendition.frame - rendition.priming
    if not rendition.lossless:
        return _Made(made, place)
    lengths = [rendition.frame] * (len(made) - 1)
    return _Made(made, place, [*lengths, finish - place - sum(lengths)])


def _copied(
    sources: list[Source], programme: Programme, rendition: Rendition, first: int, end: int
) -> _Made:
    """The file's own packets that begin where these would."""
    facts = programme.items[0].facts
    frame, priming = rendition.frame, rendition.priming
    # the first ones may lie further ahead than was thought
    start = first * frame - priming if first else -_FAR
    last = end >= timeline.packets(programme, rendition)
    finish = facts.samples if last else end * frame - priming
    found = list(pcm.raw_packets(sources[0], facts, start, finish))
    if not found:
        raise MediaError("file ends before the sound that it is said to have")
    return _Made(
        [packet.data for packet in found],
        found[0].place,
        [packet.duration for packet in found],
    )


def _frames(rendition: Rendition, packets: list[bytes]) -> list[bytes]:
    """Packets that tell by themselves how they are decoded."""
    if rendition.codec != "aac":
        return packets
    config = fmp4.audio_specific_config(rendition.sample_rate, rendition.channels)
    return [adts.frame(config, packet) for packet in packets]


def _entry(rendition: Rendition) -> bytes:
    rate, channels = rendition.sample_rate, rendition.channels
    match rendition.codec:
        case "aac":
            return fmp4.aac(sample_rate=rate, channels=channels, bit_rate=rendition.bit_rate)
        case "opus":
            return fmp4.opus(channels=channels, priming=rendition.priming)
        case "flac":
            depth = rendition.bit_depth or 16
            blocks = _BLOCKS if rendition.copy else (rendition.frame, rendition.frame)
            told = flac.stream_info(
                sample_rate=rate, channels=channels, bit_depth=depth, blocks=blocks
            )
            return fmp4.flac(sample_rate=rate, channels=channels, bit_depth=depth, stream_info=told)
    raise BadInput(f"{rendition.codec} does not go into an init segment")
