"""Whose turn it is: tasks of several people in one queue, one of each in turn."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from typing import Generic, TypeVar

T = TypeVar("T")


class Turns(Generic[T]):
    """A queue in which nobody waits for all that somebody else has asked for.

    Tasks of one person come first in, first out; people take turns, who was served last comes
    last. Every operation is quick, however long the queue.
    """

    def __init__(self) -> None:
        # dicts for their order, so that a cancelled task leaves at once
        self._people: OrderedDict[str, dict[T, None]] = OrderedDict()
        self._count = 0

    def add(self, person: str, task: T) -> None:
        self._people.setdefault(person, {})[task] = None
        self._count += 1

    def take(self) -> T:
        """The next task; IndexError where there is none."""
        if not self._people:
            raise IndexError("nobody waits")
        person, tasks = next(iter(self._people.items()))
        task = next(iter(tasks))
        self.drop(person, task)
        if person in self._people:
            self._people.move_to_end(person)
        return task

    def drop(self, person: str, task: T) -> bool:
        """Takes a task out of the queue; whether it was there."""
        tasks = self._people.get(person, {})
        if task not in tasks:
            return False
        del tasks[task]
        if not tasks:
            del self._people[person]
        self._count -= 1
        return True

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[T]:
        for tasks in self._people.values():
            yield from tasks
