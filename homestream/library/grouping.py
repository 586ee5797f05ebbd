"""Which tracks make an album: rules over what their tags and their folders say.

Tracks that say the same in one folder are a part of an album. Parts become one album by evidence,
in order of weight: the MusicBrainz release, the folder, the album artist with title and year, the
barcode. What speaks against goes before what speaks for: another edition, another artist, other
sounds on the same numbers. The codec says nothing. `partition` depends on the set of tracks alone,
not on the order in which they were read; `place` is a first guess for one track while the others
are still being read, which `partition` sets right at the end of the scan.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, Literal

import msgspec

from homestream.ids import AlbumId, CorrectionId, TrackId
from homestream.library import identity
from homestream.media.facts import LOSSLESS

_DISC_FOLDER: Final = re.compile(
    rb"(?:cd|dis[ck]|disque|dvd|lp|vinyl|volume|vol\.?) ?[-_.#]? ?(\d{1,2})(?!\d)(\W.*)?",
    re.IGNORECASE | re.DOTALL,
)
# "Album (CD1)", "Album - Disc 2", "Album CD2": discs whose folders lie side by side
_DISC_BEHIND: Final = re.compile(
    rb"(?:\s*[(\[]|\s+-\s+|[ ,_.-])(?:cd|dis[ck])\s?#?(\d{1,2})[)\]]?$", re.IGNORECASE
)
_ENDS_DISC: Final = frozenset((*(b"%d" % digit for digit in range(10)), b")", b"]"))
_DISC_IN_TITLE: Final = re.compile(
    r"(?:\s*[(\[]|\s*[,:]\s+|\s+-\s+)(?:cd|dis[ck])\s*#?(\d{1,2})(?:\s+of\s+\d{1,2})?"
    r"(?:\s*[:\-–]\s*([^()\[\]]+?))?[)\]]?$",
    re.IGNORECASE,
)
_EDITION: Final = re.compile(
    r"\s*(?:[(\[]([^()\[\]]*)[)\]]|\s-\s([^()\[\]]+))$",
)
_EDITION_WORD: Final = re.compile(
    r"\b(?:deluxe|remaster(?:ed)?|expanded|anniversary|edition|version|reissue|bonus tracks?|"
    r"mono|stereo|explicit|clean|remix(?:ed)? \d{4})\b",
    re.IGNORECASE,
)
_SAME_WORD: Final = {"remastered": "remaster", "tracks": "track"}
_NO_WORD: Final = frozenset(("edition", "version", "the", "a"))
_WORD: Final = re.compile(r"\w+")
_SAME_LENGTH: Final = 3.0  # seconds
_ENOUGH: Final = 4  # points that make one album of parts in different folders
_MOST_SHARED: Final = 400  # parts that share a word, and are all compared with each other


class Evidence(msgspec.Struct, frozen=True):
    """What one track says about its album. Names are folded (`identity.fold`)."""

    title: str  # without disc and edition
    titled: bool  # by a tag, not by the folder's name
    album_artist: str  # empty: not tagged
    mbid: str  # MusicBrainz release; empty: not tagged
    version: str  # edition, see `edition`; empty: not tagged
    year: int | None


class Candidate(msgspec.Struct, frozen=True):
    """An album that the track may belong to."""

    id: AlbumId
    title: str  # folded
    artist: str  # folded
    artist_tagged: bool  # by one track at least
    mbid: str
    version: str
    first_year: int | None  # of its tracks
    last_year: int | None
    same_folder: bool  # as the track's
    current: bool = False  # the track is in it now


def place(evidence: Evidence, candidates: Sequence[Candidate]) -> AlbumId | None:
    """The album of a track, or None where it begins one of its own."""
    fitting = [
        (weight, candidate.current, -candidate.id, candidate.id)
        for candidate in candidates
        if (weight := _weight(evidence, candidate))
    ]
    return max(fitting)[3] if fitting else None


def _weight(evidence: Evidence, album: Candidate) -> int:
    """How much speaks for an album; 0 where something speaks against it."""
    if evidence.mbid and evidence.mbid == album.mbid:
        return 3
    if (evidence.mbid and album.mbid) or evidence.title != album.title:
        return 0
    if evidence.version and album.version and evidence.version != album.version:
        return 0
    agree = evidence.album_artist == album.artist
    if album.same_folder:
        return 2 if agree or not (evidence.album_artist and album.artist_tagged) else 0
    if not (evidence.titled and evidence.album_artist and agree):
        return 0
    return 1 if _years_agree(evidence.year, album.first_year, album.last_year) else 0


def _years_agree(year: int | None, first: int | None, last: int | None) -> bool:
    return year is None or first is None or last is None or first <= year <= last


def grouping_key(artist: str, title: str) -> str:
    """Where to look for an album's like; both are folded, the title without its edition."""
    return f"{artist}\n{title}"


