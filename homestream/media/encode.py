"""One segment of a programme, encoded alone: a pure function of the files, the rendition and the
segment's number. Nothing is kept between two calls, so any segment is as near as any other and its
bytes are the same whoever computes them, in whatever order.

An encoder that starts cold clicks at each join. It is therefore fed eight packets from before the
segment, whose output is thrown away: the error at joins then is that of one long encode.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final

from homestream.errors import MediaError
from homestream.formats import fmp4
from homestream.media import late, mix, timeline
from homestream.media import programme as programmes
from homestream.media.ladder import Rendition
from homestream.media.programme import Programme
from homestream.media.source import Source

if TYPE_CHECKING:
    import av
    import numpy as np
    from numpy.typing import NDArray
else:
    av, np = late.module("av"), late.module("numpy")

WARM_UP: Final = 8  # packets
LOOK_AHEAD: Final = 3  # packets
# Raised when the same input gives other bytes for a reason that lies in this project.
_VERSION: Final = 1
# Without intensity stereo the fast coder reaches the quality of the two-loop search at a lower,
# steadier bit rate and in 40 % of the time, from 128 kbit/s up; below, both are poor and the search
# is the lesser evil. Noise substitution off costs nothing and keeps decoding the same each time.
_FAST: Final = {"aac_coder": "fast", "aac_is": "0", "aac_pns": "0"}
_CAREFUL: Final = {"aac_coder": "twoloop", "aac_pns": "0"}
_CAREFUL_BELOW: Final = 96_000  # bit/s
# The fast coder has one fault: where few bits are asked for it makes its steps so fine that a pure
# tone louder than this no longer fits, and cuts it off (9 dB of signal to noise at full scale).
# Such tones are looked at again after decoding; the error allowed is a part of the tone.
_LOUD_TONE: Final = 0.38
_TONE_ERROR: Final = 0.15
_BLOCK: Final = 2048  # samples


def identity(rendition: Rendition) -> str:
    """What the bytes of a segment depend on beside its input: belongs in every cache key."""
    chosen = _CAREFUL if _careful(rendition) else _FAST
    options = ",".join(f"{name}={value}" for name, value in chosen.items())
    versions = " ".join(
        f"{library} {'.'.join(map(str, av.library_versions[library]))}"
        for library in ("libavcodec", "libavformat", "libswresample")
    )
    return f"{_VERSION} pyav {av.__version__} {versions} warm-up {WARM_UP} {options}"


def init(programme: Programme, rendition: Rendition) -> bytes:
    """The init segment. Cheap and pure: it needs no file and no worker."""
    return fmp4.init(
        sample_rate=rendition.sample_rate,
        channels=rendition.channels,
        bit_rate=rendition.bit_rate,
        samples=programmes.samples(programme, rendition.sample_rate),
        priming=timeline.PRIMING,
    )


def reach(programme: Programme, rendition: Rendition, number: int) -> range:
    """The items that segment `number` is made from: a range of places in `programme.items`.

    NotFound past the end.
    """
    start, end = _window(timeline.segment(programme, rendition, number))
    return programmes.touching(programme, rendition.sample_rate, start, end)


def segment(
    sources: list[Source], programme: Programme, rendition: Rendition, number: int
) -> bytes:
    """Segment `number` (0-based) as styp, moof and mdat.

    `sources` are those of the items in `reach(programme, rendition, number)`, in their order.
    NotFound past the end, MediaError for a file that cannot be opened.
    """
    cut = timeline.segment(programme, rendition, number)
    start, end = _window(cut)
    packets = _encode(mix.sound(sources, programme, rendition, start, end), rendition, start)
    try:
        wanted = [
            packets[(packet - 1) * timeline.PACKET]
            for packet in range(cut.first_packet, cut.end_packet)
        ]
    except KeyError as error:
        raise MediaError("encoder left out a packet") from error
    return fmp4.segment(
        sequence=number + 1,
        decode_time=cut.first_packet * timeline.PACKET,
        packet_samples=timeline.PACKET,
        packets=wanted,
    )


def _window(cut: timeline.Segment) -> tuple[int, int]:
    """The samples that the encoder is fed, which may begin before 0 and end after the last."""
    first = (cut.first_packet - 1 - WARM_UP) * timeline.PACKET
    return first, (cut.end_packet - 1 + LOOK_AHEAD) * timeline.PACKET


def _careful(rendition: Rendition) -> bool:
    return rendition.bit_rate < _CAREFUL_BELOW


def _encode(sound: NDArray[np.float32], rendition: Rendition, start: int) -> dict[int, bytes]:
    """Encoded packets by their time in samples. `start` is the time of the first sample."""
    if _careful(rendition):
        return _packets(sound, rendition, start, _CAREFUL)
    packets = _packets(sound, rendition, start, _FAST)
    if _spoils_tones(packets, sound, rendition):
        return _packets(sound, rendition, start, _CAREFUL)
    return packets


def _packets(
    sound: NDArray[np.float32], rendition: Rendition, start: int, options: dict[str, str]
) -> dict[int, bytes]:
    encoder: Any = av.CodecContext.create(rendition.codec, "w")
    encoder.sample_rate = rendition.sample_rate
    encoder.layout = mix.layout_of(rendition.channels)
    encoder.format = "fltp"
    encoder.bit_rate = rendition.bit_rate
    encoder.time_base = Fraction(1, rendition.sample_rate)
    encoder.thread_count = 1
    encoder.options = options
    frame = mix.frame(sound, rendition.sample_rate, start)
    try:
        encoder.open()
        return {packet.pts: bytes(packet) for packet in encoder.encode(frame)}
    except av.FFmpegError as error:
        reason = (error.strerror or "unknown").lower()
        raise MediaError(f"sound cannot be encoded: {reason}") from error


def _spoils_tones(
    packets: dict[int, bytes], sound: NDArray[np.float32], rendition: Rendition
) -> bool:
    """Whether a loud tone in `sound` does not come back from the packets."""
    window = np.hanning(_BLOCK).astype(np.float32)
    window /= window.sum() / 2  # a full-scale tone has the height 1
    blocks = _blocks(sound)
    # The first packets lack what came before them.
    blocks[:, : WARM_UP // 2 * timeline.PACKET // _BLOCK] = 0
    loud = np.argwhere(np.abs(blocks).max(axis=2) > _LOUD_TONE)
    tones = np.abs(np.fft.rfft(blocks[loud[:, 0], loud[:, 1]] * window))
    pitches, heights = tones.argmax(axis=1), tones.max(axis=1)
    chosen = heights > _LOUD_TONE
    if not chosen.any():
        return False
    channel, block = loud[chosen].T
    heard = _blocks(_decoded(packets, rendition)[:, timeline.PRIMING :][:, : sound.shape[1]])
    there = block < heard.shape[1]
    channel, block = channel[there], block[there]
    error = np.abs(np.fft.rfft((heard[channel, block] - blocks[channel, block]) * window))
    at_pitch = error[np.arange(len(error)), pitches[chosen][there]]
    return bool((at_pitch > _TONE_ERROR * heights[chosen][there]).any())


def _blocks(sound: NDArray[np.float32]) -> NDArray[np.float32]:
    """`sound` in whole blocks, float32 [channels, blocks, _BLOCK]."""
    count = sound.shape[1] // _BLOCK
    return sound[:, : count * _BLOCK].reshape(len(sound), count, _BLOCK).copy()


def _decoded(packets: dict[int, bytes], rendition: Rendition) -> NDArray[np.float32]:
    """What a player makes of the packets, from the first one on, float32 [channels, samples]."""
    decoder: Any = av.CodecContext.create(rendition.codec, "r")
    decoder.extradata = fmp4.audio_specific_config(rendition.sample_rate, rendition.channels)
    decoder.thread_count = 1
    parts = [
        frame.to_ndarray()
        for time in sorted(packets)
        for frame in decoder.decode(av.Packet(packets[time]))
    ]
    return np.concatenate(parts, axis=1)
