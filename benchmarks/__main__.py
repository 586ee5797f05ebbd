"""Runs every benchmark, one after another, and keeps what they print and find in
benchmarks/report/, with a page of it: index.html."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from benchmarks import _page

HERE = Path(__file__).parent


def main() -> int:
    report = HERE / "report"
    report.mkdir(exist_ok=True)
    worst = 0
    texts = []
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
        text = report / f"{path.stem}.txt"
        text.write_text(done.stdout)
        texts.append(text)
        worst = max(worst, done.returncode)
    print(_page.write(texts))
    return worst


if __name__ == "__main__":
    sys.exit(main())