# the whole picture --------------------------------------------------------------------------------


class Clue(msgspec.Struct, frozen=True, gc=False):
    """What one track says about its album. Names are folded, empty where they are not tagged."""

    track: TrackId
    recording: int
    library: int
    folder: bytes  # of the release: without a last part such as "CD 2"
    title: str  # of the album, without disc and edition
    name: str  # of the track
    titled: bool = True  # by a tag, not by the folder's name
    version: str = ""  # edition, see `edition`
    artist: str = ""  # album artist
    artist_mbid: str = ""
    by: str = ""  # the track's first artist
    mbid: str = ""  # MusicBrainz release
    barcode: str = ""
    catalog: str = ""
    label: str = ""
    media: str = ""
    year: int | None = None
    compilation: bool = False
    disc: int = 1
    position: int | None = None
    disc_total: int | None = None
    position_total: int | None = None
    duration: float = 0.0  # seconds


# what joined a part to its album
Joined = Literal["alone", "release", "folder", "untitled", "artist", "barcode"]
CODES: Final[Mapping[str, Joined]] = {
    ".": "alone",
    "m": "release",
    "f": "folder",
    "u": "untitled",
    "a": "artist",
    "b": "barcode",
}
_CODE_OF: Final = {joined: code for code, joined in CODES.items()}
# what keeps two parts from being one album
Against = Literal["title", "release", "edition", "artist", "numbers", "barcode", "year", "count"]


class Part(msgspec.Struct, frozen=True):
    """Tracks that say the same of their album in one folder; all that is compared of them."""

    clues: tuple[Clue, ...]
    key: tuple[str | int | bytes, ...]
    first_year: int | None
    last_year: int | None
    by: str  # whom all tracks are by; empty: several
    compilation: bool
    spots: dict[tuple[int, int], tuple[Clue, ...]]  # by disc and position

    @property
    def one(self) -> Clue:
        """A track that speaks for all."""
        return self.clues[0]


class Group(msgspec.Struct, frozen=True):
    """An album as evidence has it: its parts, and what joined each to those before it."""

    parts: tuple[Part, ...]
    joined: tuple[Joined, ...]

    @property
    def tracks(self) -> list[TrackId]:
        return [clue.track for part in self.parts for clue in part.clues]

    @property
    def why(self) -> str:
        """How its parts were joined, to be kept: "f:12 a:45", a code and a track of each part."""
        if len(self.parts) < 2:
            return ""
        return " ".join(
            f"{_CODE_OF[joined]}:{min(clue.track for clue in part.clues)}"
            for part, joined in zip(self.parts, self.joined, strict=True)
        )


def partition(clues: Iterable[Clue]) -> list[Group]:
    """The albums that tracks make, whatever order they come in."""
    parts = parts_of(clues)
    album = list(range(len(parts)))  # of each part: the lowest part it is joined with
    members = {at: [at] for at in album}
    joined: list[Joined] = ["alone"] * len(parts)
    for _, left, right, reason in _pairs(parts):
        one, other = album[left], album[right]
        if one == other:
            continue
        if reason != "release" and any(
            against(parts[a], parts[b]) for a in members[one] for b in members[other]
        ):
            continue
        keep, give = min(one, other), max(one, other)
        joined[give] = reason
        for at in members[give]:
            album[at] = keep
        members[keep] += members.pop(give)
    return [
        Group(tuple(parts[at] for at in sorted(each)), tuple(joined[at] for at in sorted(each)))
        for each in members.values()
    ]


