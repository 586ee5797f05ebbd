"""What is known of a file's sound, as a value that travels between processes."""

from __future__ import annotations

from typing import Final

import msgspec

LOSSLESS = frozenset(
    {"flac", "alac", "wavpack", "ape", "tta", "pcm", "wmalossless", "mlp", "truehd", "shorten"}
)


_EXACT_TIMES: Final = {
    "flac": ("flac",),
    "tta": ("tta",),
    "wav": ("pcm_",),
    "w64": ("pcm_",),
    "aiff": ("pcm_",),
    "au": ("pcm_",),
    "mov": ("alac",),
}


class Facts(msgspec.Struct, frozen=True, omit_defaults=True):
    """The sound of one file. Names of formats are spelt as FFmpeg spells them.

    The canonical PCM of a file is what libavcodec gives when it is decoded once from its start,
    the encoder's delay already skipped. `samples` counts it, per channel, at `sample_rate`.
    """

    container: str  # demuxer: "mp3", "flac", "ogg", "mov,mp4,m4a,3gp,3g2,mj2", "wav" ...
    codec: str  # "mp3", "flac", "aac", "alac", "vorbis", "opus", "pcm_s16le" ...
    sample_rate: int  # Hz
    channels: int
    layout: str  # "mono", "stereo", "5.1" ...
    samples: int
    samples_exact: bool  # False: an estimate from the header; see measure.measure
    delay_samples: int = 0  # encoder delay which the decoder skips, told for the record
    bit_depth: int | None = None  # of lossless codecs
    bit_rate: int | None = None  # bit/s, mean over the file
    profile: str | None = None  # "LC", "HE-AAC" ...
    # Packed packet index of pcm.PacketIndex; empty until the file was read through once.
    index: bytes = b""

    @property
    def duration(self) -> float:
        """Seconds."""
        return self.samples / self.sample_rate

    @property
    def lossless(self) -> bool:
        return self.codec in LOSSLESS or self.codec.startswith("pcm_")

    @property
    def needs_index(self) -> bool:
        """Whether exact reads need the packet index: False where times in the file are exact."""
        codecs = _EXACT_TIMES.get(self.container.split(",")[0], ())
        return not self.codec.startswith(codecs) if codecs else True

    @property
    def lacks_index(self) -> bool:
        """Whether the index is needed and not there yet: reads decode from the start."""
        return not self.index and self.needs_index
