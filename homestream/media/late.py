"""Large libraries, loaded where they are first used. The server names the functions that its
workers run, and so imports their modules; what these lean on is needed in the workers alone.

    if TYPE_CHECKING:
        import numpy as np
    else:
        np = late.module("numpy")
"""

from __future__ import annotations

import importlib
import sys
from typing import Any


class _Module:
    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, attribute: str) -> Any:
        found = getattr(importlib.import_module(self._name), attribute)
        setattr(self, attribute, found)
        return found


def module(name: str) -> Any:
    """Stands for the module of that name, which is imported when something of it is asked for."""
    return _Module(name)


def is_loaded(name: str) -> bool:
    """Whether a library is there already: a worker that is shut in can load no more."""
    return name in sys.modules
