"""What is read from tags, in each format, and the traps that taggers leave."""

from __future__ import annotations

import io
from pathlib import Path

import av
import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mutagen import id3
from mutagen.apev2 import APEv2
from mutagen.flac import FLAC
from mutagen.mp4 import MP4, MP4FreeForm

from homestream.formats import lrc
from homestream.media import probe, tags
from homestream.media.source import Source
from tests import media_files

RECORDING = "aaaaaaaa-0000-4000-8000-000000000001"
TRACK = "aaaaaaaa-0000-4000-8000-000000000002"
RELEASE = "aaaaaaaa-0000-4000-8000-000000000003"
GROUP = "aaaaaaaa-0000-4000-8000-000000000004"
ANNA = "aaaaaaaa-0000-4000-8000-000000000005"
BEN = "aaaaaaaa-0000-4000-8000-000000000006"

EVERYTHING = {
    "title": "Über den Wolken",
    "titlesort": "Uber den Wolken",
    "artist": "Anna feat. Ben",
    "artists": ["Anna", "Ben"],
    "artistsort": "Anna, A. feat. Ben",
    "album": "The Long Way",
    "albumsort": "Long Way, The",
    "albumartist": "Anna",
    "albumartistsort": "Anna, A.",
    "tracknumber": "5/12",
    "discnumber": "2/3",
    "discsubtitle": "Night",
    "date": "2011-03-04",
    "originaldate": "1979-05-06",
    "genre": ["Rock", "Jazz"],
    "mood": "Calm",
    "compilation": "1",
    "itunesadvisory": "1",
    "musicbrainz_trackid": RECORDING,
    "musicbrainz_releasetrackid": TRACK,
    "musicbrainz_albumid": RELEASE,
    "musicbrainz_releasegroupid": GROUP,
    "musicbrainz_artistid": [ANNA, BEN],
    "musicbrainz_albumartistid": ANNA,
    "releasetype": ["album", "live"],
    "albumversion": "2011 remaster",
    "label": "Small Records",
    "catalognumber": "SM 1",
    "barcode": "4000000000000",
    "isrc": "DEA000000001",
    "media": "CD",
    "copyright": "(c) 2011 Small",
    "license": "https://creativecommons.org/publicdomain/zero/1.0/",
    "composer": ["Carl", "Dora"],
    "conductor": "Eva",
    "lyricist": "Fritz",
    "performer": ["Gus (piano)", "Hal (drums)"],
    "work": "A Work",
    "movementname": "Allegro",
    "movement": "2",
    "bpm": "120",
    "key": "Am",
    "comment": "Recorded at home",
    "language": "deu",
    "replaygain_track_gain": "-6.5 dB",
    "replaygain_track_peak": "0.98",
    "replaygain_album_gain": "-7.25 dB",
    "replaygain_album_peak": "0.99",
    "lyrics": "[00:01.00]One\n[00:02.50]Two",
}


def read_tags(path: Path) -> tags.Tags:
    (found,) = probe.read([Source(path=bytes(path))], [path.name])
    assert isinstance(found, probe.Read), found
    return found.tags


