"""The configuration: what may be set, where it comes from, and the example file made from it.

A TOML file (`--config` or HOMESTREAM_CONFIG), overlaid by environment variables, one for each key:
HOMESTREAM_SERVER_PORT for `[server] port`, HOMESTREAM_LIBRARY_0_PATH for the first `[[library]]`.
Whatever is wrong is a ConfigError that names the key, the value and the nearest known key.
"""

from __future__ import annotations

import difflib
import os
import re
import tomllib
import typing
from collections.abc import Mapping
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Annotated, Any, Final, get_args, get_origin, get_type_hints
from urllib.parse import urlsplit

import msgspec
from msgspec import Meta

from homestream.errors import ConfigError

PREFIX: Final = "HOMESTREAM_"
MOST_LIBRARIES: Final = 100
_LIBRARY: Final[Mapping[str, Any]] = {"name": "Music", "path": "/srv/music", "watch": True}


class Server(msgspec.Struct, frozen=True):
    """Where the server listens and how it is reached."""

    host: Annotated[
        str,
        Meta(
            description="Address to listen on: 0.0.0.0 for all of IPv4, :: for IPv6 too, "
            "127.0.0.1 for this machine only."
        ),
    ] = "0.0.0.0"  # noqa: S104 - a home server is for the home's network
    port: Annotated[int, Meta(ge=1, le=65535, description="TCP port.")] = 4747
    public_url: Annotated[
        str,
        Meta(
            description="How browsers reach the server when it stands behind a proxy or has a "
            'name of its own, such as "https://music.example.org". Empty: as they asked for it.'
        ),
    ] = ""
    trusted_proxies: Annotated[
        tuple[str, ...],
        Meta(
            description="Addresses or networks of reverse proxies whose X-Forwarded-For and "
            "X-Forwarded-Proto are believed."
        ),
    ] = ()


class Data(msgspec.Struct, frozen=True):
    """Where the server keeps what it knows: database, keys, thumbnails, segments."""

    path: Annotated[
        str,
        Meta(
            description="Folder for the database and caches. "
            "Empty: $XDG_DATA_HOME/homestream, usually ~/.local/share/homestream."
        ),
    ] = ""


class Library(msgspec.Struct, frozen=True):
    """A folder of music. Write one [[library]] for each; more can be added in the page."""

    name: Annotated[str, Meta(min_length=1, max_length=64, description="What the family calls it.")]
    path: Annotated[str, Meta(min_length=1, description="Absolute path of the folder.")]
    watch: Annotated[
        bool,
        Meta(description="Notice changes in it by themselves. false: only when a scan is started."),
    ] = True


class Watching(msgspec.Struct, frozen=True):
    """How changes in the folders of music are noticed."""

    enabled: Annotated[
        bool, Meta(description="Notice changes within seconds. false: only when a scan is started.")
    ] = True
    settle_seconds: Annotated[
        int,
        Meta(
            ge=1,
            le=600,
            description="A file is taken when its size and time have held still for so long: "
            "until then it may be half copied.",
        ),
    ] = 2
    poll_seconds: Annotated[
        int,
        Meta(
            ge=10,
            le=86_400,
            description="How often a folder is looked through that the system does not tell of: on "
            "a network (NFS, SMB, sshfs ...), or where it has no more watches.",
        ),
    ] = 600


class Inbox(msgspec.Struct, frozen=True):
    """How new music comes in: dropped in the page, or put into a folder, and filed on approval."""

    folder: Annotated[
        str,
        Meta(
            description="A folder whose music is shown in the inbox. It lies in no library. "
            "Empty: what is dropped in the page alone."
        ),
    ] = ""
    library: Annotated[
        str,
        Meta(
            description="Name of the library that new music is filed to, which homestream must be "
            "allowed to write to. Empty: the first one, and the owner may choose."
        ),
    ] = ""
    pattern: Annotated[
        str,
        Meta(
            description="Where a file goes in the library: albumartist, artist, album, title, "
            "year, disc (empty where there is one disc), track, genre. Its suffix stays."
        ),
    ] = "{albumartist}/{year} - {album}/{disc}{track:02} {title}"
    largest_file: Annotated[
        str, Meta(description='Largest file that may be dropped in the page, such as "2 GB".')
    ] = "2 GB"
    quota: Annotated[
        str, Meta(description="Most room for files that were dropped in the page and wait.")
    ] = "20 GB"


