"""Exact random access to the sound of a file: any range of its canonical PCM, bit for bit what one
decode from the start gives there.

Timestamps alone do not reach that (Vorbis is off by up to 448 samples, WMA by 41, Matroska by 27),
so a file is read through once and an index kept of some of its packets: where each lies, and how
many canonical samples there are once it was decoded. A read starts at an indexed packet, far
enough ahead for the decoder to settle, and counts from there.
"""

from __future__ import annotations

import zlib
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from homestream.errors import MediaError
from homestream.media import frames, headers, late
from homestream.media.facts import Facts
from homestream.media.source import Source, audio_stream, opened

if TYPE_CHECKING:
    import av
    import numpy as np
    from numpy.typing import NDArray
else:
    av, np = late.module("av"), late.module("numpy")

# Samples that a decoder needs before its output no longer depends on where it started, to the last
# bit; measured for the first six, generous for the rest. Opus is near after 4,000 already, but its
# filters take up to 48,000 to forget the last bit.
PREROLL: Final = {
    "mp3": 12 * 1152,
    "aac": 4 * 2048,
    "vorbis": 2 * 8192,
    "opus": 96_000,
    "ac3": 4 * 1536,
    "wmav2": 60_000,
    "wmav1": 60_000,
    "wmapro": 60_000,
    "mp2": 12 * 1152,
    "eac3": 4 * 1536,
}
PREROLL_OF_OTHERS: Final = 65_536
# Seeking by time walks these from their start, or interpolates.
_SOUGHT_BY_BYTE: Final = frozenset({"mp3", "aac", "ac3", "eac3", "mpegts"})
_INDEX_VERSION: Final = b"\x01"
_MOST_ENTRIES: Final = 1_000_000
_FEW_CHANNELS: Final = 8


@dataclass(frozen=True, slots=True, eq=False)
class PacketIndex:
    """Some packets of a file, in its order: three int64 arrays of one length.

    `pos` is the packet's byte position, `pts` its time in the stream's time base, `samples` the
    number of canonical samples once it was decoded. Only first packets of a position are listed.
    """

    pos: NDArray[np.int64]
    pts: NDArray[np.int64]
    samples: NDArray[np.int64]

    def pack(self) -> bytes:
        """As bytes to keep: differences, equal bytes of all side by side, deflated."""
        rows = np.diff(np.stack([self.pos, self.pts, self.samples]), prepend=0).astype("<i8")
        planes = rows.view(np.uint8).reshape(3, -1, 8).transpose(0, 2, 1)
        return _INDEX_VERSION + zlib.compress(planes.tobytes(), 9)

    @staticmethod
    def unpack(packed: bytes) -> PacketIndex:
        """The index that `pack` wrote; MediaError for anything else."""
        if packed[:1] != _INDEX_VERSION:
            raise MediaError("packet index is of an unknown kind")
        inflate = zlib.decompressobj()
        try:
            raw = inflate.decompress(packed[1:], 24 * _MOST_ENTRIES)
        except zlib.error as error:
            raise MediaError("packet index is damaged") from error
        if not inflate.eof or len(raw) % 24:
            raise MediaError("packet index is damaged")
        planes = np.frombuffer(raw, np.uint8).reshape(3, 8, -1).transpose(0, 2, 1)
        rows = np.cumsum(np.ascontiguousarray(planes).view("<i8")[:, :, 0], axis=1)
        return PacketIndex(rows[0], rows[1], rows[2])


def needs_index(facts: Facts) -> bool:
    """Whether exact reads of such a file need its packet index: False where its times are exact."""
    return facts.needs_index


def read(source: Source, facts: Facts, start: int, end: int) -> NDArray[np.float32]:
    """Canonical samples [start, end) as float32 [facts.channels, end - start], full scale 1.0.

    Zeros outside [0, facts.samples) and where decoding gives nothing. Exact for every file that
    was measured and for those that need no index; a file that needs one and has none is decoded
    from its start. MediaError if the file cannot be opened.
    """
    out = np.zeros((facts.channels, end - start), np.float32)
    first, last = max(start, 0), min(end, facts.samples)
    if first >= last:
        return out
    if not _read_near(source, facts, first, last, out, start):
        with opened(source, container=facts.container) as media:
            stream = audio_stream(media)
            coming = packets(media, stream)
            if needs_index(facts):
                placed = _counted(stream, coming, 0)
            else:
                unit = stream.time_base * facts.sample_rate
                placed = _timed(stream, coming, unit, stream.start_time or 0)
            _fill(out, start, first, last, placed)
    return out


