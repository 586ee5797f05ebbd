"""Programmes: what is to be played as one stream, answered with a signed address to play it at, and
how a listener wants tracks to follow each other."""

from __future__ import annotations

import time
from typing import Annotated

import msgspec
from msgspec import Meta

from homestream import ids
from homestream.errors import BadInput, NotFound
from homestream.ids import TrackId
from homestream.listening import arrange, playback, programmes
from homestream.listening.arrange import Levelling, Manner
from homestream.listening.programmes import After, Prepared
from homestream.media import ladder, virtual
from homestream.server import limits, originals, signing
from homestream.server.api import renditions
from homestream.server.api.schema import PublicId
from homestream.server.routing import Access, Call, Route

Crossfade = Annotated[
    float,
    Meta(
        ge=0,
        le=arrange.MOST_CROSSFADE,
        description="Seconds that one track fades into the next, but on an album's own order",
    ),
]
Tracks = Annotated[list[PublicId], Meta(max_length=programmes.MOST_TRACKS)]
ProgrammeId = Annotated[str, Meta(pattern="^[a-z2-7]{24}$")]


class Playback(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How tracks follow each other, and how loud they are to each other.

    Levelling brings them to -18 LUFS, each by itself ("track"), all of an album alike ("album"), or
    alike where a neighbour is of the same album ("auto"); never above -1 dBTP.
    """

    crossfade: Crossfade = 0.0
    levelling: Levelling = "off"
    trim_silence: bool = False


class GoOn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The tracks follow part `part` (0-based) of a programme, which stays up to there."""

    programme: ProgrammeId
    part: Annotated[int, Meta(ge=0)]


class Wanted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What to play, in order. What is not told of crossfade, levelling and silence is as the
    listener chose in `/api/v1/me/playback`; what is not told of the player, what every one can.
    """

    tracks: Tracks
    crossfade: Crossfade | None = None
    levelling: Levelling | None = None
    trim_silence: bool | None = None
    after: GoOn | None = None
    # A live programme stays at its address while what follows is changed, for players that know no
    # other. It ends with its tracks, unless it is kept open.
    live: bool = False
    keep_open: bool = False
    accepts: renditions.Codecs | None = None
    containers: renditions.Containers | None = None
    max_bit_rate: renditions.BitRate | None = None
    max_sample_rate: renditions.SampleRate | None = None
    network: renditions.Network = "unmetered"
    lossless: bool = False


class Changed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What follows the first `keep` parts of a live programme; without `keep`, all of them stay.

    Parts that are fixed stay in any case. `end` closes it behind its last track.
    """

    tracks: Tracks = []
    keep: Annotated[int, Meta(ge=0)] | None = None
    keep_open: bool | None = None
    end: bool = False


class Live(msgspec.Struct, frozen=True):
    """How far a live programme is told to players: `fixed_until` in seconds on its line, at least
    `horizon` seconds behind what was fetched last. The first `fixed_parts` parts stay."""

    fixed_until: float
    fixed_parts: int
    horizon: float
    keep_open: bool
    ended: bool


class Part(msgspec.Struct, frozen=True):
    """One track of a programme, in seconds on its line.

    Where tracks fade into each other, one starts while the one before is still heard. The place in
    the track itself is the time since `start`, and `skipped`: silence that was left out. `gain` is
    in dB; null: nothing is known yet of how loud the track is, and it is played as it is.
    """

    track: str
    start: float
    duration: float
    skipped: float
    gain: float | None


class File(msgspec.Struct, frozen=True):
    """A programme as one file, for players that know nothing else. Where the size is known, so is
    the place of each second: ranges are answered. All but "original" may begin anywhere: add
    `&t=SECONDS`.
    """

    form: str  # "original", "mp3-192", "aac-128", "opus-128", "flac", "wav", "l16"
    address: str
    media_type: str
    size: int | None


class Programme(msgspec.Struct, frozen=True):
    """A programme to play. Its addresses need neither cookie nor header, and end with the session:
    HLS with fMP4, for old televisions with MPEG-TS or packed audio, and DASH.

    `why` says in words why these renditions are in `hls` and `dash` and no others.
    `shared_until`: seconds from the start in which its segments are those of the programme that it
    goes on from, so that what a player has buffered of them stays good.
    """

    id: str
    duration: float
    hls: str
    hls_ts: str
    hls_packed: str
    dash: str
    files: list[File]
    parts: list[Part]
    renditions: list[renditions.Rendition]
    why: list[str]
    playback: Playback
    shared_until: float | None = None
    live: Live | None = None


async def create(call: Call) -> Programme:
    wanted: Wanted = call.body
    chosen = await playback.of(call.home.db, call.listener.id)
    told = {
        name: value
        for name in Manner.__struct_fields__
        if (value := getattr(wanted, name)) is not None
    }
    tracks = [TrackId(ids.parse("track", each)) for each in wanted.tracks]
    manner = msgspec.structs.replace(chosen, **told)
    db, scanner, visibility = call.home.db, call.home.scanner, call.who.visibility
    if not wanted.live:
        if wanted.keep_open:
            raise BadInput("only a live programme is kept open")
        after = None if wanted.after is None else After(wanted.after.programme, wanted.after.part)
        prepared = await programmes.create(
            db, scanner, visibility, tracks, manner, after, call.listener.id
        )
        return _programme(call, prepared, _client(wanted))
    if wanted.after is not None:
        raise BadInput("a live programme goes on from no other")
    prepared = await programmes.create_live(
        db, scanner, visibility, call.listener.id, tracks, manner, keep_open=wanted.keep_open
    )
    # what follows may be another file
    return _programme(call, prepared, msgspec.structs.replace(_client(wanted), copies=False))


async def get(call: Call) -> Programme:
    db, visibility = call.home.db, call.who.visibility
    prepared = await programmes.find(db, visibility, call.path["programme"])
    if prepared.live is not None and prepared.live.profile != call.listener.id:
        raise NotFound("programme is not here: ask for it again")
    return _programme(call, prepared)


async def change(call: Call) -> Programme:
    wanted: Changed = call.body
    prepared = await programmes.change_live(
        call.home.db,
        call.home.scanner,
        call.who.visibility,
        call.listener.id,
        call.path["programme"],
        [TrackId(ids.parse("track", each)) for each in wanted.tracks],
        keep=wanted.keep,
        keep_open=wanted.keep_open,
        end=wanted.end,
    )
    return _programme(call, prepared)


async def get_playback(call: Call) -> Playback:
    return _playback(await playback.of(call.home.db, call.listener.id))


async def put_playback(call: Call) -> Playback:
    wanted: Playback = call.body
    manner = Manner(**msgspec.structs.asdict(wanted))
    await playback.choose(call.home.db, call.listener.id, manner, now=time.time())
    return wanted


def _client(wanted: Wanted) -> ladder.Client:
    return renditions.client(
        accepts=wanted.accepts,
        containers=wanted.containers,
        max_bit_rate=wanted.max_bit_rate,
        max_sample_rate=wanted.max_sample_rate,
        network=wanted.network,
        lossless=wanted.lossless,
    )


def _programme(
    call: Call,
    prepared: Prepared,
    client: ladder.Client = ladder.Client(),  # noqa: B008 - frozen
) -> Programme:
    offer = ladder.offer(prepared.programme, client, limits.bit_rate(call))
    folder = "" if client == ladder.Client() else f"{ladder.spelt(offer.renditions)}/"
    return Programme(
        id=prepared.id,
        duration=programmes.duration(prepared),
        hls=signing.programme(call.home, call.who, prepared.id, f"{folder}main.m3u8"),
        hls_ts=signing.programme(call.home, call.who, prepared.id, "main-ts.m3u8"),
        hls_packed=signing.programme(call.home, call.who, prepared.id, "main-packed.m3u8"),
        dash=signing.programme(call.home, call.who, prepared.id, f"{folder}manifest.mpd"),
        files=[] if prepared.live is not None else _files(call, prepared),
        renditions=renditions.told(offer.renditions),
        why=list(offer.why),
        parts=[
            Part(
                track=ids.public("track", part.track),
                start=part.start,
                duration=part.duration,
                skipped=part.skipped,
                gain=part.gain,
            )
            for part in programmes.parts(prepared)
        ],
        playback=_playback(prepared.plan.manner),
        shared_until=prepared.shared_until,
        live=_live(prepared),
    )


def _files(call: Call, prepared: Prepared) -> list[File]:
    programme, cap = prepared.programme, limits.bit_rate(call)
    found = [
        File(
            form=form.name,
            address=signing.whole(call.home, call.who, prepared.id, form.name, form.ending),
            media_type=form.media_type,
            size=virtual.size(programme, form),
        )
        for form in virtual.forms(programme)
        if ladder.allowed(form.rendition, cap)
    ]
    if originals.may(programme, cap):
        kind, ending = originals.kind(programme.items[0].facts)
        address = signing.whole(call.home, call.who, prepared.id, "original", ending)
        found.append(File("original", address, kind, None))
    return found


def _live(prepared: Prepared) -> Live | None:
    live = prepared.live
    if live is None:
        return None
    length = programmes.duration(prepared)
    return Live(
        fixed_until=length if live.ended else min(live.fixed, length),
        fixed_parts=programmes.fixed_parts(prepared),
        horizon=programmes.HORIZON,
        keep_open=live.keep_open,
        ended=live.ended,
    )


def _playback(manner: Manner) -> Playback:
    return Playback(**msgspec.structs.asdict(manner))


_TAGS = ("playing",)
ROUTES = [
    Route(
        "POST",
        "/api/v1/programmes",
        create,
        Access.LISTENER,
        "Prepare tracks to be played as one stream",
        body=Wanted,
        answer=Programme,
        status=201,
        tags=_TAGS,
    ),
    Route(
        "GET",
        "/api/v1/programmes/{programme:[a-z2-7]{24}}",
        get,
        Access.LISTENER,
        "Where the tracks of a programme start",
        answer=Programme,
        tags=_TAGS,
    ),
    Route(
        "PATCH",
        "/api/v1/programmes/{programme:[a-z2-7]{24}}",
        change,
        Access.LISTENER,
        "Change what follows in a live programme",
        body=Changed,
        answer=Programme,
        tags=_TAGS,
    ),
    Route(
        "GET",
        "/api/v1/me/playback",
        get_playback,
        Access.LISTENER,
        "How tracks follow each other for who listens",
        answer=Playback,
        tags=_TAGS,
    ),
    Route(
        "PUT",
        "/api/v1/me/playback",
        put_playback,
        Access.LISTENER,
        "Choose how tracks follow each other",
        body=Playback,
        answer=Playback,
        tags=_TAGS,
    ),
]
