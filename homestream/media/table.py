"""The one table of fields that the tags of every format are brought to, and what the formats call
them.

Fields are named as MusicBrainz Picard names them for Vorbis comments, in lower case and without
marks between words ("albumartistsort"). What the values mean is the business of `tags`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Final, NamedTuple

from homestream.formats import lrc, ttml

MOST_VALUES: Final = 64  # of one field

Fields = dict[str, list[str]]


class Collected(NamedTuple):
    """The table of fields, lyrics that have a frame of their own kind, and chapters, as the
    milliseconds and titles that their frames hold."""

    fields: Fields
    lyrics: list[lrc.Lyrics]
    marks: list[tuple[int, str]]


def texts(data: bytes) -> list[str] | None:
    """The values of an ID3 text frame's data, its encoding in the first byte; None if odd."""
    if not data or data[0] >= len(ENCODINGS):
        return None
    try:
        value = data[1:].decode(ENCODINGS[data[0]])
    except UnicodeDecodeError:
        return None
    if "\ufeff" not in value and "\0" not in value:
        return [value]
    values = [value.lstrip("\ufeff") for value in value.split("\0")]
    while len(values) > 1 and not values[-1]:
        values.pop()
    return values


def sung(text: str, language: str = "und") -> tuple[lrc.Lyrics, ...]:
    """The lyrics in a tag: TTML, or else LRC and plain words."""
    return ttml.in_text(text, language) or (lrc.parse(text, language),)


def add_kind(fields: Fields, values: Iterable[int]) -> None:
    """By iTunes' number for a kind of media."""
    for value in values:
        if value in _STIK:
            fields[_STIK[value]] = ["1"]


def add(fields: Fields, name: str, values: Sequence[str]) -> None:
    """Puts values of a field into the table, whatever its tagger calls it."""
    key = _cached_field(name) if len(name) < 64 else field(name)
    held = fields.get(key)
    if held is None:
        if len(values) == 1 and "\0" not in values[0]:
            fields[key] = [values[0]]
            return
        held = fields[key] = []
    for value in values:
        if len(held) >= MOST_VALUES:
            return
        held.extend(value.split("\0") if "\0" in value else (value,))


def field(name: str) -> str:
    """The table's name for a field that a tagger calls `name`."""
    squeezed = name.casefold().translate(_SQUEEZE)
    return _ALIASES.get(squeezed, squeezed)


_cached_field = lru_cache(2048)(field)


