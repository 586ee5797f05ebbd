"""CUE sheets as rippers and people write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homestream.errors import BadInput
from homestream.formats import charset, cue

SHEET = """\
REM GENRE "Dream Pop"
REM DATE 1991
REM REPLAYGAIN_ALBUM_GAIN -6.20 dB
PERFORMER "Ада и реки"
TITLE "He said "hi""
CATALOG 0724349830326
FILE "album.wav" WAVE
  TRACK 01 AUDIO
    TITLE "One"
    PERFORMER "A"
    ISRC GBAYE6700001
    REM REPLAYGAIN_TRACK_GAIN -5,00 dB
    INDEX 01 00:00:00
  TRACK 02 AUDIO
    TITLE Two
    SONGWRITER "W"
    INDEX 00 03:10:20
    INDEX 01 03:12:74
"""


def test_titles_people_times_and_remarks_are_read() -> None:
    sheet = cue.parse(SHEET)
    assert (sheet.title, sheet.performer) == ('He said "hi"', "Ада и реки")
    assert (sheet.catalog, sheet.files) == ("0724349830326", ("album.wav",))
    assert sheet.remarks["DATE"] == "1991"
    assert sheet.remarks["GENRE"] == "Dream Pop"
    one, two = sheet.tracks
    assert (one.title, one.performer, one.isrc) == ("One", "A", "GBAYE6700001")
    assert one.remarks == {"REPLAYGAIN_TRACK_GAIN": "-5,00 dB"}
    assert (two.title, two.songwriter) == ("Two", "W")
    assert two.pregap == (3 * 60 + 10) * 75 + 20
    assert two.begin == (3 * 60 + 12) * 75 + 74


def test_pregap_goes_with_the_track_before() -> None:
    first, second = cue.pieces(cue.parse(SHEET), 0)
    assert first.end == second.begin == (3 * 60 + 12) * 75 + 74
    assert second.end is None


def test_what_lies_before_the_first_track_is_hidden_there() -> None:
    text = SHEET.replace("INDEX 01 00:00:00", "INDEX 00 00:00:00\n    INDEX 01 01:00:00")
    hidden, first, _ = cue.pieces(cue.parse(text), 0)
    assert (hidden.track, hidden.begin, hidden.end) == (None, 0, 60 * 75)
    assert first.begin == 60 * 75


def test_some_silence_before_the_first_track_is_no_track() -> None:
    text = SHEET.replace("INDEX 01 00:00:00", "INDEX 01 00:00:32")
    assert next(piece.begin for piece in cue.pieces(cue.parse(text), 0)) == 32


def test_track_lies_in_the_file_of_its_index_one() -> None:
    """As EAC writes gaps that it appended to the file before."""
    sheet = cue.parse(
        'FILE "1.wav" WAVE\n TRACK 01 AUDIO\n INDEX 01 00:00:00\n TRACK 02 AUDIO\n'
        ' INDEX 00 03:00:00\nFILE "2.wav" WAVE\n INDEX 01 00:00:00\n'
    )
    assert [(track.file, track.pregap) for track in sheet.tracks] == [(0, None), (1, None)]
    assert cue.pieces(sheet, 0) == cue.pieces(sheet, 1) == ()


def test_data_ends_the_track_before_it() -> None:
    text = SHEET + "  TRACK 03 MODE1/2352\n    INDEX 01 05:00:00\n"
    assert cue.pieces(cue.parse(text), 0)[-1].end == 5 * 60 * 75


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "no tracks"),
        ("hello\x00world", "no tracks"),
        ("TRACK 01 AUDIO\nINDEX 01 0:61:00", "not a time"),
        ("TRACK 01 AUDIO\nINDEX 01 0:01:75", "not a time"),
        ("TRACK 01 AUDIO\nTITLE x", "no INDEX 01"),
        ("TRACK one AUDIO", "no number"),
        ("INDEX 01 00:00:00", "belongs to no track"),
        ("TRACK 01 AUDIO\nINDEX 01 0:0:0\n" * 1001, "more than 999"),
    ],
)
def test_what_is_no_sheet_is_refused_with_a_reason(text: str, reason: str) -> None:
    with pytest.raises(BadInput, match=reason):
        cue.parse(text)


def test_tracks_that_overlap_are_refused() -> None:
    text = SHEET.replace("INDEX 01 00:00:00", "INDEX 01 09:00:00")
    with pytest.raises(BadInput, match="before it begins"):
        cue.pieces(cue.parse(text), 0)


@pytest.mark.parametrize("rate", [8_000, 22_050, 32_000, 44_100, 48_000, 96_000, 192_000])
def test_frames_lie_on_the_nearest_sample(rate: int) -> None:
    for frames in (0, 1, 74, 75, 14_474, 359_999):
        assert abs(cue.samples(frames, rate) - frames * rate / 75) <= 0.5
    assert cue.samples(75, rate) == rate


@pytest.mark.parametrize(
    ("text", "encoded", "name"),
    [
        ("Für Élise – “née”", "cp1252", "cp1252"),
        ("Sigur Rós: Ágætis byrjun", "cp1252", "cp1252"),
        ("宇多田ヒカル「初恋」", "cp932", "cp932"),
        ("椎名林檎 / 無罪モラトリアム", "cp932", "cp932"),
        ("Ада и реки", "utf-8-sig", "utf-8-sig"),
        ("plain", "ascii", "utf-8"),
        ("Ada", "utf-16", "utf-16-le"),
    ],
)
def test_charset_is_guessed(text: str, encoded: str, name: str) -> None:
    assert charset.decode(f'TITLE "{text}"'.encode(encoded)) == (f'TITLE "{text}"', name)


@given(st.text() | st.text('TRACKINDEFL 0123456789:"\n'))
def test_any_text_is_a_sheet_or_is_refused(text: str) -> None:
    try:
        sheet = cue.parse(text)
        for number in range(len(sheet.files)):
            cue.pieces(sheet, number)
    except BadInput:
        pass


@given(st.binary(max_size=200))
def test_any_bytes_are_text(raw: bytes) -> None:
    assert isinstance(charset.decode(raw)[0], str)
