"""The file of the cache: many processes, kill -9, broken and full; whatever goes wrong is a miss, and no error."""

from __future__ import annotations

import os
import resource
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from promote.registry.cache.store import Store
from tests.clock import FakeClock

SMALL = 1 << 20
Open = Callable[..., Store]

# A process that puts and gets values that follow from their keys, and says so if one comes back as another.
WORKER = """
import sys
from pathlib import Path
from promote.clock import SystemClock
from promote.registry.cache.store import Store
folder, first, count, endless = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4] == "endless"
print("ready", flush=True)
while True:
    store = Store(lambda: folder, clock=SystemClock(), limit=8 << 20, log=lambda line: print(line, flush=True))
    for number in range(first, first + count):
        value = str(number).encode() * 100
        if store.get(f"k{number}") not in (None, value):
            print("wrong", number, flush=True)
        store.put(f"k{number}", value)
    store.close()
    if not endless:
        break
"""


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "cache"
    made.mkdir(mode=0o700)
    return made


@pytest.fixture
def opened(folder: Path, clock: FakeClock, said: list[str]) -> Iterator[Open]:
    stores: list[Store] = []

    def make(limit: int = SMALL) -> Store:
        stores.append(Store(lambda: folder, clock=clock, limit=limit, log=said.append))
        return stores[-1]

    yield make
    for store in stores:
        store.close()


def _put(store: Store, values: dict[str, bytes]) -> None:
    for key, value in values.items():
        store.put(key, value)
    store.close()


VALUES = {f"k{number}": str(number).encode() * 50 for number in range(100)}


def test_what_was_put_is_there_in_the_next_run(opened: Open, said: list[str]) -> None:
    _put(opened(), VALUES)
    store = opened()
    assert {key: store.get(key) for key in VALUES} == VALUES
    assert store.get("other") is None
    assert said == []


def test_after_the_end_nothing_is_found_and_nothing_kept(opened: Open) -> None:
    store = opened()
    store.close()
    store.put("a", b"1")
    assert store.get("a") is None
    store.close()
    assert opened().get("a") is None


def test_too_large_a_value_is_not_kept(opened: Open) -> None:
    _put(opened(), {"large": b"x" * SMALL, "small": b"x"})
    store = opened()
    assert (store.get("large"), store.get("small")) == (None, b"x")


def test_the_file_stays_within_its_bounds_and_the_least_used_goes_first(
    opened: Open, clock: FakeClock, folder: Path, said: list[str]
) -> None:
    _put(opened(), {"old": b"1", "loved": b"2"})
    for day in range(1, 31):
        clock.advance(2 * 86_400)
        store = opened()
        assert store.get("loved") == b"2"
        _put(store, {f"{day}-{number}": os.urandom(4000) for number in range(20)})
        assert sum(path.stat().st_size for path in folder.iterdir()) <= SMALL
    store = opened()
    assert (store.get("loved"), store.get("old")) == (b"2", None)
    assert store.get("30-19") is not None
    assert said == []


def _zero(path: Path) -> None:
    path.write_bytes(b"")


def _text(path: Path) -> None:
    path.write_bytes(b"not a database, and longer than its header is\n" * 100)


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def _scribbled(path: Path) -> None:
    raw = bytearray(path.read_bytes())
    for at in range(4096, len(raw), 512):
        raw[at : at + 64] = b"\xff" * 64
    path.write_bytes(raw)


def _version(path: Path) -> int:
    return int(path.stem.removeprefix("registry-"))


def _no_table(path: Path) -> None:
    path.unlink()
    with sqlite3.connect(path) as db:
        db.execute(f"PRAGMA user_version = {_version(path)}")
    db.close()
    path.chmod(0o600)


def _other_table(path: Path) -> None:
    path.unlink()
    with sqlite3.connect(path) as db:
        db.execute("CREATE TABLE kept (name TEXT)")
        db.execute(f"PRAGMA user_version = {_version(path)}")
    db.close()
    path.chmod(0o600)


def test_the_page_on_the_cache_names_the_file(opened: Open, folder: Path) -> None:
    _put(opened(), VALUES)
    page = Path(__file__).parents[2] / "docs" / "cache.md"
    assert [f"`{path.name}`" in page.read_text() for path in folder.iterdir()] == [True]


def _garbled_schema(path: Path) -> None:
    raw = path.read_bytes()
    assert raw.count(b"CREATE INDEX by_use ON kept") == 1
    path.write_bytes(raw.replace(b"CREATE INDEX by_use ON kept", b"CREATE INDEX by_use ON k\xcbpt"))


@pytest.mark.parametrize("breaking", [_zero, _text, _cut, _scribbled, _no_table, _other_table, _garbled_schema])
def test_a_broken_file_is_replaced(opened: Open, folder: Path, breaking: Callable[[Path], None]) -> None:
    _put(opened(), VALUES)
    breaking(next(folder.iterdir()))
    store = opened()
    assert all(store.get(key) in (None, value) for key, value in VALUES.items())
    for key, value in VALUES.items():
        store.put(key, value)
    store.close()
    # Where the break was met only when writing, that run's values are lost, and no later one's.
    _put(opened(), VALUES)
    again = opened()
    assert {key: again.get(key) for key in VALUES} == VALUES


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_broken_byte_changes_an_answer(opened: Open, folder: Path, data: st.DataObject) -> None:
    for path in folder.iterdir():
        path.unlink()
    _put(opened(), VALUES)
    path = next(folder.iterdir())
    raw = bytearray(path.read_bytes())
    for at in data.draw(st.lists(st.integers(0, len(raw) - 1), min_size=1, max_size=40)):
        raw[at] ^= data.draw(st.integers(1, 255))
    path.write_bytes(raw)
    store = opened()
    assert all(store.get(key) in (None, value) for key, value in VALUES.items())
    _put(store, VALUES)


