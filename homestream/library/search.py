"""Finding music by words, however they are typed: half a word, without accents, in other letters,
with a mistake in it.

What is called just so comes first, then what begins so, then what has all the words in its name,
then in any of the names that go with it (a track is found by its artists and its album too), and
last what was nearly typed. Within each of these the kinds of things stand in one order; what this
household plays often moves up. See `words` for how names are compared and `index` for where.
"""

# ruff: noqa: S608 - statements are made of fragments that all stand in this module

from __future__ import annotations

import asyncio
import itertools
import math
import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal

import msgspec

from homestream.db.connect import Database
from homestream.errors import BadInput
from homestream.ids import AlbumId, ArtistId, GenreId, PlaylistId, ProfileId, TrackId
from homestream.library import catalogue, index, words
from homestream.library.catalogue import Album, Artist, Genre, Page, Track
from homestream.library.words import Asked
from homestream.visibility import EVERYTHING, Visibility

Kind = Literal["artist", "album", "track", "playlist", "genre", "lyrics"]


class Playlist(msgspec.Struct, frozen=True):
    """A list of the listener's own or of a library, as it is found."""

    id: PlaylistId
    name: str
    track_count: int  # that they may see


class Line(msgspec.Struct, frozen=True):
    """A track by a line of its lyrics."""

    track: Track
    text: str
    start_ms: int | None


Hit = Artist | Album | Track | Playlist | Genre | Line


class Found(msgspec.Struct, frozen=True):
    """What was found, the best first; `meant` is what was looked for instead, where nothing is
    called by the words as they were typed.
    """

    page: Page[Hit]
    meant: str | None


MOST_CHARACTERS: Final = 200
KINDS: Final[tuple[Kind, ...]] = ("artist", "album", "track", "playlist", "genre", "lyrics")
_KEPT: Final = 60  # of each kind and way of being found
_SCANNED: Final = 300  # of each kind and way, of which the most played are kept
_ENOUGH: Final = 5  # found things with which no mistake is looked for
_MEANT: Final = 12  # words that one may have been meant as
_FEW_LETTERS: Final = 4
_FEW_WORDS: Final = 3  # of which all may be mistyped, also those that are written somewhere
_LYRICS_LETTERS: Final = 4  # from which on lyrics are looked through
_MOST_LINES: Final = 20


class _Candidate(msgspec.Struct, frozen=True):
    kind: Kind
    id: int
    tier: int  # see above; 4 and more for mistakes
    plays: int
    size: int  # tracks
    length: int  # of what it is found by

    @property
    def place(self) -> tuple[int, float, int, int, int, int]:
        popular = min(2.5, math.log10(1 + self.plays))
        order = KINDS.index(self.kind)
        return (self.tier, order - popular, -self.plays, self.length, -self.size, self.id)


async def search(
    db: Database,
    visibility: Visibility,
    listener: ProfileId | None,
    q: str,
    *,
    kind: Kind | None = None,
    limit: int = 50,
    cursor: str | None = None,
) -> Page[Hit]:
    """The page of `find`."""
    found = await find(db, visibility, listener, q, kind=kind, limit=limit, cursor=cursor)
    return found.page


async def find(
    db: Database,
    visibility: Visibility,
    listener: ProfileId | None,
    q: str,
    *,
    kind: Kind | None = None,
    limit: int = 50,
    cursor: str | None = None,
) -> Found:
    """What `q` finds, the best first; nothing for no words.

    BadInput for a text longer than 200 characters or a cursor that is none.
    """
    if not 1 <= limit <= catalogue.MOST:
        raise BadInput(f"limit {limit}: 1 to {catalogue.MOST}")
    begin = _begin(cursor)
    candidates, meant = await _candidates(
        db, visibility, listener, q, KINDS if kind is None else (kind,)
    )
    wanted = candidates[begin : begin + limit]
    hits = await _hits(db, visibility, listener, q if meant is None else meant, wanted)
    more = len(candidates) > begin + limit
    return Found(Page(hits, str(begin + limit) if more else None), meant)


