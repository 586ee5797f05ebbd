"""What is asked of a programme over HTTP, and what cannot be meant."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from homestream.household.access import Role
from homestream.server.api import household, meta, programmes
from tests.listening import shelf
from tests.server import house
from tests.server.house import House

AT = "/api/v1/programmes"
PLAYBACK = "/api/v1/me/playback"


@pytest.fixture
async def at(tmp_path: Path) -> AsyncIterator[House]:
    async with house.running(
        tmp_path, (meta.ROUTES, household.ROUTES, programmes.ROUTES)
    ) as running:
        for title in ("Prelude", "Gigue"):
            await shelf.track(running.db, title)
        await shelf.track(running.db, "Rude", explicit=True)
        async with running.db.write() as tx:
            await tx.execute("UPDATE file SET samples = 44100 * 60, audio_key = path")
        yield running


async def test_a_programme_tells_its_parts(at: House) -> None:
    ann = await at.member("Ann")
    made = await ann.post(AT, {"tracks": ["tr-1", "tr-2"], "crossfade": 4})
    assert made.status == 201
    assert made.json["duration"] == 116
    assert made.json["parts"] == [
        {"track": "tr-1", "start": 0.0, "duration": 60.0, "skipped": 0.0, "gain": 0.0},
        {"track": "tr-2", "start": 56.0, "duration": 60.0, "skipped": 0.0, "gain": 0.0},
    ]
    assert made.json["playback"] == {"crossfade": 4.0, "levelling": "off", "trim_silence": False}
    assert (made.json["live"], made.json["shared_until"]) == (None, None)
    again = await ann.get(f"{AT}/{made.json['id']}")
    assert again.json["parts"] == made.json["parts"]


async def test_every_device_of_a_person_plays_as_that_person_chose(at: House) -> None:
    ann, bob = await at.member("Ann"), await at.member("Bob")
    plain = {"crossfade": 0.0, "levelling": "off", "trim_silence": False}
    assert (await ann.get(PLAYBACK)).json == plain
    chosen = {"crossfade": 2.5, "levelling": "auto", "trim_silence": True}
    assert (await ann.put(PLAYBACK, chosen)).json == chosen
    assert (await ann.get(PLAYBACK)).json == chosen
    made = (await ann.post(AT, {"tracks": ["tr-1", "tr-2"]})).json
    assert made["playback"] == chosen
    assert [part["start"] for part in made["parts"]] == [0, 57.5]
    assert [part["gain"] for part in made["parts"]] == [None, None]  # nothing was heard of them yet
    made = (await ann.post(AT, {"tracks": ["tr-1", "tr-2"], "crossfade": 0})).json
    assert made["playback"] == chosen | {"crossfade": 0.0}
    assert (await bob.get(PLAYBACK)).json == plain


@pytest.mark.parametrize(
    ("wrong", "status", "named"),
    [
        ({"tracks": []}, 400, "1 to 1000 tracks"),
        ({"tracks": ["tr-9"]}, 404, "tr-9"),
        ({"tracks": ["tr-1"] * 1001}, 400, "tracks"),
        ({"crossfade": 12.5}, 400, "crossfade"),
        ({"crossfade": -1}, 400, "crossfade"),
        ({"levelling": "loud"}, 400, "levelling"),
        ({"trim_silence": "yes"}, 400, "trim_silence"),
        ({"after": {"programme": "no", "part": 0}}, 400, "programme"),
        ({"after": {"programme": "a" * 24, "part": 0}}, 404, "ask for it again"),
        ({"after": {"programme": "a" * 24, "part": -1}}, 400, "part"),
        ({"keep_open": True}, 400, "live"),
        ({"live": True, "after": {"programme": "a" * 24, "part": 0}}, 400, "live"),
        ({"loudness": 1}, 400, "loudness"),
    ],
)
async def test_what_cannot_be_meant_is_named(
    at: House, wrong: dict[str, Any], status: int, named: str
) -> None:
    ann = await at.member("Ann")
    refused = await ann.post(AT, {"tracks": ["tr-1"]} | wrong)
    assert refused.status == status, refused.json
    assert named in refused.json["detail"]


@pytest.mark.parametrize(
    "wrong", [{"crossfade": 13}, {"levelling": ""}, {"crossfade": "2"}, {"more": 1}]
)
async def test_a_choice_that_cannot_be_meant_changes_nothing(
    at: House, wrong: dict[str, Any]
) -> None:
    ann = await at.member("Ann")
    await ann.put(PLAYBACK, {"crossfade": 3})
    assert (await ann.put(PLAYBACK, wrong)).status == 400
    assert (await ann.get(PLAYBACK)).json["crossfade"] == 3


async def test_what_follows_in_a_live_programme_is_changed_by_whose_it_is(at: House) -> None:
    ann, bob = await at.member("Ann"), await at.member("Bob")
    made = (await ann.post(AT, {"tracks": ["tr-1"], "live": True})).json
    assert made["live"] == {
        "fixed_until": 30.0,
        "fixed_parts": 1,
        "horizon": 30.0,
        "keep_open": False,
        "ended": False,
    }
    live = f"{AT}/{made['id']}"
    added = await ann.patch(live, {"tracks": ["tr-2", "tr-2"]})
    assert [part["track"] for part in added.json["parts"]] == ["tr-1", "tr-2", "tr-2"]
    assert added.json["id"] == made["id"]
    kept = await ann.patch(live, {"tracks": ["tr-1"], "keep": 2})
    assert [part["track"] for part in kept.json["parts"]] == ["tr-1", "tr-2", "tr-1"]
    for refused in (await bob.patch(live, {"tracks": []}), await bob.get(live)):
        assert refused.status == 404
    after = {"tracks": ["tr-1"], "after": {"programme": made["id"], "part": 0}}
    assert (await bob.post(AT, after)).status == 404
    assert (await ann.post(AT, after)).status == 201
    ended = await ann.patch(live, {"end": True})
    assert ended.json["live"]["ended"] is True
    assert ended.json["live"]["fixed_parts"] == 3
    assert (await ann.patch(live, {"tracks": ["tr-2"]})).status == 409


async def test_a_programme_of_what_a_child_may_not_hear_is_not_there_for_it(at: House) -> None:
    ann, kim = await at.member("Ann"), await at.member("Kim", Role.CHILD)
    made = (await ann.post(AT, {"tracks": ["tr-1", "tr-3"]})).json
    assert (await kim.get(f"{AT}/{made['id']}")).status == 404
    goes_on = {"tracks": ["tr-1"], "after": {"programme": made["id"], "part": 0}}
    assert (await kim.post(AT, goes_on)).status == 404
    assert (await kim.post(AT, {"tracks": ["tr-3"]})).status == 404