def parts_of(clues: Iterable[Clue]) -> list[Part]:
    """Tracks by what they say of their album and where they lie, in an order of their own."""
    alike: dict[tuple[str | int | bytes, ...], list[Clue]] = defaultdict(list)
    for clue in clues:
        alike[
            clue.library,
            clue.folder,
            clue.title,
            clue.titled,
            clue.version,
            clue.artist,
            clue.artist_mbid,
            clue.mbid,
            clue.barcode,
            clue.catalog,
        ].append(clue)
    parts: list[Part] = []
    for key, each in alike.items():
        for by, of_it in _by_artist(each):
            parts.append(_part((*key, by), of_it))
    return sorted(parts, key=lambda part: part.key)


def _part(key: tuple[str | int | bytes, ...], clues: Sequence[Clue]) -> Part:
    years = [clue.year for clue in clues if clue.year]
    by = {clue.by for clue in clues}
    return Part(
        clues=tuple(sorted(clues, key=_in_order)),
        key=key,
        first_year=min(years, default=None),
        last_year=max(years, default=None),
        by=by.pop() if len(by) == 1 else "",
        compilation=all(clue.compilation for clue in clues),
        spots=_spots(clues),
    )


def _in_order(clue: Clue) -> tuple[int, int, str, int]:
    return (clue.disc, clue.position or 0, clue.name, clue.track)


def _spots(clues: Iterable[Clue]) -> dict[tuple[int, int], tuple[Clue, ...]]:
    spots: dict[tuple[int, int], list[Clue]] = defaultdict(list)
    for clue in clues:
        if clue.position is not None:
            spots[clue.disc, clue.position].append(clue)
    return {spot: tuple(each) for spot, each in spots.items()}


def _by_artist(clues: list[Clue]) -> list[tuple[str, list[Clue]]]:
    """Splits two albums of one title in one folder, where only the tracks' artists differ.

    They are two where other sounds stand on the same numbers, and by artist none do.
    """
    first = clues[0]
    whole = [("", clues)]
    if first.artist or first.mbid or len(clues) < 4 or not _collides(clues):
        return whole
    artists: dict[str, list[Clue]] = defaultdict(list)
    for clue in clues:
        artists[clue.by].append(clue)
    if len(artists) < 2 or any(len(each) < 2 or _collides(each) for each in artists.values()):
        return whole
    return sorted(artists.items())


def _collides(clues: Sequence[Clue]) -> bool:
    return any(not alike(each[0], other) for each in _spots(clues).values() for other in each[1:])


def alike(one: Clue, other: Clue) -> bool:
    """Whether two tracks are the same piece, by sound or by name and length."""
    if one.recording == other.recording:
        return True
    return one.name == other.name and abs(one.duration - other.duration) <= _SAME_LENGTH


def _pairs(parts: Sequence[Part]) -> list[tuple[int, int, int, Joined]]:
    """Which parts may be one album, the strongest evidence first."""
    titles: dict[tuple[int, bytes], set[str]] = defaultdict(set)
    for part in parts:
        if part.one.titled:
            titles[part.one.library, part.one.folder].add(part.one.title)
    shared: dict[tuple[object, ...], list[int]] = defaultdict(list)
    for at, part in enumerate(parts):
        for word in _words(part, titles):
            shared[word].append(at)
    found: dict[tuple[int, int], tuple[int, Joined]] = {}
    for members in shared.values():
        for index, left in enumerate(members[:_MOST_SHARED]):
            for right in members[index + 1 : _MOST_SHARED]:
                if (left, right) not in found:
                    found[left, right] = weigh(parts[left], parts[right])
    return sorted(
        (
            (points, left, right, reason)
            for (left, right), (points, reason) in found.items()
            if points >= _ENOUGH
        ),
        key=lambda pair: (-pair[0], pair[1], pair[2]),
    )


def _words(
    part: Part, titles: Mapping[tuple[int, bytes], set[str]]
) -> Iterable[tuple[object, ...]]:
    """What a part must share with another one for the two to be one album."""
    clue = part.one
    of_folder = titles.get((clue.library, clue.folder), set())
    # a track without an album's title belongs to the only album of its folder
    title = next(iter(of_folder)) if len(of_folder) == 1 and not clue.titled else clue.title
    yield "folder", clue.library, clue.folder, title
    if clue.mbid:
        yield "release", clue.mbid
    if clue.titled:
        for artist in {clue.artist, part.by} - {""}:
            yield "artist", artist, clue.title
        if clue.barcode:
            yield "barcode", clue.barcode, clue.title


