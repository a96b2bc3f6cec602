"""What rendering a template may cost: a number of steps, and for each of its values a size."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import NoReturn

from promote.errors import UsageError

# Enough for a table of some ten thousand changes; a few seconds, and less than 200 MB, where it is all used up.
STEPS = 1_000_000
# Of a value and of the whole output; no forge and no commit message takes as much.
MOST = 2**20
# Whole numbers grow faster than texts do, and their digits cost the square.
_BITS = 63
# Characters to a step, and what an item of a list counts for: a reference and a small object take no more room.
UNIT = 16


class Budget:
    """What a rendering has left. It is paid before the work, so that no work is done that cannot be paid.

    Costs are in characters, of which UNIT make a step. UsageError at `where` as soon as a bound is passed.
    """

    def __init__(self, where: str = "", *, steps: int = STEPS, most: int = MOST) -> None:
        self.where = where
        self._steps = steps
        self._most = most
        self._left = steps * UNIT

    def refuse(self, what: str, cure: str) -> NoReturn:
        """UsageError for what a template must not do."""
        raise UsageError(f"the template {what}", where=self.where, cure=cure)

    def pay(self, cost: int = UNIT) -> None:
        """Takes the cost of some work from what is left."""
        self._left -= cost
        if self._left < 0:
            self.refuse(f"takes more than {self._steps:,} steps", "loop over less, or make its texts shorter")

    def room(self, size: int) -> None:
        """The same for a value of this size that is to be made."""
        if size > self._most:
            bound = f"{self._most:,} characters, or {self._most // UNIT:,} items"
            self.refuse(f"makes a value of more than {bound}", "make it shorter")
        self.pay(size)

    def bits(self, number: int) -> None:
        """Refuses a whole number of so many bits."""
        if number > _BITS:
            self.refuse(f"makes a whole number of more than {_BITS} bits", "keep numbers small")

    def size(self, value: object) -> int:
        """How large a value is, with all that is in it as often as it is in it; paid for."""
        size = UNIT
        inside = [value]
        while inside:
            each = inside.pop()
            if isinstance(each, str):
                size += len(each)
            elif isinstance(each, Mapping | list | tuple | range):
                # All its items are paid before they are looked at: one that is in it often may be large itself.
                size += UNIT * len(each) * (2 if isinstance(each, Mapping) else 1)
                if size > self._most:
                    break
                inside += [*each.keys(), *each.values()] if isinstance(each, Mapping) else each
            elif isinstance(each, int):
                self.bits(each.bit_length())
        self.room(size)
        return size

    def turns(self, values: Iterable[object]) -> Iterator[object]:
        """Each of these values, paid when its turn comes."""
        for each in values:
            self.pay()
            yield each

    def output(self, pieces: Iterable[str]) -> str:
        """The pieces as one text."""
        out: list[str] = []
        size = 0
        for piece in pieces:
            size += len(piece)
            if size > self._most:
                self.refuse(f"renders to more than {self._most:,} characters", "make it shorter")
            out.append(piece)
        return "".join(out)
