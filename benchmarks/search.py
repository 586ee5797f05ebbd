"""How long a search takes at 100,000 tracks, by what was typed.

    python -m benchmarks.search [TRACKS] [FOLDER]

The database is written with SQL alone: made-up names with the skew of a real collection (a few
artists with much, many with little; common words in most titles), Japanese, Korean, Russian and
Greek names among them, lyrics on every tenth track, plays of a year. The index is built as after a
scan, and timed. Then every query runs as the search box sends it, for one who may see everything
and for a child from whom every eighth track is hidden: milliseconds, in this process, database
and all.
"""

from __future__ import annotations

import asyncio
import json
import random
import resource
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from homestream.db import connect, migrate
from homestream.db.connect import Database
from homestream.ids import ProfileId
from homestream.library import identity, index, search
from homestream.visibility import EVERYTHING, Visibility

ROUNDS = 3
_WORDS = (
    "love the you night heart time of me my in day blue a girl dream i rain la to and fire dance "
    "on baby home life sun moon no one river sky star world for light song road summer it way "
    "black down come eyes never be is all your we what god soul stone sea wind little good bad "
    "sweet lost last high city street war peace man woman king queen house water gold red green "
    "again away over under back free wild angel devil heaven forever tonight tomorrow morning"
)
WORDS = _WORDS.split()
_SYLLABLES = "ka lo mi ren sto bra del vin or tal mar chi ho ne fos gri du pel wa zo ser lin"
SYLLABLES = _SYLLABLES.split()
KANA = "あいうえおかきくけこさしすせそたちつてとなにぬねのはひふへほまみむめもやゆよらりるれろわん"
KANJI = "東京夜空海花月星雨風雪山川音楽愛夢恋光影心春夏秋冬都会青赤白黒時間宇多田事変椎名林檎"
HANGUL = "가나다라마바사아자차카타파하방탄소년단사랑노래밤하늘바람별빛"
_RUSSIAN = "любовь ночь день дождь зима лето город река небо звезда кино чайковский дом снег"
RUSSIAN = _RUSSIAN.split()
_GREEK = "αγάπη νύχτα θάλασσα ήλιος καρδιά ουρανός δρόμος"
GREEK = _GREEK.split()

QUERIES: dict[str, list[str]] = {
    "one letter": list("abcdefghijklmnoprstwz"),
    "two letters": ["lo", "th", "ma", "be", "st", "ka", "br", "de", "vi", "ho", "mi", "zo"],
    "three letters": ["lov", "the", "mar", "bra", "nig", "kal", "fos", "ren"],
    "a common word": ["love", "the", "night", "you", "heart", "a"],
    "two words": ["love night", "the river", "blue moon", "black stone", "little gold"],
    "a word and a letter": ["love n", "the b", "blue m", "black s", "of k"],
    "artist and title": [],
    "a mistake": [],
    "two mistakes": [],
    "a short slip": [
        "hte",
        "teh",
        "hte moon",
        "lvoe teh",
        "sxn",
        "rde",
        "mqr",
        "sux",
        "wzy",
        "dqy",
    ],
    "nothing like it": ["qqqqq", "xylophonzz", "wqzkjh brtwq", "zzzzzzzzzz"],
    "kana, Han": ["東", "東京", "宇多田", "か", "かき", "ヒカ", "夢恋", "光影心"],
    "Hangul": ["방", "방탄", "사랑", "ㅅ", "하늘"],
    "Cyrillic, Greek": ["любовь", "кино", "чай", "kino", "lyubov", "αγαπη", "agapi", "noch"],
    "lyrics": ["dance on the moon", "never be your king", "fire in my eyes"],
}


def main() -> None:
    tracks = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    with tempfile.TemporaryDirectory() as made:
        folder = Path(sys.argv[2]) if len(sys.argv) > 2 else Path(made)
        path = folder / "search.db"
        fresh = not path.exists()
        if fresh:
            migrate.prepare(path)
            with sqlite3.connect(path) as connection:
                fill(connection, tracks)
            connection.close()
        before = path.stat().st_size
        asyncio.run(_run(path, tracks, fresh=fresh))
        if fresh:
            print(f"the index takes {(path.stat().st_size - before) / 2**20:.0f} MiB")


