"""The API of one listener over HTTP: two people, and what is whose."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from homestream.household.access import Role
from homestream.server.api import household, listening, meta
from tests.listening import shelf
from tests.server import house
from tests.server.house import Client, House


@pytest.fixture
async def at(tmp_path: Path) -> AsyncIterator[House]:
    async with house.running(
        tmp_path, (meta.ROUTES, household.ROUTES, listening.ROUTES)
    ) as running:
        for title in ("Prelude", "Gigue", "Courante"):
            await shelf.track(running.db, title)
        yield running


def play(event: str = "e1", track: str = "tr-1", **more: Any) -> dict[str, Any]:
    return {
        "client_event_id": event,
        "track": track,
        "listening_session": "tab-1",
        "started_at": "2026-05-04T18:30:00+02:00",
        "tz_offset_minutes": 120,
        "device": "Firefox on Linux",
        "source": "album",
        "source_id": "al-1",
        "offer_id": None,
        "offer_rank": None,
        "played_ms": 180000,
        "ending": "done",
        "seeks": 0,
        "shuffle": False,
        "private": False,
    } | more


async def whole(client: Client, path: str) -> list[Any]:
    """All items of a list, page by page, by the addresses it gives."""
    items: list[Any] = []
    following: str | None = path
    while following is not None:
        answer = await client.get(following)
        assert answer.status == 200, answer.body
        items += answer.json["items"]
        following = answer.json["next"]
    return items


async def test_a_play_is_created_once_and_shows_in_recently_played(at: House) -> None:
    ann = await at.member("Ann")
    first = await ann.post("/api/v1/plays", play())
    again = await ann.post("/api/v1/plays", play())
    assert (first.status, again.status) == (201, 200)
    assert first.json == again.json
    (shown,) = (await ann.get("/api/v1/plays")).json["items"]
    assert shown["played_at"] == "2026-05-04T16:30:00.000Z"
    assert shown["track"]["id"] == "tr-1"
    assert shown["track"]["album"] == {"id": "al-1", "title": "Suites"}
    assert shown["track"]["artists"] == [{"id": "ar-1", "name": "Bach"}]
    assert shown["track"]["duration"] == 200.0


@pytest.mark.parametrize(
    ("wrong", "status", "named"),
    [
        ({"track": "tr-999"}, 404, "track"),
        ({"track": "al-1"}, 404, "track"),
        ({"track": "1"}, 400, "track"),
        ({"started_at": "2026-05-04T18:30:00"}, 400, "started_at"),
        ({"started_at": "yesterday"}, 400, "started_at"),
        ({"played_ms": -1}, 400, "played_ms"),
        ({"played_ms": 10**30}, 400, "played_ms"),
        ({"ending": "bored"}, 400, "ending"),
        ({"source": "<b>"}, 400, "source"),
        ({"client_event_id": ""}, 400, "client_event_id"),
        ({"client_event_id": "x" * 129}, 400, "client_event_id"),
        ({"profile_id": 1}, 400, "profile_id"),
        ({"tz_offset_minutes": 5000}, 400, "tz_offset_minutes"),
        ({"seeks": 2**63}, 400, "seeks"),
    ],
)
async def test_what_is_no_play_is_refused_by_name(
    at: House, wrong: dict[str, Any], status: int, named: str
) -> None:
    ann = await at.member("Ann")
    answer = await ann.post("/api/v1/plays", play() | wrong)
    assert answer.status == status
    assert named in answer.json["detail"]
    assert (await ann.get("/api/v1/plays")).json["items"] == []


@pytest.mark.parametrize("source", ["starred", "hand", "radio:tr-12", "mix:Sunday morning"])
async def test_where_a_play_came_from_is_kept(at: House, source: str) -> None:
    ann = await at.member("Ann")
    sent = play(source=source, source_id="", offer_id="", offer_rank=-1)
    assert (await ann.post("/api/v1/plays", sent)).status == 201
    row = await at.db.row("SELECT source, source_id, offer_id, offer_rank FROM play")
    assert row is not None
    assert tuple(row) == (source, None, None, None)


async def test_pages_of_recently_played_follow_each_other(at: House) -> None:
    ann = await at.member("Ann")
    for n in range(3):
        sent = play(f"e{n}", f"tr-{n + 1}", started_at=f"2026-05-04T18:3{n}:00Z")
        await ann.post("/api/v1/plays", sent)
    shown = await whole(ann, "/api/v1/plays?limit=1")
    assert [item["track"]["title"] for item in shown] == ["Courante", "Gigue", "Prelude"]


@pytest.mark.parametrize("query", ["limit=0", "limit=201", "limit=x", "cursor=x", "offset=1"])
async def test_lists_are_bounded(at: House, query: str) -> None:
    ann = await at.member("Ann")
    for path in ("plays", "playlists", "stars?kind=track"):
        mark = "&" if "?" in path else "?"
        assert (await ann.get(f"/api/v1/{path}{mark}{query}")).status == 400


async def test_stars_on_tracks_albums_and_artists(at: House) -> None:
    ann, bob = await at.member("Ann"), await at.member("Bob")
    for item in ("tr-1", "tr-2", "al-1", "ar-1", "tr-1"):
        assert (await ann.put(f"/api/v1/stars/{item}")).status == 204
    tracks = await whole(ann, "/api/v1/stars?kind=track&limit=1")
    assert {(track["id"], track["starred"]) for track in tracks} == {
        ("tr-1", True),
        ("tr-2", True),
    }
    (album,) = await whole(ann, "/api/v1/stars?kind=album")
    assert (album["id"], album["title"]) == ("al-1", "Suites")
    (artist,) = await whole(ann, "/api/v1/stars?kind=artist")
    assert artist["name"] == "Bach"
    assert await whole(bob, "/api/v1/stars?kind=track") == []
    assert (await ann.delete("/api/v1/stars/tr-1")).status == 204
    assert [track["id"] for track in await whole(ann, "/api/v1/stars?kind=track")] == ["tr-2"]
    for item in ("tr-999", "ge-1", "pl-1", "x"):
        assert (await ann.put(f"/api/v1/stars/{item}")).status == 404


async def test_a_playlist_is_made_renamed_ordered_and_deleted(at: House) -> None:
    ann = await at.member("Ann")
    made = await ann.post("/api/v1/playlists", {"name": "Trip", "tracks": ["tr-1"]})
    assert made.status == 201
    path = f"/api/v1/playlists/{made.json['id']}"
    await ann.post(f"{path}/tracks", {"tracks": ["tr-2", "tr-1"]})
    await ann.patch(path, {"name": "Journey"})
    ordered = await ann.patch(path, {"tracks": ["tr-2", "tr-1", "tr-1"]})
    assert [track["id"] for track in ordered.json["tracks"]] == ["tr-2", "tr-1", "tr-1"]
    (listed,) = await whole(ann, "/api/v1/playlists")
    assert (listed["name"], listed["track_count"], listed["duration"]) == ("Journey", 3, 600.0)
    assert (await ann.get(path)).json == ordered.json
    assert (await ann.delete(path)).status == 204
    assert (await ann.get(path)).status == 404


async def test_anothers_playlist_and_an_absent_one_look_alike(at: House) -> None:
    ann, bob = await at.member("Ann"), await at.member("Bob")
    hers = (await ann.post("/api/v1/playlists", {"name": "Hers", "tracks": ["tr-1"]})).json
    for number in (hers["id"], "pl-999"):
        path = f"/api/v1/playlists/{number}"
        answers = [
            await bob.get(path),
            await bob.patch(path, {"name": "His"}),
            await bob.delete(path),
            await bob.post(f"{path}/tracks", {"tracks": ["tr-2"]}),
        ]
        assert [answer.status for answer in answers] == [404] * 4
        assert len({answer.body for answer in answers}) == 1
    assert (await ann.get(f"/api/v1/playlists/{hers['id']}")).json == hers
    for owner in ({"profile": "pr-2"}, {"profile_id": 2}, {"account": "ac-2"}, {"id": "pl-1"}):
        answer = await bob.post("/api/v1/playlists", {"name": "Gift", **owner})
        assert answer.status == 400
    assert len(await whole(ann, "/api/v1/playlists")) == 1


async def test_a_queue_survives_and_is_ones_own(at: House) -> None:
    ann, bob = await at.member("Ann"), await at.member("Bob")
    wish = {
        "tracks": ["tr-3", "tr-1"],
        "current": 1,
        "position": 42.5,
        "shuffle": True,
        "repeat": "one",
    }
    kept = await ann.put("/api/v1/queue", wish)
    assert kept.status == 200
    back = (await ann.get("/api/v1/queue")).json
    assert {key: back[key] for key in wish} == wish
    assert [track["title"] for track in back["items"]] == ["Courante", "Prelude"]
    assert (await bob.get("/api/v1/queue")).json["tracks"] == []
    assert (await ann.put("/api/v1/queue", wish | {"current": 2})).status == 400
    assert (await ann.put("/api/v1/queue", wish | {"repeat": "never"})).status == 400
    assert (await ann.put("/api/v1/queue", wish | {"position": -1})).status == 400
    assert (await ann.get("/api/v1/queue")).json == back


async def test_a_child_does_not_get_what_is_explicit(at: House) -> None:
    hidden = await shelf.track(at.db, "Rude", explicit=True)
    kim = await at.member("Kim", Role.CHILD)
    track = f"tr-{hidden}"
    assert (await kim.post("/api/v1/plays", play(track=track))).status == 404
    assert (await kim.put(f"/api/v1/stars/{track}")).status == 404
    sent = {"name": "Mine", "tracks": [track]}
    assert (await kim.post("/api/v1/playlists", sent)).status == 404
    kept = await kim.put("/api/v1/queue", {"tracks": ["tr-1", track]})
    assert kept.json["tracks"] == ["tr-1"]


async def test_two_profiles_of_one_account_keep_their_things_apart(at: House) -> None:
    ann = await at.member("Ann")
    await ann.put("/api/v1/stars/tr-1")
    made = (await ann.post("/api/v1/playlists", {"name": "Hers"})).json
    second = (await ann.post("/api/v1/profiles", {"name": "Kid"})).json
    await ann.put("/api/v1/session/profile", {"profile": second["id"]})
    assert await whole(ann, "/api/v1/stars?kind=track") == []
    assert (await ann.get(f"/api/v1/playlists/{made['id']}")).status == 404


async def test_impressions_are_taken(at: House) -> None:
    ann = await at.member("Ann")
    sent = {"offer_id": "o1", "shelf": "for-you", "items": [{"item": "al-1", "rank": 0}]}
    assert (await ann.post("/api/v1/impressions", sent)).status == 204
    sent["items"] = [{"item": "<b>", "rank": 0}]
    assert (await ann.post("/api/v1/impressions", sent)).status == 400


async def test_without_a_profile_nothing_is_listened_to(at: House) -> None:
    ann = await at.member("Ann")
    await ann.post("/api/v1/profiles", {"name": "Kid"})
    fresh = at.client()
    await fresh.post("/api/v1/session", {"name": "Ann", "password": "password of Ann"})
    assert (await fresh.get("/api/v1/session")).json["profile"] is None
    answer = await fresh.get("/api/v1/playlists")
    assert (answer.status, "profile" in answer.json["detail"]) == (403, True)
