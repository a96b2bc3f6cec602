"""Where the cache lies; where it may not, everything goes on without one."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from promote.cachefolder import cache_folder
from promote.registry.cache import open_cache
from tests.clock import FakeClock

DIGEST = "sha256:" + "1" * 64


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def base(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What the user's caches lie in; it is not there yet."""
    folder = tmp_path / "user" / "caches"
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder))
    return folder


def _none(said: list[str]) -> str:
    """The one line that says why there is no cache."""
    with open_cache(FakeClock(), log=said.append) as cache:
        for _ in range(2):
            cache.keep_digest("h", "p", "1", DIGEST)
            assert cache.digest("h", "p", "1") is None
    assert len(said) == 1
    return said[0]


def test_a_file_in_the_place_of_the_folder(base: Path, said: list[str]) -> None:
    base.mkdir(parents=True)
    (base / "promote").write_text("mine")
    assert str(base / "promote") in _none(said)
    assert (base / "promote").read_text() == "mine"


def test_a_file_in_the_way_of_the_folder(base: Path, said: list[str]) -> None:
    base.parent.mkdir()
    base.write_text("mine")
    assert "no cache" in _none(said)


def test_a_link_to_somewhere_else(base: Path, said: list[str], tmp_path: Path) -> None:
    base.mkdir(parents=True)
    (tmp_path / "elsewhere").mkdir()
    (base / "promote").symlink_to(tmp_path / "elsewhere")
    assert "no folder of ours" in _none(said)
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_a_folder_that_cannot_be_made(said: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "/proc/self/nowhere")
    assert "no cache: /proc/self/nowhere" in _none(said)


def _as_another(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 12345)


def test_another_users_home(base: Path, said: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    base.mkdir(parents=True)
    os.chown(base, 4321, -1) if os.geteuid() == 0 else _as_another(monkeypatch)
    assert "is another user's" in _none(said)
    assert list(base.iterdir()) == []


def test_another_users_folder(base: Path, said: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    (base / "promote").mkdir(parents=True)
    if os.geteuid() == 0:
        os.chown(base / "promote", 4321, -1)
    else:
        _as_another(monkeypatch)
    _none(said)
    assert list((base / "promote").iterdir()) == []


def test_what_is_not_used_is_not_made(base: Path, said: list[str]) -> None:
    with open_cache(FakeClock(), log=said.append):
        pass
    assert not base.exists()


def test_the_folder_is_made_for_us_alone(base: Path, said: list[str]) -> None:
    folder = cache_folder(said.append)
    assert folder == base / "promote"
    assert stat.S_IMODE((base / "promote").stat().st_mode) == 0o700
    assert said == []


def test_a_folder_that_is_open_to_others_is_closed_to_them(base: Path, said: list[str]) -> None:
    (base / "promote").mkdir(parents=True)
    (base / "promote").chmod(0o755)
    assert cache_folder(said.append) is not None
    assert stat.S_IMODE((base / "promote").stat().st_mode) == 0o700


def test_what_was_kept_is_written_when_the_run_fails(base: Path, said: list[str]) -> None:

    def stopped() -> None:
        with open_cache(FakeClock(), log=said.append) as cache:
            cache.keep_digest("h", "p", "1", DIGEST)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stopped()
    with open_cache(FakeClock(), log=said.append) as cache:
        assert cache.digest("h", "p", "1") == DIGEST
    assert said == []
