"""The one pass over a file for its analysis. Only a worker imports this.

Packets are hashed and counted, frames go through FFmpeg's loudness filter, which gives them back
in parts of 0.1 s; of those, levels are taken, and the two excerpts that need a spectrum are kept:
the beginning for the print, the middle for the features.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import Any, Final

import av
import numpy as np
from numpy.typing import NDArray

from homestream.media import features, fingerprint, headers, measure, pcm, waveform
from homestream.media.analyse import Analysis
from homestream.media.facts import Facts
from homestream.media.loudness import Levels, Meter, decibels
from homestream.media.source import Source, audio_stream, descriptor, opened

_MISSING_SECONDS: Final = 1.0  # by how much a file may be shorter than it says
_TELLING: Final = frozenset({"flac", "mp3", "mov", "wav", "aiff", "tta", "wv", "ape"})
_OGG_TAIL: Final = 66_000  # bytes: no page is longer
_BAD_PACKETS: Final = 3  # as many may fail to decode: where a file was cut, some do


def analyse(source: Source, facts: Facts) -> Analysis:
    """See `analyse.analyse`."""
    digest = hashlib.blake2b(f"{facts.codec} {facts.sample_rate} ".encode(), digest_size=16)
    ear = _Ear(facts)
    bad = 0
    broke: str | None = None
    # before FFmpeg has it: a descriptor has one place to read from
    ends, counted = _ends(source, facts), _has_count(source, facts)
    with opened(source, container=facts.container) as media:
        stream = audio_stream(media)
        counter = measure.Counter(stream, facts, measure.presented(source, media, facts))
        told = _told(media, stream, facts, counted=counted)
        try:
            for packet in pcm.demuxed(media, stream):
                if packet.size:
                    digest.update(packet)
                frames, good = _decoded(stream, packet)
                bad += not good
                ear.put(frames)
                if not counter.put(packet, frames):
                    break
        except av.FFmpegError as error:
            broke = str(getattr(error, "strerror", None) or error)
    measured = counter.measured()
    ear.end()
    character = features.of(ear.middle(), ear.loudness)
    levels = ear.levels
    last = levels.last + 1 if levels.first is not None else 0
    return Analysis(
        samples=measured.samples,
        index=measured.index,
        packets=digest.digest(),
        problem=_problem(facts, told, counter.samples, bad, broke)
        or (None if ends else "its end is missing: was it copied whole?"),
        loudness=ear.loudness,
        loudness_range=ear.range,
        sample_peak=decibels(levels.peak),
        true_peak=decibels(levels.true_peak),
        lead_samples=levels.first if levels.first is not None else levels.samples,
        trail_samples=levels.samples - last if levels.first is not None else 0,
        bpm=character.bpm,
        key=character.key,
        energy=character.energy,
        features=character.vector,
        waveform=waveform.of(_joined(levels.peaks), _joined(levels.powers)),
        course=waveform.course(ear.momentary),
        print=fingerprint.of(ear.beginning()),
    )


def _decoded(stream: Any, packet: Any) -> tuple[Sequence[Any], bool]:
    """The frames that a packet completes, and whether it could be decoded."""
    try:
        return stream.codec_context.decode(packet if packet.size else None), True
    except av.FFmpegError:
        return (), False


def _told(media: Any, stream: Any, facts: Facts, *, counted: bool) -> int:
    """How many samples the file says that it has; 0 where it says nothing to be relied on."""
    if facts.samples_exact:
        return facts.samples
    kind = facts.container.split(",")[0]
    if kind == "mp3" and not counted:
        return 0  # what FFmpeg tells is a guess from the bit rate
    if kind == "matroska" and media.duration:
        return int(media.duration * facts.sample_rate / av.time_base)
    if kind not in _TELLING or not stream.duration:
        return 0
    return int(stream.duration * stream.time_base * facts.sample_rate)


def _ends(source: Source, facts: Facts) -> bool:
    """Whether an Ogg file has the page that says it is the last (RFC 3533 section 6)."""
    if facts.container != "ogg":
        return True
    with descriptor(source, rewound=False) as fd:
        size = os.fstat(fd).st_size
        tail = os.pread(fd, _OGG_TAIL, max(0, size - _OGG_TAIL))
    page = tail.rfind(b"OggS")
    return page < 0 or page + 5 >= len(tail) or bool(tail[page + 5] & 4)


def _has_count(source: Source, facts: Facts) -> bool:
    """Whether an MP3 begins with a frame that counts the others."""
    if facts.container != "mp3":
        return False
    with descriptor(source, rewound=False) as fd:
        header = headers.look(fd, os.fstat(fd).st_size)
        first = os.pread(fd, 256, header.begin)
    return b"Xing" in first or b"Info" in first


def _problem(facts: Facts, told: int, samples: int, bad: int, broke: str | None) -> str | None:
    if told - samples > _MISSING_SECONDS * facts.sample_rate:
        there, whole = samples / facts.sample_rate, told / facts.sample_rate
        return f"breaks off: {_clock(there)} of {_clock(whole)} are there"
    if broke is not None:
        return f"breaks off after {_clock(samples / facts.sample_rate)}: {broke.lower()}"
    if bad > _BAD_PACKETS:
        return f"damaged: it cannot be decoded in {bad} places"
    return None


def _clock(seconds: float) -> str:
    whole = int(seconds)
    hours, rest = divmod(whole, 3600)
    return f"{hours}:{rest // 60:02}:{rest % 60:02}" if hours else f"{rest // 60}:{rest % 60:02}"


class _Ear:
    """Listens to the frames of one file."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self._meter: Meter | None = None
        self._format: tuple[str, str, int] | None = None
        self._same: Any = None  # makes frames of another format those of the first
        self._parts: list[NDArray[np.float64]] = []
        self._held = 0
        self.levels = Levels(1, facts.sample_rate)
        middle = facts.duration / 2
        half = features.SECONDS / 2
        self._begin = _Excerpt(fingerprint.RATE, 0.0, fingerprint.SECONDS)
        self._middle = _Excerpt(features.RATE, max(0.0, middle - half), features.SECONDS)

    @property
    def loudness(self) -> float | None:
        return self._meter.integrated if self._meter is not None else None

    @property
    def range(self) -> float | None:
        return self._meter.range if self._meter is not None and self.loudness is not None else None

    @property
    def momentary(self) -> Sequence[float]:
        return self._meter.momentary if self._meter is not None else ()

    def put(self, frames: Iterable[Any]) -> None:
        for frame in frames:
            if self._format is None:
                self._first(frame)
            for even in self._even(frame):
                if self._meter is not None:
                    self._hear(self._meter.put(even))
                else:
                    sound = pcm.floats(even, even.layout.nb_channels)
                    self._hear([np.ascontiguousarray(sound.T, np.float64)])

    def end(self) -> None:
        if self._meter is not None:
            self._hear(self._meter.end())
        self._flush()
        self.levels.end()

    def beginning(self) -> NDArray[np.float32]:
        return self._begin.sound()

    def middle(self) -> NDArray[np.float32]:
        found = self._middle.sound()
        # where a header tells far too much, nothing is in its middle
        short = len(found) < features.SHORTEST * features.RATE
        return self._begin.sound()[: int(features.SECONDS * features.RATE)] if short else found

    def _first(self, frame: Any) -> None:
        self._format = (frame.format.name, frame.layout.name, frame.sample_rate)
        self.levels = Levels(frame.layout.nb_channels, frame.sample_rate)
        try:
            self._meter = Meter(frame)
        except (ValueError, av.FFmpegError):
            self._meter = None  # more channels than it knows: no loudness, all else

    def _even(self, frame: Any) -> Sequence[Any]:
        """The frame in the format of the first one: some files change theirs on the way."""
        if (frame.format.name, frame.layout.name, frame.sample_rate) == self._format:
            return (frame,)
        if self._same is None and self._format is not None:
            name, layout, rate = self._format
            self._same = av.AudioResampler(format=name, layout=layout, rate=rate)
        frame.pts = None
        try:
            made: Sequence[Any] = self._same.resample(frame)
        except (ValueError, av.FFmpegError):
            return ()
        return made

    def _hear(self, parts: Iterable[NDArray[np.float64]]) -> None:
        for part in parts:
            self._parts.append(part)
            self._held += len(part)
        if self._held >= self._facts.sample_rate:
            self._flush()

    def _flush(self) -> None:
        if not self._parts:
            return
        sound = np.ascontiguousarray(np.concatenate(self._parts).T, np.float32)
        self._parts, self._held = [], 0
        before = self.levels.samples
        self.levels.put(sound)
        rate = self._format[2] if self._format is not None else self._facts.sample_rate
        first = self.levels.first
        if first is not None:
            self._begin.start = max(self._begin.start, first / rate) if not self._begin.begun else 0
            self._begin.put(sound, before, rate)
        self._middle.put(sound, before, rate)