def test_a_value_that_was_changed_in_the_file_is_a_miss_and_replaced(opened: Open, folder: Path) -> None:
    _put(opened(), VALUES)
    path = next(folder.iterdir())
    with sqlite3.connect(path) as db:
        db.execute("UPDATE kept SET value = (SELECT value FROM kept WHERE key = 'k2') WHERE key = 'k1'")
        db.execute("UPDATE kept SET value = 'text' WHERE key = 'k3'")
        db.execute("UPDATE kept SET used = 'never' WHERE key = 'k4'")
    db.close()
    store = opened()
    assert [store.get(f"k{number}") is None for number in range(1, 5)] == [True, False, True, True]
    _put(store, VALUES)
    assert opened().get("k1") == VALUES["k1"]


def test_a_file_that_others_may_read_is_not_used(opened: Open, folder: Path, said: list[str]) -> None:
    _put(opened(), VALUES)
    next(folder.iterdir()).chmod(0o644)
    assert opened().get("k1") is None
    assert "no file of ours alone" in said[0]


@pytest.mark.parametrize("what", ["folder", "link"])
def test_what_is_no_file_is_not_used(opened: Open, folder: Path, tmp_path: Path, said: list[str], what: str) -> None:
    _put(opened(), VALUES)
    path = next(folder.iterdir())
    path.rename(tmp_path / "elsewhere")
    if what == "folder":
        path.mkdir()
    else:
        path.symlink_to(tmp_path / "elsewhere")
    store = opened()
    assert store.get("k1") is None
    store.put("k1", b"1")
    store.close()
    assert len(said) == 1


def test_a_folder_that_goes_away_is_no_error(opened: Open, folder: Path) -> None:
    store = opened()
    store.put("a", b"1")
    for path in folder.iterdir():
        path.unlink()
    folder.rmdir()
    store.close()
    assert opened().get("a") is None


def test_a_full_disk_is_no_error(folder: Path) -> None:
    """What was kept before may still be read; the process has room for no larger file."""
    script = (
        "import resource, sys\n"
        "from pathlib import Path\n"
        "from promote.clock import SystemClock\n"
        "from promote.registry.cache.store import Store\n"
        "said = []\n"
        "def store(): return Store(lambda: Path(sys.argv[1]), clock=SystemClock(), limit=8 << 20, log=said.append)\n"
        "first = store(); first.put('a', b'1'); first.close()\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (40_000, 40_000))\n"
        "full = store()\n"
        "for n in range(2000): full.put(f'k{n}', bytes(200))\n"
        "assert full.get('a') == b'1'\n"
        "full.close()\n"
        "assert len(said) == 1 and 'nothing more is kept' in said[0], said\n"
        "again = store(); assert again.get('a') == b'1'; again.close()\n"
    )
    done = subprocess.run([sys.executable, "-c", script, str(folder)], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] != 40_000


def test_what_another_process_holds_is_a_miss_and_no_wait(opened: Open, folder: Path) -> None:
    _put(opened(), VALUES)
    store = opened()
    other = sqlite3.connect(next(folder.iterdir()), isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    assert store.get("k1") is None
    other.execute("ROLLBACK")
    other.close()
    assert store.get("k1") == VALUES["k1"]


def _start(folder: Path, first: int, count: int, how: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", WORKER, str(folder), str(first), str(count), how]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def test_many_processes_at_once_lose_nothing_and_mix_up_nothing(opened: Open, folder: Path) -> None:
    running = [_start(folder, 50 * (each // 2), 200, "once") for each in range(20)]
    said = [process.communicate(timeout=60)[0] for process in running]
    assert said == ["ready\n"] * len(running)
    store = opened(8 << 20)
    assert all(store.get(f"k{number}") == str(number).encode() * 100 for number in range(650))


def test_processes_that_are_killed_leave_a_whole_file(opened: Open, folder: Path) -> None:
    watcher = _start(folder, 0, 300, "endless")
    for round_ in range(8):
        running = [_start(folder, 50 * each, 300, "endless") for each in range(3)]
        for process in running:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
        time.sleep(0.01 * (3 + 5 * round_))
        for process in running:
            process.send_signal(signal.SIGKILL)
            assert process.communicate(timeout=10)[0] == ""
    watcher.send_signal(signal.SIGKILL)
    assert watcher.communicate(timeout=10)[0] == "ready\n"
    store = opened(8 << 20)
    found = [store.get(f"k{number}") for number in range(300)]
    assert all(value in (None, str(number).encode() * 100) for number, value in enumerate(found))
    assert any(found)
    db = sqlite3.connect(next(folder.glob("*.sqlite")))
    assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    db.close()


def test_many_threads_share_one_store(opened: Open) -> None:
    store = opened(8 << 20)
    wrong: list[int] = []
    barrier = threading.Barrier(16)

    def work(first: int) -> None:
        barrier.wait()
        for number in range(first, first + 700):
            store.put(f"k{number}", str(number).encode())
            if store.get(f"k{number}") != str(number).encode():
                wrong.append(number)

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(work, range(0, 1600, 100)))
    assert wrong == []
