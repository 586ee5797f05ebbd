"""What is read of a file's sound, and which files are refused."""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import zlib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from homestream.media import probe, tagfile
from homestream.media.facts import Facts
from homestream.media.source import Source
from tests import media_files

# of these the header and the end of the file tell the count
EXACT = {
    "mp3", "flac", "alac", "vorbis", "opus", "oggflac", "wav", "wav24", "aiff", "wavpack", "tta",
}  # fmt: skip
CODECS = {
    "mp3": "mp3", "mp3-bare": "mp3", "aac": "aac", "m4a": "aac", "alac": "alac", "flac": "flac",
    "vorbis": "vorbis", "opus": "opus", "oggflac": "flac", "wav": "pcm_s16le",
    "wav24": "pcm_s24le", "aiff": "pcm_s16be", "wma": "wmav2", "wavpack": "wavpack", "tta": "tta",
    "mka": "flac", "webm": "opus", "ac3": "ac3", "ts": "aac",
}  # fmt: skip


def read(path: Path) -> probe.Read | probe.Refused:
    (found,) = probe.read([Source(path=bytes(path))], [path.name])
    return found


def good(path: Path) -> probe.Read:
    found = read(path)
    assert isinstance(found, probe.Read), found
    return found


def refused(path: Path) -> str:
    found = read(path)
    assert isinstance(found, probe.Refused), found
    assert found.reason
    return found.reason


def facts(path: Path) -> Facts:
    return good(path).facts


@pytest.mark.parametrize("kind", media_files.KINDS)
def test_facts_of_every_format(tmp_path: Path, kind: str) -> None:
    how = media_files.KINDS[kind]
    found = facts(media_files.write(tmp_path / f"a{how.ending}", kind, samples=66_150))
    assert found.codec == CODECS[kind]
    assert (found.sample_rate, found.channels, found.layout) == (how.rate, 2, "stereo")
    assert found.lossless is how.lossless
    assert found.bit_depth == ((24 if kind == "wav24" else 16) if how.lossless else None)
    assert found.bit_rate is not None
    assert abs(found.duration - 66_150 / how.rate) < 0.1
    assert found.samples_exact is (kind in EXACT)


@pytest.mark.parametrize("samples", [3_000, 5_000, 22_050, 100_003])
@pytest.mark.parametrize("kind", sorted(EXACT))
def test_an_exact_count_equals_the_decoded_one(tmp_path: Path, kind: str, samples: int) -> None:
    path = tmp_path / f"a{media_files.KINDS[kind].ending}"
    media_files.write(path, kind, samples=samples)
    found = facts(path)
    if found.samples_exact:
        assert found.samples == media_files.decoded_samples(path)
    if samples > 50_000:
        assert found.samples_exact


@pytest.mark.parametrize("kind", sorted(EXACT))
@given(st.data())
@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_a_cut_file_never_claims_a_wrong_count(
    tmp_path: Path, kind: str, data: st.DataObject
) -> None:
    whole = media_files.sound(kind, samples=40_000)
    length = data.draw(st.integers(16, len(whole) - 1))
    path = tmp_path / "cut"
    path.write_bytes(whole[:length])
    found = read(path)
    if isinstance(found, probe.Read) and found.facts.samples_exact:
        assert found.facts.samples == media_files.decoded_samples(path)


@pytest.mark.parametrize("kind", ["mp3", "flac", "wavpack", "tta"])
def test_trailing_tags_do_not_change_the_count(tmp_path: Path, kind: str) -> None:
    path = media_files.write(tmp_path / f"a{media_files.KINDS[kind].ending}", kind)
    path.write_bytes(path.read_bytes() + b"TAG" + b"One".ljust(125, b"\0"))
    found = facts(path)
    assert found.samples_exact
    assert found.samples == media_files.decoded_samples(path)


def test_two_mp3_files_in_one_are_not_exact(tmp_path: Path) -> None:
    path = tmp_path / "a.mp3"
    path.write_bytes(media_files.sound("mp3") + media_files.sound("mp3-bare"))
    assert not facts(path).samples_exact


def test_two_ogg_files_in_one_are_not_exact(tmp_path: Path) -> None:
    path = tmp_path / "a.ogg"
    path.write_bytes(media_files.sound("vorbis") + media_files.sound("vorbis", seed=2))
    found = facts(path)
    assert not found.samples_exact or found.samples == media_files.decoded_samples(path)


