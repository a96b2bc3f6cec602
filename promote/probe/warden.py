"""A process between promote and a command, which ends when nothing that the command has started is left.

Linux gives a process whose parent has ended to its nearest ancestor that asks for such (prctl(2),
PR_SET_CHILD_SUBREAPER), which is this one: whatever a command starts stays below it, in a session of its own or
forked off twice. It is told to end by SIGTERM, and passes that on; after a while all is killed.

It runs by itself, as `python -c SOURCE GRACE PROGRAM [ARG]...`, and imports nothing of promote.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

# <linux/prctl.h>
_PDEATHSIG = 1
_DUMPABLE = 4
_CHILD_SUBREAPER = 36
# What Python ignores, and a command would inherit.
_IGNORED = (signal.SIGPIPE, signal.SIGXFSZ)
_NOT_STARTED = 126


def _children() -> list[int]:
    me, found = os.getpid(), []
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{name}/stat", "rb") as file:
                stat = file.read()
        except (FileNotFoundError, ProcessLookupError):
            continue  # it has ended
        # The program's name stands in parentheses, and may hold some.
        if int(stat.rpartition(b")")[2].split()[1]) == me:
            found.append(int(name))
    return found


def _kill(pid: int) -> bool:
    try:
        os.kill(pid, signal.SIGKILL)
    except PermissionError:
        return False  # it has become somebody else's, by sudo or its like
    return True


def _end_all() -> None:
    """Returns when no child is left but other people's; the orphans of each that ends come here as it does."""
    while ours := [pid for pid in _children() if _kill(pid)]:
        for pid in ours:
            os.waitpid(pid, 0)


def _await(command: int) -> None:
    """Returns when it has ended; of orphans that end meanwhile nothing is kept."""
    while (ended := os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOWAIT)) is not None and ended.si_pid != command:
        os.waitpid(ended.si_pid, 0)


def _start(argv: list[str]) -> int:
    return os.posix_spawnp(argv[0], argv, os.environb, setsid=True, setsigmask=(), setsigdef=_IGNORED)


def main(grace: float, argv: list[str]) -> int:
    """The code that the command ended with, negative for a signal."""
    libc = ctypes.CDLL(None, use_errno=True)
    # The second is for a promote that is killed: then its end is the sign to end.
    for option, value in ((_CHILD_SUBREAPER, 1), (_PDEATHSIG, signal.SIGTERM)):
        if libc.prctl(option, ctypes.c_ulong(value), 0, 0, 0) != 0:
            raise OSError(ctypes.get_errno(), "prctl")
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    try:
        command = _start(argv)
    except OSError as exc:
        sys.stderr.write(f"{argv[0]} cannot be started: {exc.strerror}\n")
        return _NOT_STARTED
    # They are the command's alone: that it closes them is to be seen.
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    os.dup2(nothing, 1)

    def end(*_: object) -> None:
        os.killpg(command, signal.SIGTERM)
        signal.setitimer(signal.ITIMER_REAL, grace)

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGALRM, lambda *_: os.killpg(command, signal.SIGKILL))
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
    _await(command)
    # Its number is its own until it is waited for: from there on no signal may go to it.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGALRM})
    _, status = os.waitpid(command, 0)
    _end_all()
    code = os.waitstatus_to_exitcode(status)
    if code < 0:
        libc.prctl(_DUMPABLE, 0, 0, 0, 0)  # no second core
        if -code != signal.SIGKILL:
            signal.signal(-code, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_SETMASK, ())
        os.kill(os.getpid(), -code)
    return code


if __name__ == "__main__":
    sys.exit(main(float(sys.argv[1]), sys.argv[2:]))