@pytest.mark.parametrize("kind", media_files.TAGGED)
def test_every_field_is_read_from_every_format(tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"a{media_files.KINDS[kind].ending}"
    media_files.write(path, kind, EVERYTHING, picture=media_files.image())
    (found,) = probe.read([Source(path=bytes(path))], [path.name])
    assert isinstance(found, probe.Read), found
    assert found.picture
    language = "eng" if kind in ("mp3", "mp3-bare", "aac", "tta", "wav", "wav24", "aiff") else "und"
    assert found.tags == tags.Tags(
        title="Über den Wolken",
        title_sort="Uber den Wolken",
        artists=("Anna", "Ben"),
        artist_credit="Anna feat. Ben",
        artist_sort="Anna, A. feat. Ben",
        artist_sorts=("Anna, A.", "Ben"),
        album="The Long Way",
        album_sort="Long Way, The",
        album_artists=("Anna",),
        album_artist_credit="Anna",
        album_artist_sort="Anna, A.",
        album_artist_sorts=("Anna, A.",),
        disc=2,
        disc_total=3,
        disc_subtitle="Night",
        position=5,
        position_total=12,
        date="2011-03-04",
        release_date="2011-03-04",
        original_date="1979-05-06",
        year=2011,
        original_year=1979,
        genres=("Rock", "Jazz"),
        moods=("Calm",),
        compilation=True,
        explicit=True,
        recording_mbid=RECORDING,
        track_mbid=TRACK,
        release_mbid=RELEASE,
        release_group_mbid=GROUP,
        artist_mbids=(ANNA, BEN),
        album_artist_mbids=(ANNA,),
        release_types=("album", "live"),
        version="2011 remaster",
        label="Small Records",
        catalog_number="SM 1",
        barcode="4000000000000",
        isrc="DEA000000001",
        media="CD",
        copyright="(c) 2011 Small",
        license="https://creativecommons.org/publicdomain/zero/1.0/",
        composers=("Carl", "Dora"),
        conductors=("Eva",),
        performers=(tags.Credit("Gus", "piano"), tags.Credit("Hal", "drums")),
        credits=(tags.Credit("Fritz", "lyricist"),),
        work="A Work",
        movement="Allegro",
        movement_number=2,
        bpm=120.0,
        key="Am",
        comment="Recorded at home",
        language="deu",
        replaygain=tags.ReplayGain(-6.5, 0.98, -7.25, 0.99),
        lyrics=(lrc.Lyrics(language, True, (lrc.Line(1000, "One"), lrc.Line(2500, "Two"))),),
    )


@pytest.mark.parametrize("kind", media_files.KINDS)
def test_an_untagged_file_has_empty_tags(tmp_path: Path, kind: str) -> None:
    path = media_files.write(tmp_path / f"a{media_files.KINDS[kind].ending}", kind)
    assert read_tags(path) == tags.Tags()


@pytest.mark.parametrize("kind", ["mka", "webm"])
def test_matroska_tags_come_from_ffmpeg(tmp_path: Path, kind: str) -> None:
    source = media_files.write(tmp_path / "source", kind)
    path = tmp_path / f"a.{kind}"
    with av.open(str(source)) as given, av.open(str(path), "w", format="matroska") as media:
        media.metadata.update({"title": "One", "artist": "A; B", "album": "Z", "track": "3/9"})
        stream = media.add_stream_from_template(given.streams.audio[0])
        for packet in given.demux(given.streams.audio[0]):
            if packet.size:
                packet.stream = stream
                media.mux(packet)
    found = read_tags(path)
    assert (found.title, found.artists, found.album) == ("One", ("A", "B"), "Z")
    assert (found.position, found.position_total) == (3, 9)


def test_riff_info_is_read_where_there_is_no_id3(tmp_path: Path) -> None:
    path = media_files.write(tmp_path / "a.wav", "wav")
    sound = path.read_bytes()
    info = b"INFOINAM" + (4).to_bytes(4, "little") + b"One\0"
    info += b"IART" + (4).to_bytes(4, "little") + b"Ann\0"
    sound += b"LIST" + len(info).to_bytes(4, "little") + info
    path.write_bytes(sound[:4] + (len(sound) - 8).to_bytes(4, "little") + sound[8:])
    found = read_tags(path)
    assert (found.title, found.artists) == ("One", ("Ann",))


# -- names -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "names"),
    [
        ("A feat. B", ("A", "B")),
        ("A Feat B", ("A", "B")),
        ("A ft. B", ("A", "B")),
        ("A (feat. B)", ("A", "B")),
        ("A [featuring B]", ("A", "B")),
        ("A / B", ("A", "B")),
        ("A; B", ("A", "B")),
        ("AC/DC", ("AC/DC",)),
        ("AC/DC; Bob", ("AC/DC", "Bob")),
        ("Simon & Garfunkel", ("Simon & Garfunkel",)),
        ("We;Na", ("We;Na",)),
        ("LOONA / ODD EYE CIRCLE", ("LOONA / ODD EYE CIRCLE",)),
        ("LOONA / ODD EYE CIRCLE feat. Grimes", ("LOONA / ODD EYE CIRCLE", "Grimes")),
        ("Tyler, the Creator", ("Tyler, the Creator",)),
        ("Defeat Soft", ("Defeat Soft",)),
        ("", ()),
        (" / ", (" / ",)),
    ],
)
def test_one_value_is_split_where_it_means_several_names(
    value: str, names: tuple[str, ...]
) -> None:
    assert tags.split_names(value) == names