async def groups(
    db: Database, visibility: Visibility, listener: ProfileId | None, q: str, *, limit: int
) -> tuple[Hit | None, dict[Kind, list[Hit]], str | None]:
    """The best hit of all, up to `limit` of each kind, and what was meant; see `find`."""
    candidates, meant = await _candidates(db, visibility, listener, q, KINDS)
    kept = [each for kind in KINDS for each in [c for c in candidates if c.kind == kind][:limit]]
    hits = await _hits(db, visibility, listener, q if meant is None else meant, kept)
    by_kind: dict[Kind, list[Hit]] = {kind: [] for kind in KINDS}
    for hit in hits:
        by_kind[kind_of(hit)].append(hit)
    first = candidates[0] if candidates else None
    top = next((hit for hit in hits if first and _is(hit, first)), None)
    return top, by_kind, meant


async def _candidates(
    db: Database,
    visibility: Visibility,
    listener: ProfileId | None,
    q: str,
    kinds: Sequence[Kind],
) -> tuple[list[_Candidate], str | None]:
    """Everything that is found, in order, and the words that were meant where none is as typed."""
    if len(q) > MOST_CHARACTERS:
        raise BadInput(f"search has more than {MOST_CHARACTERS} characters")
    asked = words.asked(q)
    if not asked.keys:
        return [], None
    await index.freshen(db)
    seen = {**catalogue.visible(visibility), "listener": listener}
    found = await _strict(db, visibility, seen, asked, kinds)
    # a single word that is written somewhere may still be a mistyped one of something well known
    enough = _ENOUGH if len(asked.words) == 1 else 1
    if len(found) >= enough or any(each.tier < 2 for each in found):
        return found, None
    known = {(each.kind, each.id) for each in found}
    rows: list[tuple[_Candidate, sqlite3.Row]] = []
    ways: _Ways = []
    for all_of_them in (False, True) if len(asked.words) <= _FEW_WORDS else (False,):
        ways = await _mistaken(db, asked, all_of_them=all_of_them or bool(found), short=not found)
        rows = await _nearly(db, visibility, seen, asked, ways, kinds) if any(ways) else []
        if rows or found:
            break
    also = [each for each, _ in rows if (each.kind, each.id) not in known]
    meant = _meant(asked, ways, rows[0][1]) if rows and not found else None
    return [*found, *also], meant


async def _strict(
    db: Database,
    visibility: Visibility,
    seen: Mapping[str, Any],
    asked: Asked,
    kinds: Sequence[Kind],
) -> list[_Candidate]:
    statements = _EVERYTHING if visibility == EVERYTHING else _SOME
    params = {
        **seen,
        "keys": msgspec.json.encode(asked.keys).decode(),
        "kept": _KEPT,
        "scanned": _SCANNED,
    }
    short = min(map(len, asked.keys)) <= _FEW_LETTERS
    looks: list[tuple[Kind, str, Mapping[str, Any]]] = []
    also: dict[Kind, tuple[str, Mapping[str, Any]]] = {}  # where that finds too little
    for kind in kinds:
        if kind == "lyrics":
            if (match := _phrase(asked)) is not None:
                looks.append((kind, statements[kind], {**params, "match": match}))
            continue
        # by one letter alone only what begins so: every fourth track has a word with it
        match = _match(asked.words, drop_letter=kind == "track")
        if match is None:
            looks.append((kind, statements[f"{kind} begins"], params))
            continue
        matching = {**params, "match": match, "named": "{name} : (" + match + ")"}
        looks.append((kind, statements[f"{kind} {'short' if short else 'named'}"], matching))
        if kind in ("album", "track"):
            also[kind] = (statements[f"{kind} about"], matching)

    def read(connection: sqlite3.Connection) -> list[_Candidate]:
        """By name and, where that is not enough, by whatever else stands with a thing."""
        found: list[_Candidate] = []
        for kind, sql, values in looks:
            rows = connection.execute(sql, values).fetchall()
            if kind in also and len(rows) < _KEPT:
                rows += connection.execute(*also[kind]).fetchall()
            found += [_Candidate(kind, *row[:5]) for row in rows]
        return found

    best: dict[tuple[Kind, int], _Candidate] = {}
    for each in await db.read(read):
        before = best.get((each.kind, each.id))
        if before is None or each.place < before.place:
            best[each.kind, each.id] = each
    return sorted(best.values(), key=lambda each: each.place)


