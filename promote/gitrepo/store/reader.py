"""The objects that are in a repository of this machine, asked of one `git cat-file` for the whole run."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from itertools import accumulate

from promote.gitrepo.command.dialogue import Dialogue, Ended
from promote.gitrepo.command.git import Git

_LOG = logging.getLogger("promote.git")
# What is asked for at once: an answer is held twice while it is taken apart.
_BATCH = 16 << 20


def _batches(sizes: dict[str, int]) -> Iterator[list[str]]:
    """The objects in groups of a limited size, in their order; one that is larger goes alone."""
    groups: dict[int, list[str]] = {}
    for oid, before in zip(sizes, accumulate(sizes.values(), initial=0), strict=False):
        groups.setdefault(before // _BATCH, []).append(oid)
    yield from groups.values()


class Reader:
    """Reads objects of one repository; those that come into it later are found too. To be closed."""

    def __init__(self, git: Git) -> None:
        self._git = git
        self._dialogue: Dialogue | None = None

    def read(self, oids: Sequence[str], *, limit: int | None = None) -> dict[str, bytes | None]:
        """The objects' bytes, None for one larger than `limit`; those that are not here are left out."""
        if not oids:
            return {}
        heads = self._heads(oids)
        found: dict[str, bytes | None] = {
            oid: None for oid, (_, size) in heads.items() if limit is not None and size > limit
        }
        for batch in _batches({oid: size for oid, (_, size) in heads.items() if oid not in found}):
            found |= self._contents({oid: heads[oid] for oid in batch})
        return found

    def _heads(self, oids: Sequence[str]) -> dict[str, tuple[int, int]]:
        """Of each object that is here how long the line is that tells of it, and how long it is itself."""
        answer = self._ask("".join(f"info {oid}\n" for oid in oids), lines=len(oids)).decode("ascii", "replace")
        told = ((len(line) + 1, line.split(" ")) for line in answer.splitlines())
        return {words[0]: (length, int(words[2])) for length, words in told if len(words) == 3}

    def _contents(self, heads: dict[str, tuple[int, int]]) -> dict[str, bytes | None]:
        # The same line again, the bytes, a newline.
        total = sum(length + size + 1 for length, size in heads.values())
        answer = self._ask("".join(f"contents {oid}\n" for oid in heads), size=total)
        found: dict[str, bytes | None] = {}
        at = 0
        for oid, (length, size) in heads.items():
            found[oid] = answer[at + length : at + length + size]
            at += length + size + 1
        return found

    def _ask(self, question: str, *, lines: int = 0, size: int = 0) -> bytes:
        if self._dialogue is None:
            _LOG.info("git cat-file --batch-command --buffer")
            self._dialogue = self._git.converse("cat-file", "--batch-command", "--buffer")
        try:
            return self._dialogue.ask(f"{question}flush\n".encode(), lines=lines, size=size)
        except Ended as exc:
            self.close()
            raise self._git.failed(exc.finished) from exc

    def close(self) -> None:
        """Ends the child; the next reading starts another."""
        if self._dialogue is not None:
            self._dialogue.close()
            self._dialogue = None