class Streaming(msgspec.Struct, frozen=True):
    """How music is encoded and kept ready."""

    cache_size: Annotated[
        str,
        Meta(description='Most room for encoded segments on disk, such as "500 MB" or "4 GB".'),
    ] = "2 GB"
    memory_cache: Annotated[
        str,
        Meta(description='Most room for the segments used last in memory, such as "16 MB".'),
    ] = "24 MB"
    accel_redirect: Annotated[
        str,
        Meta(
            max_length=200,
            pattern="^(/.*/)?$",
            description="Where an nginx in front finds the folder of segments, as an internal "
            'location such as "/segments/": it then sends them, after the server has said who may. '
            "Empty: the server sends them. See docs/reverse-proxy.md.",
        ),
    ] = ""
    workers: Annotated[
        str,
        Meta(
            max_length=200,
            pattern="^((tcp|tls)://[^ ]+)?$",
            description="Where segments are encoded: a Dask scheduler such as "
            '"tcp://10.0.0.7:8786" '
            "whose workers see the music under the same paths (needs homestream[cluster]). "
            "Empty, or while it is away: on this machine.",
        ),
    ] = ""
    max_bit_rate: Annotated[
        int,
        Meta(
            ge=0,
            description="Most kbit/s that a listener is sent, such as 320. 0: as many as there "
            "are. The lowest quality, 64, is always there.",
        ),
    ] = 0
    encoders: Annotated[
        int,
        Meta(
            ge=0, le=64, description="Encoder processes. 0: one for each processor, two at least."
        ),
    ] = 0


class Discovery(msgspec.Struct, frozen=True):
    """How the server is found on the home's network."""

    enabled: Annotated[
        bool, Meta(description="Announce the server by mDNS (Bonjour, zeroconf).")
    ] = True
    name: Annotated[
        str,
        Meta(
            max_length=63,
            description="Name to announce. Empty: what the household is called.",
        ),
    ] = ""


class Config(msgspec.Struct, frozen=True):
    server: Server = Server()
    data: Data = Data()
    library: tuple[Library, ...] = ()
    watching: Watching = Watching()
    inbox: Inbox = Inbox()
    streaming: Streaming = Streaming()
    discovery: Discovery = Discovery()

    @property
    def data_folder(self) -> Path:
        """Where everything is kept, as an absolute path."""
        if self.data.path:
            return Path(self.data.path).expanduser().absolute()
        base = os.environ.get("XDG_DATA_HOME") or "~/.local/share"
        return (Path(base).expanduser() / "homestream").absolute()

    @property
    def cache_bytes(self) -> int:
        return size_bytes(self.streaming.cache_size)

    @property
    def memory_cache_bytes(self) -> int:
        return size_bytes(self.streaming.memory_cache)

    @property
    def inbox_bytes(self) -> tuple[int, int]:
        """The largest file, and the room for all that wait."""
        return size_bytes(self.inbox.largest_file), size_bytes(self.inbox.quota)

    @property
    def encoders(self) -> int:
        return self.streaming.encoders or max(2, os.cpu_count() or 1)


