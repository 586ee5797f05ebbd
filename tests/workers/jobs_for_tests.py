"""Jobs that behave, misbehave, and try to get out."""

from __future__ import annotations

import ctypes
import datetime
import io
import os
import resource
import signal
import socket
import time
import wave

import av
import msgspec
import numpy
import PIL.Image

from homestream.errors import Busy, HomestreamError, MediaError
from homestream.media import source
from homestream.media.source import Source

JOBS = tuple(
    f"tests.workers.jobs_for_tests:{name}"
    for name in (
        "add",
        "die",
        "describe",
        "echo",
        "escape",
        "fill_memory",
        "first_bytes",
        "import_lazily",
        "leave_open",
        "lie_about_type",
        "nest",
        "open_descriptors",
        "pass_gate",
        "process",
        "raise_busy",
        "raise_foreign",
        "read",
        "sizes",
        "spin",
        "use_what_loads_late",
    )
)


class Described(msgspec.Struct, frozen=True):
    name: str
    size: int | None = None
    parts: tuple[int, ...] = ()


class Part(msgspec.Struct, frozen=True):
    source: Source
    first: int


def add(left: int, right: int = 1) -> int:
    return left + right


def echo(payload: bytes) -> bytes:
    return payload


def describe(name: str, *, parts: list[int]) -> list[Described]:
    return [Described(name, sum(parts), tuple(parts))]


def process() -> int:
    return os.getpid()


def read(file: Source) -> bytes:
    with source.descriptor(file) as descriptor:
        return os.read(descriptor, 1 << 20)


def first_bytes(parts: list[Part]) -> list[bytes]:
    return [read(part.source)[: part.first] for part in parts]


def sizes(files: list[Source]) -> list[Described]:
    found = []
    for file in files:
        try:
            with source.descriptor(file) as descriptor:
                found.append(Described("ok", os.fstat(descriptor).st_size))
        except HomestreamError as error:
            found.append(Described(f"{type(error).__name__}: {error}"))
    return found


def leave_open(file: Source) -> int:
    """Forgets a duplicate of its descriptor."""
    return os.dup(file.fd)


def open_descriptors() -> list[int]:
    found = []
    for number in range(resource.getrlimit(resource.RLIMIT_NOFILE)[0]):
        try:
            os.fstat(number)
        except OSError:
            continue
        found.append(number)
    return found


def pass_gate(gate: Source, answer: str) -> str:
    """Answers once the file is no longer empty."""
    while os.fstat(gate.fd).st_size == 0:
        time.sleep(0.002)
    return answer


def spin(seconds: float) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        pass


def die(how: int) -> None:
    if how != signal.SIGKILL:
        signal.signal(how, signal.SIG_DFL)
    signal.raise_signal(how)


def fill_memory(bytes_at_once: int) -> int:
    held = []
    while True:
        held.append(bytearray(bytes_at_once))


def nest(depth: int) -> int:
    return nest(depth + 1)


def raise_busy() -> None:
    raise Busy("encoder is warming up")


def raise_foreign() -> None:
    raise IndexError("tuple index out of range")


def lie_about_type() -> int:
    return "not a number"  # type: ignore[return-value]


def use_what_loads_late() -> list[str]:
    """What PyAV, Pillow and Python import at first use, with sound and pictures made here."""
    sound = io.BytesIO()
    with wave.open(sound, "wb") as file:
        file.setparams((2, 2, 8000, 0, "NONE", ""))
        file.writeframes(bytes(4 * 8000))
    sound.seek(0)
    with av.open(sound) as media:
        frames = sum(frame.to_ndarray().shape[1] for frame in media.decode(audio=0))
    picture = io.BytesIO()
    PIL.Image.new("RGB", (8, 8)).save(picture, "WEBP")
    again = PIL.Image.open(io.BytesIO(picture.getvalue())).resize((4, 4))
    words = "Зоя".encode("cp1251").decode("cp1251") + "音".encode("shift_jis").decode("shift_jis")
    year = datetime.datetime.strptime("1999-12-31", "%Y-%m-%d").year
    spectrum = numpy.fft.rfft(numpy.zeros(16)).shape
    return [str(frames), str(again.size), words, str(year), str(spectrum)]


def import_lazily() -> str:
    import turtledemo  # a module that nothing has imported

    return turtledemo.__name__


def escape(way: str) -> str:
    """Tries to get out; the error's name, or "done"."""
    try:
        _WAYS[way]()
    except OSError as error:
        return os.strerror(error.errno or 0)
    except (MediaError, ValueError) as error:
        return str(error)
    return "done"


def _raw(number: int, *arguments: int) -> None:
    """A system call on x86_64 with 0s where the kernel would refuse with EFAULT or EINVAL."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.syscall(number, *arguments, 0, 0, 0, 0) < 0:
        raise OSError(ctypes.get_errno(), "")


_WAYS = {
    "open": lambda: os.open("/etc/passwd", os.O_RDONLY),
    "open by source": lambda: source.open_regular(b"/etc/passwd"),
    "create": lambda: os.open("/tmp/homestream-escaped", os.O_CREAT | os.O_WRONLY),
    "list": lambda: os.listdir("/"),
    "chmod": lambda: os.chmod("/tmp", 0o777),
    "unlink": lambda: os.unlink("/tmp/homestream-none"),
    "tcp": lambda: socket.socket(socket.AF_INET, socket.SOCK_STREAM),
    "unix": lambda: socket.socketpair(),
    "fork": os.fork,
    "exec": lambda: os.execv("/bin/true", ["true"]),
    "kill": lambda: os.kill(os.getppid(), 0),
    "kill self": lambda: os.kill(os.getpid(), 0),
    "priority": lambda: os.setpriority(os.PRIO_PROCESS, os.getppid(), 5),
    "limits of others": lambda: resource.prlimit(os.getppid(), resource.RLIMIT_AS),
    "more memory": lambda: resource.setrlimit(resource.RLIMIT_CORE, (1, 1)),
    "ptrace": lambda: _raw(101),
    "mount": lambda: _raw(165),
    "io_uring": lambda: _raw(425),
    "bpf": lambda: _raw(321),
    "userfaultfd": lambda: _raw(323),
    "open_by_handle_at": lambda: _raw(304),
    "clone": lambda: _raw(56),
    "clone3": lambda: _raw(435),
    "prctl": lambda: _raw(157),
}