@pytest.mark.parametrize(
    ("value", "ids", "names"),
    [
        ("Simon & Garfunkel", 1, ("Simon & Garfunkel",)),
        ("Simon & Garfunkel", 2, ("Simon", "Garfunkel")),
        ("A, B & C", 3, ("A", "B", "C")),
        ("AC/DC/Bob", 2, ("AC/DC", "Bob")),
        ("A / B", 1, ("A / B",)),
        ("A and B", 5, ("A and B",)),
        ("Earth, Wind & Fire feat. B", 2, ("Earth, Wind & Fire", "B")),
    ],
)
def test_the_count_of_musicbrainz_ids_decides_how_names_are_split(
    value: str, ids: int, names: tuple[str, ...]
) -> None:
    assert tags.split_names(value, ids) == names


@given(st.text(max_size=40), st.integers(0, 4))
def test_split_names_are_never_empty_and_come_from_the_value(value: str, ids: int) -> None:
    for name in tags.split_names(value, ids):
        assert name
        assert name in value or "(" in value or "[" in value


def test_a_repeated_field_is_never_split_further(tmp_path: Path) -> None:
    fields = {"title": "T", "artist": ["A feat. B", "C / D"]}
    found = read_tags(media_files.write(tmp_path / "a.flac", "flac", fields))
    assert found.artists == ("A feat. B", "C / D")
    assert found.artist_credit == "A feat. B • C / D"


def test_a_plural_field_alone_gives_the_credit_too(tmp_path: Path) -> None:
    found = read_tags(media_files.write(tmp_path / "a.flac", "flac", {"artists": ["A", "B"]}))
    assert (found.artists, found.artist_credit) == (("A", "B"), "A • B")


def test_the_singular_field_is_display_only_when_the_plural_is_there(tmp_path: Path) -> None:
    fields = {"artist": "A / B / C", "artists": ["A / B", "C"]}
    found = read_tags(media_files.write(tmp_path / "a.mp3", "mp3", fields))
    assert (found.artists, found.artist_credit) == (("A / B", "C"), "A / B / C")


def test_both_freeform_atoms_of_an_mp4_are_read(tmp_path: Path) -> None:
    path = media_files.write(tmp_path / "a.m4a", "m4a", {"title": "T"})
    media = MP4(path)
    media["----:com.apple.iTunes:ARTISTS"] = [MP4FreeForm(b"A"), MP4FreeForm(b"B")]
    media.save()
    assert read_tags(path).artists == ("A", "B")


def test_id3v23_values_that_picard_joined_are_taken_apart(tmp_path: Path) -> None:
    fields = {"artist": "AC/DC; Bob", "genre": "Rock; Pop", "title": "T"}
    found = read_tags(media_files.write(tmp_path / "a.mp3", "mp3", fields, id3_version=3))
    assert found.artists == ("AC/DC", "Bob")
    assert found.genres == ("Rock", "Pop")


def test_a_slash_of_id3v23_is_understood_with_the_ids(tmp_path: Path) -> None:
    fields = {"artist": "AC/DC/Bob", "musicbrainz_artistid": f"{ANNA}/{BEN}"}
    found = read_tags(media_files.write(tmp_path / "a.mp3", "mp3", fields, id3_version=3))
    assert found.artists == ("AC/DC", "Bob")
    assert found.artist_mbids == (ANNA, BEN)


def test_ids_that_do_not_match_the_names_are_dropped_and_names_kept(tmp_path: Path) -> None:
    fields = {"artists": ["A", "B", "C"], "musicbrainz_artistid": [ANNA, BEN]}
    found = read_tags(media_files.write(tmp_path / "a.flac", "flac", fields))
    assert found.artists == ("A", "B", "C")
    assert found.artist_mbids == ()


def test_composers_in_one_value_are_split_at_a_slash() -> None:
    found = from_vorbis({"composer": "Lennon/McCartney"})
    assert found.composers == ("Lennon", "McCartney")


