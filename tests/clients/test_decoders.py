"""Players that share no code with the server play every manifest: all of it, and nothing else.

They decode faster than time passes, to a file. None of the lossy streams is exact; each is compared
with the album as a whole and at every join. Most of these players play the encoder's priming, 23
ms, before the first sample; VLC never does, GStreamer's and FFmpeg's versions differ.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from urllib.parse import urlsplit

import av
import numpy as np
import pytest

from homestream.formats import m3u8
from tests.clients.conftest import MANIFESTS, PRIMING, RATE, Sound, Stream, delay, error
from tests.conftest import needed


def run(command: list[str], folder: Path, **more: str) -> str:
    """Runs a player to its end; what it said."""
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        timeout=60,
        cwd=folder,
        env={**os.environ, "HOME": str(folder), "XDG_RUNTIME_DIR": str(folder), **more},
    )
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    return said


def with_ffmpeg(url: str, file: Path) -> None:
    said = run([needed("ffmpeg"), "-v", "warning", "-i", url, "-map", "0:a:0",
                "-c", "pcm_f32le", str(file)], file.parent)  # fmt: skip
    assert said == ""


def with_gstreamer(url: str, file: Path) -> None:
    """GStreamer 1.22 gives up now and then (once in 80 times) when a stream that is so short is
    loaded to its end before its pad is shown; it says then that it could not download."""
    for last in (False, False, True):
        try:
            run([needed("gst-launch-1.0"), "-q", "uridecodebin3", f"uri={url}", "!",
                 "audioconvert", "!", "audio/x-raw,format=F32LE", "!", "wavenc", "!", "filesink",
                 f"location={file}"],
                file.parent, GST_REGISTRY=str(file.parent.parent / "gstreamer.bin"))  # fmt: skip
        except AssertionError as failure:
            if last or "Couldn't download fragments" not in str(failure):
                raise
        else:
            return


def with_mpv(url: str, file: Path) -> None:
    run([needed("mpv"), "--no-config", "--no-video", "--really-quiet", "--untimed", "--ao=pcm",
         f"--ao-pcm-file={file}", url], file.parent)  # fmt: skip


def with_vlc(url: str, file: Path) -> None:
    """VLC will not run as root. It is held to one variant: a WAV file takes no second decoder."""
    target = f"std{{access=file,mux=wav,dst={file}}}"
    command = [needed("cvlc"), "-q", "-I", "dummy", "--no-video", "--adaptive-logic=highest",
               "--sout", f"#transcode{{acodec=s16l,channels=2}}:{target}",
               url, "vlc://quit"]  # fmt: skip
    if os.geteuid() == 0:
        file.parent.chmod(0o777)
        command[:0] = [needed("setpriv"), "--reuid=65534", "--regid=65534", "--clear-groups"]
    run(command, file.parent)


PLAYERS = {
    "ffmpeg": with_ffmpeg, "gstreamer": with_gstreamer, "mpv": with_mpv, "vlc": with_vlc,
}  # fmt: skip


@pytest.fixture
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where a player writes, reachable for one that is not root."""
    folder = tmp_path_factory.mktemp("played")
    if os.geteuid() == 0:
        for each in (folder.parent, folder.parent.parent):
            each.chmod(each.stat().st_mode | 0o011)
    return folder / "played.wav"


def heard(player: str, url: str, file: Path) -> Sound:
    PLAYERS[player](url, file)
    with av.open(str(file)) as media:
        (stream,) = media.streams.audio
        assert (stream.rate, stream.codec_context.channels) == (RATE, 2)
        parts = [frame.to_ndarray().reshape(-1, 2).T for frame in media.decode(stream)]
    sound = np.concatenate(parts, axis=1)
    return sound / np.float32(32_768) if sound.dtype == np.int16 else sound


def variants(stream: Stream, manifest: str) -> list[m3u8.Variant]:
    return list(
        m3u8.read_multivariant(stream.house.ask("GET", stream.urls[manifest]).text).variants
    )


@pytest.mark.parametrize("manifest", MANIFESTS)
@pytest.mark.parametrize("player", PLAYERS)
def test_the_album_is_heard_whole(stream: Stream, player: str, manifest: str, file: Path):
    sound = heard(player, stream.urls[manifest], file)
    late = delay(sound, stream.sound)
    length = stream.sound.shape[1]
    assert -1 <= late <= PRIMING, late
    assert length <= sound.shape[1] - late <= length + 2 * PRIMING
    body = sound[:, max(late, 0) :][:, :length]
    # the lowest of the variants, where a player begins with it
    assert error(body, stream.sound[:, : body.shape[1]]) < -12
    # nothing is missing and nothing is there twice, at no place
    for begin in range(0, length - RATE, RATE // 2):
        part = slice(begin, begin + RATE // 2)
        assert error(body[:, part], stream.sound[:, part]) < -9, begin / RATE


@pytest.mark.parametrize("player", PLAYERS)
def test_one_encode_sounds_the_same_in_every_wrapping(stream: Stream, player: str, file: Path):
    sounds = []
    for manifest in ("hls", "hls_ts", "hls_packed"):
        url = stream.house.url + variants(stream, manifest)[-1].uri
        sounds.append(heard(player, url, file))
        file.unlink()
    first = sounds[0]
    assert error(first[:, delay(first, stream.sound) :][:, :RATE], stream.sound[:, :RATE]) < -20
    for other in sounds[1:]:
        assert other.shape == first.shape
        assert np.abs(other - first).max() < 1e-3  # VLC dithers


def other(stream: Stream, rendition: str) -> str:
    """The address of a rendition that the multivariant playlists do not list. Those of its segments
    are signed for the folder it lies in."""
    place = urlsplit(stream.urls["hls"]).path.replace("main.m3u8", f"{rendition}/index.m3u8")
    listed = m3u8.read_media(stream.house.ask("GET", place, token=stream.token).text)
    return urlsplit(stream.house.url + listed.parts[0].uri)._replace(path=place).geturl()


@pytest.mark.parametrize("player", PLAYERS)
def test_flac_is_the_album_bit_by_bit(stream: Stream, player: str, file: Path):
    sound = heard(player, other(stream, "flac"), file)
    assert sound.shape == stream.sound.shape
    assert np.array_equal(sound, stream.sound)


@pytest.mark.parametrize("player", PLAYERS)
def test_packed_mp3_is_heard_whole(stream: Stream, player: str, file: Path):
    sound = heard(player, other(stream, "mp3-192"), file)
    late = delay(sound, stream.sound)
    length = stream.sound.shape[1]
    assert 0 <= late <= 1_105 + 1_152
    assert length <= sound.shape[1] - late <= length + 2 * 1_152
    assert error(sound[:, late : late + length], stream.sound) < -20