class RawPacket(NamedTuple):
    """A packet as it lies in the file: its sound is [place, place + duration) of the canonical
    PCM, as far as that is not cut off in front (`place` < 0) or behind.

    `data` is what a packet is in MP4: AAC comes without its ADTS header.
    """

    place: int
    duration: int
    data: bytes


def raw_packets(source: Source, facts: Facts, first: int, last: int) -> Iterator[RawPacket]:
    """The source's own packets whose place is in [first, last), in order, nothing decoded but
    the beginning of the file: ranges side by side give every packet once.

    Those of the encoder's delay have places below 0. Every number of samples in the file's index
    is the end of a packet and so a good place to cut. Exact for every file that was measured.
    MediaError if the file cannot be opened or its codec's packets do not tell how long they are.
    """
    for start in (first, 0) if first > 0 else (0,):
        with opened(source, container=facts.container) as media:
            stream = audio_stream(media)
            length = frames.length(facts, stream)
            if length is None:
                raise MediaError(f"packets of {facts.codec} do not tell how long they are")
            placed = _placed(media, stream, facts, length, start)
            if placed is None:
                continue  # the seek went wrong: from the start, and the file opened anew
            for place, packet in placed:
                if place >= last:
                    return
                if place >= first:
                    yield RawPacket(place, length(packet), _bare(packet, facts))
            return


def _placed(
    media: Any, stream: Any, facts: Facts, length: frames.Length, first: int
) -> Iterator[tuple[int, Any]] | None:
    """Each packet with its place, from one at or before `first` on; None where no seek gets
    there."""
    if not needs_index(facts):
        return _placed_by_time(media, stream, facts, first)
    index = PacketIndex.unpack(facts.index) if facts.index else None
    if first > 0:
        by_byte = _demuxer(facts) in _SOUGHT_BY_BYTE
        landed = _land(media, stream, index, first, by_byte=by_byte) if index is not None else None
        if landed is None:
            return None
        packet, rest, position = landed
        return _placed_on(rest, position, length, facts, index, packet.pos)
    coming = packets(media, stream)
    begun, position = beginning(stream, coming, length)
    return _placed_on(chain(begun, coming), position, length, facts, index, None)


def _placed_on(
    coming: Iterator[Any],
    position: int,
    length: frames.Length,
    facts: Facts,
    index: PacketIndex | None,
    before: int | None,
) -> Iterator[tuple[int, Any]]:
    """Each packet with its place, counted on from `position`, set right at indexed ones."""
    for packet in coming:
        if not packet.size:
            return
        entry = _entry(index, packet, before) if index is not None else None
        # the last ones may be cut: the samples they give are not their length
        if index is not None and entry and index.samples[entry] < facts.samples:
            position = int(index.samples[entry]) - length(packet)
        yield position, packet
        position += length(packet)
        before = packet.pos


def _placed_by_time(
    media: Any, stream: Any, facts: Facts, first: int
) -> Iterator[tuple[int, Any]] | None:
    unit = stream.time_base * facts.sample_rate
    origin = stream.start_time or 0
    if first > 0:
        try:
            media.seek(origin + int(first / unit), stream=stream, backward=True)
        except av.FFmpegError:
            return None
    placed = (
        (round((packet.pts - origin) * unit), packet)
        for packet in packets(media, stream)
        if packet.size and packet.pts is not None
    )
    head = next(placed, None)
    if first > 0 and (head is None or head[0] > first):
        return None
    return chain([head], placed) if head is not None else placed


def _bare(packet: Any, facts: Facts) -> bytes:
    data = bytes(packet)
    return data[frames.adts_header(data) :] if facts.codec == "aac" else data


def packets(media: Any, stream: Any) -> Iterator[Any]:
    """The stream's packets to its end, or to where the file can no longer be read.

    The last one is empty and flushes the decoder, unless the file broke off.
    """
    try:
        yield from demuxed(media, stream)
    except av.FFmpegError:
        return


def demuxed(media: Any, stream: Any) -> Iterator[Any]:
    """The stream's packets to its end; av.FFmpegError where the file can no longer be read."""
    while True:
        try:
            yield from media.demux(stream)
        except IndexError:
            # a packet of a stream that turned up on the way, of which PyAV 18 does not know
            continue
        return