def weigh(one: Part, other: Part) -> tuple[int, Joined]:
    """How much makes one album of two parts, and what above all; 0 where something is against."""
    a, b = one.one, other.one
    if a.mbid and a.mbid == b.mbid:
        return 100, "release"
    if against(one, other):
        return 0, "alone"
    if same_folder(a, b):
        return (10, "folder") if a.titled == b.titled else (8, "untitled")
    if not (a.titled and b.titled):
        return 0, "alone"
    reason: Joined = "artist"
    points = _same_artist(one, other)
    if a.barcode and a.barcode == b.barcode:
        points, reason = points + 4, "barcode"
    if not points:
        return 0, "alone"
    points += 2 * bool(a.catalog and a.catalog == b.catalog)
    points += bool(one.first_year and other.first_year)  # they overlap, or it were against
    points += 2 * bool(one.spots.keys() & other.spots.keys())  # the same pieces, or it were against
    points -= bool(a.disc_total and b.disc_total and a.disc_total != b.disc_total)
    return points, reason


def _same_artist(one: Part, other: Part) -> int:
    a, b = one.one, other.one
    if a.artist and b.artist:
        return 4 if a.artist == b.artist else 0
    mine, theirs = a.artist or one.by, b.artist or other.by
    if not mine or mine != theirs:
        return 0
    return 3 if a.artist or b.artist else 2


def same_folder(one: Clue, other: Clue) -> bool:
    return (one.library, one.folder) == (other.library, other.folder)


def against(one: Part, other: Part) -> Against | None:
    """What keeps two parts from being one album, if anything does."""
    a, b = one.one, other.one
    if a.mbid and b.mbid:
        return None if a.mbid == b.mbid else "release"
    together = same_folder(a, b)
    if a.title != b.title and not (together and a.titled != b.titled):
        return "title"
    if a.version != b.version and not (together and not (a.version and b.version)):
        return "edition"
    if a.artist and b.artist and a.artist != b.artist:
        if not (together and one.compilation and other.compilation):
            return "artist"
    elif a.artist_mbid and b.artist_mbid and a.artist_mbid != b.artist_mbid:
        return "artist"
    if _other_sounds(one, other):
        return "numbers"
    if together:
        return None
    if a.barcode and b.barcode and a.barcode != b.barcode:
        return "barcode"
    if _counts_differ(one, other):
        return "count"
    if not (one.first_year and other.first_year):
        return None
    apart = (one.last_year or 0) < other.first_year or (other.last_year or 0) < one.first_year
    return "year" if apart else None


def _other_sounds(one: Part, other: Part) -> bool:
    """Whether most numbers that both have are of other pieces."""
    both = one.spots.keys() & other.spots.keys()
    same = sum(
        any(alike(a, b) for a in one.spots[spot] for b in other.spots[spot]) for spot in both
    )
    return 2 * same < len(both)


def _counts_differ(one: Part, other: Part) -> bool:
    """Whether a disc that both have is said to hold so many tracks here and so many there."""
    totals = {clue.disc: clue.position_total for clue in one.clues if clue.position_total}
    return any(
        clue.position_total != totals[clue.disc]
        for clue in other.clues
        if clue.position_total and clue.disc in totals
    )


class Correction(msgspec.Struct, frozen=True):
    """What the owner said about albums, over what the tags say."""

    id: CorrectionId
    kind: Literal["split", "merge", "move"]
    items: Mapping[TrackId, AlbumId]  # its tracks, and where they were
    beside: frozenset[TrackId] = frozenset()  # of a move: tracks of the album to go to


class Bundle(msgspec.Struct, frozen=True):
    """An album as it is in the end: its tracks, and why they are one."""

    tracks: frozenset[TrackId]
    why: str


def corrected(groups: Iterable[Group], corrections: Iterable[Correction]) -> list[Bundle]:
    """Albums after what the owner said, in the order in which it was said."""
    bundles = [Bundle(frozenset(group.tracks), group.why) for group in groups]
    for correction in corrections:
        items = correction.items.keys() & set().union(*(each.tracks for each in bundles))
        if not items:
            continue
        if correction.kind == "merge":
            bundles = _merged(bundles, correction)
            continue
        target = _holding(bundles, correction.beside)
        if correction.kind == "move" and target is None:
            continue
        kept = [Bundle(each.tracks - items, each.why) for each in bundles]
        if target is None:
            kept.append(Bundle(frozenset(items), f"s:{correction.id}"))
        else:
            whole = kept[target].tracks | items
            kept[target] = Bundle(whole, f"{kept[target].why} v:{correction.id}".strip())
        bundles = [each for each in kept if each.tracks]
    return bundles


