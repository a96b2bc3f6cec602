"""What is not known of places: what was sent without an answer, and what their remotes said last."""

from __future__ import annotations

from collections.abc import Sequence

from promote.place import Place
from promote.publish.sent import Sent

_LOST = "the answer to a push was lost, and whether it arrived could not be told"


class Doubts:
    """The doubts of one run; true where anything was sent that may have arrived."""

    def __init__(self) -> None:
        self._sent: dict[Place, list[Sent]] = {}
        # What a place's remote, or its silence, said last; nothing where it is just that others were faster.
        self._last: dict[Place, str] = {}
        self._refused: dict[Place, str] = {}

    def __bool__(self) -> bool:
        return bool(self._sent)

    def sent(self, place: Place) -> Sequence[Sent]:
        """What was sent there, the oldest first, of which it is not known whether it arrived."""
        return self._sent.get(place, ())

    def lost(self, place: Place, sent: Sent, why: str, refused: str) -> None:
        """Notes that the answer to a push was lost; `refused` is what the server said against it, if it did."""
        self._sent.setdefault(place, []).append(sent)
        self._last[place] = why
        self._refused[place] = refused

    def said(self, place: Place, why: str) -> None:
        """Notes why nothing could be had of a place."""
        self._last[place] = why

    def answered(self, place: Place) -> None:
        """Notes that nothing is wrong with a place but that others are faster; what was sent there is doubted still."""
        if place not in self._sent:
            self._last.pop(place, None)
            self._refused.pop(place, None)

    def beaten(self, place: Place) -> None:
        """Notes that the branch was not where the last push was to find it.

        What was said before still tells why: a branch is not where it was to git if a proxy answers for the server.
        """
        self._refused.pop(place, None)

    def refusal(self, place: Place) -> str:
        """What the server said against the last push there, whose commit is not on the branch; "" where nothing."""
        return self._refused.get(place, "")

    def unsettled(self, place: Place, why: str) -> str:
        """`why` a place has failed, and that something may have arrived there all the same."""
        return f"{why}; {_LOST}" if place in self._sent else why

    def late(self, place: Place, seconds: float) -> str:
        """Why nothing is known to be on a place's branch after so many seconds."""
        if place in self._sent:
            why = _LOST
        elif place in self._last:
            why = "the remote could not be read"
        else:
            why = "others kept pushing first"
        last = f" (last: {self._last[place]})" if place in self._last else ""
        return f"{place.repo}: branch {place.branch}: {why} within {seconds:g} s{last}; run again"
