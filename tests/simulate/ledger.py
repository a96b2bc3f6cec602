"""What a branch says to a reader who knows nothing of promote: each commit, what it changed, and what it says of it."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock

from tests.simulate.ground import ENVIRONMENTS, SOURCES, digest_of, has_digest, rank, read, written

Key = tuple[str, str]  # an environment and an app


@dataclass(frozen=True)
class Life:
    """A time through which an environment ran one version."""

    tag: str
    since: datetime
    commit: str
    until: datetime | None = None


@dataclass(frozen=True)
class Noted:
    """One commit with what it changed: from which tag to which."""

    oid: str
    when: datetime
    changed: Mapping[Key, tuple[str, str]]
    is_rollback: bool


_HOLDING = re.compile(r"Promote-(?:Hold|Release): ")
_HOLDS = [f".promote/holds/{name}.yaml" for name in ENVIRONMENTS]


class Reader:
    """The objects of a bare repository, by name."""

    def __init__(self, folder: Path, environ: Mapping[str, str]) -> None:
        self._lock = Lock()
        self._git = subprocess.Popen(["git", "cat-file", "--batch"], cwd=folder, env=dict(environ), stdin=-1, stdout=-1)

    def get(self, name: str) -> tuple[str, bytes] | None:
        """The OID and the bytes of an object, None where there is none."""
        into, out = self._git.stdin, self._git.stdout
        assert into is not None
        assert out is not None
        with self._lock:
            into.write(f"{name}\n".encode())
            into.flush()
            words = out.readline().split()
            if words[-1] == b"missing":
                return None
            data = out.read(int(words[2]))
            out.read(1)
            return words[0].decode(), data

    def close(self) -> None:
        self._git.communicate(timeout=60)


@contextmanager
def reading(folder: Path, environ: Mapping[str, str]) -> Iterator[Reader]:
    reader = Reader(folder, environ)
    try:
        yield reader
    finally:
        reader.close()


def _committed(raw: bytes) -> datetime:
    line = next(line for line in raw.split(b"\n") if line.startswith(b"committer "))
    return datetime.fromtimestamp(int(line.split()[-2]), UTC)


@dataclass
class Ledger:
    """Every commit that was seen, each proven: the bytes that it changed are those that its trailers tell of."""

    reader: Reader
    paths: list[str]
    tip: str = ""
    lives: dict[Key, list[Life]] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)

    def tag(self, key: Key) -> str:
        return self.lives[key][-1].tag

    def tags(self) -> dict[Key, str]:
        return {key: lives[-1].tag for key, lives in self.lives.items()}

    def when(self, oid: str) -> datetime:
        return _committed(self._need(oid)[1])

    def read(self) -> list[Noted]:
        """The commits since the last look, the oldest first; AssertionError for one that is not as it should be."""
        tip, _ = self._need("refs/heads/main")
        ahead: list[tuple[str, bytes]] = []
        oid = tip
        while oid != self.tip:
            _, raw = self._need(oid)
            ahead.append((oid, raw))
            parents = [line[7:].decode() for line in raw.partition(b"\n\n")[0].split(b"\n") if line[:7] == b"parent "]
            assert len(parents) <= 1, f"{oid} is a merge"
            if not parents:
                assert not self.tip, "the branch was rewritten"
                break
            oid = parents[0]
        self.tip = tip
        return [self._noted(oid, raw) for oid, raw in reversed(ahead)]

    def _need(self, name: str) -> tuple[str, bytes]:
        found = self.reader.get(name)
        assert found is not None, f"there is no {name}"
        return found

    def _noted(self, oid: str, raw: bytes) -> Noted:
        when, message = _committed(raw), raw.partition(b"\n\n")[2].decode()
        is_first = not self.files
        changed: dict[Key, tuple[str, str]] = {}
        for path in self.paths:
            _, data = self._need(f"{oid}:{path}")
            environment = path.split("/")[1]
            old, new = read(self.files.get(path, b"")), read(data)
            other = {app: tag for app, (tag, _) in new.items() if old.get(app) != new[app]}
            for app, tag in other.items():
                digest = digest_of(app, tag) if has_digest(app) else None
                assert new[app][1] == digest, f"{oid}: {environment} {app} {tag} is {new[app][1]}"
                self._lived((environment, app), Life(tag, when, oid))
            if not is_first:
                assert data == written(self.files[path], other), f"{oid} changed more of {path} than its versions"
                changed |= {(environment, app): (old[app][0], tag) for app, tag in other.items()}
            self.files[path] = data
        held = [path for path in _HOLDS if self._turned(path, self.reader.get(f"{oid}:{path}"))]
        if not is_first:
            _tells(oid, message, changed, held)
        return Noted(oid, when, changed, "\nPromote-Rollback: " in message)

    def _turned(self, path: str, found: tuple[str, bytes] | None) -> bool:
        data = b"" if found is None else found[1]
        before = self.files.get(path, b"")
        self.files[path] = data
        return data != before

    def _lived(self, key: Key, life: Life) -> None:
        lives = self.lives.setdefault(key, [])
        if lives:
            lives[-1] = replace(lives[-1], until=life.since)
        lives.append(life)


def _tells(oid: str, message: str, changed: Mapping[Key, tuple[str, str]], held: list[str]) -> None:
    """AssertionError where a commit says anything else than what it has changed."""
    told = _trailers(message)
    said = {key: (item["Previous"], item["Version"]) for key, item in told.items()}
    assert said == changed, f"{oid} changed {changed} and says {said}"
    for key, (old, new) in changed.items():
        if rank(new) < rank(old):
            assert told[key].get("Rollback") == old, f"{oid} takes {key} back, and does not say so"
        else:
            source = told[key]["From"]
            assert source in (SOURCES[key[0]] or ("",)), f"{oid} brings {key} from {source!r}"
    spoken = {line.split(" ")[1] for line in message.splitlines() if _HOLDING.match(line)}
    assert {f".promote/holds/{name}.yaml" for name in spoken} == set(held), f"{oid} changed {held} and says {spoken}"
    assert changed or held, f"{oid} changed nothing"


def _trailers(message: str) -> dict[Key, dict[str, str]]:
    """What a message says of each app of an environment: Version, Previous, From, Rollback; digests are left out."""
    out: dict[Key, dict[str, str]] = {}
    environment = app = source = ""
    for line in message.rstrip().rpartition("\n\n")[2].splitlines():
        word, _, value = line.partition(": ")
        key = word.removeprefix("Promote-")
        if key == "Environment":
            environment, source = value, ""
        elif key == "From":
            source = value
        elif key == "App":
            app = value
            out[environment, app] = {"From": source}
        elif key in ("Version", "Previous", "Rollback"):
            out[environment, app][key] = value.partition("@")[0]
    return out