@pytest.mark.parametrize("codec", ["libvorbis", "libopus", "flac"])
@pytest.mark.parametrize("seconds", ["0.02", "0.9", "3.17"])
def test_counts_of_ogg_files_by_another_writer(tmp_path: Path, codec: str, seconds: str) -> None:
    path = tmp_path / "a.ogg"
    run_ffmpeg("-f", "lavfi", "-i", f"sine=r=48000:d={seconds}", "-c:a", codec, path)
    found = facts(path)
    assert found.samples_exact is (codec != "libvorbis" or seconds == "3.17")
    assert not found.samples_exact or found.samples == media_files.decoded_samples(path)


def test_vorbis_whose_first_page_counts_too_little_is_counted_as_it_decodes(
    tmp_path: Path,
) -> None:
    # encoders do so when they begin with a short block; FFmpeg then keeps samples before 0
    path = tmp_path / "a.ogg"
    run_ffmpeg("-f", "lavfi", "-i", "sine=r=48000:d=3.17", "-c:a", "libvorbis", path)
    path.write_bytes(with_granules_less(path.read_bytes(), 128))
    found = facts(path)
    assert found.samples_exact
    assert found.samples == media_files.decoded_samples(path) == 152_160


def with_granules_less(whole: bytes, less: int) -> bytes:
    """An Ogg file whose pages of sound count `less` samples."""
    pages = [b"OggS" + page for page in whole.split(b"OggS")[1:]]
    for number, page in enumerate(pages):
        granule = int.from_bytes(page[6:14], "little")
        if granule:
            page = page[:6] + (granule - less).to_bytes(8, "little") + page[14:]
            check = 0
            for byte in page[:22] + bytes(4) + page[26:]:
                check ^= byte << 24
                for _ in range(8):
                    check = (check << 1 ^ (0x104C11DB7 if check & 0x80000000 else 0)) & 0xFFFFFFFF
            pages[number] = page[:22] + check.to_bytes(4, "little") + page[26:]
    return b"".join(pages)


def test_facts_of_six_channels(tmp_path: Path) -> None:
    found = facts(media_files.write(tmp_path / "a.flac", "flac", channels=6))
    assert (found.channels, found.layout) == (6, "5.1")


def test_a_layout_that_the_header_does_not_name_is_the_usual_one(tmp_path: Path) -> None:
    assert facts(media_files.write(tmp_path / "a.wav", "wav", channels=1)).layout == "mono"


def test_the_delay_that_the_decoder_skips_is_told(tmp_path: Path) -> None:
    assert facts(media_files.write(tmp_path / "a.mp3", "mp3")).delay_samples == 1105
    assert facts(media_files.write(tmp_path / "a.opus", "opus")).delay_samples == 312


# -- the key ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", media_files.TAGGED)
def test_the_key_survives_tags_art_and_a_move(tmp_path: Path, kind: str) -> None:
    ending = media_files.KINDS[kind].ending
    path = media_files.write(tmp_path / f"a{ending}", kind, samples=60_000)
    before = good(path)
    media_files.tag(path, kind, {"title": "T" * 900, "artist": "A"}, picture=os.urandom(200_000))
    moved = path.rename(tmp_path / f"b{ending}")
    after = good(moved)
    assert after.tags.title
    assert after.audio_key == before.audio_key
    assert after.facts == before.facts or after.facts.bit_rate != before.facts.bit_rate


@pytest.mark.parametrize("kind", media_files.KINDS)
def test_different_recordings_have_different_keys(tmp_path: Path, kind: str) -> None:
    keys = set()
    for number, (seed, samples) in enumerate([(1, 22_050), (2, 22_050), (1, 44_100)]):
        path = tmp_path / f"{number}{media_files.KINDS[kind].ending}"
        keys.add(good(media_files.write(path, kind, samples=samples, seed=seed)).audio_key)
    assert len(keys) == 3


@pytest.mark.parametrize("kind", ["wav", "mp3-bare", "ac3"])
def test_a_shared_beginning_does_not_make_a_shared_key(tmp_path: Path, kind: str) -> None:
    # the jingle of a programme, longer than the packets that are read
    import numpy as np

    how = media_files.KINDS[kind]
    jingle = media_files.notes(how.rate * 10, how.rate, 2, seed=1)
    keys = set()
    for seed in (2, 3):
        rest = media_files.notes(how.rate * 10, how.rate, 2, seed=seed)
        path = tmp_path / f"{seed}{how.ending}"
        path.write_bytes(media_files.encode(kind, np.concatenate([jingle, rest], axis=1)))
        keys.add(good(path).audio_key)
    assert len(keys) == 2


