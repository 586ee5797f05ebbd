"""What the pool promises: order, limits, errors, and that one job harms no other."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Callable
from concurrent.futures import CancelledError
from pathlib import Path

import pytest

from homestream.errors import Busy, MediaError, NotFound
from homestream.media.source import Source
from homestream.workers.pool import Pool, Priority
from tests.workers import jobs_for_tests as jobs
from tests.workers import lean_jobs
from tests.workers.conftest import Gate, alive, process_of, until

MakePool = Callable[..., Pool]


def test_arguments_and_results_keep_their_types(pool: Pool) -> None:
    assert pool.submit(jobs.add, 2).result() == 3
    assert pool.submit(jobs.add, 2, right=40).result() == 42
    assert pool.submit(jobs.describe, "x", parts=[1, 2]).result() == [
        jobs.Described("x", 3, (1, 2))
    ]


def test_bytes_come_back_as_they_are(pool: Pool) -> None:
    payload = os.urandom(3_000_000)
    assert pool.submit(jobs.echo, payload).result() == payload


async def test_a_coroutine_awaits_a_job(pool: Pool) -> None:
    assert await asyncio.gather(*(pool.run(jobs.add, n, n) for n in range(50))) == [
        2 * n for n in range(50)
    ]


def test_what_is_not_listed_is_refused_at_once(pool: Pool) -> None:
    def unlisted(number: int) -> int:
        return number

    with pytest.raises(ValueError, match="not a listed job"):
        pool.submit(unlisted, 1)
    with pytest.raises(ValueError, match="not a listed job"):
        pool.submit(alive, 1)
    with pytest.raises(TypeError):
        pool.submit(len, "x")


def test_arguments_that_do_not_fit_are_a_type_error(pool: Pool) -> None:
    with pytest.raises(TypeError):
        pool.submit(jobs.add)
    with pytest.raises(TypeError):
        pool.submit(jobs.add, 1, 2, 3)
    with pytest.raises(TypeError, match=r"Expected `int`.*left"):
        pool.submit(jobs.add, "one").result()


def test_a_result_of_another_type_is_refused(pool: Pool) -> None:
    with pytest.raises(MediaError, match="no answer that makes sense"):
        pool.submit(jobs.lie_about_type).result()


def test_a_file_is_read_through_a_descriptor(pool: Pool, tmp_path: Path) -> None:
    path = tmp_path / "a.flac"
    path.write_bytes(b"sound")
    source = Source(path=os.fsencode(path))
    assert pool.submit(jobs.read, source).result() == b"sound"
    assert pool.submit(jobs.first_bytes, [jobs.Part(source, 2), jobs.Part(source, 3)]).result() == [
        b"so",
        b"sou",
    ]


def test_a_file_that_is_gone_says_so(pool: Pool, tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="no longer there"):
        pool.submit(jobs.read, Source(path=os.fsencode(tmp_path / "gone"))).result()


def test_bad_files_of_a_batch_fail_alone(pool: Pool, tmp_path: Path) -> None:
    good = [tmp_path / f"{number}" for number in range(60)]
    for number, path in enumerate(good):
        path.write_bytes(bytes(number))
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    link = tmp_path / "link"
    link.symlink_to(good[0])
    paths = [tmp_path / "gone", *good[:30], pipe, *good[30:], link]
    found = pool.submit(jobs.sizes, [Source(path=os.fsencode(path)) for path in paths]).result()
    assert [each.size for each in found] == [None, *range(30), None, *range(30, 60), None]
    assert found[0].name == "NotFound: file is no longer there"
    assert found[31].name == "MediaError: not a regular file"
    assert found[-1].name.startswith("MediaError: file cannot be opened")


def test_a_batch_has_at_most_64_files(pool: Pool) -> None:
    with pytest.raises(ValueError, match="more than 64"):
        pool.submit(jobs.sizes, [Source(path=b"/x")] * 65)


def test_our_errors_come_back_as_themselves(pool: Pool) -> None:
    with pytest.raises(Busy, match=r"^encoder is warming up$"):
        pool.submit(jobs.raise_busy).result()


def test_foreign_errors_come_back_in_words(pool: Pool) -> None:
    with pytest.raises(MediaError, match=r"^not readable: tuple index out of range$"):
        pool.submit(jobs.raise_foreign).result()
    with pytest.raises(MediaError, match="nested too deeply"):
        pool.submit(jobs.nest, 0).result()


def test_memory_has_a_limit_and_the_next_job_has_it_all(make_pool: MakePool) -> None:
    pool = make_pool(size=1, memory_bytes=512 << 20)
    for _ in range(3):
        with pytest.raises(MediaError, match="more memory"):
            pool.submit(jobs.fill_memory, 16 << 20).result()
        assert pool.submit(jobs.add, 1).result() == 2
    with pytest.raises(MediaError, match="more memory"):
        pool.submit(jobs.fill_memory, 1 << 30).result()
    assert pool.stats().lost == 0


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSEGV, signal.SIGABRT])
def test_the_death_of_a_worker_costs_its_own_job_alone(
    pool: Pool, gate: Gate, how: signal.Signals
) -> None:
    lost = pool.stats().lost
    held = pool.submit(jobs.pass_gate, Source(path=gate.path), "unharmed")
    deaths = [pool.submit(jobs.die, int(how)) for _ in range(3)]
    others = [pool.submit(jobs.add, number) for number in range(10)]
    for death in deaths:
        with pytest.raises(MediaError, match=rf"ended the reader: .*\(signal {how.value}\)"):
            death.result(timeout=20)
    assert [other.result(timeout=20) for other in others] == list(range(1, 11))
    gate.open()
    assert held.result(timeout=20) == "unharmed"
    assert pool.stats().lost == lost + 3


def test_a_worker_that_died_idle_costs_no_job(single: Pool) -> None:
    pid = process_of(single)
    os.kill(pid, signal.SIGKILL)
    until(lambda: not alive(pid))
    assert process_of(single) != pid


def test_a_job_that_takes_too_long_is_ended(single: Pool, gate: Gate) -> None:
    pid = process_of(single)
    late = single.submit(jobs.pass_gate, Source(path=gate.path), "", timeout=0.2)
    after = single.submit(jobs.add, 1)
    with pytest.raises(MediaError, match=r"^reading took longer than 0\.2 s$"):
        late.result(timeout=10)
    assert after.result(timeout=10) == 2
    assert not alive(pid)


def test_who_waits_goes_before_what_can_wait(single: Pool, gate: Gate) -> None:
    order: list[str] = []
    held = single.submit(jobs.pass_gate, Source(path=gate.path), "held")
    until(held.running)
    waiting = []
    for name, priority in (
        ("background", Priority.BACKGROUND),
        ("prefetch", Priority.PREFETCH),
        ("scan 1", Priority.SCAN),
        ("scan 2", Priority.SCAN),
        ("interactive", Priority.INTERACTIVE),
    ):
        future = single.submit(jobs.add, 1, priority=priority)
        future.add_done_callback(lambda _, name=name: order.append(name))
        waiting.append(future)
    assert single.stats().queued == 5
    gate.open()
    for future in waiting:
        future.result(timeout=10)
    assert order == ["interactive", "scan 1", "scan 2", "prefetch", "background"]


def test_people_are_served_in_turn(make_pool: MakePool, gate: Gate) -> None:
    single = make_pool(size=1)
    order: list[str] = []
    held = single.submit(jobs.pass_gate, Source(path=gate.path), "held")
    futures = []
    for person in ("ann", "ann", "ann", "ben"):
        future = single.submit(jobs.add, 1, person=person)
        future.add_done_callback(lambda _, person=person: order.append(person))
        futures.append(future)
    gate.open()
    for each in (held, *futures):
        each.result(timeout=30)
    assert order == ["ann", "ben", "ann", "ann"]


def test_background_leaves_a_worker_for_who_waits(pool: Pool, gate: Gate) -> None:
    source = Source(path=gate.path)
    slow = [
        pool.submit(jobs.pass_gate, source, "slow", priority=Priority.BACKGROUND) for _ in range(3)
    ]
    until(slow[0].running)
    assert pool.submit(jobs.add, 1).result(timeout=10) == 2
    assert [future.running() for future in slow] == [True, False, False]
    gate.open()
    assert [future.result(timeout=10) for future in slow] == ["slow"] * 3


def test_a_cancelled_job_leaves_the_queue_unrun(single: Pool, gate: Gate) -> None:
    held = single.submit(jobs.pass_gate, Source(path=gate.path), "held")
    until(held.running)
    lost = single.stats().lost
    waiting = single.submit(jobs.die, 9)
    assert single.stats().queued == 1
    assert waiting.cancel()
    assert single.stats().queued == 0
    assert not held.cancel()
    gate.open()
    assert held.result(timeout=10) == "held"
    with pytest.raises(CancelledError):
        waiting.result()
    assert single.submit(jobs.add, 1).result(timeout=10) == 2
    assert single.stats().lost == lost


async def test_a_cancelled_coroutine_drops_its_job(single: Pool, gate: Gate) -> None:
    held = asyncio.ensure_future(single.run(jobs.pass_gate, Source(path=gate.path), "held"))
    await asyncio.to_thread(until, lambda: single.stats().busy == 1)
    waiting = asyncio.ensure_future(single.run(jobs.die, 9))
    await asyncio.to_thread(until, lambda: single.stats().queued == 1)
    waiting.cancel()
    await asyncio.to_thread(until, lambda: single.stats().queued == 0)
    gate.open()
    assert await held == "held"


def test_no_descriptor_is_left_behind(make_pool: MakePool, tmp_path: Path) -> None:
    pool = make_pool(size=2)
    paths = [tmp_path / f"{number}" for number in range(8)]
    for path in paths:
        path.write_bytes(b"x" * 100)
    sources = [Source(path=os.fsencode(path)) for path in paths]
    missing = Source(path=os.fsencode(tmp_path / "gone"))

    def some(count: int) -> None:
        futures = [pool.submit(jobs.sizes, [*sources, missing]) for _ in range(count)]
        futures += [pool.submit(jobs.raise_busy), pool.submit(jobs.read, missing)]
        for future in futures:
            future.exception(timeout=20)

    some(10)
    until(lambda: pool.stats().workers == 2)
    ours = len(os.listdir("/proc/self/fd"))
    theirs = pool.submit(jobs.open_descriptors).result()
    some(500)
    assert len(os.listdir("/proc/self/fd")) == ours
    assert len(pool.submit(jobs.open_descriptors).result()) == len(theirs)
    assert pool.stats().started == 2


def test_descriptors_of_a_lost_worker_are_closed(single: Pool) -> None:
    process_of(single)
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(5):
        single.submit(jobs.die, 9).exception(timeout=10)
        process_of(single)
    assert len(os.listdir("/proc/self/fd")) == before


def test_idle_workers_go_and_come_back(make_pool: MakePool) -> None:
    pool = make_pool(size=2, idle_seconds=0.1)
    first = process_of(pool)
    until(lambda: not alive(first))
    assert pool.stats().workers == 0
    second = process_of(pool)
    assert second != first
    assert pool.stats().started == 2
    assert pool.stats().lost == 0


def test_a_lean_job_runs_without_the_large_libraries_and_as_shut_in(make_pool: MakePool) -> None:
    pool = make_pool(jobs="tests.workers.lean_jobs", idle_seconds=0.1)
    assert pool.submit(lean_jobs.large_ones).result() == []
    lean = pool.stats()
    assert lean.workers == 1
    until(lambda: pool.stats().workers == 0)
    # the fork server went with its last worker, and another one comes
    assert pool.submit(lean_jobs.large_ones).result() == []
    assert (pool.stats().started, pool.stats().lost) == (2, 0)
    assert lean.sandbox == pool.stats().sandbox


def test_one_worker_serves_what_one_can_serve(make_pool: MakePool) -> None:
    pool = make_pool(size=2)
    assert len({process_of(pool) for _ in range(20)}) == 1
    assert pool.stats().workers == 1


def test_a_worn_worker_is_replaced(make_pool: MakePool) -> None:
    pool = make_pool(size=1)
    futures = [pool.submit(jobs.process) for _ in range(1001)]
    pids = [future.result(timeout=60) for future in futures]
    assert len(set(pids[:1000])) == 1
    assert pids[1000] != pids[0]
    assert pool.stats().lost == 0


def test_a_fork_server_that_died_is_started_again(single: Pool) -> None:
    worker = process_of(single)
    with open(f"/proc/{worker}/stat") as file:
        forkserver = int(file.read().rpartition(")")[2].split()[1])
    os.kill(forkserver, signal.SIGKILL)
    until(lambda: not alive(worker))
    assert process_of(single) != worker


def test_jobs_that_cannot_be_loaded_make_the_pool_busy(make_pool: MakePool) -> None:
    pool = make_pool(jobs="tests.workers.jobs_that_are_unfit")
    from tests.workers import jobs_that_are_unfit

    with pytest.raises(Busy, match="cannot be started"):
        pool.submit(jobs_that_are_unfit.fit).result(timeout=20)


def test_stats_tell_what_goes_on(make_pool: MakePool, gate: Gate) -> None:
    pool = make_pool(size=1)
    assert (pool.stats().workers, pool.stats().started) == (0, 0)
    held = pool.submit(jobs.pass_gate, Source(path=gate.path), "held")
    pool.submit(jobs.add, 1)
    until(lambda: pool.stats().workers == 1)
    stats = pool.stats()
    assert (stats.busy, stats.queued, stats.lost, stats.started) == (1, 1, 0, 1)
    gate.open()
    held.result(timeout=10)


def test_closing_finishes_what_is_queued(make_pool: MakePool) -> None:
    pool = make_pool(size=2)
    futures = [pool.submit(jobs.add, number) for number in range(40)]
    pool.shutdown()
    assert [future.result(timeout=0) for future in futures] == list(range(1, 41))
    assert pool.stats().workers == 0
    with pytest.raises(RuntimeError, match="not open"):
        pool.submit(jobs.add, 1)


def test_closing_without_waiting_still_finishes(make_pool: MakePool, gate: Gate) -> None:
    pool = make_pool(size=1)
    worker = process_of(pool)
    held = pool.submit(jobs.pass_gate, Source(path=gate.path), "held")
    pool.shutdown(wait=False)
    gate.open()
    assert held.result(timeout=10) == "held"
    until(lambda: not alive(worker))


def test_closing_in_a_hurry_takes_under_two_seconds(make_pool: MakePool, gate: Gate) -> None:
    pool = make_pool(size=2)
    workers = {process_of(pool)}
    held = [pool.submit(jobs.pass_gate, Source(path=gate.path), "held") for _ in range(2)]
    waiting = [pool.submit(jobs.add, number) for number in range(100)]
    until(lambda: pool.stats().workers == 2)
    began = time.monotonic()
    pool.shutdown(cancel_futures=True)
    assert time.monotonic() - began < 2
    for future in held:
        with pytest.raises(Busy, match="stopping"):
            future.result(timeout=0)
    assert all(future.cancelled() for future in waiting)
    assert not any(map(alive, workers))
    assert pool.stats().workers == 0


def test_closing_twice_or_unused_does_no_harm(make_pool: MakePool) -> None:
    pool = make_pool()
    pool.shutdown()
    pool.shutdown(cancel_futures=True)