MUSICBRAINZ: Final = "http://musicbrainz.org"  # owner of a UFID frame
PROGRAMS: Final = ("iTun", "Songs-DB", "MusicMatch")  # whose comments are not for people
ENCODINGS: Final = ("latin-1", "utf-16", "utf-16-be", "utf-8")  # of ID3, by number
_SQUEEZE: Final = str.maketrans("", "", " _-/.#")
_ALIASES: Final = {
    "tracknumber": "track",
    "trackno": "track",
    "totaltracks": "tracktotal",
    "trackc": "tracktotal",
    "discnumber": "disc",
    "disknumber": "disc",
    "disk": "disc",
    "partofset": "disc",
    "totaldiscs": "disctotal",
    "discc": "disctotal",
    "setsubtitle": "discsubtitle",
    "author": "artist",
    "albumtitle": "album",
    "band": "albumartist",
    "artistsortorder": "artistsort",
    "albumartistsortorder": "albumartistsort",
    "albumsortorder": "albumsort",
    "titlesortorder": "titlesort",
    "composersortorder": "composersort",
    "sortname": "titlesort",
    "sortartist": "artistsort",
    "sortalbum": "albumsort",
    "sortalbumartist": "albumartistsort",
    "sortcomposer": "composersort",
    "recordingdate": "date",
    "originalreleasedate": "originaldate",
    "originalreleasetime": "originaldate",
    "originalreleaseyear": "originalyear",
    "origdate": "originaldate",
    "origyear": "originalyear",
    "iscompilation": "compilation",
    "itunescompilation": "compilation",
    "itunesadvisory": "advisory",
    "musicbrainzrecordingid": "musicbrainztrackid",
    "musicbrainzreleaseid": "musicbrainzalbumid",
    "musicbrainzalbumtype": "releasetype",
    "musicbrainzalbumcomment": "albumversion",
    "edition": "albumversion",
    "publisher": "label",
    "organization": "label",
    "recordlabel": "label",
    "catalogno": "catalognumber",
    "catalog": "catalognumber",
    "labelno": "catalognumber",
    "upc": "barcode",
    "ean": "barcode",
    "eanupc": "barcode",
    "sourcemedia": "media",
    "mediatype": "media",
    "licence": "license",
    "copyrighturl": "license",
    "writer": "lyricist",
    "modifiedby": "remixer",
    "mixartist": "remixer",
    "contentgroupdescription": "grouping",
    "contentgroup": "grouping",
    "beatsperminute": "bpm",
    "tempo": "bpm",
    "initialkey": "key",
    "movementnumber": "movement",
    "itunescuesheet": "cuesheet",
    "unsyncedlyrics": "lyrics",
    "syncedlyrics": "lyrics",
    "lyricssynchronised": "lyrics",
    "unsynchronisedlyrics": "lyrics",
}
TEXT_FRAMES: Final = {
    "TIT1": "grouping",
    "GRP1": "group",
    "TIT2": "title",
    "TPE1": "artist",
    "TPE2": "albumartist",
    "TPE3": "conductor",
    "TPE4": "remixer",
    "TALB": "album",
    "TRCK": "track",
    "TPOS": "disc",
    "TSST": "discsubtitle",
    "TDRC": "date",
    "TYER": "year",
    "TDOR": "originaldate",
    "TORY": "originalyear",
    "TDRL": "releasedate",
    "TCON": "genre",
    "TMOO": "mood",
    "TCMP": "compilation",
    "TSOT": "titlesort",
    "TSOP": "artistsort",
    "TSOA": "albumsort",
    "TSO2": "albumartistsort",
    "TSOC": "composersort",
    "TCOM": "composer",
    "TEXT": "lyricist",
    "TPUB": "label",
    "TCOP": "copyright",
    "WCOP": "license",
    "TSRC": "isrc",
    "TMED": "media",
    "TBPM": "bpm",
    "TKEY": "key",
    "TLAN": "language",
    "MVNM": "movementname",
    "MVIN": "movement",
}
MP4_ATOMS: Final = {
    "\xa9nam": "title",
    "\xa9ART": "artist",
    "\xa9alb": "album",
    "aART": "albumartist",
    "trkn": "track",
    "disk": "disc",
    "\xa9day": "date",
    "\xa9gen": "genre",
    "cpil": "compilation",
    "pcst": "podcast",
    "rtng": "advisory",
    "sonm": "titlesort",
    "soar": "artistsort",
    "soal": "albumsort",
    "soaa": "albumartistsort",
    "soco": "composersort",
    "\xa9wrt": "composer",
    "\xa9con": "conductor",
    "cprt": "copyright",
    "\xa9grp": "grouping",
    "\xa9cmt": "comment",
    "\xa9lyr": "lyrics",
    "\xa9wrk": "work",
    "\xa9mvn": "movementname",
    "\xa9mvi": "movement",
    "\xa9mvc": "movementtotal",
    "shwm": "showmovement",
    "tmpo": "bpm",
    "rate": "rating",
    "stik": "kind",
}
_STIK: Final = {2: "audiobook", 21: "podcast"}
INVOLVED: Final = {
    "arranger": "arranger",
    "engineer": "engineer",
    "producer": "producer",
    "mix": "mixer",
    "mixer": "mixer",
    "dj-mix": "djmixer",
    "remixer": "remixer",
    "lyricist": "lyricist",
    "composer": "composer",
    "conductor": "conductor",
}
FRAMES: Final = {
    *TEXT_FRAMES,
    *("TXXX", "UFID", "COMM", "USLT", "SYLT", "TIPL", "TMCL", "IPLS", "POPM", "RVA2", "APIC"),
    "PCNT",
    *("PCST", "WFED", "TGID", "TDAT", "TIME", "CHAP"),
}
# names of ID3v2.2
_OLD_FRAMES: Final = """
    MVN:MVNM MVI:MVIN GP1:GRP1 UFI:UFID TT1:TIT1 TT2:TIT2 TP1:TPE1 TP2:TPE2 TP3:TPE3 TP4:TPE4
    TCM:TCOM TXT:TEXT TLA:TLAN TCO:TCON TAL:TALB TPA:TPOS TRK:TRCK TRC:TSRC TYE:TYER TDA:TDAT
    TIM:TIME TMT:TMED TBP:TBPM TCP:TCMP TCR:TCOP TPB:TPUB TST:TSOT TSA:TSOA TS2:TSO2 TSP:TSOP
    TSC:TSOC TKE:TKEY TOR:TORY TXX:TXXX WCP:WCOP IPL:IPLS ULT:USLT SLT:SYLT COM:COMM PIC:APIC
    POP:POPM CNT:PCNT
"""
OLD_FRAMES: Final = dict(pair.split(":") for pair in _OLD_FRAMES.split())
# of ID3v1 and Winamp, by number
_GENRES: Final = (
    "Blues;Classic Rock;Country;Dance;Disco;Funk;Grunge;Hip-Hop;Jazz;Metal;New Age;Oldies;"
    "Other;Pop;R&B;Rap;Reggae;Rock;Techno;Industrial;Alternative;Ska;Death Metal;Pranks;"
    "Soundtrack;Euro-Techno;Ambient;Trip-Hop;Vocal;Jazz+Funk;Fusion;Trance;Classical;"
    "Instrumental;Acid;House;Game;Sound Clip;Gospel;Noise;Alt. Rock;Bass;Soul;Punk;Space;"
    "Meditative;Instrumental Pop;Instrumental Rock;Ethnic;Gothic;Darkwave;Techno-Industrial;"
    "Electronic;Pop-Folk;Eurodance;Dream;Southern Rock;Comedy;Cult;Gangsta Rap;Top 40;"
    "Christian Rap;Pop/Funk;Jungle;Native American;Cabaret;New Wave;Psychedelic;Rave;"
    "Showtunes;Trailer;Lo-Fi;Tribal;Acid Punk;Acid Jazz;Polka;Retro;Musical;Rock & Roll;"
    "Hard Rock;Folk;Folk-Rock;National Folk;Swing;Fast-Fusion;Bebop;Latin;Revival;Celtic;"
    "Bluegrass;Avantgarde;Gothic Rock;Progressive Rock;Psychedelic Rock;Symphonic Rock;"
    "Slow Rock;Big Band;Chorus;Easy Listening;Acoustic;Humour;Speech;Chanson;Opera;"
    "Chamber Music;Sonata;Symphony;Booty Bass;Primus;Porn Groove;Satire;Slow Jam;Club;Tango;"
    "Samba;Folklore;Ballad;Power Ballad;Rhythmic Soul;Freestyle;Duet;Punk Rock;Drum Solo;"
    "A Cappella;Euro-House;Dance Hall;Goa;Drum & Bass;Club-House;Hardcore;Terror;Indie;"
    "BritPop;Afro-Punk;Polsk Punk;Beat;Christian Gangsta Rap;Heavy Metal;Black Metal;"
    "Crossover;Contemporary Christian;Christian Rock;Merengue;Salsa;Thrash Metal;Anime;JPop;"
    "Synthpop;Abstract;Art Rock;Baroque;Bhangra;Big Beat;Breakbeat;Chillout;Downtempo;Dub;"
    "EBM;Eclectic;Electro;Electroclash;Emo;Experimental;Garage;Global;IDM;Illbient;"
    "Industro-Goth;Jam Band;Krautrock;Leftfield;Lounge;Math Rock;New Romantic;Nu-Breakz;"
    "Post-Punk;Post-Rock;Psytrance;Shoegaze;Space Rock;Trop Rock;World Music;Neoclassical;"
    "Audiobook;Audio Theatre;Neue Deutsche Welle;Podcast;Indie Rock;G-Funk;Dubstep;"
    "Garage Rock;Psybient"
)
GENRES: Final = tuple(_GENRES.split(";"))
