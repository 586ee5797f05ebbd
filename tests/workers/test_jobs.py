"""A job is a function whose types say how it travels."""

from __future__ import annotations

import pytest

from homestream.workers import jobs
from tests.workers import jobs_for_tests


def test_every_listed_job_can_be_loaded() -> None:
    for name in (*jobs.JOBS, *jobs_for_tests.JOBS):
        assert jobs.load(name).name == name


def test_a_function_without_types_is_no_job() -> None:
    def no_result(number: int):  # type: ignore[no-untyped-def]
        return number

    def no_argument(number) -> int:  # type: ignore[no-untyped-def]
        return int(number)

    def any_number(*numbers: int) -> int:
        return sum(numbers)

    for fn in (no_result, no_argument, any_number):
        with pytest.raises(TypeError, match="needs a"):
            jobs.job(fn)


def test_a_type_that_cannot_travel_is_no_job() -> None:
    def two_kinds_of_list(values: list[int] | list[str]) -> int:
        return len(values)

    with pytest.raises(TypeError):
        jobs.job(two_kinds_of_list)


def test_arguments_travel_by_name_with_their_defaults() -> None:
    add = jobs.load("tests.workers.jobs_for_tests:add")
    assert add.bind((5,), {}) == {"left": 5, "right": 1}
