"""The sound of a programme as one line of samples, from which any range can be taken: what an
encoder is fed, at the rate and in the channels of a rendition."""

from __future__ import annotations

from fractions import Fraction
from math import gcd
from typing import TYPE_CHECKING, Any, Final

from homestream.media import late, pcm
from homestream.media import programme as programmes
from homestream.media.facts import Facts
from homestream.media.ladder import Rendition
from homestream.media.programme import Item, Programme
from homestream.media.source import Source

if TYPE_CHECKING:
    import av
    import numpy as np
    from numpy.typing import NDArray
else:
    av, np = late.module("av"), late.module("numpy")

# Source samples read on each side of a range that is resampled: more than half of the longest
# filter (32 taps at equal rates, 512 from 768 to 48 kHz).
_RESAMPLE_MARGIN: Final = 512
_LAYOUTS: Final = ("mono", "stereo", "3.0", "quad", "5.0", "5.1", "6.1", "7.1")
_LOUDEST: Final = 8.0  # full scale is 1.0; decoders of lossy files go a little above


_LEFT: Final = frozenset({"FL", "BL", "SL", "FLC", "WL", "TFL", "TBL", "DL", "SDL"})
_RIGHT: Final = frozenset({"FR", "BR", "SR", "FRC", "WR", "TFR", "TBR", "DR", "SDR"})
_FRONT: Final = frozenset({"FL", "FR", "DL", "DR"})
_SILENT: Final = frozenset({"LFE", "LFE2"})
_SIDE_GAIN: Final = 0.5**0.5  # ITU-R BS.775: surround and centre at -3 dB


def sound(
    sources: list[Source], programme: Programme, rendition: Rendition, start: int, end: int
) -> NDArray[np.float32]:
    """The programme's samples [start, end) at the rendition's rate, as the encoder is fed them.

    float32 [rendition.channels, end - start], zeros outside the programme. `sources` are those of
    the items that have samples in the range, in their order.
    """
    rate = rendition.sample_rate
    out = np.zeros((rendition.channels, end - start), np.float32)
    places = programmes.touching(programme, rate, start, end)
    if len(sources) != len(places):
        raise ValueError(f"{len(sources)} sources for {len(places)} items")
    for place, source in zip(places, sources, strict=True):
        item = programme.items[place]
        begin, finish = programmes.span(programme, rate, place)
        first, last = max(begin, start), min(finish, end)
        if first < last:
            heard = _item(source, item, rendition, first - begin, last - begin)
            out[:, first - start : last - start] += _shaped(heard, item, rate, first - begin)
    return np.clip(np.nan_to_num(out), -_LOUDEST, _LOUDEST)


def _shaped(
    sound: NDArray[np.float32], item: Item, sample_rate: int, start: int
) -> NDArray[np.float32]:
    """Samples of an item from its `start` on, with its gain and as its fades let them be heard.

    Two tracks have nothing to do with each other, so what adds up to a steady level is their
    power: the squares of the sine and the cosine of a quarter turn.
    """
    if item.gain:
        sound = sound * np.float32(10 ** (item.gain / 20))
    rise, fall = programmes.fades(item, sample_rate)
    until_fall = programmes.length(item, sample_rate) - fall - start
    if start >= rise and until_fall >= sound.shape[1]:
        return sound
    at = np.arange(sound.shape[1]) + 0.5
    level = np.ones(sound.shape[1])
    if start < rise:
        level *= np.sin(np.minimum((at + start) / rise, 1) * (np.pi / 2))
    if until_fall < sound.shape[1]:
        level *= np.cos(np.clip((at - until_fall) / fall, 0, 1) * (np.pi / 2))
    return sound * level.astype(np.float32)


def _item(
    source: Source, item: Item, rendition: Rendition, start: int, end: int
) -> NDArray[np.float32]:
    """An item's samples [start, end), counted at the rendition's rate, in its channels.

    A part is counted and resampled on the line of its file, so that its samples are those that
    the uncut file has there.
    """
    facts = item.facts
    have, want = facts.sample_rate, rendition.sample_rate
    begin = programmes.offset(item, want)
    start, end = begin + start, begin + end
    if have == want:
        return _mixed(pcm.read(source, facts, start, end), facts, rendition.channels)
    # The resampler starts in the same phase at each multiple of the ratio's lowest terms.
    common = gcd(have, want)
    step, step_out = have // common, want // common
    steps = max(0, (start * have // want - _RESAMPLE_MARGIN) // step)
    last = -(-end * have // want) + _RESAMPLE_MARGIN
    sound = _mixed(pcm.read(source, facts, steps * step, last), facts, rendition.channels)
    resampled = _resampled(sound, have, want)[:, start - steps * step_out :][:, : end - start]
    missing = end - start - resampled.shape[1]
    return np.pad(resampled, ((0, 0), (0, missing))) if missing else resampled


def _mixed(sound: NDArray[np.float32], facts: Facts, channels: int) -> NDArray[np.float32]:
    """`sound` in one or two channels; more are mixed so that full scale is never exceeded."""
    if len(sound) == channels:
        return sound
    if len(sound) == 1:
        return np.repeat(sound, channels, axis=0)
    matrix = _downmix(facts)
    return (matrix @ sound).astype(np.float32)


def _downmix(facts: Facts) -> NDArray[np.float32]:
    """Gains as float32 [2, facts.channels]; channels without a known place go to both sides."""
    try:
        names = [channel.name for channel in av.AudioLayout(facts.layout).channels]
    except ValueError:
        names = []
    matrix = np.zeros((2, facts.channels), np.float32)
    for place in range(facts.channels):
        name = names[place] if place < len(names) else ""
        if name in _SILENT:
            continue
        gain = 1.0 if name in _FRONT else _SIDE_GAIN
        if name not in _RIGHT:
            matrix[0, place] = gain
        if name not in _LEFT:
            matrix[1, place] = gain
    loudest = matrix.sum(axis=1).max()
    return matrix / loudest if loudest > 1 else matrix


def _resampled(sound: NDArray[np.float32], have: int, want: int) -> NDArray[np.float32]:
    """`sound` at another rate; output sample 0 is at the time of input sample 0."""
    graph = av.filter.Graph()
    graph.threads = 1
    layout = layout_of(len(sound))
    source = graph.add_abuffer(
        sample_rate=have, format="fltp", layout=layout, time_base=Fraction(1, have)
    )
    target = graph.add("aformat", f"sample_rates={want}:sample_fmts=fltp:channel_layouts={layout}")
    graph.link_nodes(source, target, graph.add("abuffersink")).configure()
    graph.push(frame(sound, have, 0))
    graph.push(None)
    parts = []
    while True:
        try:
            parts.append(graph.pull().to_ndarray())
        except (av.error.EOFError, av.error.BlockingIOError):
            break
    return np.concatenate(parts, axis=1) if parts else np.zeros((len(sound), 0), np.float32)


def frame(sound: NDArray[np.float32], sample_rate: int, start: int) -> Any:
    """`sound` as a frame of FFmpeg's, its first sample at time `start`."""
    made = av.AudioFrame.from_ndarray(
        np.ascontiguousarray(sound), format="fltp", layout=layout_of(len(sound))
    )
    made.sample_rate = sample_rate
    made.time_base = Fraction(1, sample_rate)
    made.pts = start
    return made


def layout_of(channels: int) -> str:
    """FFmpeg's name for one to eight channels, as FLAC orders them (RFC 9639 section 9.1.3)."""
    return _LAYOUTS[channels - 1]
