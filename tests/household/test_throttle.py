from __future__ import annotations

import pytest

from homestream.household.throttle import FORGET, Throttle, TooOften


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_wrong_guesses_at_one_name_wait_longer_each_time() -> None:
    clock = Clock()
    throttle = Throttle(clock)
    waits = []
    for _ in range(20):
        try:
            throttle.guess("192.0.2.1", "Ann")
        except TooOften as error:
            waits.append(error.retry_after)
            clock.now += error.retry_after
    assert waits[:3] == [15, 30, 60]
    assert max(waits) <= FORGET


def test_the_owner_gets_in_from_elsewhere_and_other_people_too() -> None:
    throttle = Throttle(Clock())
    for _ in range(5):
        throttle.guess("192.0.2.1", "Olga")
    with pytest.raises(TooOften):
        throttle.guess("192.0.2.1", "olga")
    throttle.guess("192.0.2.1", "Ann")
    throttle.guess("192.0.2.2", "Olga")


def test_guesses_at_many_names_from_one_address_are_stopped_by_the_tenth() -> None:
    throttle = Throttle(Clock())
    for n in range(9):
        throttle.guess("2001:db8::1", f"name {n}")
    with pytest.raises(TooOften):
        throttle.guess("2001:db8::ffff", "another name")
    throttle.guess("2001:db8:0:1::1", "another name")


def test_right_guesses_never_make_a_wait() -> None:
    throttle = Throttle(Clock())
    for _ in range(100):
        throttle.guess("192.0.2.1", "Ann")
        throttle.right("192.0.2.1", "Ann")


def test_an_own_account_does_not_buy_more_guesses_at_others() -> None:
    throttle = Throttle(Clock())
    for n in range(8):
        throttle.guess("192.0.2.1", f"name {n}")
        throttle.guess("192.0.2.1", "Mallory")
        throttle.right("192.0.2.1", "Mallory")
    throttle.guess("192.0.2.1", "name 9")
    with pytest.raises(TooOften):
        throttle.guess("192.0.2.1", "name 10")


def test_what_was_long_ago_is_forgotten() -> None:
    clock = Clock()
    throttle = Throttle(clock)
    for _ in range(4):
        throttle.guess("192.0.2.1", "Ann")
    clock.now += FORGET + 1
    for _ in range(5):
        throttle.guess("192.0.2.1", "Ann")