def _match(
    asked: Sequence[Sequence[Sequence[str]]],
    meant: Sequence[Mapping[str, int]] = (),
    *,
    drop_letter: bool = False,
) -> str | None:
    """An FTS5 expression for words, the last one as the beginning of a word; None for no words.

    Each word is a quoted string, so that no sign in it means anything to FTS5. `meant` are words
    that will do as well. With `drop_letter` a last word of one letter is left out.
    """
    alternatives = []
    for at, ways in enumerate(asked):
        last = at == len(asked) - 1
        expressions = ['"' + word + '"' for word in meant[at]] if meant else []
        for way in ways:
            quoted = ['"' + word.replace('"', '""') + '"' for word in way]
            if last:
                if drop_letter and len(way) == 1 and len(way[0]) == 1 and not _is_unspaced(way[0]):
                    continue
                quoted[-1] += "*"
            expressions.append(" AND ".join(quoted))
        if expressions:
            alternatives.append("(" + ") OR (".join(expressions) + ")")
    return "(" + ") AND (".join(alternatives) + ")" if alternatives else None


def match_of(q: str) -> str | None:
    """The FTS5 expression for all words of `q`, the last one as the beginning of a word."""
    return _match(words.asked(q).words)


def _phrase(asked: Asked) -> str | None:
    """The words one after the other, as lyrics hold them; None where they are too few."""
    tokens = [token for ways in asked.words for token in ways[0]]
    if sum(map(len, tokens)) < _LYRICS_LETTERS:
        return None
    return '"' + " ".join(token.replace('"', "") for token in tokens) + '"*'


def _is_unspaced(letter: str) -> bool:
    return letter >= "\u0e00"


# -- mistakes --------------------------------------------------------------------------------------

_Ways = list[dict[str, int]]  # of each word asked, what may have been meant, and how far it is off


async def _mistaken(db: Database, asked: Asked, *, all_of_them: bool, short: bool) -> _Ways:
    """Words that may have been meant, for each that was typed and no name has, or for all. For
    short ones that no name has, if `short`: too many others are like them."""
    written = {row["word"] for row in await db.rows(_WRITTEN, {"words": _json_of_words(asked)})}

    async def near(at: int, ways: Sequence[Sequence[str]]) -> dict[str, int]:
        word = ways[0][0]
        if len(ways[0]) > 1 or not words.may_be_mistyped(word):
            return {}
        unfinished = at == len(asked.words) - 1
        if len(word) <= words.SHORT:
            known = word in written or not short
            return {} if known else await _near_short(db, word, unfinished=unfinished)
        if word in written and not all_of_them:
            return {}
        return await _near(db, word, unfinished=unfinished)

    return list(await asyncio.gather(*(near(at, ways) for at, ways in enumerate(asked.words))))


def _json_of_words(asked: Asked) -> str:
    return msgspec.json.encode([ways[0][0] for ways in asked.words]).decode()


