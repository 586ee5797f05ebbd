"""Programmes: what is to be played as one stream, kept under an id that its content decides.

The id is a digest of the sound itself (content keys, gains, fades, in order), so the same tracks
give the same URLs for everyone and every day, and a file that was replaced gives others. How the
tracks lie on the line is kept with it: what is learnt of their loudness later gives another
programme, and the one that plays goes on as it was.

A live programme is the exception: it stays at one address while what follows in it is changed, for
players that know only that address. What it has told them never changes: its line is fixed up to
`HORIZON` seconds behind what was fetched of it last.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Final
from weakref import WeakKeyDictionary

import msgspec

from homestream.db.connect import Database
from homestream.errors import BadInput, Conflict, NotFound
from homestream.ids import ProfileId, TrackId
from homestream.library import catalogue, reunion
from homestream.library.scan import Scanner
from homestream.listening import arrange, sounds
from homestream.listening.arrange import Arranged, Manner, Sound
from homestream.media import encode, timeline
from homestream.media import programme as items
from homestream.media.facts import Facts
from homestream.media.ladder import Rendition
from homestream.media.programme import Item, Programme
from homestream.streaming import keys
from homestream.visibility import Visibility

MOST_TRACKS: Final = 1_000
HORIZON: Final = 30.0  # seconds: five segments, more than players hold before they begin
_KEPT_MS: Final = 14 * 24 * 3600 * 1000  # links end after two days
_MOST_REMEMBERED: Final = 5_000  # items, of all programmes in memory
_FEW: Final = 8  # tracks of a segment
_TRIES: Final = 3  # of a change, while players fetch on
_ENDED: Final = "programme has ended: make another"
_GONE: Final = "programme is not here: ask for it again"


class Entry(msgspec.Struct, frozen=True, array_like=True):
    """One track of a plan; see `media.programme.Item`."""

    track: TrackId
    key: str
    begin: int
    end: int | None
    gain: float | None  # None: its loudness is not known
    fade_in_ms: int
    fade_out_ms: int


class Plan(msgspec.Struct, frozen=True):
    """What is kept of a programme: all that decides its sound."""

    entries: tuple[Entry, ...]
    manner: Manner
    decided_by: tuple[Facts, ...] = ()


class Live(msgspec.Struct, frozen=True, array_like=True):
    """How far a live programme is."""

    profile: ProfileId  # whose it is
    fixed: float  # seconds of its line that no longer change
    keep_open: bool  # it does not end by itself when its tracks do
    ended: bool


class Part(msgspec.Struct, frozen=True):
    """Where a track lies on the line, in seconds. `skipped` is left out at its start."""

    track: TrackId
    start: float
    duration: float
    skipped: float
    gain: float | None


class Prepared(msgspec.Struct, frozen=True):
    """A programme with all that is needed to stream it."""

    id: str
    programme: Programme
    paths: tuple[bytes, ...]  # absolute, one for each item
    plan: Plan
    track_begins: tuple[int, ...]  # of each item's track in its file, in samples
    live: Live | None = None
    shared_until: float | None = None  # seconds that it has in common with the one it follows


class After(msgspec.Struct, frozen=True):
    """What a new programme goes on from: all up to a part (0-based) of one that is known."""

    programme: str
    part: int


async def create(
    db: Database,
    scanner: Scanner,
    visibility: Visibility,
    tracks: Sequence[TrackId],
    manner: Manner = Manner(),  # noqa: B008 - frozen
    after: After | None = None,
    listener: ProfileId | None = None,
) -> Prepared:
    """The programme of these tracks, exact lengths known; NotFound, MediaError, BadInput.

    For one that is away, another file of the same recording is played, where there is one. With
    `after`, the tracks follow what is kept of another programme, which stays as it is there; a live
    one is followed by its `listener` alone.
    """
    before = None if after is None else await find(db, visibility, after.programme)
    if before is not None and before.live is not None and before.live.profile != listener:
        raise NotFound(_GONE)
    kept = 0 if after is None else after.part + 1
    if before is not None and not 0 < kept <= len(before.plan.entries):
        raise BadInput(f"programme has parts 0 to {len(before.plan.entries) - 1}")
    if not (1 if before is None else 0) <= len(tracks) <= MOST_TRACKS - kept:
        raise BadInput(f"a programme has 1 to {MOST_TRACKS} tracks")
    plan, paths, made = await _arranged(db, scanner, visibility, tracks, manner, before, kept)
    prepared = _prepared(_digest(plan), plan, made, paths)
    await _keep(db, prepared)
    if before is not None:
        until = keys.shared_until(before.programme, prepared.programme)
        prepared = msgspec.structs.replace(prepared, shared_until=until)
    return prepared


async def create_live(
    db: Database,
    scanner: Scanner,
    visibility: Visibility,
    listener: ProfileId,
    tracks: Sequence[TrackId],
    manner: Manner = Manner(),  # noqa: B008 - frozen
    *,
    keep_open: bool = False,
) -> Prepared:
    """A live programme that begins with these tracks; NotFound, MediaError, BadInput."""
    if not 1 <= len(tracks) <= MOST_TRACKS:
        raise BadInput(f"a programme has 1 to {MOST_TRACKS} tracks")
    plan, paths, made = await _arranged(db, scanner, visibility, tracks, manner, None, 0)
    # What comes later may have two channels, and the renditions stay what they are.
    facts = [msgspec.structs.replace(each, channels=max(each.channels, 2)) for each, _ in made]
    decided = tuple(dict.fromkeys(map(items.without_index, facts)))
    plan = msgspec.structs.replace(plan, decided_by=decided)
    name = base64.b32encode(secrets.token_bytes(15)).decode().lower()
    prepared = _prepared(name, plan, made, paths, Live(listener, HORIZON, keep_open, False))
    await _keep(db, prepared)
    return prepared


async def change_live(
    db: Database,
    scanner: Scanner,
    visibility: Visibility,
    listener: ProfileId,
    programme: str,
    tracks: Sequence[TrackId],
    *,
    keep: int | None = None,
    keep_open: bool | None = None,
    end: bool = False,
) -> Prepared:
    """Changes what follows the first `keep` parts of a live programme, or adds to all of them.

    Parts that players were told of stay, whatever `keep` says. NotFound, also for one of somebody
    else; Conflict when it has ended.
    """
    for _ in range(_TRIES):
        before = await find(db, visibility, programme)
        if before.live is None or before.live.profile != listener:
            raise NotFound(_GONE)
        if before.live.ended:
            raise Conflict(_ENDED)
        live = msgspec.structs.replace(
            before.live,
            keep_open=before.live.keep_open if keep_open is None else keep_open,
            ended=end,
        )
        count = len(before.plan.entries)
        kept = count if keep is None else min(max(keep, fixed_parts(before)), count)
        if len(tracks) > MOST_TRACKS - kept:
            raise BadInput(f"a programme has 1 to {MOST_TRACKS} tracks")
        prepared = msgspec.structs.replace(before, live=live)
        if tracks or kept < count:
            plan, paths, made = await _arranged(
                db, scanner, visibility, tracks, before.plan.manner, before, kept
            )
            prepared = _prepared(programme, plan, made, paths, live)
            if not _continues(before, prepared, kept):
                entries = list(plan.entries)
                entries[kept - 1] = _unfaded(before.plan.entries[kept - 1], end=True)
                if kept < len(entries):
                    entries[kept] = _unfaded(entries[kept], start=True)
                plan = msgspec.structs.replace(plan, entries=tuple(entries))
                prepared = _prepared(programme, plan, made, paths, live)
        if await _change(db, before, prepared):
            return prepared
    raise Conflict("programme is being changed by somebody else: try again")


def fixed_parts(prepared: Prepared) -> int:
    """How many parts of a programme no longer change, their start at least."""
    if prepared.live is None or prepared.live.ended:
        return len(prepared.plan.entries)
    return sum(1 for part in parts(prepared) if part.start < prepared.live.fixed)


def listed(prepared: Prepared, rendition: Rendition) -> int:
    """How many segments a player may be told of: those that can no longer become others."""
    programme = prepared.programme
    count = timeline.count(programme, rendition)
    if prepared.live is None or prepared.live.ended:
        return count
    # The last one would be longer, or another, if something followed it.
    number = count - 1
    fixed = int(prepared.live.fixed * rendition.sample_rate)
    if fixed < items.samples(programme, rendition.sample_rate):
        number = min(number, timeline.at(programme, rendition, fixed))
    while number and encode.window(programme, rendition, number - 1)[1] > fixed:
        number -= 1
    return number


async def fetched(db: Database, prepared: Prepared, seconds: float) -> None:
    """Tells that a player has fetched a live programme up to there; it is fixed for some time
    after that, and ends where its tracks do unless it is kept open."""
    live = prepared.live
    if live is None or live.ended or seconds + HORIZON <= live.fixed:
        return
    async with db.write() as tx:
        row = await tx.row("SELECT plan, live FROM programme WHERE id = :id", {"id": prepared.id})
        if row is None:
            return
        now = msgspec.msgpack.decode(row["live"], type=Live)
        fixed = max(now.fixed, seconds + HORIZON)
        # What was added meanwhile is not on the line that this caller knows.
        known = bytes(row["plan"]) == msgspec.msgpack.encode(prepared.plan)
        ends = known and not now.keep_open and fixed >= duration(prepared)
        await tx.execute(
            "UPDATE programme SET live = :live, used_at = :now WHERE id = :id",
            {
                "id": prepared.id,
                "live": msgspec.msgpack.encode(
                    msgspec.structs.replace(now, fixed=fixed, ended=now.ended or ends)
                ),
                "now": int(time.time() * 1000),
            },
        )


async def find(
    db: Database,
    visibility: Visibility,
    programme: str,
    needed: Callable[[Programme], range] | None = None,
) -> Prepared:
    """A programme made earlier; NotFound when it is unknown, not visible or has changed.

    All three are told alike, so that nobody learns what others play. `needed` tells which items
    are: only those are asked for then, and what went away elsewhere in it stops nothing. Of a live
    programme those are needed that are about to be heard.
    """
    row = await db.remembered(
        ("programme", programme),
        lambda: db.row("SELECT plan, live FROM programme WHERE id = :id", {"id": programme}),
    )
    if row is None:
        raise NotFound(_GONE)
    known = _memory(db).get(programme, row["plan"])
    plan = known.plan if known else msgspec.msgpack.decode(row["plan"], type=Plan)
    live = None if row["live"] is None else msgspec.msgpack.decode(row["live"], type=Live)
    asked = range(len(plan.entries))
    if known is not None and needed is not None:
        asked = needed(known.programme)
    elif known is not None and live is not None:
        asked = _near(known.programme, live.fixed)
    entries = plan.entries[asked.start : asked.stop]
    tracks = tuple(entry.track for entry in entries)
    places = await _places(db, visibility, tracks)
    for entry in entries:
        if entry.track not in places or places[entry.track].key != entry.key:
            raise NotFound(_GONE)
    here = tuple(places[entry.track].path for entry in entries)
    if known is not None:
        if needed is not None or len(asked) == 1:  # of many, no manifest needs them
            known = await _indexed(db, visibility, known, row["plan"], asked)
        paths = (*known.paths[: asked.start], *here, *known.paths[asked.stop :])
        return msgspec.structs.replace(known, paths=paths, live=live)
    try:
        found = await catalogue.playable(db, visibility, [entry.track for entry in entries])
    except NotFound:
        raise NotFound(_GONE) from None
    prepared = _prepared(programme, plan, [(each.facts, each.begin) for each in found], here, live)
    _memory(db).remember(prepared, row["plan"])
    return prepared


async def _places(
    db: Database, visibility: Visibility, tracks: tuple[TrackId, ...]
) -> dict[TrackId, catalogue.Place]:
    """Where tracks lie. Those of a segment are asked for by the next one too: they are remembered
    until anybody commits anything."""

    async def read() -> dict[TrackId, catalogue.Place]:
        return await catalogue.places(db, visibility, tracks)

    if len(tracks) > _FEW:
        return await read()
    return await db.remembered(("places", visibility, tracks), read) or {}


async def _indexed(
    db: Database, visibility: Visibility, known: Prepared, packed: bytes, asked: range
) -> Prepared:
    """A programme in memory with the indexes of some items that were not there when it was made."""
    lacking = [at for at in asked if known.programme.items[at].facts.lacks_index]
    if not lacking:
        return known
    tracks = [known.plan.entries[at].track for at in lacking]
    try:
        found = await catalogue.playable(db, visibility, tracks)
    except NotFound:
        raise NotFound(_GONE) from None
    made = list(known.programme.items)
    for at, each in zip(lacking, found, strict=True):
        if each.content_key == made[at].key and each.facts.index:
            made[at] = msgspec.structs.replace(made[at], facts=each.facts)
    if made == list(known.programme.items):
        return known
    programme = msgspec.structs.replace(known.programme, items=tuple(made))
    known = msgspec.structs.replace(known, programme=programme)
    _memory(db).remember(known, packed)
    return known


def unread(prepared: Prepared) -> list[TrackId]:
    """The tracks whose files have no index yet and want one."""
    return [
        entry.track
        for entry, item in zip(prepared.plan.entries, prepared.programme.items, strict=True)
        if item.facts.lacks_index
    ]


def unindexed(
    prepared: Prepared, rendition: Rendition, number: int, *, beyond: float = 0.0
) -> list[TrackId]:
    """The tracks of a segment whose files have no index yet; those alone of which it takes sound
    more than `beyond` seconds behind the start of the file. NotFound past the end."""
    programme, rate = prepared.programme, rendition.sample_rate
    start, _ = encode.window(programme, rendition, number)
    found = []
    for place in encode.reach(programme, rendition, number):
        item = programme.items[place]
        passed = max(0, start - items.span(programme, rate, place)[0])
        if item.facts.lacks_index and items.offset(item, rate) + passed >= beyond * rate:
            found.append(prepared.plan.entries[place].track)
    return found


def parts(prepared: Prepared) -> list[Part]:
    """Where each track lies. One that fades in starts where it is first heard, while the one
    before is still there."""
    rate = items.line_rate(prepared.programme)
    placed = items.placed(prepared.programme, rate)
    return [
        Part(
            track=entry.track,
            start=start / rate,
            duration=(end - start) / rate,
            skipped=max(0, item.begin - begin) / item.facts.sample_rate,
            gain=entry.gain,
        )
        for entry, item, begin, (start, end) in zip(
            prepared.plan.entries,
            prepared.programme.items,
            prepared.track_begins,
            placed,
            strict=True,
        )
    ]


def duration(prepared: Prepared) -> float:
    """Seconds from the first sample to the last."""
    rate = items.line_rate(prepared.programme)
    return items.samples(prepared.programme, rate) / rate


async def _arranged(
    db: Database,
    scanner: Scanner,
    visibility: Visibility,
    tracks: Sequence[TrackId],
    manner: Manner,
    before: Prepared | None,
    kept: int,
) -> tuple[Plan, tuple[bytes, ...], list[tuple[Facts, int]]]:
    """The plan of `tracks` behind the first `kept` entries of another; paths, and the facts and
    begins of its tracks."""
    instead = await reunion.standing_in(db, visibility, tracks)
    tracks = [instead.get(track, track) for track in tracks]
    last = [] if before is None else [before.plan.entries[kept - 1].track]
    wanted = [*last, *tracks]
    heard, paths = await sounds.of(db, visibility, wanted)
    if any(not sound.facts.samples_exact or sound.facts.lacks_index for sound in heard):
        await scanner.ensure_lengths(wanted)
    if not all(sound.facts.samples_exact for sound in heard):
        heard, paths = await sounds.of(db, visibility, wanted)
    albums = await sounds.albums(db, heard, every=manner.levelling == "album")
    first = None
    if before is not None:
        entry, item = before.plan.entries[kept - 1], before.programme.items[kept - 1]
        first = Arranged(item, entry.gain)
    entries = tuple(map(_entry, wanted, heard, arrange.arrange(heard, albums, manner, first)))
    made = [(sound.facts, sound.begin) for sound in heard]
    if before is None:
        return Plan(entries, manner), tuple(paths), made
    stay = kept - 1
    decided = items.facts(before.programme)
    if all(each.channels == 1 for each in decided) and any(one.channels > 1 for one, _ in made):
        decided = ()  # two channels are heard, if nothing else is shared
    return (
        Plan((*before.plan.entries[:stay], *entries), manner, decided),
        (*before.paths[:stay], *paths),
        [
            *(
                (item.facts, begin)
                for item, begin in zip(
                    before.programme.items[:stay], before.track_begins[:stay], strict=True
                )
            ),
            *made,
        ],
    )


def _entry(track: TrackId, sound: Sound, arranged: Arranged) -> Entry:
    item = arranged.item
    return Entry(
        track=track,
        key=sound.key,
        begin=item.begin,
        end=item.end,
        gain=arranged.gain,
        fade_in_ms=item.fade_in_ms,
        fade_out_ms=item.fade_out_ms,
    )


def _near(programme: Programme, fixed: float) -> range:
    """The items that are heard shortly before the end of what is fixed."""
    rate = items.line_rate(programme)
    end = min(int(fixed * rate), items.samples(programme, rate))
    return items.touching(programme, rate, end - int(2 * HORIZON * rate), end)


def _continues(before: Prepared, after: Prepared, kept: int) -> bool:
    """Whether what is fixed of a live programme is the same after a change."""
    if before.live is None:
        return False
    one, two = before.programme, after.programme
    rate = items.line_rate(one)
    start = items.span(one, rate, kept - 1)[0]
    # A hundredth of a second, as other rates round otherwise.
    end = int(before.live.fixed * rate) + rate // 100
    end = max(start, min(end, items.samples(one, rate)))
    return items.pieces(one, rate, start, end) == items.pieces(two, rate, start, end)


def _unfaded(entry: Entry, *, start: bool = False, end: bool = False) -> Entry:
    return msgspec.structs.replace(
        entry,
        fade_in_ms=0 if start else entry.fade_in_ms,
        fade_out_ms=0 if end else entry.fade_out_ms,
    )


async def _change(db: Database, before: Prepared, after: Prepared) -> bool:
    """Keeps a live programme as changed, unless it is not any more as it was before."""
    packed = msgspec.msgpack.encode(after.plan)
    async with db.write() as tx:
        changed = await tx.execute(
            "UPDATE programme SET plan = :plan, live = :live, used_at = :now "
            "WHERE id = :id AND plan = :old_plan AND live = :old_live",
            {
                "id": after.id,
                "plan": packed,
                "live": msgspec.msgpack.encode(after.live),
                "old_plan": msgspec.msgpack.encode(before.plan),
                "old_live": msgspec.msgpack.encode(before.live),
                "now": int(time.time() * 1000),
            },
        )
    if changed:
        _memory(db).remember(after, packed)
    return changed == 1


def _prepared(
    programme: str,
    plan: Plan,
    tracks: Sequence[tuple[Facts, int]],
    paths: tuple[bytes, ...],
    live: Live | None = None,
) -> Prepared:
    """`tracks` are the facts of each one's file and where it begins in it."""
    made = tuple(
        Item(
            key=entry.key,
            facts=facts,
            begin=entry.begin,
            end=entry.end,
            gain=entry.gain or 0.0,
            fade_in_ms=entry.fade_in_ms,
            fade_out_ms=entry.fade_out_ms,
        )
        for entry, (facts, _) in zip(plan.entries, tracks, strict=True)
    )
    return Prepared(
        id=programme,
        programme=Programme(made, plan.decided_by, growing=live is not None),
        paths=paths,
        plan=plan,
        track_begins=tuple(begin for _, begin in tracks),
        live=live,
    )


