"""Byte offsets of code points: libyaml counts characters, and spans count bytes."""

from __future__ import annotations

from array import array

_CHUNK = 64
_NEVER = 1 << 62


class Offsets:
    """Byte offsets of code points, by checkpoints every few characters; nearly all of a file is ASCII."""

    def __init__(self, text: str, shift: int) -> None:
        self._text = text
        self._shift = shift
        self.ascii = text.isascii()
        self._marks = array("Q", [shift])
        if not self.ascii:
            total = shift
            for at in range(0, len(text), _CHUNK):
                total += len(text[at : at + _CHUNK].encode())
                self._marks.append(total)
            if len(text) % _CHUNK:
                self._marks[-1] = _NEVER  # the last one is shorter: its length in bytes tells nothing
            self._marks.append(_NEVER)

    def __call__(self, index: int) -> int:
        if self.ascii:
            return index + self._shift
        chunk, rest = divmod(index, _CHUNK)
        mark = self._marks[chunk]
        if not rest or self._marks[chunk + 1] - mark == _CHUNK:
            return mark + rest
        here = chunk * _CHUNK
        return mark + len(self._text[here : here + rest].encode())
