"""Runs every benchmark, one after another, and keeps what they print in benchmarks/report/."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent


def main() -> int:
    report = HERE / "report"
    report.mkdir(exist_ok=True)
    worst = 0
    for path in sorted(HERE.glob("*.py")):
        if path.stem.startswith("_"):
            continue
        print(f"== {path.stem}", flush=True)
        done = subprocess.run(
            [sys.executable, "-m", f"benchmarks.{path.stem}"],
            cwd=HERE.parent,
            stdout=subprocess.PIPE,
            text=True,
            check=False,
        )
        print(done.stdout, flush=True)
        (report / f"{path.stem}.txt").write_text(done.stdout)
        worst = max(worst, done.returncode)
    return worst


if __name__ == "__main__":
    sys.exit(main())