# -- numbers, dates, genres ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "disc", "position", "total", "subtitle"),
    [
        ({"tracknumber": "05"}, None, 5, None, ""),
        ({"tracknumber": "5/12"}, None, 5, 12, ""),
        ({"tracknumber": "5 of 12"}, None, 5, 12, ""),
        ({"tracknumber": "5", "tracktotal": "12"}, None, 5, 12, ""),
        ({"tracknumber": "5", "totaltracks": "12"}, None, 5, 12, ""),
        ({"tracknumber": "0"}, None, None, None, ""),
        ({"tracknumber": "A1"}, 1, 1, None, "Side A"),
        ({"tracknumber": "B2"}, 2, 2, None, "Side B"),
        ({"tracknumber": "B"}, 2, 1, None, "Side B"),
        ({"tracknumber": "B2", "discnumber": "1"}, 1, 2, None, ""),
        ({"tracknumber": "2-07"}, 2, 7, None, ""),
        ({"tracknumber": "2-07", "discnumber": "1"}, 1, 7, None, ""),
        ({"tracknumber": "side one"}, None, None, None, ""),
        ({"tracknumber": "99999999999"}, None, None, None, ""),
        ({"discnumber": "2/3", "tracknumber": "1"}, 2, 1, None, ""),
    ],
)
def test_numbers_as_people_write_them(
    fields: dict[str, str], disc: int, position: int, total: int, subtitle: str
) -> None:
    found = from_vorbis(fields)
    assert (found.disc, found.position, found.position_total) == (disc, position, total)
    assert found.disc_subtitle == subtitle


@pytest.mark.parametrize(
    ("fields", "year", "original"),
    [
        ({"date": "1999"}, 1999, None),
        ({"date": "19990503"}, 1999, None),
        ({"date": "03.05.1999"}, 1999, None),
        ({"year": "1999"}, 1999, None),
        ({"date": "99"}, None, None),
        ({"date": "2011", "originaldate": "1979-01-02"}, 2011, 1979),
        ({"date": "1979", "releasedate": "2011", "originaldate": "1979"}, 2011, 1979),
        ({"originalyear": "1979"}, 1979, 1979),
    ],
)
def test_years_of_dates(fields: dict[str, str], year: int | None, original: int | None) -> None:
    found = from_vorbis(fields)
    assert (found.year, found.original_year) == (year, original)


def test_the_date_beside_an_original_date_is_the_release_date() -> None:
    found = from_vorbis({"date": "2011-02-03", "originaldate": "1979"})
    assert found.release_date == "2011-02-03"
    recorded = from_vorbis({"date": "1978", "originaldate": "1979"})
    assert recorded.release_date == ""


def test_id3v23_keeps_the_original_year(tmp_path: Path) -> None:
    fields = {"date": "2011", "originaldate": "1979-05-06"}
    found = read_tags(media_files.write(tmp_path / "a.mp3", "mp3", fields, id3_version=3))
    assert (found.year, found.original_year) == (2011, 1979)


@pytest.mark.parametrize(
    ("written", "genres"),
    [
        ("(17)(8)", ("Rock", "Jazz")),
        ("17", ("Rock",)),
        ("Rock; Jazz", ("Rock", "Jazz")),
        ("Hip-Hop/Rap", ("Hip-Hop", "Rap")),
        ("Singer/Songwriter", ("Singer/Songwriter",)),
        ("rock, Rock", ("rock",)),
        ("Drum & Bass", ("Drum & Bass",)),
    ],
)
def test_genres_of_one_value(tmp_path: Path, written: str, genres: tuple[str, ...]) -> None:
    path = media_files.write(tmp_path / "a.mp3", "mp3", {"genre": written})
    assert read_tags(path).genres == genres


def test_a_number_as_genre_is_understood_in_vorbis_comments() -> None:
    assert from_vorbis({"genre": "17"}).genres == ("Rock",)


# -- gains -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "gain"),
    [
        ("-6.5 dB", -6.5),
        ("-6,5", -6.5),
        ("+3.21dB", 3.21),
        ("+9999 dB", 12.0),
        ("-9999 dB", -24.0),
        ("nan", None),
        ("inf", None),
        ("loud", None),
    ],
)
def test_replaygain_as_it_is_written(written: str, gain: float | None) -> None:
    found = from_vorbis({"replaygain_track_gain": written, "replaygain_track_peak": "nan"})
    if gain is None:
        assert found.replaygain is None
    else:
        assert found.replaygain == tags.ReplayGain(track_gain=gain)


