"""A server in small: opens a pool, keeps it busy, tells the process ids, and waits to be killed."""

from __future__ import annotations

import sys
import time

from homestream.workers.pool import Pool
from tests.workers import jobs_for_tests as jobs

pool = Pool(size=2, jobs="tests.workers.jobs_for_tests")
pool.start()
first = pool.submit(jobs.process).result(timeout=20)
spinning = [pool.submit(jobs.spin, 300.0, timeout=300.0) for _ in range(2)]
while pool.stats().workers < 2:
    time.sleep(0.01)
print(first, flush=True)
sys.stdin.read()