def decoded(stream: Any, packet: Any) -> Sequence[Any]:
    """The frames that a packet completes; none where it cannot be decoded."""
    try:
        frames: Sequence[Any] = stream.codec_context.decode(packet if packet.size else None)
    except av.FFmpegError:
        return ()
    return frames


def beginning(stream: Any, coming: Iterator[Any], length: frames.Length) -> tuple[list[Any], int]:
    """Some packets of the start, and the place of the first one: they are decoded up to one that
    gives all of its samples, because only the decoder knows how many are skipped."""
    begun: list[Any] = []
    heard = ahead = 0
    for packet in coming:
        if not packet.size:
            break
        begun.append(packet)
        given = sum(frame.samples for frame in decoded(stream, packet))
        heard += given
        ahead += length(packet)
        if given and given == length(packet):
            return begun, heard - ahead
    skip = bytes(begun[0].get_sidedata("skip_samples"))[:4] if begun else b""
    return begun, -int.from_bytes(skip, "little")


def _demuxer(facts: Facts) -> str:
    return facts.container.split(",")[0]


def _read_near(
    source: Source,
    facts: Facts,
    first: int,
    last: int,
    out: NDArray[np.float32],
    origin: int,
) -> bool:
    """Fill `out` from a place shortly before `first`; False where only the start will do."""
    if not needs_index(facts):
        with opened(source, container=facts.container) as media:
            timed = _timed_from(media, audio_stream(media), facts, first)
            if timed is not None:
                _fill(out, origin, first, last, timed)
            return timed is not None
    need = first - _preroll(facts)
    if need <= 0 or not facts.index:
        return False
    index = PacketIndex.unpack(facts.index)
    with opened(source, container=facts.container) as media:
        stream = audio_stream(media)
        landed = _land(media, stream, index, need, by_byte=_demuxer(facts) in _SOUGHT_BY_BYTE)
        if landed is None:
            return False
        packet, rest, position = landed
        # Its own output lacks what came before it: decoded for the decoder's sake alone.
        decoded(stream, _without_delay(packet))
        counted = _counted(stream, rest, position, index, packet.pos)
        reached = _fill(out, origin, first, last, counted)
    # Ogg streams that stand one behind the other: behind a seek only one of them is read
    return reached >= min(last, int(index.samples[-1]))


def _preroll(facts: Facts) -> int:
    if facts.lossless:
        return 0
    return PREROLL.get(facts.codec, PREROLL_OF_OTHERS)


def _land(
    media: Any, stream: Any, index: PacketIndex, need: int, *, by_byte: bool
) -> tuple[Any, Iterator[Any], int] | None:
    """Seek to an indexed packet at or before sample `need`.

    Gives that packet, those after it, and how many samples there are once it is decoded. Some
    demuxers land late, so tries begin 1, 2, 4 ... entries earlier; None once the start is reached.
    """
    entry = bisect_right(index.samples, need) - 1
    step = 1
    while entry > 0:
        try:
            if by_byte:
                media.seek(int(index.pos[entry]), unsupported_byte_offset=True)
            else:
                media.seek(int(index.pts[entry]), stream=stream, backward=True)
        except av.FFmpegError:
            return None
        coming = packets(media, stream)
        before = None
        for packet in coming:
            found = _entry(index, packet, before)
            if found is not None:
                if index.samples[found] > need:
                    break
                return packet, coming, int(index.samples[found])
            before = packet.pos
        entry -= step
        step *= 2
    return None


def _entry(index: PacketIndex, packet: Any, before: int | None) -> int | None:
    """The entry of an indexed packet, given the position of the one before it."""
    if not packet.size or packet.pos is None or packet.pos == before:
        return None
    entry = bisect_left(index.pos, packet.pos)
    if entry < len(index.pos) and index.pos[entry] == packet.pos:
        return entry
    return None


def _without_delay(packet: Any) -> Any:
    """The packet, not to be cut in front.

    After a seek by byte the demuxer takes where it landed for the start of the file, and asks for
    the encoder's delay to be skipped once more.
    """
    if not packet.has_sidedata("skip_samples"):
        return packet
    skip = bytes(packet.get_sidedata("skip_samples"))
    return av.Packet(bytes(packet)) if any(skip[:4]) else packet


