"""What the build hook relies on: the lock file, the icon list, and the scripts' own rules."""

from __future__ import annotations

import json
import re
from pathlib import Path

WEB = Path(__file__).resolve().parents[2] / "web"


def test_lock_file_pins_by_hash_and_holds_no_address() -> None:
    text = (WEB / "package-lock.json").read_text()
    packages = {name: each for name, each in json.loads(text)["packages"].items() if name}
    assert packages
    for name, each in packages.items():
        assert each["integrity"].startswith("sha512-"), name
        assert "resolved" not in each, name
    assert "://registry" not in text


def test_every_icon_that_is_used_is_listed_and_no_other() -> None:
    listed = {
        line
        for line in (WEB / "icons.txt").read_text().splitlines()
        if line and not line.startswith("#")
    }
    templates = "\n".join(f.read_text() for f in (WEB / "templates").rglob("*.html"))
    scripts = "\n".join(f.read_text() for f in (WEB / "static" / "js").glob("*.js"))
    used = set(re.findall(r'icon\("([a-z0-9-]+)"', templates))
    used |= set(re.findall(r'(?:side_link|tab)\("[^"]+", "([a-z0-9-]+)"', templates))
    used |= set(re.findall(r'empty\("([a-z0-9-]+)"', templates))
    conditional = re.findall(r"icon\((\"[^)]*? if [^)]*)\)", templates)
    chosen = [re.sub(r'([!=]= |in \(.*)"[^"]*"', "", words) for words in conditional]
    used |= {name for words in chosen for name in re.findall(r'"([a-z0-9-]+)"', words)}
    python = "\n".join(f.read_text() for f in (WEB.parent / "homestream").rglob("*.py"))
    used |= set(re.findall(r'\bicon="([a-z0-9-]+)"', python))
    used |= set(re.findall(r'"(volume-[a-z0-9]+|repeat(?:-1)?)"', scripts))
    assert used == listed


def test_scripts_write_no_html() -> None:
    for script in (WEB / "static" / "js").glob("*.js"):
        text = script.read_text()
        for forbidden in (
            "innerHTML",
            "outerHTML",
            "insertAdjacentHTML",
            "document.write",
            "eval(",
        ):
            assert forbidden not in text, f"{script.name}: {forbidden}"
        assert "randomUUID(" not in text, f"{script.name}: not there on plain http"
