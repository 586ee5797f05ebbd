"""What there is: artists, albums and tracks, as values. Nothing heavy is imported here."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

VERSION: Final = 1  # of the music; a library made by another version is made anew

LABEL: Final = "Lamplight Recordings"
SUFFIXES: Final = {"flac": ".flac", "mp3": ".mp3", "aac": ".m4a", "opus": ".opus"}


@dataclass(frozen=True, slots=True)
class Track:
    """`tonic` is a MIDI note, `tempo` beats a minute, `roots` the scale step of each bar's chord
    (repeated as long as the track lasts); `lines` are sung."""

    title: str
    seconds: float
    seed: int
    style: str = ""  # of the album, unless given
    tonic: int = 57
    mode: str = "minor"
    tempo: float = 90.0
    roots: tuple[int, ...] = (0, 5, 3, 4)
    beats: int = 4
    disc: int = 1
    artist: str = ""  # of the album, unless given
    artist_sort: str = ""
    genre: str = ""  # of the album, unless given
    lines: tuple[str, ...] = ()
    mood: str = ""


@dataclass(frozen=True, slots=True)
class Album:
    title: str
    artist: str
    year: int
    genre: str
    style: str
    codec: str  # a key of SUFFIXES
    cover: str  # name of the picture in `covers`
    tracks: tuple[Track, ...]
    artist_sort: str = ""
    title_sort: str = ""
    gapless: bool = False
    compilation: bool = False
    embedded_cover: bool = True
    folder_cover: bool = True
    lyrics: str = ""  # "lrc": a file beside the track; "embedded": synced text inside it
    rate: int = 44100  # Hz
    disc_titles: tuple[str, ...] = field(default=())


ISDAL: Final = "Hrafnkell Ísdal"
KISSA: Final = "ピクセル喫茶"
KISSA_SORT: Final = "Pixel Kissa"
TILLEUL: Final = "Trio Tilleul"
MARLOW: Final = "Marlow & the Night Bus"

UNDIR_ISNUM: Final = Album(
    title="Undir ísnum",
    artist=ISDAL,
    artist_sort="Ísdal, Hrafnkell",
    year=2019,
    genre="Ambient",
    style="ambient",
    codec="flac",
    cover="ice",
    gapless=True,
    tracks=(
        Track("Brim", 46.2, 101, tonic=50, roots=(0, 5, 2, 6), mood="sea"),
        Track("Djúpið", 51.7, 102, tonic=50, roots=(0, 3, 5, 0), mood="deep"),
        Track("Hvalsöngur", 55.3, 103, tonic=50, roots=(5, 2, 0, 4), mood="whale"),
        Track("Kyrrð", 44.9, 104, tonic=50, roots=(3, 0, 5, 6), mood="still"),
        Track("Birting", 49.4, 105, tonic=50, roots=(2, 6, 5, 3), mood="bells"),
        Track("Landsýn", 52.1, 106, tonic=50, roots=(5, 6, 2, 0), mood="bells sea"),
    ),
)

LJOSASKIPTI: Final = Album(
    title="Ljósaskipti",
    artist=ISDAL,
    artist_sort="Ísdal, Hrafnkell",
    year=2022,
    genre="Ambient",
    style="ambient",
    codec="opus",
    rate=48000,
    cover="dusk",
    tracks=(
        Track(
            "Fyrsta stjarnan", 48, 111, tonic=53, mode="lydian", roots=(0, 1, 4, 0), mood="bells"
        ),
        Track("Snjór á þakinu", 45, 112, tonic=55, mode="major", roots=(0, 3, 5, 4), mood="still"),
        Track("Gluggi í norður", 50, 113, tonic=48, mode="dorian", roots=(0, 3, 0, 6), mood="deep"),
        Track("Ærslabelgur", 43, 114, tonic=52, mode="lydian", roots=(0, 4, 1, 5), mood="bells"),
        Track("Góða nótt", 54, 115, tonic=53, mode="major", roots=(0, 5, 3, 0), mood="sea bells"),
    ),
)

YAKOU: Final = Album(
    title="夜行列車",
    title_sort="Yakō ressha",
    artist=KISSA,
    artist_sort=KISSA_SORT,
    year=2020,
    genre="Synthwave",
    style="synthwave",
    codec="opus",
    rate=48000,
    cover="train",
    tracks=(
        Track("発車ベル", 44, 201, tonic=57, tempo=104, roots=(0, 5, 2, 6)),
        Track("ネオンの雨", 47, 202, tonic=52, tempo=96, roots=(0, 3, 5, 4)),
        Track("窓の灯り", 45, 203, tonic=55, mode="dorian", tempo=88, roots=(0, 6, 3, 0)),
        Track(
            "自動販売機ブルース",
            43,
            204,
            tonic=50,
            mode="mixolydian",
            tempo=112,
            roots=(0, 6, 3, 0),
        ),
        Track("海沿いの駅", 46, 205, tonic=53, mode="major", tempo=92, roots=(0, 4, 5, 3)),
        Track("終点まで", 52, 206, tonic=57, tempo=100, roots=(5, 6, 0, 2)),
    ),
)

CONTINUE: Final = Album(
    title="Continue?",
    artist=KISSA,
    artist_sort=KISSA_SORT,
    year=2023,
    genre="Chiptune",
    style="chip",
    codec="opus",
    rate=48000,
    cover="cup",
    folder_cover=False,
    tracks=(
        Track("Insert Coffee", 41, 211, tonic=60, mode="major", tempo=132, roots=(0, 5, 3, 4)),
        Track("Ghost in the Arcade", 43, 212, tonic=57, tempo=120, roots=(0, 5, 6, 4)),
        Track("Boss on a Bicycle", 42, 213, tonic=52, mode="dorian", tempo=144, roots=(0, 3, 0, 6)),
        Track("Save Point", 44, 214, tonic=55, mode="lydian", tempo=92, roots=(0, 1, 5, 4)),
        Track("Extra Life", 40, 215, tonic=62, mode="mixolydian", tempo=138, roots=(0, 6, 3, 0)),
        Track(
            "Game Over, Good Night", 46, 216, tonic=53, mode="major", tempo=84, roots=(0, 2, 5, 3)
        ),
    ),
)

PLUIES: Final = Album(
    title="Petites pluies",
    artist=TILLEUL,
    artist_sort="Tilleul, Trio",
    year=2018,
    genre="Folk",
    style="trio",
    codec="aac",
    cover="rain",
    folder_cover=False,
    tracks=(
        Track(
            "Trois gouttes", 42, 301, tonic=55, mode="major", tempo=126, beats=3, roots=(0, 5, 3, 4)
        ),
        Track("L'horloge du café", 44, 302, tonic=57, tempo=96, roots=(0, 3, 6, 2)),
        Track("Où dort le héron", 47, 303, tonic=50, mode="dorian", tempo=80, roots=(0, 3, 0, 6)),
        Track("Forêt à vélo", 41, 304, tonic=52, mode="mixolydian", tempo=116, roots=(0, 6, 3, 0)),
        Track(
            "Valse de l'escargot",
            45,
            305,
            tonic=53,
            mode="major",
            tempo=108,
            beats=3,
            roots=(0, 3, 1, 4),
        ),
        Track("Après l'averse", 49, 306, tonic=55, mode="lydian", tempo=84, roots=(0, 1, 4, 0)),
    ),
)

KETTLE: Final = Album(
    title="Songs for a Slow Kettle",
    artist=TILLEUL,
    artist_sort="Tilleul, Trio",
    year=2024,
    genre="Folk",
    style="song",
    codec="flac",
    cover="kettle",
    embedded_cover=False,
    lyrics="lrc",
    tracks=(
        Track(
            "Put the Kettle On",
            52,
            311,
            tonic=55,
            mode="major",
            tempo=92,
            roots=(0, 5, 3, 4),
            lines=(
                "Put the kettle on, my dear,",
                "let the morning take its time.",
                "There is nothing far or near",
                "that is worth the hurried climb.",
                "Steam is writing on the pane",
                "all the words we meant to say,",
                "and a slow and silver rain",
                "reads them back and runs away.",
            ),
        ),
        Track(
            "Letter to the Moon",
            54,
            312,
            tonic=52,
            mode="dorian",
            tempo=84,
            roots=(0, 3, 6, 0),
            lines=(
                "Dear old moon, I saw you go",
                "round the chimney, white and thin.",
                "Here the lamps are burning low,",
                "here the cat is coming in.",
                "If you pass above the sea",
                "where my brother keeps the light,",
                "lay a silver path for me,",
                "wish him well and say good night.",
            ),
        ),
        Track(
            "Under the Linden",
            50,
            313,
            tonic=57,
            mode="major",
            tempo=100,
            beats=3,
            roots=(0, 3, 4, 0),
            lines=(
                "Under the linden, bees in the noon,",
                "somebody's whistling half of a tune.",
                "I know the other half, I hum it low,",
                "nobody taught me, how do I know?",
                "Leaves turn their pages, shade turns to gold,",
                "songs are the houses nobody sold.",
            ),
        ),
        Track(
            "La théière",
            49,
            314,
            tonic=53,
            mode="major",
            tempo=88,
            roots=(0, 5, 1, 4),
            lines=(
                "La théière a chanté",
                "tout l'hiver et tout l'été.",
                "Une tasse pour le vent,",
                "une tasse pour l'enfant,",
                "et la lune, sans sucre,",
                "boit la sienne lentement.",
            ),
        ),
        Track(
            "Paper Boat",
            51,
            315,
            tonic=50,
            mode="mixolydian",
            tempo=96,
            roots=(0, 6, 3, 0),
            lines=(
                "I folded a boat from a bill unpaid",
                "and gave it the gutter to roam.",
                "It sailed past the baker, the church, the parade,",
                "and nobody asked it come home.",
                "So sail, little paper, as far as you dare,",
                "the rain is a river tonight.",
                "And if there's an ocean, just tell them out there",
                "we're fine, and the windows are bright.",
            ),
        ),
        Track(
            "Last Cup",
            48,
            316,
            tonic=55,
            mode="major",
            tempo=76,
            roots=(0, 4, 5, 3),
            lines=(
                "Last cup, the leaves have told",
                "what little leaves can see:",
                "the night is clear and cold,",
                "and you are here with me.",
                "Last cup, and then to bed,",
                "the stove has ticked and slept.",
                "Whatever we left unsaid,",
                "the kettle overheard, and kept.",
            ),
        ),
    ),
)

UMBRELLA: Final = Album(
    title="Umbrella Weather",
    artist=MARLOW,
    year=2021,
    genre="Lo-fi",
    style="beats",
    codec="mp3",
    cover="umbrella",
    lyrics="embedded",
    tracks=(
        Track(
            "Top Deck, Front Seat",
            44,
            401,
            tonic=53,
            mode="major",
            tempo=78,
            roots=(3, 2, 1, 0),
            lines=(
                "Top deck, front seat,",
                "the whole town is mine.",
                "Wet lights, slow street,",
                "we're right on time.",
                "Ring the bell, let it ring,",
                "one more stop, let me sing.",
            ),
        ),
        Track("Puddle Jazz", 43, 402, tonic=56, mode="dorian", tempo=84, roots=(0, 3, 6, 2)),
        Track(
            "Someone Else's Umbrella",
            46,
            403,
            tonic=51,
            mode="major",
            tempo=74,
            roots=(0, 5, 1, 4),
            lines=(
                "Someone else's umbrella",
                "is keeping me dry.",
                "Thank you, whoever,",
                "I'll pass it on by.",
                "Red with a wooden bend,",
                "lend it to rain again.",
            ),
        ),
        Track("Laundrette, 2 a.m.", 42, 404, tonic=55, mode="dorian", tempo=80, roots=(0, 3, 0, 4)),
        Track("Kiosk Tea", 45, 405, tonic=58, mode="major", tempo=72, roots=(3, 4, 2, 5)),
        Track(
            "Home Before the Milk",
            48,
            406,
            tonic=53,
            mode="major",
            tempo=70,
            roots=(0, 2, 3, 4),
            lines=(
                "Home before the milk,",
                "shoes in my hand,",
                "sky like grey silk",
                "over the land.",
                "Don't wake the stair,",
                "morning is there.",
            ),
        ),
    ),
)

SAMPLER: Final = Album(
    title="A Lamp in Every Window",
    artist="Various Artists",
    year=2025,
    genre="Various",
    style="trio",
    codec="flac",
    cover="lamps",
    compilation=True,
    disc_titles=("Dusk", "Dawn"),
    tracks=(
        Track(
            "Ljós í glugga",
            44,
            501,
            style="ambient",
            artist=ISDAL,
            artist_sort="Ísdal, Hrafnkell",
            genre="Ambient",
            tonic=55,
            mode="lydian",
            roots=(0, 1, 0, 4),
            mood="bells",
        ),
        Track(
            "Canción del colibrí",
            41,
            502,
            style="trio",
            artist="Señora Colibrí",
            genre="Folk",
            artist_sort="Colibrí, Señora",
            tonic=52,
            mode="minor",
            tempo=132,
            beats=3,
            roots=(0, 6, 5, 4),
        ),
        Track(
            "Große Kleinigkeiten",
            42,
            503,
            style="chip",
            artist="Änne Übermut",
            genre="Chiptune",
            artist_sort="Übermut, Änne",
            tonic=59,
            mode="major",
            tempo=126,
            roots=(0, 3, 5, 4),
        ),
        Track(
            "Corner Shop Constellations",
            43,
            504,
            style="beats",
            artist=MARLOW,
            genre="Lo-fi",
            tonic=50,
            mode="dorian",
            tempo=82,
            roots=(0, 3, 6, 0),
        ),
        Track(
            "朝の踏切",
            42,
            505,
            style="synthwave",
            artist=KISSA,
            artist_sort=KISSA_SORT,
            disc=2,
            genre="Synthwave",
            tonic=60,
            mode="major",
            tempo=108,
            roots=(0, 4, 3, 5),
        ),
        Track(
            "Αλκυόνα",
            45,
            506,
            style="ambient",
            artist="Μελίνα Θαλασσινού",
            disc=2,
            genre="Ambient",
            artist_sort="Thalassinou, Melina",
            tonic=51,
            mode="dorian",
            roots=(0, 3, 6, 0),
            mood="sea",
        ),
        Track(
            "Зимний чай",
            43,
            507,
            style="trio",
            artist="Квартет «Снегирь»",
            disc=2,
            genre="Folk",
            artist_sort="Snegir, Kvartet",
            tonic=57,
            mode="minor",
            tempo=88,
            roots=(0, 3, 4, 0),
        ),
        Track(
            "Le dernier réverbère",
            46,
            508,
            style="trio",
            artist=TILLEUL,
            disc=2,
            genre="Folk",
            artist_sort="Tilleul, Trio",
            tonic=53,
            mode="major",
            tempo=76,
            roots=(0, 5, 3, 4),
        ),
    ),
)

ALBUMS: Final = (UNDIR_ISNUM, LJOSASKIPTI, YAKOU, CONTINUE, PLUIES, KETTLE, UMBRELLA, SAMPLER)
