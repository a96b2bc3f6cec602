"""Bytes by their keys in one SQLite file, for many processes at once: whatever goes wrong with it is a miss.

A rollback journal keeps the file whole when a process is killed, and locks work between processes without anything
that a crash could leave behind. Nothing waits for the disk (`synchronous = OFF`): what a power cut spoils is found by
the check value of its entry, or by SQLite, and replaced.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
import stat
import threading
from collections.abc import Callable
from itertools import accumulate
from pathlib import Path
from typing import TypeVar

from promote.clock import Clock

T = TypeVar("T")

_VERSION = 2
_PAGE = 4096
_CHECK = 16  # bytes of the check value before each value
_DAY = 86_400
_PATIENCE = 0.25  # seconds for what another process writes: then it is a miss
_TRIES = 4  # to open a file that another process holds
_ENTRIES, _BYTES = 512, 2 << 20  # what waits for one transaction at most
_BUSY = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})
_BROKEN = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR})
# What SQLite says of a broken schema quotes it, and Python reads that as UTF-8.
_FAULTS = (sqlite3.Error, UnicodeDecodeError)
_SCHEMA = (
    "CREATE TABLE IF NOT EXISTS kept (key TEXT PRIMARY KEY, value BLOB NOT NULL, used INTEGER NOT NULL)",
    "CREATE INDEX IF NOT EXISTS by_use ON kept (used)",
    f"PRAGMA user_version = {_VERSION}",
)


def _check(key: str, value: bytes) -> bytes:
    return hashlib.blake2b(value, digest_size=_CHECK, key=hashlib.sha256(key.encode()).digest()).digest()


def _code(error: sqlite3.Error | UnicodeDecodeError) -> int:
    """The kind of an error, without what SQLite adds to it."""
    code: int = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR)
    return code & 0xFF


class Store:
    """A file of at most `limit` bytes; may be used by many threads. `log` hears once why it is not used.

    It is opened when it is first needed, in what `folder` then gives. What is put waits for others to be written with
    it: `close` writes the rest.
    """

    def __init__(
        self, folder: Callable[[], Path | None], *, clock: Clock, limit: int, log: Callable[[str], None]
    ) -> None:
        self.path = Path()
        self._folder: Callable[[], Path | None] | None = folder
        self._clock = clock
        self._limit = limit
        self._log = log
        self._lock = threading.Lock()
        self._waiting: dict[str, bytes] = {}
        self._bytes = 0
        self._used: set[str] = set()
        self._writes = True
        self._inode = 0
        self._replaced = False
        self._held = False
        self._tries = _TRIES
        self._db: sqlite3.Connection | None = None

    def _ready(self) -> bool:
        if self._db is None and self._folder is not None and self._tries:
            self._tries -= 1
            folder = self._folder()
            self.path = self.path if folder is None else folder / f"registry-{_VERSION}.sqlite"
            self._db = None if folder is None else self._opened()
            if not self._held:
                self._tries = 0
        return self._db is not None

    def _opened(self) -> sqlite3.Connection | None:
        try:
            # Exclusively: to close a file that another thread has open would end that one's locks.
            os.close(os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
        except FileExistsError:
            pass
        except OSError as error:
            self._log(f"no cache: {self.path}: {error.strerror}")
            return None
        found = self.path.lstat()
        if not stat.S_ISREG(found.st_mode) or found.st_uid != os.geteuid() or found.st_mode & 0o077:
            self._log(f"no cache: {self.path} is no file of ours alone")
            return None
        self._inode = found.st_ino
        db = sqlite3.connect(self.path, timeout=_PATIENCE, isolation_level=None, check_same_thread=False)
        try:
            self._prepare(db)
        except _FAULTS as error:
            db.close()
            self._held = _code(error) in _BUSY
            return None if self._held and self._tries else self._after(error)
        self._held = False
        return db

    def _prepare(self, db: sqlite3.Connection) -> None:
        db.execute(f"PRAGMA max_page_count = {max(self._limit // _PAGE, 16)}")
        db.execute("PRAGMA synchronous = OFF")
        if db.execute("PRAGMA user_version").fetchone()[0] != _VERSION:
            db.execute("PRAGMA busy_timeout = 2000")
            db.execute("BEGIN IMMEDIATE")
            for statement in _SCHEMA:
                db.execute(statement)
            db.execute("COMMIT")
            db.execute(f"PRAGMA busy_timeout = {int(_PATIENCE * 1000)}")
        db.execute("SELECT used FROM kept LIMIT 1").fetchone()

    def _after(self, error: sqlite3.Error | UnicodeDecodeError) -> sqlite3.Connection | None:
        """The connection to go on with, after `error` has closed the last one: a broken file is replaced, once."""
        if _code(error) not in _BROKEN or self._replaced:
            self._log(f"no cache: {self.path}: {error}")
            return None
        self._replaced = True
        self._log(f"the cache was broken and is made anew: {self.path}: {error}")
        try:
            # Another process may have been faster: what it has made is not ours to take away.
            if self.path.lstat().st_ino == self._inode:
                self.path.with_name(f"{self.path.name}-journal").unlink(missing_ok=True)
                self.path.unlink()
        except FileNotFoundError:
            pass
        except OSError as fault:
            self._log(f"no cache: {self.path}: {fault.strerror}")
            return None
        return self._opened()

    def _do(self, action: Callable[[sqlite3.Connection], T], *, otherwise: T) -> T:
        db = self._db
        if db is None:
            return otherwise
        try:
            return action(db)
        except _FAULTS as error:
            if _code(error) in _BUSY:
                return otherwise
            db.close()
            self._db = None
            self._db = self._after(error)
            return otherwise

    def get(self, key: str) -> bytes | None:
        """What was put for `key`; None where there is nothing, or not what was put."""

        def row(db: sqlite3.Connection) -> tuple[object, object] | None:
            selected = db.execute("SELECT value, used FROM kept WHERE key = ?", (key,))
            found: tuple[object, object] | None = selected.fetchone()
            return found

        with self._lock:
            if key in self._waiting:
                return self._waiting[key]
            found = self._do(row, otherwise=None) if self._ready() else None
            if found is None or not isinstance(found[0], bytes) or not isinstance(found[1], int):
                return None
            check, value = found[0][:_CHECK], found[0][_CHECK:]
            if check != _check(key, value):
                return None
            if abs(self._now() - found[1]) > _DAY:
                self._used.add(key)
            return value

    def put(self, key: str, value: bytes) -> None:
        """Keep `value` for `key`, in the place of what was kept for it; too large a value is not kept."""
        with self._lock:
            if not self._ready() or not self._writes or len(value) > self._limit // 16:
                return
            self._bytes += len(value) - len(self._waiting.get(key, b""))
            self._waiting[key] = value
            if len(self._waiting) >= _ENTRIES or self._bytes >= _BYTES:
                self._flush()

    def _now(self) -> int:
        return int(self._clock.now().timestamp())

    def _flush(self) -> None:
        now = self._now()
        rows = [(key, _check(key, value) + value, now) for key, value in self._waiting.items()]
        used = [(now, key) for key in self._used]
        # What another process keeps us from writing now is only looked up again one day.
        self._waiting, self._bytes, self._used = {}, 0, set()
        if not self._writes or not (rows or used):
            return

        def write(db: sqlite3.Connection) -> None:
            try:
                if used:
                    db.execute("BEGIN IMMEDIATE")
                    db.executemany("UPDATE kept SET used = ? WHERE key = ?", used)
                    db.execute("COMMIT")
                self._make_room(db, sum(len(value) for _, value, _ in rows))
                db.execute("BEGIN IMMEDIATE")
                db.executemany("INSERT OR REPLACE INTO kept VALUES (?, ?, ?)", rows)
                db.execute("COMMIT")
            except sqlite3.OperationalError as error:
                if db.in_transaction:
                    db.execute("ROLLBACK")
                if _code(error) in _BUSY | _BROKEN:
                    raise
                # A full disk or a file that may only be read: what is there may still be read.
                self._writes = False
                self._log(f"nothing more is kept: {self.path}: {error}")

        self._do(write, otherwise=None)

    def _make_room(self, db: sqlite3.Connection, size: int) -> None:
        """Drop what was used least recently, a little at a time: a large transaction would need a large journal."""

        def over(bound: int) -> int:
            pages: int = db.execute("PRAGMA page_count").fetchone()[0]
            free: int = db.execute("PRAGMA freelist_count").fetchone()[0]
            return (pages - free) * _PAGE + 2 * size - bound

        most = self._limit // 10 * 9
        if over(most) <= 0:
            return
        while (excess := over(most // 5 * 4)) > 0:
            oldest = db.execute("SELECT rowid, length(value) FROM kept ORDER BY used, rowid LIMIT 200").fetchall()
            sizes = accumulate((length for _, length in oldest), initial=0)
            gone = [(row,) for (row, _), before in zip(oldest, sizes, strict=False) if before < excess]
            if not gone:
                return
            db.execute("BEGIN IMMEDIATE")
            db.executemany("DELETE FROM kept WHERE rowid = ?", gone)
            db.execute("COMMIT")

    def close(self) -> None:
        """Write what waits; afterwards nothing is found and nothing kept."""
        with self._lock:
            self._folder = None
            if self._db is not None:
                self._do(lambda db: db.execute("PRAGMA busy_timeout = 2000"), otherwise=None)
                self._flush()
            if self._db is not None:
                self._db.close()
                self._db = None