@pytest.mark.parametrize("other", ["oga", "mka", "m4a"])
def test_flac_in_another_container_is_known_as_the_same_sound(tmp_path: Path, other: str) -> None:
    path = media_files.write(tmp_path / "a.flac", "flac")
    moved = tmp_path / f"a.{other}"
    kind = {"oga": "ogg", "mka": "matroska", "m4a": "mp4"}[other]
    run_ffmpeg("-i", path, "-c", "copy", "-strict", "-2", "-f", kind, moved)
    assert good(moved).audio_key == good(path).audio_key


def test_flac_without_an_md5_has_a_key_by_its_packets(tmp_path: Path) -> None:
    path = media_files.write(tmp_path / "a.flac", "flac")
    whole = bytearray(path.read_bytes())
    whole[26:42] = bytes(16)
    path.write_bytes(whole)
    assert good(path).audio_key.startswith(b"pkts")


# -- files that lie --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("zero.flac", b""),
        ("short.flac", b"fLaC\0\0\0\x22"),
        ("header-only.flac", media_files.sound("flac")[:42]),
        ("text.mp3", b"Not a song, only words about one.\n" * 40),
        ("sbagen.mp3", b"-SE\n\nall: 100+10/50\nNOW all\n      "),
        ("object.json", json.dumps({"a": [1, 2, 3]} | {str(n): n for n in range(90)}).encode()),
        ("lyrics.mp3", b"[00:01.00]One\n[00:02.00]Two\n" * 20),
        ("page.mp3", b"<!doctype html><html><body>" + b"<p>hello</p>" * 99),
        ("zeros.mp3", bytes(100_000)),
        ("zeros.wav", bytes(100_000)),
        ("noise.mp3", random.Random(1).randbytes(100_000)),
        ("picture.mp3", media_files.image()),
        ("picture.flac", media_files.image("PNG")),
        ("sdp.mp3", b"v=0\no=- 0 0 IN IP4 127.0.0.1\nc=IN IP4 127.0.0.1\nm=audio 9 RTP/AVP 0\n"),
        ("concat.mp3", b"ffconcat version 1.0\nfile 'canary.wav'\n"),
    ],
)
def test_what_is_no_sound_is_refused_with_a_reason(
    tmp_path: Path, name: str, content: bytes
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    assert refused(path) == refused(path).strip()


@pytest.mark.parametrize("name", ["lure.m3u8", "lure.mp3", "lure.wav"])
@pytest.mark.parametrize("scheme", ["", "file:", "../lure/"])
def test_a_playlist_does_not_open_another_file(tmp_path: Path, name: str, scheme: str) -> None:
    canary = media_files.write(tmp_path / "lure" / "canary.wav", "wav")
    os.utime(canary, ns=(0, 10**18))
    target = f"{scheme}{canary if scheme != '../lure/' else canary.name}"
    lure = tmp_path / "lure" / name
    lure.write_text(
        f"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\n{target}\n#EXT-X-ENDLIST\n"
        + "# padding\n" * 9
    )
    refused(lure)
    assert canary.stat().st_atime_ns == 0


def test_a_lure_handed_over_as_a_descriptor_is_refused_too(tmp_path: Path) -> None:
    canary = media_files.write(tmp_path / "canary.wav", "wav")
    lure = tmp_path / "lure.mp3"
    lure.write_text(f"ffconcat version 1.0\nfile '{canary}'\n")
    fd = os.open(lure, os.O_RDONLY)
    try:
        (found,) = probe.read([Source(fd=fd)], ["lure.mp3"])
    finally:
        os.close(fd)
    assert isinstance(found, probe.Refused)


def test_what_is_no_regular_file_is_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.mp3")
    media_files.write(tmp_path / "a.wav", "wav")
    (tmp_path / "link.wav").symlink_to(tmp_path / "a.wav")
    (tmp_path / "folder.mp3").mkdir()
    for name in ("pipe.mp3", "link.wav", "folder.mp3", "missing.mp3"):
        refused(tmp_path / name)


@pytest.mark.parametrize("rate", [1, 7_999, 800_000])
def test_rates_outside_what_sound_has_are_refused(tmp_path: Path, rate: int) -> None:
    path = media_files.write(tmp_path / "a.wav", "wav")
    whole = bytearray(path.read_bytes())
    whole[24:28] = rate.to_bytes(4, "little")
    path.write_bytes(whole)
    assert "rate" in refused(path)


def test_a_film_without_sound_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    run_ffmpeg("-f", "lavfi", "-i", "testsrc=d=1:s=64x64", "-c:v", "mpeg4", path)
    assert "no audio" in refused(path)


def test_one_bad_file_refuses_only_itself(tmp_path: Path) -> None:
    paths = [media_files.write(tmp_path / f"{n}.mp3", "mp3", seed=n) for n in range(3)]
    paths[1].write_bytes(b"no sound at all, just a few words in a file")
    found = probe.read([Source(path=bytes(path)) for path in paths], [p.name for p in paths])
    assert [type(each) for each in found] == [probe.Read, probe.Refused, probe.Read]


def test_a_header_that_promises_more_than_the_file_holds_is_not_believed(tmp_path: Path) -> None:
    for kind in ("wav", "flac", "aiff"):
        whole = media_files.sound(kind, samples=100_000)
        path = tmp_path / f"a.{kind}"
        path.write_bytes(whole[: len(whole) // 2])
        found = facts(path)
        assert not found.samples_exact


def test_a_frame_that_inflates_to_too_much_is_left_out(tmp_path: Path) -> None:
    packed = zlib.compress(b"\0" * 8_000_000)
    size = len(packed) + 4

    def synchsafe(number: int) -> bytes:
        return bytes(number >> shift & 127 for shift in (21, 14, 7, 0))

    frame = b"TXXX" + synchsafe(size) + b"\0\x09" + synchsafe(8_000_000) + packed
    path = tmp_path / "a.mp3"
    head = b"ID3\x04\0\0" + synchsafe(len(frame))
    path.write_bytes(head + frame + media_files.sound("mp3"))
    assert good(path).tags.title == ""


def test_a_million_frames_are_not_read(tmp_path: Path) -> None:
    frame = b"TXXX\0\0\0\x04\0\0\0a\0b"
    body = frame * 200_000
    size = bytes(len(body) >> shift & 127 for shift in (21, 14, 7, 0))
    path = tmp_path / "a.mp3"
    path.write_bytes(b"ID3\x04\0\0" + size + body + media_files.sound("mp3"))
    with path.open("rb") as file:
        assert tagfile.load(file, "mp3").found == ()


@pytest.mark.parametrize("kind", media_files.KINDS)
def test_flipped_bytes_never_raise(tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"a{media_files.KINDS[kind].ending}"
    fields = {"title": "T", "artist": "A", "tracknumber": "1/2"}
    media_files.write(path, kind, fields if kind in media_files.TAGGED else None)
    whole = path.read_bytes()
    for seed in range(25):
        dice = random.Random(seed)
        broken = bytearray(whole)
        for _ in range(dice.choice([1, 4, 40])):
            broken[dice.randrange(min(len(broken), dice.choice([64, 1024, 10**6])))] ^= (
                1 << dice.randrange(8)
            )
        path.write_bytes(broken)
        found = read(path)
        assert isinstance(found, probe.Read) or found.reason


@pytest.mark.parametrize("kind", ["mp3", "flac", "m4a", "wavpack"])
def test_damaged_tags_do_not_cost_the_sound(tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"a{media_files.KINDS[kind].ending}"
    media_files.write(path, kind, {"title": "Some Title"})
    whole = path.read_bytes()
    path.write_bytes(whole.replace(b"Some Title", b"\xff\xfe\x00\xd8\xff\xff\x80\x81\x00\x00"))
    assert good(path).facts.codec


def run_ffmpeg(*arguments: str | Path) -> None:
    if shutil.which("ffmpeg") is None:
        assert not os.environ.get("CI"), "ffmpeg is needed"
        pytest.skip("ffmpeg is not installed")
    command = ["ffmpeg", "-nostdin", "-v", "error", *map(str, arguments)]
    subprocess.run(command, check=True, timeout=30)


def test_file_that_is_mostly_a_hole_is_refused_at_once(tmp_path: Path) -> None:
    path = tmp_path / "begun.mp3"
    with path.open("wb") as file:
        file.write(b"ID3\x04\x00\x00\x00\x00\x00\x00")
        file.truncate(8 << 30)
    (answer,) = probe.read([Source(path=bytes(path))], ["begun.mp3"])
    assert answer == probe.Refused("file is not all there: most of it is a hole")