async def _keep(db: Database, prepared: Prepared) -> None:
    now = int(time.time() * 1000)
    packed = msgspec.msgpack.encode(prepared.plan)
    async with db.write() as tx:
        await tx.execute(
            "INSERT INTO programme (id, plan, live, used_at) VALUES (:id, :plan, :live, :now) "
            "ON CONFLICT (id) DO UPDATE SET used_at = :now",
            {
                "id": prepared.id,
                "plan": packed,
                "live": None if prepared.live is None else msgspec.msgpack.encode(prepared.live),
                "now": now,
            },
        )
        await tx.execute(
            "DELETE FROM programme WHERE used_at < :before", {"before": now - _KEPT_MS}
        )
    _memory(db).remember(prepared, packed)


def _digest(plan: Plan) -> str:
    digest = hashlib.blake2b(msgspec.msgpack.encode(plan), digest_size=15).digest()
    return base64.b32encode(digest).decode().lower()


class _Memory:
    """The programmes that were asked for last, so that a segment of a long queue needs not the
    facts and indexes of all its files."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, tuple[bytes, Prepared]] = OrderedDict()

    def get(self, programme: str, packed: bytes) -> Prepared | None:
        """The programme, if its plan is still that one."""
        plan, known = self._known.get(programme, (b"", None))
        if known is None or plan != packed:
            return None
        self._known.move_to_end(programme)
        return known

    def remember(self, prepared: Prepared, packed: bytes) -> None:
        self._known[prepared.id] = packed, prepared
        self._known.move_to_end(prepared.id)
        held = sum(len(each.paths) for _, each in self._known.values())
        while held > _MOST_REMEMBERED and len(self._known) > 1:
            _, (_, gone) = self._known.popitem(last=False)
            held -= len(gone.paths)


_MEMORIES: WeakKeyDictionary[Database, _Memory] = WeakKeyDictionary()


def _memory(db: Database) -> _Memory:
    return _MEMORIES.setdefault(db, _Memory())
