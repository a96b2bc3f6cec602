"""Where every key and value of promote.yaml stands, and the mistakes found there."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from difflib import get_close_matches
from typing import TypeVar

from msgspec import UNSET, UnsetType

from promote.errors import Mistake
from promote.image import without_password
from promote.text.document import Stream
from promote.tree import show

T = TypeVar("T")
Path = tuple[str | int, ...]

# More than anybody reads at once; what is beyond is counted, so that a hostile file costs no more than this.
MAX_MISTAKES = 100


def quoted(text: str) -> str:
    """`text` for a message: cut, on one line, without control characters and passwords."""
    text = without_password(text)
    cut = text if len(text) <= 60 else f"{text[:60]}…"
    return "`" + "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in cut) + "`"


def meant(word: str, known: Iterable[str]) -> str:
    """`, did you mean …?` where one of `known` is close to `word`; else what is known, where that is short."""
    names = list(known)
    close = get_close_matches(word[:60], names, n=1)
    if close:
        return f", did you mean {quoted(close[0])}?"
    return f"; known here: {', '.join(sorted(names))}" if 0 < len(names) <= 24 else ""


class Marks:
    """Marks by path (`("apps", "web", "image")`), and the mistakes."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._keys: dict[Path, int] = {}
        self._values: dict[Path, int] = {}
        self._names: dict[Path, list[str]] = {}
        self._kept: dict[Path, list[int]] = {}
        self._mistakes: list[tuple[int, str]] = []
        self._more = 0

    @property
    def file(self) -> str:
        """The path of the file that they are of."""
        return show(self._stream.path)

    def stand(self, path: Path, key: int | None, value: int) -> None:
        """Remember where the key and the value at `path` begin, in bytes."""
        if key is not None:
            self._keys[path] = key
            self._names.setdefault(path[:-1], []).append(str(path[-1]))
        self._values[path] = value

    def keep(self, path: Path, place: int) -> None:
        """Remember that the item at this place of the list at `path` is among the values."""
        self._kept.setdefault(path, []).append(place)

    def items(self, path: Path, values: Sequence[T] | UnsetType) -> Iterator[tuple[Path, T]]:
        """Each value of the list at `path` with its own path; items that had a mistake are not among them."""
        if values is not UNSET:
            for place, value in zip(self._kept.get(path, ()), values, strict=True):
                yield (*path, place), value

    def names(self, *path: str | int) -> tuple[str, ...]:
        """The keys of the mapping at `path`, those with a wrong value too."""
        return tuple(self._names.get(path, ()))

    def has(self, *path: str | int) -> bool:
        """Whether something stands at `path`."""
        return path in self._values

    def line(self, path: Path) -> int:
        """The line of the key at `path`."""
        return self.place(path)[0]

    def place(self, path: Path) -> tuple[int, int]:
        """Line and column of the key at `path`, of the value where there is no key."""
        at = self._keys.get(path, self._values.get(path, 0))
        span = self._stream.span(at, at)
        return span.line, span.column

    def where(self, path: Path) -> str:
        """The same place as messages show it."""
        line, column = self.place(path)
        return f"{self.file}:{line}:{column}"

    def at(self, start: int, what: str | Callable[[], str]) -> None:
        """A mistake at a byte; a callable is only asked while somebody will read it."""
        if len(self._mistakes) >= MAX_MISTAKES:
            self._more += 1
            return
        self._mistakes.append((start, what if isinstance(what, str) else what()))

    def at_key(self, path: Path, what: str | Callable[[], str]) -> None:
        """A mistake at the key at `path`."""
        self.at(self._keys.get(path, self._values.get(path, 0)), what)

    def at_value(self, path: Path, what: str | Callable[[], str]) -> None:
        """A mistake at the value at `path`, or at that of the nearest path above which has one."""
        while path and path not in self._values:
            path = path[:-1]
        self.at(self._values.get(path, 0), what)

    def mistakes(self) -> tuple[Mistake, ...]:
        """All of them, in the order of the file."""
        found = sorted(self._mistakes, key=lambda mistake: mistake[0])
        if self._more:
            found.append((found[-1][0], f"and {self._more} more mistakes after these"))
        spans = [(self._stream.span(start, start), what) for start, what in found]
        return tuple(Mistake(self.file, span.line, span.column, what) for span, what in spans)
