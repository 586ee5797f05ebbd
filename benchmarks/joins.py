"""How segments that are made alone join: their error beside that of one encode from end to end.

    python -m benchmarks.joins [--seconds S]

Both are decoded in one go and compared with the sound itself in the 1,024 samples on each side of
every join. MP3 packets are compared as bytes; FLAC is decoded by ffmpeg and compared as samples.
"""

from __future__ import annotations

import argparse
import math
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from benchmarks import _figures, _music
from benchmarks._figures import Bar, Figure
from homestream.formats import fmp4
from homestream.media import encode, ladder, mix, timeline
from homestream.media.ladder import Rendition
from homestream.media.programme import Programme
from homestream.media.source import Source

NAMES = (*(f"aac-{rate // 1000}" for rate in ladder.BIT_RATES), "opus-64", "opus-128")
SIDE = 1024  # samples on each side of a join that count
REACH = 0.1  # dB


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--seconds", type=int, default=180)
    chosen = options.parse_args()
    before = _figures.load()
    with tempfile.TemporaryDirectory() as scratch:
        paths = _music.flacs(Path(scratch), count=2, seconds=chosen.seconds)
        figures = [lossy(paths, name) for name in NAMES]
        figures += [mp3(paths), flac(paths)]
    _figures.told(
        _figures.Section(
            "joins",
            "Joins",
            "The error round the joins of segments that were made alone, against that of one "
            "continuous encode at the same places (dB, all joins taken together); MP3 as bytes, "
            "FLAC as samples.",
            tuple(figures),
            (before, _figures.load()),
        )
    )


def lossy(paths: Sequence[Path], name: str) -> Figure:
    alone_sum = whole_sum = signal_sum = 0.0
    joins = 0
    for path in paths:
        programme, rendition = _found(path, name)
        source = [Source(path=bytes(path))]
        total = timeline.packets(programme, rendition)
        cuts = [cut.first_packet for cut in timeline.segments(programme, rendition)]
        alone = _decoded(rendition, _segments(source, programme, rendition))
        whole = _decoded(rendition, encode.packets(source, programme, rendition, 0, total))
        length = min(alone.shape[1], whole.shape[1]) - rendition.priming
        sound = mix.sound(source, programme, rendition, 0, length)
        for cut in cuts[1:]:
            at = cut * rendition.frame - rendition.priming
            near = slice(max(at - SIDE, 0), min(at + SIDE, length))
            shifted = slice(near.start + rendition.priming, near.stop + rendition.priming)
            alone_sum += float(((alone[:, shifted] - sound[:, near]) ** 2).sum())
            whole_sum += float(((whole[:, shifted] - sound[:, near]) ** 2).sum())
            signal_sum += float((sound[:, near] ** 2).sum())
            joins += 1
    ours, theirs = (10 * math.log10(each / signal_sum) for each in (alone_sum, whole_sum))
    return Figure(
        f"{name}, {joins} joins",
        "dB of error to sound",
        (Bar("segments", ours), Bar("one encode", theirs)),
        ours - theirs,
        REACH,
        at_most=True,
        ratio_unit="dB more than one encode",
    )


def mp3(paths: Sequence[Path]) -> Figure:
    same = total = 0
    for path in paths:
        programme, rendition = _found(path, "mp3-192")
        source = [Source(path=bytes(path))]
        alone = _segments(source, programme, rendition)
        whole = encode.packets(source, programme, rendition, 0, len(alone))
        total += len(whole)
        same += sum(one == other for one, other in zip(alone, whole, strict=True))
    return Figure(
        f"mp3-192, {total} packets",
        "% of packets byte for byte those of one encode",
        (Bar("segments", 100 * same / total),),
        100 * same / total,
        100,
        ratio_unit="%",
    )


def flac(paths: Sequence[Path]) -> Figure:
    same = total = 0
    for path in paths:
        programme, rendition = _found(path, "flac")
        source = [Source(path=bytes(path))]
        numbers = range(timeline.count(programme, rendition))
        made = path.with_suffix(".mp4")
        parts = (encode.segment(source, programme, rendition, number) for number in numbers)
        made.write_bytes(encode.init(programme, rendition) + b"".join(parts))
        ours, theirs = _by_ffmpeg(made), _by_ffmpeg(path)
        total += max(len(ours), len(theirs))
        common = min(len(ours), len(theirs))
        same += int((ours[:common] == theirs[:common]).sum())
    return Figure(
        f"flac, {total:,} samples, decoded by ffmpeg",
        "% of samples that are the file's own",
        (Bar("segments", 100 * same / total),),
        100 * same / total,
        100,
        ratio_unit="%",
    )


def _found(path: Path, name: str) -> tuple[Programme, Rendition]:
    programme = _music.programme(path)
    return programme, ladder.named(ladder.of(programme), name)


def _segments(source: list[Source], programme: Programme, rendition: Rendition) -> list[bytes]:
    """The packets of every segment, each made alone."""
    return [
        packet
        for cut in timeline.segments(programme, rendition)
        for packet in encode.packets(source, programme, rendition, cut.first_packet, cut.end_packet)
    ]


def _decoded(rendition: Rendition, packets: list[bytes]) -> NDArray[np.float32]:
    decoder: Any = av.CodecContext.create(rendition.codec, "r")
    if rendition.codec == "aac":
        decoder.extradata = fmp4.audio_specific_config(rendition.sample_rate, rendition.channels)
    else:
        decoder.sample_rate = rendition.sample_rate
        decoder.layout = mix.layout_of(rendition.channels)
    parts = [
        frame.to_ndarray() for packet in packets for frame in decoder.decode(av.Packet(packet))
    ]
    return np.concatenate(parts, axis=1)


def _by_ffmpeg(path: Path) -> NDArray[np.int16]:
    command = ["ffmpeg", "-v", "error", "-nostdin", "-i", str(path), "-f", "s16le", "-"]
    return np.frombuffer(subprocess.run(command, check=True, capture_output=True).stdout, np.int16)


if __name__ == "__main__":
    main()