def _counted(
    stream: Any,
    coming: Iterator[Any],
    position: int,
    index: PacketIndex | None = None,
    before: int | None = None,
) -> Iterator[tuple[int, Any]]:
    """Each frame with the number of its first sample, counted on from `position`.

    With an index, the count is set right at each packet that is in it; `before` is where the
    packet ahead of `coming` lies.
    """
    for packet in coming:
        frames = decoded(stream, _without_delay(packet) if index is not None else packet)
        if index is not None:
            entry = _entry(index, packet, before)
            if entry is not None:
                position = int(index.samples[entry]) - sum(frame.samples for frame in frames)
            before = packet.pos
        for frame in frames:
            yield position, frame
            position += frame.samples


def _timed_from(
    media: Any, stream: Any, facts: Facts, first: int
) -> Iterator[tuple[int, Any]] | None:
    """Each frame from shortly before sample `first` with its place by its time, which is exact in
    these formats; None if the seek lands late."""
    unit = stream.time_base * facts.sample_rate
    origin = stream.start_time or 0
    if first:
        try:
            media.seek(origin + int(first / unit), stream=stream, backward=True)
        except av.FFmpegError:
            return None
    timed = _timed(stream, packets(media, stream), unit, origin)
    head = next(timed, None)
    if head is None or head[0] > first:
        return None
    return chain([head], timed)


def _timed(stream: Any, coming: Iterator[Any], unit: Any, origin: int) -> Iterator[tuple[int, Any]]:
    # FLAC's frames are numbered; behind a damaged one FFmpeg's times are guesses
    block = _flac_block(stream)
    begin = round(origin * unit)
    position = None
    for packet in coming:
        end = headers.frame_end(frames.first_bytes(packet), block) - begin if block else 0
        for frame in decoded(stream, packet):
            if end > 0:
                position = end - frame.samples
            elif frame.pts is not None:
                position = round(frame.pts * unit) - begin
            if position is not None:
                yield position, frame
                position += frame.samples


def _flac_block(stream: Any) -> int:
    """The samples of a numbered frame; 0 where frames are not FLAC's."""
    if stream.codec_context.codec.canonical_name != "flac":
        return 0
    return int.from_bytes(headers.streaminfo(stream)[2:4], "big")


def _fill(
    out: NDArray[np.float32],
    origin: int,
    first: int,
    last: int,
    placed: Iterator[tuple[int, Any]],
) -> int:
    """Write what the frames hold of samples [first, last) into `out`, which begins at `origin`;
    the sample behind the last frame."""
    reached = 0
    for position, frame in placed:
        begin, end = max(first, position), min(last, position + frame.samples)
        if begin < end:
            sound = floats(frame, len(out))
            out[:, begin - origin : end - origin] = sound[:, begin - position : end - position]
        reached = position + frame.samples
        if reached >= last:
            break
    return reached


def floats(frame: Any, channels: int) -> NDArray[np.float32]:
    """A frame's samples as float32 [channels, frame.samples].

    A file may change its channels on the way: one is given to all, surplus ones are left out.
    """
    frame = _readable(frame)
    raw = frame.to_ndarray()
    if not frame.format.is_planar:
        raw = raw.reshape(-1, frame.layout.nb_channels).T
    if raw.dtype == np.uint8:
        sound = (raw.astype(np.float32) - 128) / 128
    elif raw.dtype.kind == "i":
        scale = 1 / (1 << (8 * raw.dtype.itemsize - 1))
        sound = (raw * np.float64(scale)).astype(np.float32)
    else:
        sound = raw.astype(np.float32, copy=False)
    if len(sound) >= channels:
        return np.asarray(sound[:channels])
    filled = np.zeros((channels, sound.shape[1]), np.float32)
    filled[: len(sound)] = sound
    if len(sound) == 1:
        filled[:] = sound
    return filled


def _readable(frame: Any) -> Any:
    """The frame, its channels interleaved where PyAV 18 would read planes behind the last one,
    which it counts up to a null pointer that FFmpeg promises for seven at most."""
    if not frame.format.is_planar or frame.layout.nb_channels < _FEW_CHANNELS:
        return frame
    interleave = av.AudioResampler(
        format=frame.format.packed, layout=frame.layout, rate=frame.sample_rate
    )
    frame.pts = None
    return interleave.resample(frame)[0]
