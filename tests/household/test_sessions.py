from __future__ import annotations

from pathlib import Path

import pytest

from homestream.db.connect import Database
from homestream.errors import NotFound
from homestream.household import accounts, profiles, sessions, tokens
from homestream.household.access import Role
from homestream.ids import SessionId
from homestream.links import Bearer

NOW = 1_800_000_000.0
PASSWORD = "correct horse"


async def test_a_session_lives_for_90_days_after_it_was_seen(db: Database) -> None:
    ann = await accounts.add(db, "Ann", Role.ADULT, PASSWORD)
    secret = await sessions.start(db, ann, user_agent="", address="", now=NOW)
    day = 24 * 3600
    assert await sessions.actor(db, secret, now=NOW + 89 * day) is not None
    assert await sessions.actor(db, secret, now=NOW + 178 * day) is not None
    assert await sessions.actor(db, secret, now=NOW + 269 * day) is None


async def test_the_secret_of_a_session_is_not_on_disk(db: Database, tmp_path: Path) -> None:
    ann = await accounts.add(db, "Ann", Role.ADULT, PASSWORD)
    secret = await sessions.start(db, ann, user_agent="", address="", now=NOW)
    _, key = await tokens.create(db, ann, "script")
    for file in tmp_path.iterdir():
        assert secret.encode() not in file.read_bytes()
        assert key.encode() not in file.read_bytes()


async def test_an_ended_session_and_its_links_end_at_once(db: Database) -> None:
    ann = await accounts.add(db, "Ann", Role.ADULT, PASSWORD)
    secret = await sessions.start(db, ann, user_agent="", address="", now=NOW)
    actor = await sessions.actor(db, secret, now=NOW)
    assert actor is not None
    assert actor.session is not None
    assert await sessions.living(db, actor.bearer, now=NOW) == actor
    await sessions.end(db, ann, actor.session)
    assert await sessions.actor(db, secret, now=NOW) is None
    assert await sessions.living(db, actor.bearer, now=NOW) is None


async def test_a_removed_key_and_its_links_end_at_once(db: Database) -> None:
    ann = await accounts.add(db, "Ann", Role.ADULT, PASSWORD)
    token, key = await tokens.create(db, ann, "script")
    assert key.startswith("hs_")
    actor = await tokens.actor(db, key, now=NOW)
    assert actor is not None
    assert (actor.token, actor.session) == (token.id, None)
    assert await sessions.living(db, actor.bearer, now=NOW) == actor
    assert (await tokens.of(db, ann))[0].seen_at == NOW * 1000
    await tokens.remove(db, ann, token.id)
    assert await tokens.actor(db, key, now=NOW) is None
    assert await sessions.living(db, actor.bearer, now=NOW) is None


async def test_a_number_used_once_is_not_used_for_another_session(db: Database) -> None:
    ann = await accounts.add(db, "Ann", Role.ADULT, PASSWORD)
    await sessions.start(db, ann, user_agent="", address="", now=NOW)
    first = (await sessions.of(db, ann, now=NOW))[0].id
    await sessions.end(db, ann, first)
    await sessions.start(db, ann, user_agent="", address="", now=NOW)
    assert (await sessions.of(db, ann, now=NOW))[0].id > first


async def test_a_new_password_ends_all_sessions(db: Database) -> None:
    ann = await accounts.add(db, "Ann", Role.ADULT, PASSWORD)
    secret = await sessions.start(db, ann, user_agent="", address="", now=NOW)
    await accounts.set_password(db, ann, "another horse")
    assert await sessions.actor(db, secret, now=NOW) is None
    assert await accounts.prove(db, "Ann", "another horse") == ann


async def test_one_profile_listens_by_itself_two_have_to_be_chosen(db: Database) -> None:
    ann = await accounts.add(db, "Ann", Role.ADULT, PASSWORD)
    secret = await sessions.start(db, ann, user_agent="", address="", now=NOW)
    alone = await sessions.actor(db, secret, now=NOW)
    assert alone is not None
    assert alone.listener is not None
    second = await profiles.add(db, ann, "Second")
    secret = await sessions.start(db, ann, user_agent="", address="", now=NOW)
    either = await sessions.actor(db, secret, now=NOW)
    assert either is not None
    assert either.listener is None
    assert either.session is not None
    await sessions.choose(db, ann, either.session, second)
    chosen = await sessions.actor(db, secret, now=NOW)
    assert chosen is not None
    assert chosen.listener is not None
    assert chosen.listener.id == second


async def test_anothers_profile_cannot_be_chosen_nor_anothers_session_ended(db: Database) -> None:
    ann = await accounts.add(db, "Ann", Role.ADULT, PASSWORD)
    bob = await accounts.add(db, "Bob", Role.ADULT, PASSWORD)
    await sessions.start(db, ann, user_agent="", address="", now=NOW)
    hers = (await sessions.of(db, ann, now=NOW))[0]
    his_profile = (await profiles.of(db, bob))[0].id
    with pytest.raises(NotFound):
        await sessions.choose(db, ann, hers.id, his_profile)
    with pytest.raises(NotFound):
        await sessions.end(db, bob, hers.id)
    with pytest.raises(NotFound):
        await tokens.create(db, ann, "script", his_profile)
    assert await sessions.living(db, Bearer(f"s{hers.id}", his_profile), now=NOW) is not None
    seen = await sessions.living(db, Bearer(f"s{hers.id}", his_profile), now=NOW)
    assert seen is not None
    assert seen.listener is None


async def test_an_account_keeps_its_last_hundred_sessions(db: Database) -> None:
    ann = await accounts.add(db, "Ann", Role.ADULT, PASSWORD)
    for n in range(102):
        await sessions.start(db, ann, user_agent="", address="", now=NOW + n)
    kept = await sessions.of(db, ann, now=NOW + 200)
    assert len(kept) == 100
    assert SessionId(1) not in {session.id for session in kept}


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        (
            "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
            "Firefox on Linux",
        ),
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
            "Chrome/140.0.0.0 Safari/537.36 Edg/140.0",
            "Edge on Windows",
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 "
            "(KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1",
            "Safari on iPhone",
        ),
        ("curl/8.5.0", "curl"),
        ("", "Unknown player"),
        ("<script>", "Unknown player"),
    ],
)
def test_a_device_is_told_in_words(agent: str, words: str) -> None:
    assert sessions.device(agent) == words
