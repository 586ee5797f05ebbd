"""Which codecs PyAV has of those we need."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from homestream.media import late

if TYPE_CHECKING:
    import av
else:
    av = late.module("av")

DECODERS: Final = (
    "mp3", "aac", "alac", "flac", "vorbis", "opus", "wmav2", "wavpack", "ape", "mpc8", "pcm_s16le",
)  # fmt: skip
ENCODERS: Final = ("aac", "flac", "libopus", "libmp3lame")


def missing() -> list[str]:
    """What is needed and not there, such as "decoder ape"."""
    lacking = [f"decoder {name}" for name in DECODERS if not _has(name, "r")]
    return lacking + [f"encoder {name}" for name in ENCODERS if not _has(name, "w")]


def summary() -> str:
    """The versions in use, in words."""
    library = ".".join(str(part) for part in av.library_versions["libavcodec"])
    return f"PyAV {av.__version__} with libavcodec {library} reads and writes all that is needed"


def _has(name: str, mode: str) -> bool:
    try:
        av.codec.Codec(name, mode)  # type: ignore[arg-type]
    except av.codec.codec.UnknownCodecError:
        return False
    return True
