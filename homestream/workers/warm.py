"""Imports all that a job may import only as it runs, for workers that are forked from here.

A worker that is shut in can open no module. PyAV, mutagen and Pillow import parts of themselves at
first use, Python its codecs and a part of datetime.
"""

from __future__ import annotations

import codecs
import contextlib
import encodings.aliases
import importlib
import pkgutil

import av
import mutagen
import PIL.Image

from homestream.workers import jobs

for _package in (av, mutagen):
    for _part in pkgutil.walk_packages(_package.__path__, f"{_package.__name__}."):
        if not _part.name.startswith("mutagen._tools") and "__main__" not in _part.name:
            importlib.import_module(_part.name)
PIL.Image.init()
for _name in ("numpy.fft", "numpy.linalg", "numpy.random", "_strptime", *jobs.PARTS):
    importlib.import_module(_name)
for _codec in set(encodings.aliases.aliases.values()):
    with contextlib.suppress(LookupError):  # Windows has some of its own
        codecs.lookup(_codec)
