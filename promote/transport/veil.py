"""What was signed in with must be read nowhere: not even where a server says it back, in an address or a tag."""

from __future__ import annotations

import base64
import json
import re
import threading
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from urllib.parse import quote, quote_plus

from promote.errors import PromoteError

LEAST = 8  # characters: what is shorter stands in many a text by chance, and is guessed sooner than read
_SHOWN = "***"


def _forms(secret: str) -> set[str]:
    """How a secret may stand in a text: as it is, in an address, and as Python and JSON write it."""
    quoted = {quote(secret, safe=""), quote(secret), quote_plus(secret)}
    return {secret, *quoted, repr(secret)[1:-1], json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1]}


def _basic(username: str, secret: str) -> set[str]:
    """The same within the header of RFC 7617, whatever the encoding ends with."""
    plain = f"{username}:{secret}".encode()
    return {encoded(plain).decode().rstrip("=") for encoded in (base64.b64encode, base64.urlsafe_b64encode)}


class Veil:
    """Covers the secrets of a run in texts that come from outside; may be used from many threads.

    Each line of a secret is covered too: of what a command says one line alone is shown.

    Case does not count: names of hosts and of schemes are shown in lower case.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._covered: set[tuple[str | None, str]] = set()
        self._forms: tuple[tuple[str, str], ...] = ()  # in lower case, and as a pattern; the longest first

    def cover(self, secret: str, *, username: str | None = None) -> None:
        """Cover `secret` from now on, if it is no shorter than LEAST; with `username` also in the form of RFC 7617."""
        with self._lock:
            if (username, secret) in self._covered:
                return
            self._covered.add((username, secret))
            forms = set() if username is None else _basic(username, secret)
            forms = forms.union(*map(_forms, {secret, *(line.strip() for line in secret.splitlines())}))
            known = dict(self._forms) | {form.lower(): re.escape(form) for form in forms if len(form) >= LEAST}
            self._forms = tuple(sorted(known.items(), key=lambda form: (-len(form[0]), form)))

    def hide(self, text: str) -> str:
        """`text` with `***` for each secret; the same object where there is none in it."""
        forms = self._forms
        lowered = text.lower() if forms else ""
        for form, pattern in forms:
            if form in lowered:
                text = re.sub(pattern, _SHOWN, text, flags=re.IGNORECASE)
        return text

    def _hide_cut(self, text: str) -> str:
        """`text` without the beginning of a secret where a quotation ends: messages cut what is long."""
        for form, _ in self._forms:
            if form[:LEAST] not in text.lower():
                continue
            for size in range(len(form) - 1, LEAST - 1, -1):
                cut = rf"{re.escape(form[:size])}(?=['\"]|\Z)"
                text = re.sub(cut, _SHOWN, text, flags=re.IGNORECASE)
        return text

    def hide_each(self, texts: Iterable[str]) -> tuple[str, ...]:
        """All of `texts`, hidden."""
        each = tuple(texts)
        together = "\n".join(each) if self._forms else ""
        if self.hide(together) is together:  # as nearly always: a list may have thousands
            return each
        return tuple(self.hide(text) for text in each)

    @contextmanager
    def over_errors(self) -> Generator[None]:
        """An error that comes out of this shows no secret, and neither do those that led to it."""
        try:
            yield
        except PromoteError as error:
            said = (error.what, error.where, error.cure)
            what, where, cure = (self._hide_cut(self.hide(text)) for text in said)
            if (what, where, cure) == said:
                raise
            raise type(error)(what, where=where, cure=cure) from None
