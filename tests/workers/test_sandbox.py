"""A worker cannot get out, and does not outlive the server."""

from __future__ import annotations

import os
import platform
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from homestream.media.source import Source
from homestream.workers.pool import Pool
from tests.workers import jobs_for_tests as jobs
from tests.workers.conftest import alive, process_of, until

ROOT = Path(__file__).parents[2]

linux_alone = pytest.mark.skipif(sys.platform != "linux", reason="Linux alone can shut in")
numbers_of_x86 = pytest.mark.skipif(
    platform.machine() != "x86_64", reason="calls the kernel by numbers of x86_64"
)


def expect_whole_sandbox(pool: Pool) -> None:
    """Where the kernel lacks a part, the reason is told and what follows cannot be tested."""
    process_of(pool)
    told = pool.stats().sandbox
    if told != "landlock+seccomp":
        assert "; no " in told
        assert "CI" not in os.environ, told
        pytest.skip(told)


@linux_alone
@pytest.mark.parametrize(
    ("way", "answer"),
    [
        ("open", "Permission denied"),
        ("open by source", "file cannot be opened: Permission denied"),
        ("create", "Permission denied"),
        ("list", "Permission denied"),
        ("chmod", "Permission denied"),
        ("unlink", "Permission denied"),
        ("tcp", "Operation not permitted"),
        ("unix", "Operation not permitted"),
        ("fork", "Operation not permitted"),
        ("exec", "Operation not permitted"),
        ("kill", "Operation not permitted"),
        ("kill self", "Operation not permitted"),
        ("priority", "Operation not permitted"),
        ("limits of others", "Operation not permitted"),
        ("more memory", "not allowed to raise maximum limit"),
    ],
)
def test_no_way_leads_out(pool: Pool, way: str, answer: str) -> None:
    expect_whole_sandbox(pool)
    assert pool.submit(jobs.escape, way).result(timeout=20) == answer


@linux_alone
@numbers_of_x86
@pytest.mark.parametrize(
    ("way", "answer"),
    [
        ("ptrace", "Operation not permitted"),
        ("mount", "Operation not permitted"),
        ("io_uring", "Operation not permitted"),
        ("bpf", "Operation not permitted"),
        ("userfaultfd", "Operation not permitted"),
        ("open_by_handle_at", "Permission denied"),
        ("clone", "Operation not permitted"),
        ("clone3", "Function not implemented"),
        ("prctl", "Operation not permitted"),
    ],
)
def test_no_system_call_leads_out(pool: Pool, way: str, answer: str) -> None:
    expect_whole_sandbox(pool)
    assert pool.submit(jobs.escape, way).result(timeout=20) == answer


@linux_alone
def test_the_kernel_says_that_a_worker_is_shut_in(pool: Pool) -> None:
    expect_whole_sandbox(pool)
    with open(f"/proc/{process_of(pool)}/status") as file:
        status = dict(line.rstrip("\n").split(":\t", 1) for line in file if ":\t" in line)
    assert status["NoNewPrivs"] == "1"
    assert status["Seccomp"].split()[0] == "2"
    assert int(status["CapEff"], 16) == 0
    assert int(status["CapPrm"], 16) == 0
    assert status["Threads"] == "1"


@linux_alone
def test_a_worker_sees_no_secret_of_the_server() -> None:
    script = "import os\nos.environ['HOMESTREAM_SECRET'] = 'x'\n"
    driver = subprocess.run(
        [sys.executable, "-c", script + _TELL_ENVIRONMENT],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )
    assert "HOMESTREAM_SECRET" not in driver.stdout
    assert "OPENBLAS_NUM_THREADS=1" in driver.stdout


_TELL_ENVIRONMENT = """
from homestream.workers.pool import Pool
from tests.workers import jobs_for_tests as jobs
with Pool(size=1, jobs="tests.workers.jobs_for_tests") as pool:
    pid = pool.submit(jobs.process).result()
    print(open(f"/proc/{pid}/environ").read().replace(chr(0), chr(10)))
"""


def test_what_loads_late_was_loaded_before(pool: Pool) -> None:
    assert pool.submit(jobs.use_what_loads_late).result(timeout=20) == [
        "16000",
        "(4, 4)",
        "Зоя音",
        "1999",
        "(9,)",
    ]


def test_a_forgotten_import_is_told_in_the_log(
    pool: Pool, caplog: pytest.LogCaptureFixture
) -> None:
    expect_whole_sandbox(pool)
    error = pool.submit(jobs.import_lazily).exception(timeout=20)
    assert str(error) == "reading it wants what a reader may not do"
    assert "turtledemo" in caplog.text


def test_what_a_job_leaves_open_holds_no_file(pool: Pool, tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"sound")
    pool.submit(jobs.read, Source(path=os.fsencode(path))).result(timeout=20)
    descriptors = pool.submit(jobs.open_descriptors).result(timeout=20)
    assert max(descriptors) < 128


@linux_alone
def test_no_process_outlives_a_killed_server() -> None:
    driver = subprocess.Popen(
        [sys.executable, "-m", "tests.workers.driver"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with driver:
        assert driver.stdout is not None
        worker = int(driver.stdout.readline())
        forkserver = _parent_of(worker)
        family = {forkserver, *_children_of(forkserver)}
        assert worker in family
        assert len(family) == 3
        driver.send_signal(signal.SIGKILL)
        driver.wait(10)
        until(lambda: not any(map(alive, family)))


@linux_alone
def test_a_terminal_interrupt_is_left_to_the_server(pool: Pool) -> None:
    worker = process_of(pool)
    forkserver = _parent_of(worker)
    assert os.getpgid(worker) == os.getpgid(forkserver) != os.getpgid(0)
    for each in (signal.SIGINT, signal.SIGTERM):
        os.kill(forkserver, each)
        os.kill(worker, each)
    assert process_of(pool) == worker


def _parent_of(pid: int) -> int:
    with open(f"/proc/{pid}/stat") as file:
        return int(file.read().rpartition(")")[2].split()[1])


def _children_of(pid: int) -> list[int]:
    with open(f"/proc/{pid}/task/{pid}/children") as file:
        return [int(each) for each in file.read().split()]