def test_r128_of_opus_reaches_the_level_of_replaygain(tmp_path: Path) -> None:
    fields = {"r128_track_gain": "-512", "r128_album_gain": "256"}
    found = read_tags(media_files.write(tmp_path / "a.opus", "opus", fields))
    assert found.replaygain == tags.ReplayGain(track_gain=3.0, album_gain=6.0)


def test_replaygain_of_mp3gain_is_found_behind_id3(tmp_path: Path) -> None:
    path = media_files.write(tmp_path / "a.mp3", "mp3", {"title": "T"})
    behind = APEv2()
    behind["replaygain_track_gain"] = "-3.0 dB"
    behind["title"] = "Other"
    behind.save(str(path))
    found = read_tags(path)
    assert found.title == "T"
    assert found.replaygain == tags.ReplayGain(track_gain=-3.0)


def test_rva2_frames_are_gains(tmp_path: Path) -> None:
    path = media_files.write(tmp_path / "a.mp3", "mp3", {"title": "T"})
    held = id3.ID3(path)
    held.add(id3.RVA2(desc="track", channel=1, gain=-4.0, peak=0.5))
    held.save(path)
    assert read_tags(path).replaygain == tags.ReplayGain(track_gain=-4.0, track_peak=0.5)


# -- marks, works, ratings, lyrics -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "explicit"), [("1", True), ("2", False), ("0", None), ("", None)]
)
def test_advisory(written: str, explicit: bool | None) -> None:
    assert from_vorbis({"itunesadvisory": written}).explicit is explicit


def test_recording_and_track_ids_are_not_swapped(tmp_path: Path) -> None:
    fields = {"musicbrainz_trackid": RECORDING.upper(), "musicbrainz_releasetrackid": TRACK}
    found = read_tags(media_files.write(tmp_path / "a.ogg", "vorbis", fields))
    assert (found.recording_mbid, found.track_mbid) == (RECORDING, TRACK)
    assert from_vorbis({"musicbrainz_trackid": "not an id"}).recording_mbid == ""


@pytest.mark.parametrize("written", ["album; live", "Album / Live"])
def test_release_types_in_one_value(written: str) -> None:
    assert from_vorbis({"releasetype": written}).release_types == ("album", "live")


def test_tit1_is_the_work_when_a_movement_is_there(tmp_path: Path) -> None:
    fields = {"grouping": "Symphony No. 5", "movementname": "Allegro", "movement": "2/4"}
    found = read_tags(media_files.write(tmp_path / "a.mp3", "mp3", fields))
    assert (found.work, found.movement, found.grouping) == ("Symphony No. 5", "Allegro", "")
    assert (found.movement_number, found.movement_total) == (2, 4)


def test_tit1_is_a_grouping_otherwise(tmp_path: Path) -> None:
    found = read_tags(media_files.write(tmp_path / "a.mp3", "mp3", {"grouping": "Summer"}))
    assert (found.work, found.grouping) == ("", "Summer")


@pytest.mark.parametrize(
    ("fields", "rating"),
    [
        ({"rating": "80"}, 80),
        ({"rating": "4"}, 80),
        ({"rating": "0"}, None),
        ({"fmps_rating": "0.9"}, 90),
        ({"rating": "many"}, None),
    ],
)
def test_ratings_have_one_scale(fields: dict[str, str], rating: int | None) -> None:
    assert from_vorbis(fields).rating == rating


@pytest.mark.parametrize(
    ("fields", "plays"),
    [
        ({"playcount": "7"}, 7),
        ({"fmps_playcount": "3.0"}, 3),
        ({"play_counter": "2", "playcount": "9"}, 9),
        ({"playcount": "0"}, None),
        ({"playcount": "-4"}, None),
        ({"playcount": "99999999999999999999"}, None),
        ({"playcount": "often"}, None),
    ],
)
def test_plays_are_those_of_the_player_that_counted_most(
    fields: dict[str, str], plays: int | None
) -> None:
    assert from_vorbis(fields).plays == plays


@pytest.mark.parametrize(
    ("stored", "rating"), [(1, 20), (128, 60), (255, 100), (13, 10), (0, None)]
)
def test_the_popularimeter_scale(tmp_path: Path, stored: int, rating: int | None) -> None:
    path = media_files.write(tmp_path / "a.mp3", "mp3", {"title": "T"})
    held = id3.ID3(path)
    held.add(id3.POPM(email="a", rating=stored, count=3))
    held.save(path)
    assert read_tags(path).rating == rating


