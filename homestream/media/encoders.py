"""The encoders: what each is fed beside what is wanted of it, and what it is asked for.

An encoder that starts cold clicks at each join. It is therefore fed packets from before those that
are wanted, whose output is thrown away: the error at joins then is that of one long encode. MP3
gives the very bytes of one; FLAC needs nothing of the kind.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from math import gcd
from typing import TYPE_CHECKING, Any, Final

from homestream.errors import MediaError
from homestream.formats import flac, fmp4
from homestream.media import late, mix
from homestream.media.ladder import AAC_FRAME, AAC_PRIMING, Rendition

if TYPE_CHECKING:
    import av
    import numpy as np
    from numpy.typing import NDArray
else:
    av, np = late.module("av"), late.module("numpy")

# packets that are fed ahead of those that are wanted
WARM_UP: Final = {"aac": 8, "opus": 25, "mp3": 4, "flac": 0}
# packets that are fed after them, for the encoder to look at
LOOK_AHEAD: Final = {"aac": 3, "opus": 0, "mp3": 3, "flac": 0}
_LIBRARIES: Final = {"aac": "aac", "opus": "libopus", "mp3": "libmp3lame", "flac": "flac"}
# Without intensity stereo the fast coder reaches the quality of the two-loop search at a lower,
# steadier bit rate and in 40 % of the time, from 128 kbit/s up; below, both are poor and the search
# is the lesser evil. Noise substitution off costs nothing and keeps decoding the same each time.
_FAST: Final = {"aac_coder": "fast", "aac_is": "0", "aac_pns": "0"}
_CAREFUL: Final = {"aac_coder": "twoloop", "aac_pns": "0"}
_CAREFUL_BELOW: Final = 96_000  # bit/s
# A packet of Opus is 20 ms, coded alike whatever the sound is taken for.
_OPUS: Final = {"application": "audio", "frame_duration": "20", "vbr": "on"}
# Without its reservoir a packet holds all of its own bits, so that it can be made alone.
_MP3: Final = {"reservoir": "0", "compression_level": "7"}
_FLAC: Final = {"compression_level": "5"}
# The fast coder has one fault: where few bits are asked for it makes its steps so fine that a pure
# tone louder than this no longer fits, and cuts it off (9 dB of signal to noise at full scale).
# Such tones are looked at again after decoding; the error allowed is a part of the tone.
_LOUD_TONE: Final = 0.38
_TONE_ERROR: Final = 0.15
_BLOCK: Final = 2048  # samples


def identity(rendition: Rendition) -> str:
    """Which encoder with which options makes the packets, in words."""
    options = ",".join(f"{name}={value}" for name, value in _options(rendition).items())
    versions = " ".join(
        f"{library} {'.'.join(map(str, av.library_versions[library]))}"
        for library in ("libavcodec", "libavformat", "libswresample")
    )
    warm_up = WARM_UP[rendition.codec]
    return f"pyav {av.__version__} {versions} warm-up {warm_up} {options}"


def window(rendition: Rendition, first: int, end: int, samples: int) -> tuple[int, int]:
    """The samples that the encoder is fed for packets [first, end) of a sound that long.

    They may begin before 0 and end after the last one; zeros are meant there.
    """
    frame = rendition.frame
    begin = first - WARM_UP[rendition.codec]
    match rendition.codec:
        case "aac":  # packet 0 is there before the first sample
            return (begin - 1) * frame, (end - 1 + LOOK_AHEAD["aac"]) * frame
        case "mp3":
            cycle = _mp3_cycle(rendition)
            return max(begin // cycle * cycle, 0) * frame, (end + LOOK_AHEAD["mp3"]) * frame
        case "flac":  # the last packet is as short as the rest of the sound
            return first * frame, max(min(end * frame, samples), first * frame + 1)
    return begin * frame, (end + LOOK_AHEAD[rendition.codec]) * frame


def packets(
    sound: NDArray[np.float32], rendition: Rendition, start: int, first: int, end: int
) -> list[bytes]:
    """Packets [first, end) of the rendition, made of the sound in their `window`.

    `start` is the number of its first sample. MediaError where an encoder does not do it.
    """
    match rendition.codec:
        case "aac":
            made = _aac(sound, rendition, start)
        case "flac":
            made = _flac(sound, rendition, start)
        case _:
            made = _made(sound, rendition, start, _options(rendition))
    frame, priming = rendition.frame, rendition.priming
    try:
        return [made[packet * frame - priming] for packet in range(first, end)]
    except KeyError as error:
        raise MediaError("encoder left out a packet") from error


def _options(rendition: Rendition) -> Mapping[str, str]:
    match rendition.codec:
        case "aac":
            return _CAREFUL if _careful(rendition) else _FAST
        case "opus":
            return _OPUS
        case "mp3":
            return _MP3
    return {**_FLAC, "frame_size": str(rendition.frame)}


def _careful(rendition: Rendition) -> bool:
    return rendition.bit_rate < _CAREFUL_BELOW


def _mp3_cycle(rendition: Rendition) -> int:
    """After how many packets their sizes come again.

    Where a packet is no whole number of bytes long, some are one byte longer, and LAME counts from
    where it starts.
    """
    bits = rendition.frame // 8 * rendition.bit_rate
    return rendition.sample_rate // gcd(bits, rendition.sample_rate)


def _made(
    sound: NDArray[Any], rendition: Rendition, start: int, options: Mapping[str, str]
) -> dict[int, bytes]:
    """Encoded packets by their time in samples. `start` is the time of the first sample."""
    encoder: Any = av.CodecContext.create(_LIBRARIES[rendition.codec], "w")
    frame = _frame(sound, rendition, start)
    encoder.sample_rate = rendition.sample_rate
    encoder.layout = frame.layout
    encoder.format = frame.format
    if not rendition.lossless:
        encoder.bit_rate = rendition.bit_rate
    encoder.time_base = Fraction(1, rendition.sample_rate)
    encoder.thread_count = 1
    encoder.options = dict(options)
    try:
        encoder.open()
        made = {packet.pts: bytes(packet) for packet in encoder.encode(frame)}
        if rendition.codec == "flac":  # what is left is its last packet, not padding
            made |= {packet.pts: bytes(packet) for packet in encoder.encode(None) if packet.size}
    except av.FFmpegError as error:
        reason = (error.strerror or "unknown").lower()
        raise MediaError(f"sound cannot be encoded: {reason}") from error
    return made


def _frame(sound: NDArray[Any], rendition: Rendition, start: int) -> Any:
    """The sound as a frame of FFmpeg's in the encoder's own format."""
    match rendition.codec:
        case "opus":
            kind = "flt"
        case "flac":
            kind = "s16" if sound.dtype == np.int16 else "s32"
        case _:
            return mix.frame(sound, rendition.sample_rate, start)
    interleaved = np.ascontiguousarray(sound.T).reshape(1, -1)
    layout = mix.layout_of(rendition.channels)
    frame = av.AudioFrame.from_ndarray(interleaved, format=kind, layout=layout)
    frame.sample_rate = rendition.sample_rate
    frame.time_base = Fraction(1, rendition.sample_rate)
    frame.pts = start
    return frame


def _flac(sound: NDArray[np.float32], rendition: Rendition, start: int) -> dict[int, bytes]:
    made = _made(_whole_numbers(sound, rendition), rendition, start, _options(rendition))
    return {time: flac.renumbered(made[time], time // rendition.frame) for time in made}


def _whole_numbers(sound: NDArray[np.float32], rendition: Rendition) -> NDArray[Any]:
    """The sound as integers, at the upper end of 16 or 32 bits."""
    most = 1 << (rendition.bit_depth or 16) - 1
    scaled = np.clip(np.rint(sound.astype(np.float64) * most), -most, most - 1)
    if most == 1 << 15:
        return scaled.astype(np.int16)
    return scaled.astype(np.int32) << 8


def _aac(sound: NDArray[np.float32], rendition: Rendition, start: int) -> dict[int, bytes]:
    if _careful(rendition):
        return _made(sound, rendition, start, _CAREFUL)
    made = _made(sound, rendition, start, _FAST)
    if _spoils_tones(made, sound, rendition):
        return _made(sound, rendition, start, _CAREFUL)
    return made


def _spoils_tones(
    packets: dict[int, bytes], sound: NDArray[np.float32], rendition: Rendition
) -> bool:
    """Whether a loud tone in `sound` does not come back from the packets."""
    window = np.hanning(_BLOCK).astype(np.float32)
    window /= window.sum() / 2  # a full-scale tone has the height 1
    blocks = _blocks(sound)
    # The first packets lack what came before them.
    blocks[:, : WARM_UP["aac"] // 2 * AAC_FRAME // _BLOCK] = 0
    loud = np.argwhere(np.abs(blocks).max(axis=2) > _LOUD_TONE)
    tones = np.abs(np.fft.rfft(blocks[loud[:, 0], loud[:, 1]] * window))
    pitches, heights = tones.argmax(axis=1), tones.max(axis=1)
    chosen = heights > _LOUD_TONE
    if not chosen.any():
        return False
    channel, block = loud[chosen].T
    heard = _blocks(_decoded(packets, rendition)[:, AAC_PRIMING:][:, : sound.shape[1]])
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