def _merged(bundles: list[Bundle], correction: Correction) -> list[Bundle]:
    """Makes one of what holds most of each album that was merged; strays stay where they are."""
    sides: dict[AlbumId, set[TrackId]] = defaultdict(set)
    for track, album in correction.items.items():
        sides[album].add(track)
    found = {_holding(bundles, side) for side in sides.values()} - {None}
    if len(found) < 2:
        return bundles
    one = [bundle for at, bundle in enumerate(bundles) if at in found]
    why = " ".join(filter(None, (*(bundle.why for bundle in one), f"j:{correction.id}")))
    rest = [bundle for at, bundle in enumerate(bundles) if at not in found]
    return [*rest, Bundle(frozenset().union(*(bundle.tracks for bundle in one)), why)]


def _holding(bundles: Sequence[Bundle], tracks: Iterable[TrackId]) -> int | None:
    """The bundle that holds most of some tracks; None where none holds any."""
    wanted = frozenset(tracks)
    counts = [(len(bundle.tracks & wanted), -at) for at, bundle in enumerate(bundles)]
    most, at = max(counts, default=(0, 0))
    return -at if most else None


# faces --------------------------------------------------------------------------------------------


class Piece(msgspec.Struct, frozen=True):
    """What one track adds to its album's face, in the album's order."""

    title: str
    artist_credit: str
    artists: tuple[int, ...]  # row ids
    album_artist_credit: str  # empty: not tagged
    album_artists: tuple[int, ...]
    compilation: bool


class Face(msgspec.Struct, frozen=True):
    """Whose an album is. `artists` is empty where it is by various ones; `artist_credit` is empty
    where no track prints just those artists, and their names have to do.
    """

    title: str
    artist_credit: str
    artists: tuple[int, ...]
    compilation: bool


def face(parts: Sequence[Piece]) -> Face:
    """Title and artists of an album from its tracks: what most of them say.

    Without album artists: those who are on every track, or else various ones.
    """
    title = _most(part.title for part in parts)
    tagged = [part for part in parts if part.album_artist_credit]
    compilation = any(part.compilation for part in parts)
    if tagged:
        credit = _most(part.album_artist_credit for part in tagged)
        share = sum(part.album_artist_credit == credit for part in tagged)
        if all(part.compilation for part in parts) and 2 * share <= len(tagged) > 1:
            # taggers that wrote each track's artist as album artist too
            return Face(title, identity.VARIOUS, (), True)
        chosen = next(part for part in tagged if part.album_artist_credit == credit)
        various = identity.fold(credit) == identity.fold(identity.VARIOUS)
        return Face(title, credit, chosen.album_artists, compilation or various)
    first = parts[0]
    common = tuple(
        artist for artist in first.artists if all(artist in part.artists for part in parts[1:])
    )
    if not common:
        return Face(title, identity.VARIOUS, (), True)
    # a flag on an album of one artist and guests is an old tagger's mistake
    whole = next((part.artist_credit for part in parts if part.artists == common), "")
    return Face(title, whole, common, compilation and all(p.artists == common for p in parts))


def _most(texts: Iterable[str]) -> str:
    return Counter(texts).most_common(1)[0][0]


class Quality(msgspec.Struct, frozen=True):
    """A present track of an album, as far as another may be the same in another quality."""

    track: TrackId
    recording: int
    disc: int
    position: int | None
    title: str  # folded
    duration_ms: int
    lossless: bool
    codec: str
    sample_rate: int
    bit_depth: int
    bit_rate: int

    @classmethod
    def of_row(cls, row: Sequence[Any]) -> Quality:
        """Of track and recording id, disc, position, title, duration in ms, and the file's codec,
        sample rate, bit depth and bit rate."""
        return cls(
            track=row[0],
            recording=row[1],
            disc=row[2],
            position=row[3],
            title=identity.fold(row[4]),
            duration_ms=row[5],
            lossless=row[6] in LOSSLESS or row[6].startswith("pcm_"),
            codec=row[6],
            sample_rate=row[7],
            bit_depth=row[8] or 0,
            bit_rate=row[9] or 0,
        )

    @property
    def rank(self) -> tuple[bool, int, int, int, int]:
        """The best is the highest; of equals the first."""
        depth = self.bit_depth if self.lossless else 0
        return (self.lossless, self.sample_rate if depth else 0, depth, self.bit_rate, -self.track)


