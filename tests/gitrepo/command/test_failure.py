"""What git says of a remote that it could not read, and what is made of that."""

from __future__ import annotations

import pytest

from promote.errors import GitError, ObjectsBroken, RemoteDenied, RemoteUnreachable
from promote.gitrepo.command.failure import failed, heard, reason
from promote.process import Finished


def ended(text: str) -> Finished:
    return Finished(128, b"", text.encode())


ADDED = (
    "fatal: Could not read from remote repository.\n\n"
    "Please make sure you have the correct access rights\nand the repository exists.\n"
)

# what git wrote; what is told of it; what to do
DENIED: tuple[tuple[str, str, str], ...] = (
    (
        "remote: Invalid username or password.\nfatal: Authentication failed for 'https://h/x/'\n",
        "remote: Invalid username or password.; Authentication failed for 'https://h/x/'",
        "credential",
    ),
    ("fatal: could not read Username for 'https://h': terminal prompts disabled\n", "could not read", "credential"),
    ("fatal: unable to access 'https://h/x/': The requested URL returned error: 403\n", "error: 403", "credential"),
    ("remote: Not Found\nfatal: repository 'https://h/x/' not found\n", "not found", "check the URL"),
    (f"git@h: Permission denied (publickey).\r\n{ADDED}", "git@h: Permission denied (publickey).", "ssh key"),
    (f"Host key verification failed.\r\n{ADDED}", "Host key verification failed.", "known_hosts"),
    (
        f"Received disconnect from 10.0.0.1 port 22:2: Too many authentication failures\r\n{ADDED}",
        "Too many authentication failures",
        "ssh key",
    ),
    (f"ERROR: Repository not found.\n{ADDED}", "ERROR: Repository not found.", "check the URL"),
    (
        "remote: \nremote: =====\nremote: \nremote: ERROR: The project you were looking for could not be found or you "
        f"don't have permission to view it.\nremote: \nremote: =====\nremote: \n{ADDED}",
        "remote: ERROR: The project you were looking for could not be found or you don't have permission to view it.",
        "",
    ),
    (
        "fatal: unable to update url base from redirection:\n  asked for: https://h/x/info/refs?service=git-upload-pack\n"
        "   redirect: https://ann:word@h/users/sign_in?session=secret\n",
        "it leads to https://h/users/sign_in, where no repository is",
        "credential",
    ),
    (
        "fatal: unable to update url base from redirection:\n  asked for: https://h/x/info/refs?service=git-upload-pack\n"
        "   redirect: https://new.example.com/moved\n",
        "it leads to https://new.example.com/moved, where no repository is",
        "present URL",
    ),
    ("fatal: unable to access 'https://h/x/': The requested URL returned error: 301\n", "error: 301", "present URL"),
    ("fatal: unable to access 'https://h/x/': The requested URL returned error: 410\n", "error: 410", "present URL"),
    ("fatal: transport 'ext' not allowed\n", "transport 'ext' not allowed", ""),
    ("fatal: '/srv/x' does not appear to be a git repository\n", "does not appear to be", "check the URL"),
)
UNREACHABLE: tuple[tuple[str, str, str], ...] = (
    ("fatal: unable to access 'https://h/x/': Could not resolve host: h\n", "Could not resolve host", "network"),
    ("fatal: unable to access 'https://h/archived/': Failed to connect to h port 443\n", "Failed to", "network"),
    ("ssh: connect to host h port 22: Connection refused\r\n" + ADDED, "ssh: connect to host h port 22", "network"),
    ("fatal: unable to access 'https://h/x/': The requested URL returned error: 503\n", "error: 503", "try again"),
    ("fatal: unable to access 'https://h/x/': The requested URL returned error: 429\n", "error: 429", "try again"),
    ("fatal: unable to access 'https://h/x/': SSL certificate problem: expired\n", "SSL", "GIT_SSL_CAINFO"),
    ("fatal: the remote end hung up unexpectedly\nfatal: early EOF\n", "hung up unexpectedly; early EOF", "try again"),
    ("fatal: expected flush after ref listing\n", "expected flush", "try again"),
    ("fatal: expected 'packfile'\n", "expected 'packfile'", "try again"),
    (f"fatal: could not fetch {'1' * 40} from promisor remote\n", "could not fetch", "try again"),
    (ADDED, "Could not read from remote repository.", "try again"),
    ("fatal: server doesn't support 'ls-refs'\n", "ls-refs", "smart HTTP"),
    ("fatal: https://h/x/info/refs not valid: is this a git repository?\n", "no Git server", "proxy or a sign-in page"),
    # What came damaged, or broke off, is no fault of a repository here; nor is what the server says of its own.
    ("fatal: pack has bad object at offset 12: inflate returned -3\n", "bad object", ""),
    ("fatal: pack is corrupted (SHA1 mismatch)\nfatal: fetch-pack: invalid index-pack output\n", "SHA1", ""),
    (f"remote: fatal: unable to read tree {'1' * 40}\nfatal: early EOF\n", "unable to read", ""),
    ("", "git ended with 128", ""),
    ("fatal: unable to connect to h:\nh[0: 10.0.0.1]: errno=Connection refused\n", "unable to connect", "network"),
    ("fatal: unable to access 'https://h h/': URL using bad/illegal format or missing URL\n", "illegal", "correct the"),
    ("error: unknown option `batch-command'\nusage: git cat-file\n", "unknown option", "git 2.39 or newer"),
    ("fatal: sha1 file '/t/tmp_idx' write error. Out of diskspace\n", "Out of diskspace", "make room"),
    ("fatal: write error: No space left on device\n", "No space left", "make room"),
    ("fatal: unable to access 'https://h/x/': Maximum (20) redirects followed\n", "Maximum", "present URL"),
    ("fatal: unable to access 'https://h/x/': gnutls_handshake() failed: An unexpected TLS packet\n", "TLS", "scheme"),
    ("fatal: unable to access 'https://h/x/': error:0A00010B:SSL routines::wrong version number\n", "SSL", "scheme"),
    ("fatal: protocol error: bad line length character: zzzz\n", "bad line", "scheme and port"),
)


