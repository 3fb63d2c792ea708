"""Results that are worth keeping between requests, by everything they depend on.

A key holds what the result is made from: frozen values, or objects that live as long as they are current (a score
table, a unit tree), by identity. The store holds on to its keys, so an identity cannot pass to another object, and
nothing here can be stale: what changes is another key. The longest unused goes first.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Generic, TypeVar

V = TypeVar("V")


class Kept(Generic[V]):
    """Safe between threads; two that ask for the same at once may both make it."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._held: OrderedDict[Hashable, V] = OrderedDict()
        self._lock = Lock()

    def of(self, key: Hashable, make: Callable[[], V]) -> V:
        with self._lock:
            if key in self._held:
                self._held.move_to_end(key)
                return self._held[key]
        made = make()
        with self._lock:
            self._held[key] = made
            while len(self._held) > self._most:
                self._held.popitem(last=False)
        return made

    def forget(self) -> None:
        with self._lock:
            self._held.clear()
