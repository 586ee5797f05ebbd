"""Configuration: every mistake is an error that says what to write instead."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from homestream import config
from homestream.errors import ConfigError


def load(tmp_path: Path, text: str, **environ: str) -> config.Config:
    path = tmp_path / "config.toml"
    path.write_text(text)
    return config.load(path, environ)


def test_nothing_said_gives_the_defaults() -> None:
    loaded = config.load(None, {})
    assert loaded.server.port == 4747
    assert loaded.discovery.enabled
    assert loaded.cache_bytes == 2_000_000_000


def test_file_is_read_and_environment_goes_over_it(tmp_path: Path) -> None:
    loaded = load(
        tmp_path,
        '[server]\nport = 5000\n[[library]]\nname = "A"\npath = "/a"\n',
        HOMESTREAM_SERVER_PORT="6000",
        HOMESTREAM_DISCOVERY_ENABLED="false",
        HOMESTREAM_SERVER_TRUSTED_PROXIES="10.0.0.0/8, ::1",
        HOMESTREAM_LIBRARY_1_NAME="B",
        HOMESTREAM_LIBRARY_1_PATH="/b",
    )
    assert loaded.server.port == 6000
    assert not loaded.discovery.enabled
    assert loaded.server.trusted_proxies == ("10.0.0.0/8", "::1")
    assert [(lib.name, lib.path) for lib in loaded.library] == [("A", "/a"), ("B", "/b")]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[server]\nprot = 1", ["server.prot = 1", "did you mean port?"]),
        ("[sever]\nport = 1", ["[sever]", "did you mean server?"]),
        ('[server]\nport = "x"', ["server.port = 'x'"]),
        ("[server]\nport = 70000", ["server.port = 70000", "65535"]),
        ("[server]\nport = true", ["server.port = True"]),
        ('[server]\nhost = "my host"', ["server.host = 'my host'"]),
        ('[server]\npublic_url = "music"', ["server.public_url = 'music'"]),
        ('[server]\ntrusted_proxies = ["x"]', ["server.trusted_proxies = 'x'"]),
        ('[streaming]\ncache_size = "lots"', ["'lots'", "500 MB"]),
        ('[streaming]\ncache_size = "1 KB"', ["streaming.cache_size", "50 MB"]),
        ("[streaming]\nencoders = -1", ["streaming.encoders = -1"]),
        ('[[library]]\nname = "x"', ["library", "path", "missing"]),
        ('[[library]]\nname = "x"\npath = "music"', ["library.path = 'music'", "absolute"]),
        ('[library]\nname = "x"\npath = "/m"', ["[[library]]"]),
        ("server = 1", ["server = 1", "[server]"]),
        ("[server", ["not valid TOML"]),
    ],
)
def test_mistake_names_key_value_and_way_out(tmp_path: Path, text: str, words: list[str]) -> None:
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, text)
    for word in words:
        assert word in str(caught.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("HOMESTREAM_SERVER_PROT", "1"),
        ("HOMESTREAM_SERVER_PORT", "many"),
        ("HOMESTREAM_DISCOVERY_ENABLED", "maybe"),
        ("HOMESTREAM_LIBRARY_PATH", "/m"),
    ],
)
def test_mistake_in_the_environment_names_the_variable(name: str, value: str) -> None:
    with pytest.raises(ConfigError, match=name):
        config.load(None, {name: value})


def test_missing_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="does not exist"):
        config.load(tmp_path / "none.toml", {})


@pytest.mark.parametrize(
    ("text", "size"), [("50", 50), ("1 KB", 1000), ("1.5GB", 1_500_000_000), ("3 tb", 3 * 10**12)]
)
def test_sizes_are_decimal(text: str, size: int) -> None:
    assert config.size_bytes(text) == size


def test_example_file_is_the_one_made_from_the_code() -> None:
    example = Path(__file__).parents[1] / "config.example.toml"
    assert example.read_text() == config.example(), "run: homestream doctor --example-config"


def test_example_documents_every_key_and_loads_with_all_keys_uncommented(tmp_path: Path) -> None:
    text = config.example()
    lines = [
        line[1:] if line.startswith("#") and not line.startswith("# ") else line
        for line in text.splitlines()
    ]
    data = tomllib.loads("\n".join(lines))
    for section in config.Config.__struct_fields__:
        table = data[section][0] if section == "library" else data[section]
        kind = type(getattr(config.Config(), section)) if section != "library" else config.Library
        assert set(table) == set(kind.__struct_fields__)
    assert load(tmp_path, "\n".join(lines)).server == config.Server()