def other_qualities(tracks: Iterable[Quality]) -> dict[TrackId, TrackId]:
    """Tracks of one album that are there in a better quality too, with the best one of each.

    They stand on the same place under the same title, are as long as each other, and are the same
    recording or of another format.
    """
    places: dict[tuple[int, int | None, str], list[Quality]] = defaultdict(list)
    for each in tracks:
        places[each.disc, each.position, each.title].append(each)
    better: dict[TrackId, TrackId] = {}
    for same_place in places.values():
        best: list[Quality] = []
        for each in sorted(same_place, key=lambda quality: quality.rank, reverse=True):
            shown = next((one for one in best if _same_piece(one, each)), None)
            if shown is None:
                best.append(each)
            else:
                better[each.track] = shown.track
    return better


def _same_piece(one: Quality, other: Quality) -> bool:
    if abs(one.duration_ms - other.duration_ms) > _SAME_LENGTH * 1000:
        return False
    formats = [(q.codec, q.sample_rate, q.bit_depth, q.bit_rate // 16_000) for q in (one, other)]
    return one.recording == other.recording or formats[0] != formats[1]


# names --------------------------------------------------------------------------------------------


def release_folder(path: bytes) -> tuple[bytes, int | None]:
    """The folder of a file's release and, where its own folder is one disc of it, which one.

    release_folder(b"Artist/Album/CD 2/01.mp3") == (b"Artist/Album", 2)
    release_folder(b"Artist/Album (CD 2)/01.mp3") == (b"Artist/Album", 2)
    """
    folder, _, _ = path.rpartition(b"/")
    above, _, last = folder.rpartition(b"/")
    if match := _DISC_FOLDER.fullmatch(last):
        return above, int(match[1])
    if last[-1:] in _ENDS_DISC and (match := _DISC_BEHIND.search(last)) and match.start():
        return folder[: len(folder) - len(last) + match.start()], int(match[1])
    return folder, None


def release_root(path: bytes) -> bytes:
    """The folder that holds all discs of a file's release.

    That of discs which lie side by side is the one above them, unless it is the whole library.
    """
    release, disc = release_folder(path)
    folder, _, _ = path.rpartition(b"/")
    if disc is None or folder.startswith(release + b"/") or not release:
        return release
    return release.rpartition(b"/")[0] or folder


def disc_subtitle(path: bytes) -> str:
    """What the folder of a disc calls it: "Live" for b"Album/Disc 2 - Live/01.mp3"."""
    folder, _, _ = path.rpartition(b"/")
    match = _DISC_FOLDER.fullmatch(folder.rpartition(b"/")[2])
    if match is None or not match[2]:
        return ""
    return match[2].decode("utf-8", "replace").strip(" -_–—.:,()[]")


def disc_in_title(title: str) -> tuple[str, int | None, str]:
    """An album's title without its disc, and the disc's name: ("Album", 2, "Live") for
    "Album (Disc 2: Live)".
    """
    match = _DISC_IN_TITLE.search(title)
    if match is None or not title[: match.start()].strip():
        return title, None, ""
    return title[: match.start()].rstrip(), int(match[1]), match[2] or ""


def edition_in_title(title: str) -> tuple[str, str]:
    """An album's title without its edition: ("Album", "Deluxe Edition")."""
    match = _EDITION.search(title)
    if match is None:
        return title, ""
    words = match[1] or match[2] or ""
    rest = title[: match.start()].rstrip()
    if not rest or not _EDITION_WORD.search(words):
        return title, ""
    return rest, words.strip()


def edition(words: str) -> str:
    """Editions for comparing: "2011 Remastered Version" and "Remaster 2011" are the same."""
    if not words:
        return ""
    found = {_SAME_WORD.get(word, word) for word in _WORD.findall(identity.fold(words))}
    return " ".join(sorted(found - _NO_WORD)) or " ".join(sorted(found))
