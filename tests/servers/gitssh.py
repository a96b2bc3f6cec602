"""Git over SSH for tests: a real SSH server that lets known keys in, and starts git for those who ask for it."""

from __future__ import annotations

import asyncio
import os
import re
import shlex
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

import asyncssh

_SERVICES = frozenset({"git-upload-pack", "git-receive-pack"})


def new_key() -> asyncssh.SSHKey:
    return asyncssh.generate_private_key("ssh-ed25519")


def private(key: asyncssh.SSHKey, *, passphrase: str | None = None, form: str = "openssh") -> str:
    return key.export_private_key(form, passphrase).decode()


def public(key: asyncssh.SSHKey) -> str:
    return key.export_public_key().decode().strip()


async def _feed(source: asyncssh.SSHReader[bytes], target: asyncio.StreamWriter) -> None:
    with suppress(OSError, asyncssh.Error):  # whoever hangs up first, the other end sees it
        while data := await source.read(1 << 16):
            target.write(data)
            await target.drain()
    target.close()


async def _drain(source: asyncio.StreamReader, target: asyncssh.SSHWriter[bytes]) -> None:
    with suppress(OSError, asyncssh.Error):
        while data := await source.read(1 << 16):
            target.write(data)
            await target.drain()


@dataclass
class _Server(asyncssh.SSHServer):
    owner: GitSsh
    user: str = ""
    offered: list[str] = field(default_factory=list)

    def begin_auth(self, username: str) -> bool:
        self.user = username
        return True

    def public_key_auth_supported(self) -> bool:
        return True

    def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
        self.owner.offered.append(public(key))
        return public(key) in self.owner.allowed


class GitSsh:
    """Serves the repositories below `root` to those with one of the keys `allowed`; a context manager.

    `offered` are the public keys that clients came with, `started` the commands that were run.
    """

    def __init__(self, root: Path, *, allowed: Sequence[asyncssh.SSHKey]) -> None:
        self.root = root
        self.allowed = frozenset(map(public, allowed))
        self.host_key = new_key()
        self.offered: list[str] = []
        self.started: list[str] = []
        self.port = 0
        self.watch: Callable[[], None] = lambda: None  # called when a command begins, while its client waits
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._acceptor: asyncssh.SSHAcceptor | None = None

    async def _serve(self, process: asyncssh.SSHServerProcess[bytes]) -> None:
        words = shlex.split(process.command or "")
        if len(words) != 2 or words[0] not in _SERVICES:
            process.stderr.write(b"only git is here\n")
            process.exit(1)
            return
        self.started.append(process.command or "")
        self.watch()
        env = {"PATH": os.environ["PATH"], "HOME": str(self.root), "GIT_CONFIG_NOSYSTEM": "1"}
        if protocol := process.env.get("GIT_PROTOCOL"):
            env["GIT_PROTOCOL"] = protocol
        child = await asyncio.create_subprocess_exec(
            "git", words[0].removeprefix("git-"), str(self.root / words[1].lstrip("/")),
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE, env=env,
        )  # fmt: skip
        assert child.stdin is not None
        assert child.stdout is not None
        assert child.stderr is not None
        feeding = asyncio.ensure_future(_feed(process.stdin, child.stdin))
        await asyncio.gather(_drain(child.stdout, process.stdout), _drain(child.stderr, process.stderr))
        code = await child.wait()
        feeding.cancel()
        process.exit(code)

    async def _listen(self) -> None:
        self._acceptor = await asyncssh.create_server(
            lambda: _Server(self), "127.0.0.1", self.port,
            server_host_keys=[self.host_key], process_factory=self._serve, encoding=None,
        )  # fmt: skip
        self.port = self._acceptor.get_port()

    async def _close(self) -> None:
        if self._acceptor is not None:
            self._acceptor.close()
            await self._acceptor.wait_closed()

    def _run(self, step: object) -> None:
        assert asyncio.iscoroutine(step)
        asyncio.run_coroutine_threadsafe(step, self._loop).result(20)

    def __enter__(self) -> Self:
        self._thread.start()
        self._run(self._listen())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._run(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def url(self, repository: str) -> str:
        return f"ssh://git@127.0.0.1:{self.port}/{repository}"

    def known(self, key: asyncssh.SSHKey | None = None) -> str:
        """The line of known_hosts for this server, or for one with `key` in its place."""
        return f"[127.0.0.1]:{self.port} {re.sub(' [^ ]*@[^ ]*$', '', public(key or self.host_key))}\n"