@pytest.mark.parametrize(("text", "says", "cure"), DENIED)
def test_asked_again_it_would_say_the_same(text: str, says: str, cure: str) -> None:
    error = failed(ended(text), where="https://h/x", secrets=frozenset(), remote=True)
    assert isinstance(error, RemoteDenied)
    assert says in error.what
    assert cure in error.cure
    assert (bool(cure), str(error).isprintable(), "secret" in str(error)) == (bool(error.cure), True, False)


@pytest.mark.parametrize(("text", "says", "cure"), UNREACHABLE)
def test_it_may_pass(text: str, says: str, cure: str) -> None:
    error = failed(ended(text), where="https://h/x", secrets=frozenset(), remote=True)
    assert isinstance(error, RemoteUnreachable)
    assert says in error.what
    assert cure in error.cure


@pytest.mark.parametrize(
    ("text", "is_broken"),
    [
        ("error: gpg failed to sign the data\nfatal: failed to write commit object\n", False),
        ("fatal: write error: No space left on device\n", False),
        ("error: invalid path 'a/.git'\n", False),
        ("", False),
        (f"fatal: unable to read tree {'1' * 40}\n", True),
        (f"fatal: Can't load tree {'1' * 40}\nfast-import: dumping crash report to x\n", True),
        (f"error: Could not read {'1' * 40}\nfatal: Failed to traverse parents of commit {'2' * 40}\n", True),
        (f"fatal: Not a valid commit name {'1' * 40}\n", True),
        (f"error: inflate: data stream error\nfatal: packed object {'1' * 40} (stored in x.pack) is corrupt\n", True),
        ("fatal: bad shallow line: zzz\n", True),
        ("fatal: bad config line 1 in file /x/config\n", True),
        ("fatal: not a git repository: '/x'\n", True),
        ("error: cannot lock ref 'refs/heads/a': unable to resolve reference 'refs/heads/a': reference broken\n", True),
        ("error: packfile /x/p.pack does not match index\n", True),
        ("error: index file /x/p.idx is too small\n", True),
        (f"fatal: bad object {'1' * 40}\nerror: https://h/x did not send all necessary objects\n", True),
    ],
)
def test_what_says_that_a_repository_here_is_broken(text: str, is_broken: bool) -> None:
    error = failed(ended(text), where="/x", secrets=frozenset(), remote=False)
    assert type(error) is (ObjectsBroken if is_broken else GitError)
    # So it is where git had to ask the remote: that has the repository here in its hands too.
    error = failed(ended(text), where="https://h/x", secrets=frozenset(), remote=True)
    assert type(error) is (ObjectsBroken if is_broken else RemoteUnreachable)


def test_a_disk_of_the_server_is_not_one_of_this_machine() -> None:
    text = "remote: fatal: write error: No space left on device\nfatal: early EOF\n"
    assert failed(ended(text), where="https://h/x", secrets=frozenset(), remote=True).cure == ""


def test_a_command_that_was_cut_off_is_no_denial() -> None:
    cut = Finished(-15, b"", b"fatal: Authentication failed", "deadline")
    error = failed(cut, where="x", secrets=frozenset(), remote=True)
    assert isinstance(error, RemoteUnreachable)
    assert "did not end in time" in str(error)


def test_what_a_server_said_is_heard_without_what_says_nothing() -> None:
    raw = b"remote: Resolving deltas: 100% (2/2)   \rremote: \nremote: ====\nremote: 1st\nremote: 1st\nremote: *** \n"
    assert heard(raw + "hint: x\nremote: \u62d2\u7edd\n".encode()) == "1st / \u62d2\u7edd"
    assert heard(b"error: failed to push\n") == ""


def test_lines_of_decoration_alone_are_no_reason() -> None:
    assert reason(ended("remote: ====\nremote: \n")) == "git ended with 128"
