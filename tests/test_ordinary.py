"""Only ordinary files are read, and nothing is waited for."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promote.errors import UsageError
from promote.ordinary import read_ordinary
from promote.secret import SecretSettings, resolve_secret
from tests.fifo import fifo, promptly


def test_a_pipe_is_no_file(tmp_path: Path) -> None:
    path = fifo(tmp_path / "file")
    with pytest.raises(OSError, match="it is a pipe, and no ordinary file"):
        promptly(lambda: read_ordinary(path, 10))


@pytest.mark.parametrize("path", ["/dev/zero", "/dev/null"])
def test_a_device_is_no_file(path: str) -> None:
    with pytest.raises(OSError, match="it is a device, and no ordinary file"):
        promptly(lambda: read_ordinary(Path(path), 10))


def test_a_folder_a_socket_and_nothing_are_no_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(IsADirectoryError):
        read_ordinary(tmp_path, 10)
    with pytest.raises(FileNotFoundError):
        read_ordinary(tmp_path / "none", 10)
    monkeypatch.chdir(tmp_path)  # the name of a socket must be short
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("socket")
        with pytest.raises(OSError, match="No such device"):
            read_ordinary(Path("socket"), 10)


def test_a_link_is_followed(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"content")
    (tmp_path / "link").symlink_to("file")
    assert read_ordinary(tmp_path / "link", 100) == b"content"


@given(content=st.binary(max_size=300_000), most=st.integers(0, 300_001))
def test_a_file_is_read_up_to_its_cap(tmp_path_factory: pytest.TempPathFactory, content: bytes, most: int) -> None:
    path = tmp_path_factory.getbasetemp() / "ordinary"
    path.write_bytes(content)
    assert read_ordinary(path, most) == content[:most]


def test_10_3_a_pipe_is_no_secret(tmp_path: Path) -> None:
    path = str(fifo(tmp_path / "secret"))
    with pytest.raises(UsageError, match=f"the secret {path} cannot be read: it is a pipe, and no ordinary file"):
        promptly(lambda: resolve_secret(SecretSettings(file=path), {"PROMOTE_ALLOW_SECRETS": path}))