async def _run(path: Path, tracks: int, *, fresh: bool) -> None:
    async with connect.opened(path) as db:
        if fresh:
            begun, cpu = time.perf_counter(), time.process_time()
            await index.catch_up(db)
            taken, spent = time.perf_counter() - begun, time.process_time() - cpu
            print(
                f"index of {tracks} tracks: {taken:.1f} s, "
                f"{spent / tracks * 1e6:.0f} us of CPU a track"
            )
        _mistyped(await db.rows("SELECT name FROM artist WHERE track_count > 20 LIMIT 4000"))
        rows = await db.rows(
            "SELECT title, artist_credit FROM track WHERE id % 997 = 1 AND title < 'z' LIMIT 20"
        )
        QUERIES["artist and title"] = [f"{row['artist_credit']} {row['title']}" for row in rows]
        print(
            f"{'ms':20}{'median':>9}{'p95':>9}{'worst':>9}{'CPU':>9}{'CPU p95':>9}"
            f"{'child p95':>11}{'found':>8}"
        )
        for kind, queries in QUERIES.items():
            whole, found = await _timed(db, queries, EVERYTHING)
            child, _ = await _timed(db, queries, Visibility(explicit=False))
            clock, cpu = [each[0] for each in whole], [each[1] for each in whole]
            print(
                f"{kind:20}{statistics.median(clock):9.1f}{_p95(clock):9.1f}{max(clock):9.1f}"
                f"{statistics.median(cpu):9.1f}{_p95(cpu):9.1f}"
                f"{_p95([each[0] for each in child]):11.1f}{found:8}"
            )
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"peak memory of this process {peak:.0f} MiB")


async def _timed(
    db: Database, queries: list[str], visibility: Visibility
) -> tuple[list[tuple[float, float]], int]:
    """Milliseconds of each, on the clock and of CPU, and for how many there was something."""
    taken, found = [], 0
    for turn in range(ROUNDS):
        for q in queries:
            begun, cpu = time.perf_counter(), time.process_time()
            top, _, _ = await search.groups(db, visibility, ProfileId(1), q, limit=6)
            spent = time.process_time() - cpu
            taken.append(((time.perf_counter() - begun) * 1000, spent * 1000))
            found += top is not None and turn == 0
    return taken, found


def _p95(values: list[float]) -> float:
    return sorted(values)[int(len(values) * 0.95)]


def _mistyped(rows: list[sqlite3.Row]) -> None:
    """Words of artists with a letter wrong, missing, double or in the wrong place."""
    chance = random.Random(7)
    names = sorted({word for row in rows for word in row["name"].split() if word.isascii()})
    wrong: list[Callable[[str, int], str]] = [
        lambda word, at: word[:at] + "q" + word[at + 1 :],
        lambda word, at: word[:at] + word[at + 1 :],
        lambda word, at: word[:at] + word[at] + word[at:],
        lambda word, at: word[:at] + word[at + 1] + word[at] + word[at + 2 :],
    ]

    def spoilt(word: str) -> str:
        return chance.choice(wrong)(word, chance.randrange(1, len(word) - 2))

    short = [word for word in names if 5 <= len(word) <= 7]
    long = [word for word in names if len(word) >= 9]
    QUERIES["a mistake"] = [spoilt(word) for word in chance.sample(short, 30)]
    QUERIES["two mistakes"] = [spoilt(spoilt(word)) for word in chance.sample(long, 30)]


