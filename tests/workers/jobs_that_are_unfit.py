"""A list that names a function which is not there."""

JOBS = (
    "tests.workers.jobs_that_are_unfit:fit",
    "tests.workers.jobs_that_are_unfit:forgotten",
)


def fit() -> int:
    return 1