def test_lyrics_in_several_languages_and_with_times(tmp_path: Path) -> None:
    path = media_files.write(tmp_path / "a.mp3", "mp3", {"title": "T"})
    held = id3.ID3(path)
    held.add(id3.USLT(lang="eng", desc="", text="One\nTwo"))
    held.add(id3.USLT(lang="deu", desc="", text="[offset:500]\n[00:01.00]Eins"))
    held.add(id3.SYLT(lang="fra", format=2, type=1, desc="", text=[("Un", 700), ("Deux", 1400)]))
    held.save(path)
    assert read_tags(path).lyrics == (
        lrc.Lyrics("deu", True, (lrc.Line(500, "Eins"),)),
        lrc.Lyrics("fra", True, (lrc.Line(700, "Un"), lrc.Line(1400, "Deux"))),
        lrc.Lyrics("eng", False, (lrc.Line(None, "One"), lrc.Line(None, "Two"))),
    )


def test_comments_of_programs_are_no_comments(tmp_path: Path) -> None:
    path = media_files.write(tmp_path / "a.mp3", "mp3", {"title": "T"})
    held = id3.ID3(path)
    held.add(id3.COMM(lang="eng", desc="iTunNORM", text="000 000"))
    held.save(path)
    assert read_tags(path).comment == ""


# -- hostile values --------------------------------------------------------------------------------


def test_values_are_cleaned_and_bounded(tmp_path: Path) -> None:
    fields = {
        "title": "  A\x07\x1b[31mB\tC\n\x9b ",
        "album": "x" * 5000,
        "artists": [f"A{number}" for number in range(500)],
        "comment": "One\r\nTwo\x07",
    }
    found = from_vorbis(fields)
    assert found.title == "A[31mB C"
    assert len(found.album) == tags.LONGEST_VALUE
    assert len(found.artists) == 64
    assert found.comment == "One\nTwo"


@settings(deadline=None)  # mutagen may be imported in the first run
@given(st.dictionaries(st.sampled_from(sorted(EVERYTHING)), st.text(max_size=60), max_size=12))
def test_any_text_in_any_field_gives_tags_without_control_characters(
    fields: dict[str, str],
) -> None:
    found = from_vorbis(fields)
    for value in (found.title, found.album, *found.artists, *found.genres):
        assert value == value.strip()
        assert all(each.isprintable() or ord(each) > 0x9F for each in value)
    assert msgspec.json.decode(msgspec.json.encode(found), type=tags.Tags) == found


def test_a_wrong_extension_is_no_hindrance(tmp_path: Path) -> None:
    path = media_files.write(tmp_path / "a.flac", "flac", {"title": "T"})
    assert read_tags(path.rename(tmp_path / "a.mp3")).title == "T"


def test_id3_in_front_of_flac_does_not_hide_its_comments(tmp_path: Path) -> None:
    path = media_files.write(tmp_path / "a.flac", "flac", {"title": "T"})
    front = io.BytesIO()
    held = id3.ID3()
    held.add(id3.TIT2(text="Front"))
    held.save(front)
    path.write_bytes(front.getvalue() + path.read_bytes())
    assert read_tags(path).title == "T"


def test_id3v1_alone_is_read(tmp_path: Path) -> None:
    path = media_files.write(tmp_path / "a.mp3", "mp3")
    last = b"TAG" + b"One".ljust(30, b"\0") + b"Ann".ljust(30, b"\0") + b"Z".ljust(30, b"\0")
    path.write_bytes(path.read_bytes() + last + b"1999" + b"\0" * 28 + b"\0\x07\x11")
    found = read_tags(path)
    assert (found.title, found.artists, found.position) == ("One", ("Ann",), 7)
    assert (found.year, found.genres) == (1999, ("Rock",))


def from_vorbis(fields: dict[str, str] | dict[str, list[str]]) -> tags.Tags:
    """The tags of a FLAC file with these fields, without its sound."""
    target = io.BytesIO(media_files.sound("flac", samples=4096))
    media = FLAC(target)
    for name, value in fields.items():
        media[name] = value if isinstance(value, list) else [value]
    target.seek(0)
    media.save(target)
    return tags.read(target, "flac")