class _Excerpt:
    """A part of a sound in mono at `rate`, from `start` on, `seconds` long; by whole parts."""

    def __init__(self, rate: int, start: float, seconds: float) -> None:
        self.start = start
        self.begun = False
        self._rate = rate
        self._left = int(seconds * rate)
        self._resampler: Any = None
        self._parts: list[NDArray[np.float32]] = []

    def put(self, sound: NDArray[np.float32], at: int, rate: int) -> None:
        """`sound` is [channels, samples], `at` the number of its first sample."""
        if self._left <= 0:
            return
        skip = 0
        if not self.begun:
            skip = max(0, round(self.start * rate) - at)
            if skip >= sound.shape[1]:
                return
            self.begun = True
            self._resampler = av.AudioResampler(format="flt", layout="mono", rate=self._rate)
        mono = np.ascontiguousarray(sound[:, skip:].mean(axis=0))
        frame: Any = av.AudioFrame.from_ndarray(mono[None, :], format="flt", layout="mono")
        frame.sample_rate, frame.time_base, frame.pts = rate, Fraction(1, rate), None
        self._take(self._resampler.resample(frame))

    def sound(self) -> NDArray[np.float32]:
        if self._resampler is not None and self._left > 0:
            self._take(self._resampler.resample(None))
            self._resampler = None
        return _joined(self._parts)

    def _take(self, frames: Iterable[Any]) -> None:
        for frame in frames:
            part = frame.to_ndarray()[0][: max(0, self._left)]
            self._left -= len(part)
            self._parts.append(part.copy())


def _joined(parts: Sequence[NDArray[np.float32]]) -> NDArray[np.float32]:
    return np.concatenate(parts) if parts else np.zeros(0, np.float32)
