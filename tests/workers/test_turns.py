"""Nobody waits for all that somebody else has asked for."""

from __future__ import annotations

import pytest

from homestream.workers.turns import Turns


def taken(turns: Turns[str]) -> list[str]:
    return [turns.take() for _ in range(len(turns))]


def test_people_take_turns_and_each_keeps_their_order() -> None:
    turns: Turns[str] = Turns()
    for task in ("a1", "a2", "a3", "b1", "c1", "c2"):
        turns.add(task[0], task)
    assert taken(turns) == ["a1", "b1", "c1", "a2", "c2", "a3"]


def test_who_comes_late_waits_for_one_of_each_at_most() -> None:
    turns: Turns[str] = Turns()
    for number in range(100):
        turns.add("a", f"a{number}")
    assert turns.take() == "a0"
    turns.add("b", "b0")
    assert [turns.take(), turns.take()] == ["a1", "b0"]


def test_what_was_dropped_is_not_taken() -> None:
    turns: Turns[str] = Turns()
    for task in ("a1", "a2", "b1"):
        turns.add(task[0], task)
    assert turns.drop("a", "a1")
    assert turns.drop("b", "b1")
    assert not turns.drop("b", "b1")
    assert not turns.drop("c", "c1")
    assert (len(turns), list(turns)) == (1, ["a2"])
    assert taken(turns) == ["a2"]
    with pytest.raises(IndexError):
        turns.take()
    assert not turns