async def _near(db: Database, word: str, *, unfinished: bool) -> dict[str, int]:
    """Words of names that `word` may be a mistyped form of; unfinished, also of their beginning."""
    most = words.reach(word)
    # with `most` mistakes at least one of these parts is right, and near its place
    cuts = [len(word) * at // (most + 1) for at in range(most + 2)]
    parts = [word[begin:end] for begin, end in itertools.pairwise(cuts)]
    half = len(word) // 2
    rows = await db.rows(
        _NEAR,
        {
            "first": word[0],
            "part1": parts[0],
            "part2": parts[1],
            "from2": max(1, cuts[1] + 1 - most),
            "part3": parts[-1],
            "from3": max(1, cuts[-2] + 1 - most),
            "within": len(parts[-1]) + 2 * most,
            "turned": word[: half - 1] + word[half] + word[half - 1] + word[half + 1 :],
            "swapped": word[1] + word[0] + word[2 : max(3, half)],
            "tail": word[: len(word) // 2 : -1] if most == 2 else word[:0:-1],
            "shortest": len(word) - most,
            "longest": 1000 if unfinished else len(word) + most,
            "longest_tail": len(word) + most,
        },
    )
    told = await asyncio.to_thread(_measured, word, [row["word"] for row in rows], most, unfinished)
    return dict(told[:_MEANT])


async def _near_short(db: Database, word: str, *, unfinished: bool) -> dict[str, int]:
    """Words of names of which a word of three letters may be a slip."""
    rows = await db.rows(
        _NEAR_SHORT,
        {
            "first": word[0],
            "second": word[1],
            "third": word[2],
            "swapped": word[1] + word[0] + word[2],
            "turned": word[0] + word[2] + word[1],
            "longest": 1000 if unfinished else words.SHORT,
        },
    )
    slips = [row["word"] for row in rows if words.slip(word, row["word"], begins=unfinished)]
    return dict.fromkeys(sorted(slips, key=lambda other: (len(other), other))[:_MEANT], 1)


def _measured(
    word: str, others: Sequence[str], most: int, unfinished: bool
) -> list[tuple[str, int]]:
    near = []
    letters = set(word)
    for other in others:
        # each mistake spoils one letter at most
        if len(letters.difference(other)) > most:
            continue
        off = words.distance(word, other, most, begins=unfinished)
        if off <= most:
            near.append((off, abs(len(other) - len(word)), other))
    return [(other, off) for off, _, other in sorted(near)]


async def _nearly(
    db: Database,
    visibility: Visibility,
    seen: Mapping[str, Any],
    asked: Asked,
    ways: _Ways,
    kinds: Sequence[Kind],
) -> list[tuple[_Candidate, sqlite3.Row]]:
    """What is called by words that may have been meant, with the words it has."""
    statements = _EVERYTHING if visibility == EVERYTHING else _SOME
    params = {**seen, "match": _match(asked.words, ways), "kept": _KEPT, "scanned": _SCANNED}
    looked = [kind for kind in kinds if kind != "lyrics"]
    answers = await db.many(*((statements[f"{kind} nearly"], params) for kind in looked))
    found = []
    for kind, rows in zip(looked, answers, strict=True):
        for row in rows:
            off = sum(_off(near, row["name"] + " " + row["credit"]) for near in ways)
            named = all(_off(near, row["name"]) < 9 for near in ways)
            tier = 4 + 2 * off + (0 if named else 1)
            found.append(
                (
                    _Candidate(kind, row["id"], tier, row["plays"], row["size"], row["length"]),
                    row,
                )
            )
    return sorted(found, key=lambda each: each[0].place)


def _off(near: Mapping[str, int], text: str) -> int:
    """How far off the nearest meant word is that stands in a text; 9 where none does."""
    if not near:
        return 0
    there = text.split()
    return min((off for word, off in near.items() if word in there), default=9)


def _meant(asked: Asked, ways: _Ways, best: sqlite3.Row) -> str | None:
    """What was typed with the words that the best hit has in place of mistyped ones, each word as
    the hit prints it."""
    there = " ".join((best["name"], best["credit"], best["more"])).split()
    told = []
    last = len(asked.typed) - 1
    for at, (typed, near) in enumerate(zip(asked.typed, ways, strict=True)):
        word = next((word for word in near if word in there), None)
        if word is None:  # right as it was typed, and the last one perhaps not to its end
            own = words.words(typed)
            ends = (own[0],) if own else ()
            word = next((w for w in there if w in ends or (at == last and w.startswith(ends))), "")
        told.append(_as_printed(word, best) if word else typed)
    text = " ".join(told)
    return text if text.casefold() != " ".join(asked.typed).casefold() else None


def _as_printed(word: str, best: sqlite3.Row) -> str:
    """A word as the hit's own names write it: "Beyoncé" for "beyonce"."""
    for printed in f"{best['printed']} {best['printed_credit']}".split():
        if word in words.words(printed):
            return printed.strip('()[]{}"“”„,;:!?')
    return word


# -- the things themselves -------------------------------------------------------------------------


def _begin(cursor: str | None) -> int:
    if cursor is None:
        return 0
    if not (cursor.isascii() and cursor.isdigit() and len(cursor) < 7):
        raise BadInput("cursor is not one of ours")
    return int(cursor)


async def _hits(
    db: Database,
    visibility: Visibility,
    listener: ProfileId | None,
    q: str,
    wanted: Sequence[_Candidate],
) -> list[Hit]:
    """The things themselves, in the order given."""

    def of(*kinds: Kind) -> list[int]:
        return list(dict.fromkeys(each.id for each in wanted if each.kind in kinds))

    artists, albums, tracks, playlists, genres, lines = await asyncio.gather(
        catalogue.artists_by_id(db, visibility, listener, [ArtistId(i) for i in of("artist")]),
        catalogue.albums_by_id(db, visibility, listener, [AlbumId(i) for i in of("album")]),
        catalogue.tracks_by_id(
            db, visibility, listener, [TrackId(i) for i in of("track", "lyrics")]
        ),
        _playlists(db, visibility, listener, of("playlist")),
        catalogue.genres_by_id(db, visibility, [GenreId(i) for i in of("genre")]),
        _lines(db, q, of("lyrics")),
    )
    known: dict[tuple[str, int], Hit] = {
        **{("artist", each.id): each for each in artists},
        **{("album", each.id): each for each in albums},
        **{("track", each.id): each for each in tracks},
        **{("playlist", each.id): each for each in playlists},
        **{("genre", each.id): each for each in genres},
        **{("lyrics", each.id): Line(each, *lines[each.id]) for each in tracks if each.id in lines},
    }
    return [known[each.kind, each.id] for each in wanted if (each.kind, each.id) in known]


def kind_of(hit: Hit) -> Kind:
    match hit:
        case Artist():
            return "artist"
        case Album():
            return "album"
        case Track():
            return "track"
        case Playlist():
            return "playlist"
        case Genre():
            return "genre"
        case Line():
            return "lyrics"


def _is(hit: Hit, candidate: _Candidate) -> bool:
    own = hit.track.id if isinstance(hit, Line) else hit.id
    return kind_of(hit) == candidate.kind and own == candidate.id


async def _playlists(
    db: Database, visibility: Visibility, listener: ProfileId | None, wanted: Sequence[int]
) -> list[Playlist]:
    if not wanted:
        return []
    rows = await db.rows(
        _PLAYLISTS,
        {
            **catalogue.visible(visibility),
            "listener": listener,
            "ids": msgspec.json.encode(list(wanted)).decode(),
        },
    )
    return [Playlist(row["id"], row["name"], row["track_count"]) for row in rows]


async def _lines(db: Database, q: str, wanted: Sequence[int]) -> dict[int, tuple[str, int | None]]:
    """Of each track the line of its lyrics that has most of the words of `q`, and when it is."""
    if not wanted:
        return {}
    rows = await db.rows(
        "SELECT track_id, lines FROM lyrics WHERE track_id IN (SELECT value FROM json_each(:ids)) "
        "ORDER BY synced DESC, position",
        {"ids": msgspec.json.encode(list(wanted)).decode()},
    )
    asked = [ways[0] for ways in words.asked(q).words]
    best: dict[int, tuple[int, str, int | None]] = {}
    for row in rows:
        for start, text in index.lyrics_lines(row["lines"]):
            there = words.words(text)
            fits = sum(
                all(any(each.startswith(token) for each in there) for token in way) for way in asked
            )
            if fits > best.get(row["track_id"], (0, "", None))[0]:
                best[row["track_id"]] = (fits, text, start)
    return {track: (text, start) for track, (_, text, start) in best.items()}


# -- statements ------------------------------------------------------------------------------------

_WRITTEN: Final = """
SELECT word FROM search_word WHERE word IN (SELECT value FROM json_each(:words))"""
_NEAR: Final = """
SELECT word FROM search_word WHERE word >= :first AND word < :first || char(1114111)
  AND LENGTH(word) BETWEEN :shortest AND :longest
  AND (substr(word, 1, LENGTH(:part1)) = :part1
    OR instr(substr(word, :from2, :within), :part2)
    OR instr(substr(word, :from3, :within), :part3))
UNION SELECT word FROM search_word WHERE word >= :turned AND word < :turned || char(1114111)
  AND LENGTH(word) BETWEEN :shortest AND :longest
UNION SELECT word FROM search_word WHERE word >= :swapped AND word < :swapped || char(1114111)
  AND LENGTH(word) BETWEEN :shortest AND :longest
UNION SELECT word FROM search_word WHERE backwards >= :tail AND backwards < :tail || char(1114111)
  AND LENGTH(word) BETWEEN :shortest AND :longest_tail
LIMIT 4000"""

_NEAR_SHORT: Final = """
SELECT word FROM search_word WHERE word >= :first AND word < :first || char(1114111)
  AND LENGTH(word) = 3 AND (substr(word, 2, 1) = :second OR substr(word, 3, 1) = :third)
UNION SELECT word FROM search_word WHERE word >= :swapped AND word < :swapped || char(1114111)
  AND LENGTH(word) <= :longest
UNION SELECT word FROM search_word WHERE word >= :turned AND word < :turned || char(1114111)
  AND LENGTH(word) <= :longest
LIMIT 4000"""

_SEEN: Final = catalogue.SEEN
# one's own lists, and those that are files of a library that one sees
_LIST_SEEN: Final = """CASE WHEN EXISTS (SELECT 1 FROM playlist_file AS f
    WHERE f.playlist_id = playlist.id)
  THEN EXISTS (SELECT 1 FROM playlist_file AS f WHERE f.playlist_id = playlist.id
    AND (:libraries IS NULL OR f.library_id IN (SELECT value FROM json_each(:libraries))))
  ELSE playlist.profile_id = :listener END"""
_PLAYLISTS: Final = f"""
SELECT playlist.id, playlist.name,
  (SELECT COUNT(*) FROM playlist_item JOIN track ON track.id = playlist_item.track_id
    WHERE playlist_item.playlist_id = playlist.id AND {_SEEN}) AS track_count
FROM playlist WHERE {_LIST_SEEN}
  AND playlist.id IN (SELECT value FROM json_each(:ids))"""

# {table}: what is looked for; {shown}: what the asker may see of it; {size}: how much it is
_BY_KEY: Final = """
SELECT * FROM (SELECT {table}.id, k.key != asked.value AS tier, IFNULL(p.plays, 0) AS plays,
    {size} AS size, LENGTH(k.key) AS length
  FROM json_each(:keys) AS asked CROSS JOIN search_key AS k
    ON k.kind = {kind} AND k.key >= asked.value AND k.key < asked.value || char(1114111)
  CROSS JOIN {table} ON {table}.id = k.item_id
  LEFT JOIN popularity AS p ON p.kind = {kind} AND p.item_id = k.item_id
  WHERE {shown} LIMIT :scanned)
"""
_BY_KEY_ORDERED: Final = (
    "SELECT * FROM (" + _BY_KEY + "ORDER BY tier, plays DESC, size DESC, length LIMIT :kept)"
)
_POPULAR: Final = """
SELECT {table}.id, 1 AS tier, p.plays, {size} AS size, 100 AS length
  FROM (SELECT item_id, plays FROM popularity WHERE kind = {kind}
    ORDER BY plays DESC LIMIT 300) AS p
  CROSS JOIN {table}_words AS w ON w.rowid = p.item_id
  CROSS JOIN {table} ON {table}.id = p.item_id
  WHERE EXISTS (SELECT 1 FROM json_each(:keys) AS asked
    WHERE instr(char(10) || w.keys, char(10) || asked.value)) AND {shown}
"""
_BY_WORDS: Final = """
SELECT * FROM (SELECT * FROM (SELECT {table}.id, {tier} AS tier, IFNULL(p.plays, 0) AS plays,
    {size} AS size, LENGTH({printed}) AS length
  FROM {table}_words AS w CROSS JOIN {table} ON {table}.id = w.rowid
  LEFT JOIN popularity AS p ON p.kind = {kind} AND p.item_id = w.rowid
  WHERE {table}_words MATCH {match} AND {shown} LIMIT :scanned)
ORDER BY plays DESC, size DESC, length LIMIT :kept)
"""
_NEARLY: Final = """
SELECT * FROM (SELECT {table}.id, IFNULL(p.plays, 0) AS plays, {size} AS size,
    LENGTH(w.name) AS length, w.name, w.credit, w.more, {printed} AS printed,
    {credit} AS printed_credit
  FROM {table}_words AS w CROSS JOIN {table} ON {table}.id = w.rowid
  LEFT JOIN popularity AS p ON p.kind = {kind} AND p.item_id = w.rowid
  WHERE {table}_words MATCH :match AND {shown} LIMIT :scanned)
ORDER BY plays DESC, length LIMIT :kept
"""
_LYRICS: Final = """
SELECT track.id, 3 AS tier, 0 AS plays, 0 AS size, LENGTH(w.text) AS length
  FROM lyrics_words AS w CROSS JOIN track ON track.id = w.rowid
  WHERE lyrics_words MATCH :match AND {shown} LIMIT 20
"""


class _Table(msgspec.Struct, frozen=True):
    shown: str  # to one who may see everything
    seen: str  # to others
    size: str
    printed: str
    credit: str


# of a track in several qualities the best alone
_TRACK_SHOWN: Final = "track.state = 'present' AND " + catalogue.ONCE
_TRACK_SEEN: Final = _TRACK_SHOWN + " AND " + catalogue.SEEN
_TABLES: Final = {
    "artist": _Table(
        "(artist.track_count > 0 OR " + catalogue.PERSON_SEEN + ")",
        catalogue.PERSON_SEEN,
        "artist.track_count",
        "artist.name",
        "''",
    ),
    "album": _Table(
        "album.track_count > 0",
        "album.track_count > 0 AND " + catalogue.ALBUM_SEEN,
        "album.track_count",
        "album.title",
        "album.artist_credit",
    ),
    "track": _Table(_TRACK_SHOWN, _TRACK_SEEN, "0", "track.title", "track.artist_credit"),
    "playlist": _Table(
        _LIST_SEEN,
        _LIST_SEEN,
        "0",
        "playlist.name",
        "''",
    ),
    "genre": _Table(
        "EXISTS (SELECT 1 FROM track_genre JOIN track ON track.id = track_genre.track_id "
        "WHERE track_genre.genre_id = genre.id AND " + _TRACK_SHOWN + ")",
        "EXISTS (SELECT 1 FROM track_genre JOIN track ON track.id = track_genre.track_id "
        "WHERE track_genre.genre_id = genre.id AND " + _TRACK_SEEN + ")",
        "0",
        "genre.name",
        "''",
    ),
}


def _statements(*, everything: bool) -> dict[str, str]:
    made = {}
    for name, table in _TABLES.items():

        def filled(sql: str, name: str = name, table: _Table = table, **more: str) -> str:
            return sql.format(
                table=name,
                kind=index.KINDS[name],
                shown=table.shown if everything else table.seen,
                size=table.size,
                printed=table.printed,
                credit=table.credit,
                **more,
            )

        key = filled(_BY_KEY_ORDERED)
        # of what begins with a few letters there is more than is looked at
        begins = [key, filled(_POPULAR)]
        named = filled(_BY_WORDS, tier="2", match=":named")
        about = filled(_BY_WORDS, tier="3", match=":match")
        made[f"{name} begins"] = " UNION ALL ".join(begins)
        made[f"{name} named"] = " UNION ALL ".join([key, named])
        made[f"{name} short"] = " UNION ALL ".join([*begins, named])
        made[f"{name} about"] = about
        made[f"{name} nearly"] = filled(_NEARLY)
    made["lyrics"] = _LYRICS.format(shown=_TRACK_SHOWN if everything else _TRACK_SEEN)
    return made


_EVERYTHING: Final = _statements(everything=True)
_SOME: Final = _statements(everything=False)