_UNITS: Final = {"": 1, "B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}


def size_bytes(text: str) -> int:
    """Bytes in "500 MB" (decimal units B KB MB GB TB); ConfigError for anything else."""
    match = re.fullmatch(r"\s*(\d{1,12}(?:\.\d{1,3})?)\s*([KMGT]?B?)\s*", text.upper())
    if match is None:
        raise ConfigError(f'{text!r} is not a size: write it as "500 MB" or "4 GB"')
    unit = match[2] if match[2] in _UNITS else match[2] + "B"
    return int(float(match[1]) * _UNITS[unit])


def load(path: Path | None, environ: Mapping[str, str]) -> Config:
    """The configuration of a file (or none) and the environment, checked; ConfigError."""
    data: dict[str, Any] = {}
    where = "the environment"
    if path is not None:
        where = str(path)
        try:
            data = tomllib.loads(path.read_text("utf-8"))
        except FileNotFoundError as error:
            raise ConfigError(f"configuration file {path} does not exist") from error
        except OSError as error:
            raise ConfigError(f"configuration file {path}: {error.strerror}") from error
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise ConfigError(f"configuration file {path} is not valid TOML: {error}") from error
    _check_keys(data, where)
    _overlay(data, environ)
    try:
        config = msgspec.convert(data, Config)
    except msgspec.ValidationError as error:
        raise ConfigError(_explain(error, data, where)) from error
    _check_values(config)
    return config


def example() -> str:
    """The text of config.example.toml: every key with its default and what it is for."""
    lines = [
        "# homestream's configuration. Every key is optional; commented out stands the default.",
        "# Each key is also an environment variable: [server] port is HOMESTREAM_SERVER_PORT,",
        "# the first [[library]]'s path is HOMESTREAM_LIBRARY_0_PATH; lists are comma-separated.",
    ]
    for name, hint in get_type_hints(Config, include_extras=True).items():
        repeated = name == "library"
        section = get_args(hint)[0] if repeated else hint
        lines += ["", f"# {(section.__doc__ or '').strip()}"]
        lines.append(f"#[[{name}]]" if repeated else f"[{name}]")
        defaults = {} if repeated else msgspec.structs.asdict(section())
        for key, kind in get_type_hints(section, include_extras=True).items():
            lines += [f"# {text}" for text in _wrapped(_meta(kind).description or "")]
            value = defaults.get(key, _LIBRARY.get(key))
            lines.append(f"#{key} = {_toml(value)}")
    return "\n".join(lines) + "\n"


def _check_keys(data: dict[str, Any], where: str) -> None:
    sections = {field: _fields(field) for field in Config.__struct_fields__}
    for section, content in data.items():
        if section not in sections:
            raise ConfigError(f"unknown section [{section}] in {where}{_near(section, sections)}")
        tables = content if isinstance(content, list) else [content]
        wanted = "[[library]]" if section == "library" else f"[{section}]"
        if isinstance(content, list) != (section == "library") or not all(
            isinstance(table, dict) for table in tables
        ):
            raise ConfigError(f"{section} = {content!r} in {where}: write it as a table {wanted}")
        for table in tables:
            for key in table:
                if key not in sections[section]:
                    near = _near(key, sections[section])
                    raise ConfigError(
                        f"unknown key {section}.{key} = {table[key]!r} in {where}{near}"
                    )


def _overlay(data: dict[str, Any], environ: Mapping[str, str]) -> None:
    """Puts HOMESTREAM_<SECTION>_<KEY> over what the file said."""
    known: dict[str, tuple[str, str, Any]] = {}
    for section in Config.__struct_fields__:
        for key, kind in _fields(section).items():
            known[f"{PREFIX}{section}_{key}".upper()] = (section, key, kind)
    for variable, text in sorted(environ.items()):
        if not variable.startswith(PREFIX) or variable == f"{PREFIX}CONFIG":
            continue
        numbered = re.fullmatch(rf"{PREFIX}LIBRARY_(\d{{1,2}})_([A-Z]+)", variable)
        name = f"{PREFIX}LIBRARY_{numbered[2]}" if numbered else variable
        if name not in known or (name.startswith(f"{PREFIX}LIBRARY_") and not numbered):
            raise ConfigError(
                f"unknown environment variable {variable} = {text!r}{_near(variable, known)}"
            )
        section, key, kind = known[name]
        value = _from_text(text, kind, variable)
        if numbered:
            tables = data.setdefault("library", [])
            while len(tables) <= int(numbered[1]):
                tables.append({})
            tables[int(numbered[1])][key] = value
        else:
            data.setdefault(section, {})[key] = value


def _from_text(text: str, kind: Any, variable: str) -> Any:
    bare = get_args(kind)[0] if get_origin(kind) is Annotated else kind
    if get_origin(bare) is tuple:
        return [part.strip() for part in text.split(",") if part.strip()]
    if bare is bool:
        words = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
        if text.strip().lower() not in words:
            raise ConfigError(f"{variable} = {text!r}: write true or false")
        return words[text.strip().lower()]
    if bare is int:
        try:
            return int(text)
        except ValueError as error:
            raise ConfigError(f"{variable} = {text!r}: write a whole number") from error
    return text


def _check_values(config: Config) -> None:
    size = config.cache_bytes  # raises with the value named
    if size < 50_000_000:
        raise ConfigError(
            f'streaming.cache_size = "{config.streaming.cache_size}": at least "50 MB"'
        )
    try:
        ip_address(config.server.host)
    except ValueError as error:
        if config.server.host != "localhost":
            raise ConfigError(
                f"server.host = {config.server.host!r}: write an IP address or localhost"
            ) from error
    if config.server.public_url:
        url = urlsplit(config.server.public_url)
        if url.scheme not in ("http", "https") or not url.hostname or url.query or url.fragment:
            raise ConfigError(
                f"server.public_url = {config.server.public_url!r}: "
                'write it as "https://music.example.org"'
            )
    for proxy in config.server.trusted_proxies:
        try:
            ip_network(proxy, strict=False)
        except ValueError as error:
            raise ConfigError(
                f"server.trusted_proxies = {proxy!r}: write addresses or networks"
            ) from error
    seen: set[str] = set()
    for library in config.library:
        if not Path(library.path).is_absolute():
            raise ConfigError(f"library.path = {library.path!r}: write an absolute path")
        if os.path.normpath(library.path) in seen:
            raise ConfigError(f"library.path = {library.path!r}: it is listed twice")
        seen.add(os.path.normpath(library.path))
    _check_inbox(config)


def _check_inbox(config: Config) -> None:
    inbox = config.inbox
    _ = config.inbox_bytes  # raises with the value named
    if not inbox.folder:
        return
    folder = os.path.normpath(inbox.folder)
    if not os.path.isabs(folder):
        raise ConfigError(f"inbox.folder = {inbox.folder!r}: write an absolute path")
    for library in config.library:
        root = os.path.normpath(library.path)
        if os.path.commonpath([root, folder]) in (root, folder):
            raise ConfigError(
                f"inbox.folder = {inbox.folder!r}: it lies in or holds library {library.name!r}"
            )


def _explain(error: msgspec.ValidationError, data: dict[str, Any], where: str) -> str:
    """msgspec's "… - at `$.server.port`" as section.key = value: …"""
    text, _, place = str(error).partition(" - at `$.")
    missing = re.search(r"required field `(\w+)`", text)
    path = place.rstrip("`")
    value: Any = data
    for part in re.findall(r"\w+", path):
        if isinstance(value, list):
            value = value[int(part)] if part.isdigit() and int(part) < len(value) else None
        elif isinstance(value, dict):
            value = value.get(part)
    if missing:
        key = f"{path}.{missing[1]}"
        return f"{key} is missing in {where}: every [[library]] has a name and a path"
    return f"{path} = {value!r} in {where}: {text[:1].lower()}{text[1:]}"


def _fields(section: str) -> dict[str, Any]:
    hint = get_type_hints(Config)[section]
    return get_type_hints(get_args(hint)[0] if section == "library" else hint, include_extras=True)


def _near(word: str, known: typing.Iterable[str]) -> str:
    close = difflib.get_close_matches(word, list(known), n=1, cutoff=0.4)
    return f"; did you mean {close[0]}?" if close else ""


def _meta(kind: Any) -> Meta:
    return next((a for a in get_args(kind) if isinstance(a, Meta)), Meta())


def _wrapped(text: str, width: int = 96) -> list[str]:
    lines = [""]
    for word in text.split():
        if len(lines[-1]) + len(word) + 1 > width:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return lines


def _toml(value: Any) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case tuple():
            return "[" + ", ".join(_toml(item) for item in value) + "]"
        case _:
            return '"' + str(value).replace("\\", "\\\\").replace('"', '\\"') + '"'