def fill(connection: sqlite3.Connection, tracks: int) -> None:
    """Writes a library of that many tracks."""
    chance = random.Random(1)
    connection.execute(
        "INSERT INTO library (name, path, origin, created_at) VALUES ('Music', x'2f', 'config', 0)"
    )
    connection.execute(
        "INSERT INTO account (name, role, password_hash, created_at) VALUES ('o', 'owner', '', 0)"
    )
    connection.execute(
        "INSERT INTO profile (account_id, name, colour, picture, created_at) "
        "VALUES (1, 'o', 'sky', 'fox', 0)"
    )
    names = _names(chance)
    titles = _titles(chance)
    folded: set[str] = set()
    artist = album = track = 0
    while track < tracks:
        name = next(names)
        if identity.fold(name) in folded:
            continue
        folded.add(identity.fold(name))
        artist += 1
        albums = min(30, int(chance.paretovariate(1.1)))
        counts = [chance.choice((1, 2, 8, 10, 11, 12, 14)) for _ in range(albums)]
        connection.execute(
            "INSERT INTO artist (name, sort_name, folded, album_count, track_count) "
            "VALUES (?, ?, ?, ?, ?)",
            (name, identity.sort_key(name), identity.fold(name), albums, sum(counts)),
        )
        for count in counts:
            album += 1
            called = next(titles)
            connection.execute(
                "INSERT INTO album (grouping_key, title, sort_title, artist_credit, sort_artist, "
                "year, added_at, track_count, disc_count, duration_ms) "
                "VALUES ('', ?, ?, ?, ?, 2000, 0, ?, 1, 1)",
                (called, identity.sort_key(called), name, identity.sort_key(name), count),
            )
            connection.execute(
                "INSERT INTO album_artist (album_id, position, artist_id) VALUES (?, 0, ?)",
                (album, artist),
            )
            for position in range(count):
                track += 1
                title = next(titles)
                connection.execute("INSERT INTO recording (created_at) VALUES (0)")
                connection.execute(
                    "INSERT INTO file (library_id, path, size, mtime_ns, inode, audio_key, "
                    "container, codec, sample_rate, channels, layout, samples, samples_exact, "
                    "added_at) VALUES (1, ?, 1, 1, 1, ?, 'flac', 'flac', 44100, 2, 'stereo', "
                    "441000, 1, 0)",
                    (b"%d.flac" % track, b"%d" % track),
                )
                connection.execute(
                    "INSERT INTO track (file_id, recording_id, album_id, library_id, title, "
                    "sort_title, artist_credit, album_title, position, duration_ms, explicit, "
                    "tags, added_at) VALUES (?1, ?1, ?2, 1, ?3, ?4, ?5, ?6, ?7, 10000, ?8, ?9, 0)",
                    (
                        track,
                        album,
                        title,
                        identity.sort_key(title),
                        name,
                        called,
                        position + 1,
                        track % 8 == 0,
                        json.dumps({"title": title, "artists": [name], "album": called}),
                    ),
                )
                connection.execute(
                    "INSERT INTO track_artist (track_id, role, position, artist_id) "
                    "VALUES (?, 'artist', 0, ?)",
                    (track, artist),
                )
                if track % 10 == 0:
                    lines = [[None, " ".join(_phrase(chance, 6))] for _ in range(24)]
                    connection.execute(
                        "INSERT INTO lyrics (track_id, position, source, synced, lines) "
                        "VALUES (?, 0, 'embedded', 0, ?)",
                        (track, json.dumps(lines)),
                    )
    connection.executemany(
        "INSERT INTO play (client_event_id, profile_id, recording_id, track_id, "
        "listening_session, started_at, tz_offset_minutes, received_at, device, source, "
        "played_ms, track_ms, ending) VALUES (?1, 1, ?2, ?2, '', ?1, 0, 0, '', 'album', 1, 1, "
        "'done')",
        [
            (n, min(track, int(chance.paretovariate(0.4)) * 37 % track + 1))
            for n in range(min(30_000, tracks))
        ],
    )


def _phrase(chance: random.Random, most: int) -> list[str]:
    return [
        WORDS[min(len(WORDS) - 1, int(chance.expovariate(0.035)))]
        for _ in range(chance.randint(1, most))
    ]


def _word(chance: random.Random) -> str:
    return "".join(chance.choice(SYLLABLES) for _ in range(chance.randint(2, 4))).capitalize()


def _titles(chance: random.Random) -> Iterator[str]:
    while True:
        kind = chance.random()
        if kind < 0.05:
            yield "".join(chance.choice(KANJI) for _ in range(chance.randint(2, 4))) + "".join(
                chance.choice(KANA) for _ in range(chance.randint(0, 4))
            )
        elif kind < 0.07:
            yield "".join(chance.choice(HANGUL) for _ in range(chance.randint(2, 5)))
        elif kind < 0.1:
            yield " ".join(chance.choices(RUSSIAN, k=2)).capitalize()
        elif kind < 0.11:
            yield " ".join(chance.choices(GREEK, k=2)).capitalize()
        elif kind < 0.4:
            yield " ".join([*_phrase(chance, 3), _word(chance)]).capitalize()
        else:
            yield " ".join(_phrase(chance, 5)).capitalize()


def _names(chance: random.Random) -> Iterator[str]:
    while True:
        kind = chance.random()
        if kind < 0.04:
            yield "".join(chance.choice(KANJI) for _ in range(2)) + "".join(
                chance.choice(KANA) for _ in range(2)
            )
        elif kind < 0.06:
            yield "".join(chance.choice(HANGUL) for _ in range(chance.randint(2, 4)))
        elif kind < 0.08:
            yield " ".join(chance.choices(RUSSIAN, k=2)).title()
        elif kind < 0.4:
            yield "The " + _word(chance) + chance.choice(("", "s"))
        else:
            yield f"{_word(chance)} {_word(chance)}"


if __name__ == "__main__":
    main()
