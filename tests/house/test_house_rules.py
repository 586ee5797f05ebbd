"""The rules of the house that no linter of others knows."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MODULES = sorted((ROOT / "homestream").rglob("*.py"))
WRITES = re.compile(r"\b(INSERT (OR \w+ )?INTO|UPDATE|DELETE FROM)\s+(?P<table>[a-z_]+)")
STATEMENT = re.compile(r"\b(SELECT|INSERT|UPDATE|DELETE)\b.*\b(FROM|INTO|SET|WHERE)\b", re.DOTALL)


def tracked() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False, timeout=30
    )
    names = [name for name in listed.stdout.decode().split("\0") if name]
    return [ROOT / name for name in names if (ROOT / name).is_file()]


def texts(node: ast.AST) -> Iterator[str]:
    for child in ast.walk(node):
        if isinstance(child, ast.Constant) and isinstance(child.value, str):
            yield child.value


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(ROOT)))
def test_every_module_says_what_it_is_for(path: Path) -> None:
    tree = ast.parse(path.read_text())
    if tree.body:
        assert ast.get_docstring(tree), path


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(ROOT)))
def test_no_module_is_named_for_what_is_left_over(path: Path) -> None:
    assert not {"utils", "helpers", "common", "services", "misc"} & set(path.with_suffix("").parts)


def test_each_table_is_written_by_one_module() -> None:
    writers: dict[str, set[str]] = {}
    for path in MODULES:
        for text in texts(ast.parse(path.read_text())):
            for found in WRITES.finditer(text):
                if found["table"] != "set":
                    writers.setdefault(found["table"], set()).add(path.stem)
    several = {table: who for table, who in writers.items() if len(who) > 1}
    # settings are a drawer with a key for each subject
    several.pop("setting", None)
    assert several == {}


def test_no_statement_is_put_together_from_what_was_asked() -> None:
    """f-strings in SQL may hold only names that are constants of a module (in capitals)."""
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.JoinedStr) and STATEMENT.search("".join(texts(node))):
                for part in node.values:
                    if isinstance(part, ast.FormattedValue):
                        name = ast.unparse(part.value).partition("(")[0]
                        constant = any(word.strip("_").isupper() for word in name.split("."))
                        assert constant, f"{path}:{node.lineno} {name}"


def test_no_broad_except_but_round_a_job() -> None:
    allowed = {"run.py", "probe.py", "skim.py", "forkserver.py", "worker.py", "pool.py"}
    allowed |= {"cluster.py", "application.py"}
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text())):
            if (
                isinstance(node, ast.ExceptHandler)
                and (node.type is None or ast.unparse(node.type) in ("Exception", "BaseException"))
                and not any(isinstance(child, ast.Raise) for child in ast.walk(node))
            ):
                assert path.name in allowed, f"{path}:{node.lineno}"


def test_lock_files_hold_hashes_and_no_addresses() -> None:
    lock = json.loads((ROOT / "web" / "package-lock.json").read_text())
    packages = {name: entry for name, entry in lock["packages"].items() if name}
    assert packages
    for name, entry in packages.items():
        assert "resolved" not in entry, name
        assert entry["integrity"].startswith("sha512-"), name
    for path in (ROOT / "requirements").glob("*.lock"):
        text = path.read_text()
        assert "://" not in text, path
        assert text.count("==") <= text.count("--hash=sha256:"), path


def test_nothing_third_party_is_committed() -> None:
    for path in tracked():
        assert not {"node_modules", "vendor"} & set(path.relative_to(ROOT).parts), path
        assert not path.name.endswith((".min.js", ".min.css")), path
        assert path.stat().st_size < 1_000_000, path


def test_nothing_is_left_to_be_done_later_in_the_code() -> None:
    words = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")
    for path in MODULES:
        with path.open("rb") as file:
            for token in tokenize.tokenize(file.readline):
                if token.type == tokenize.COMMENT:
                    assert not words.search(token.string), f"{path}:{token.start[0]}"


def test_readme_commands_exist() -> None:
    makefile = (ROOT / "Makefile").read_text()
    for target in re.findall(r"^make ([a-z]+)", (ROOT / "README.md").read_text(), re.MULTILINE):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target
