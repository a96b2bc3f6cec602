"""The command line as a whole: where options stand, what speaks where, and how a run that is broken off ends."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
import sysconfig
import threading
from collections.abc import Callable, Mapping
from pathlib import Path

import click
import pytest

from promote import __version__
from promote.cli.main import cli
from promote.config import FILE
from tests.e2e.conftest import Create
from tests.e2e.gitops import API, NEW_WEB, OLD_API, OLD_WEB, Gitops, digest_of, exactly, files, web_line
from tests.e2e.program import Inside, Program
from tests.servers.githttp import Fault
from tests.servers.proxy import ProxyHandler, faulty_proxy
from tests.servers.registry import RunningRegistry

# Only these say where and how, and may come from the environment (SEMANTICS 9.4).
FROM_THE_ENVIRONMENT = {"directory", "repo", "branch", "config", "output", "jobs", "color"}
WEB_FILE = "envs/dev/web/kustomization.yaml"
EDIT = {WEB_FILE: [(web_line(OLD_WEB), web_line(NEW_WEB))]}


@pytest.mark.parametrize("name", sorted(cli.commands))
def test_options_stand_before_or_after_the_arguments(name: str) -> None:
    command = cli.commands[name]
    assert command.allow_interspersed_args
    arguments = [argument for argument in command.params if isinstance(argument, click.Argument)]
    words = ["x=1" if argument.name == "versions" else "x" for argument in arguments]
    for flag in ("-q", "--quiet"):
        if any(flag in option.opts for option in command.params):
            for order in ([*words, flag], [flag, *words]):
                # Below the group, as in life: click keeps the names of the help option that it first sees.
                with click.Context(cli, **cli.context_settings) as group:
                    assert command.make_context(name, order, parent=group).params["quiet"] is True


def test_options_on_both_sides_mean_the_same(repository: Gitops, inside: Inside) -> None:
    at = ("--repo", repository.url)
    orders = (
        (*at, "--dry-run", "-o", "json", "dev", "web=1.5.0"),
        ("dev", "web=1.5.0", *at, "--dry-run", "-o", "json"),
        ("dev", "--dry-run", "web=1.5.0", "-o", "json", *at),
    )
    said = {inside("set", *words).stdout for words in orders}
    assert len(said) == 1
    assert json.loads(said.pop())["dry_run"] is True


def test_9_4_only_what_says_where_reads_the_environment() -> None:
    for command in cli.commands.values():
        for option in command.params:
            if isinstance(option, click.Option) and option.envvar is not None:
                assert option.name in FROM_THE_ENVIRONMENT
                assert option.envvar == f"PROMOTE_{option.name.upper()}"
        assert command.context_settings.get("auto_envvar_prefix") is None
    assert cli.context_settings.get("auto_envvar_prefix") is None


def test_9_4_what_decides_does_not_read_the_environment(repository: Gitops, inside: Inside) -> None:
    at = ("--repo", repository.url)
    hopeful = {
        f"{prefix}{name}": value
        for prefix in ("PROMOTE_", "PROMOTE_SET_", "PROMOTE_TO_")
        for name, value in {
            "ALLOW_DOWNGRADE": "1",
            "SKIP_GATE": "from",
            "SKIP_GATES": "from",
            "REASON": "because",
            "NO_VERIFY_TAG": "1",
            "DRY_RUN": "1",
            "FROM": "dev",
            "SOURCE": "dev",
            "MESSAGE": "{{ nothing }}",
        }.items()
    }
    first = repository.tree()
    assert inside("set", "dev", "web=1.3.0", *at, env=hopeful).code == 3
    assert inside("set", "test", "web=1.5.0", *at, env=hopeful).code == 3
    assert inside("to", "dev", *at, env=hopeful).code == 2
    assert inside("set", "dev", "web=1.5.0", *at, env=hopeful).code == 0
    exactly(first, repository.tree(), EDIT)


def test_9_4_what_says_where_reads_the_environment(repository: Gitops, inside: Inside) -> None:
    clone = repository.clone()
    env = {"PROMOTE_REPO": repository.url, "PROMOTE_OUTPUT": "json", "PROMOTE_JOBS": "2", "PROMOTE_BRANCH": "main"}
    assert inside("status", env=env).document["environments"] == ["dev", "test", "prod"]
    assert inside("status", "-o", "text", env=env).stdout.startswith("app ")
    assert inside("status", env={**env, "PROMOTE_BRANCH": "nowhere"}).code == 5
    assert inside("status", env={**env, "PROMOTE_JOBS": "many"}).code == 2
    assert inside("find", env={"PROMOTE_DIRECTORY": str(clone)}).code == 0
    assert inside("status", env={"PROMOTE_DIRECTORY": str(clone), "PROMOTE_CONFIG": "/nowhere"}).code == 2


def test_quiet_hides_notes_and_nothing_else(repository: Gitops, inside: Inside) -> None:
    at = ("--repo", repository.url)
    loud, quiet = inside("update", "--dry-run", *at), inside("update", "--dry-run", "-q", *at)
    assert loud.stdout == quiet.stdout
    assert (loud.stderr, quiet.stderr) == ("dry run: nothing was written\n", "")
    refused = inside("set", "dev", "web=1.3.0", "-q", *at)
    assert refused.code == 3
    assert len(refused.messages) == 1
    assert inside("set", "dev", f"web={OLD_WEB}", "-q", *at).output == ""
    assert inside("set", "nowhere", "web=1", "-q", *at).messages != []


def test_an_app_that_is_named_and_not_there_is_told_even_to_the_quiet(repository: Gitops, inside: Inside) -> None:
    # Exit 3 without a word was what it was: the sentence was a note, which -q hides.
    repository.commit({WEB_FILE: b"{}\n"})
    for more in ((), ("-q",)):
        result = inside("set", "dev", f"web={NEW_WEB}", *more, "--repo", repository.url)
        assert result.code == 3
        assert [line.partition(" (")[0] for line in result.messages] == [
            "promote: dev: web skipped, absent: no file of dev names web"
        ]


def test_verbose_shows_requests_and_commands_on_stderr_alone(repository: Gitops, inside: Inside) -> None:
    at = ("--repo", repository.url, "-o", "json")
    result = inside("status", "-v", *at)
    assert result.document == inside("status", *at).document
    assert any("git " in line and " s" in line for line in result.messages)
    assert any("/v2/" in line for line in result.messages)


def test_colour_is_where_it_is_wanted(repository: Gitops, inside: Inside) -> None:
    words = ("update", "--dry-run", "--repo", repository.url)
    assert "\x1b" not in inside(*words).output
    assert "\x1b[32m+" in inside(*words, "--color", "always").stdout
    assert "\x1b[32m+" in inside(*words, env={"PROMOTE_COLOR": "always", "NO_COLOR": "1"}).stdout
    assert "\x1b" not in inside(*words, "-o", "json", "--color", "always").output


@pytest.mark.parametrize(
    ("env", "coloured"), [({}, True), ({"NO_COLOR": "1"}, False)], ids=["terminal", "terminal-without-colour"]
)
def test_a_terminal_gets_colour_unless_it_wants_none(
    env: Mapping[str, str], coloured: bool, repository: Gitops, promote: Program
) -> None:
    mine, theirs = pty.openpty()
    try:
        done = subprocess.run(
            [Path(sysconfig.get_path("scripts")) / "promote", "update", "--dry-run", "--repo", repository.url],
            env={**promote.environ, "TERM": "xterm", **env},
            cwd=promote.cwd,
            stdin=subprocess.DEVNULL,
            stdout=theirs,
            stderr=subprocess.PIPE,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        # What was written fits into the terminal's buffer.
        assert (b"\x1b[32m+" in os.read(mine, 1 << 16)) == coloured
    finally:
        os.close(mine)
        os.close(theirs)


def test_help_is_everywhere_and_the_version_too(promote: Program, inside: Inside) -> None:
    assert promote.ok("--version").stdout == f"promote, version {__version__}\n"
    for words in ((), *((name,) for name in sorted(cli.commands))):
        shown = inside(*words, "-h")
        assert (shown.code, shown.stderr) == (0, "")
        assert shown.stdout.startswith("Usage: promote")
        assert "Exit codes" in shown.stdout or "Examples:" in shown.stdout


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("status", "--json"), "'--json': write -o json.\n"),
        (("status", "--html"), "'--html': write -o html.\n"),
        (("find", "--html"), "'--html'. Did you mean '--help'?\n"),
        (("to", "test", "--pr"), "'--pr': write --pull-request.\n"),
        (("set", "--env", "dev"), "'--env': ENV is a word without an option, and the first.\n"),
        (("set", "dev", "--app", "web"), "'--app': write APP=TAG, without an option.\n"),
        (("status", "--aple"), "Did you mean"),
    ],
)
def test_an_option_of_other_programs_is_told_as_it_is_here(words: tuple[str, ...], told: str, inside: Inside) -> None:
    refused = inside(*words)
    assert (refused.code, refused.stdout) == (2, "")
    assert told in refused.stderr


def test_10_1_it_is_said_which_promote_yaml_is_read(repository: Gitops, inside: Inside) -> None:
    """Edits of the clone's own were not read, and nothing said so: `check` was green over a broken file."""
    text = repository.tree()["promote.yaml"].replace(b"{path: envs/dev}", b"{path: envs/dev, auto: true}")
    repository.commit({"promote.yaml": text}, message="auto")
    clone = repository.clone()
    note = "promote.yaml differs from promote.yaml of main, which is read; --config names another\n"
    for words in (("check",), ("status",), ("update", "dev", "--dry-run"), ("status", "--config", "promote.yaml")):
        assert note not in inside(*words, cwd=clone).stderr
    file = clone / "promote.yaml"
    # Git may be told to end lines in another way here.
    file.write_bytes(file.read_bytes().replace(b"\n", b"\r\n"))
    assert note not in inside("status", cwd=clone).stderr
    file.write_bytes(b"mine: [\n")
    for words in (("check",), ("status",), ("update", "dev", "--dry-run")):
        done = inside(*words, cwd=clone)
        assert done.code == 0
        assert done.stderr.count(note) == 1
    assert "promote.yaml of main: 2 apps" in inside("check", cwd=clone).stdout
    assert inside("check", "--config", "promote.yaml", cwd=clone).code == 2
    # Whoever lets it run every five minutes is told nothing where there is nothing new.
    assert inside("auto", "dev", cwd=clone).code == 0
    assert inside("auto", "dev", cwd=clone).stderr == ""


JSON = (
    ("set", "dev", "web=1.5.0"),
    ("set", "dev", "web=9.9.9"),
    ("update", "--dry-run"),
    ("update",),
    ("to", "test"),
    ("to", "test"),
    ("diff", "test", "prod"),
    ("status",),
    ("find",),
    ("tags", "web"),
    ("tags", "web", "--limit", "1"),
    ("check",),
)


def test_json_is_alone_on_stdout_and_has_its_schema(repository: Gitops, inside: Inside) -> None:
    for words in JSON:
        result = inside(*words, "-o", "json", "-v", "--repo", repository.url)
        assert result.document["schema"] == 1, words
        assert result.code == (3 if "web=9.9.9" in words else 0)
    assert "$schema" in inside("schema").document
    keys = {"schema", "command", "dry_run", "changes", "skipped", "refused", "failed", "commits", "pull_requests"}
    keys |= {"holds"}
    assert inside("update", "-o", "json", "--repo", repository.url).document.keys() == keys


@pytest.mark.parametrize("words", [("schema",), ("find", "-q"), ("status", "-o", "json"), ("update", "--dry-run")])
def test_a_reader_that_goes_away_is_no_fault(words: tuple[str, ...], repository: Gitops, promote: Program) -> None:
    clone = repository.clone()
    child = promote.start(*words, cwd=clone)
    assert child.stdout is not None
    assert child.stderr is not None
    child.stdout.close()
    with child:
        said = child.stderr.read().decode()
    assert said == ""
    assert child.returncode == 141


def _broken_off(child: subprocess.Popen[bytes], number: signal.Signals) -> tuple[int, str]:
    child.send_signal(number)
    _, stderr = child.communicate(timeout=30)
    return child.returncode, stderr.decode()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("path", ["/git-upload-pack", "/git-receive-pack"])
def test_a_run_that_is_broken_off_leaves_nothing_behind(
    path: str, number: signal.Signals, repository: Gitops, promote: Program, leftovers: Callable[[], list[str]]
) -> None:
    reached, go_on = threading.Event(), threading.Event()

    def hold() -> None:
        reached.set()
        go_on.wait(60)

    before = repository.tree()
    repository.server.fail(Fault(path, then=hold))
    child = promote.start("set", "dev", f"web={NEW_WEB}", "--repo", repository.url)
    try:
        assert reached.wait(60)
        code, said = _broken_off(child, number)
    finally:
        go_on.set()
    assert (code, said) == (130, "promote: interrupted\n")
    assert leftovers() == []
    # A push that was sent may have arrived; there is nothing between that and nothing.
    if path == "/git-upload-pack":
        assert repository.tree() == before
        promote.ok("set", "dev", f"web={NEW_WEB}", "--repo", repository.url)
    exactly(before, repository.tree(), EDIT)
    assert promote.ok("set", "dev", f"web={NEW_WEB}", "--repo", repository.url).stdout == ""


def test_a_run_that_is_broken_off_while_a_registry_is_asked(
    repository: Gitops, registry: RunningRegistry, promote: Program, leftovers: Callable[[], list[str]]
) -> None:
    reached = threading.Event()
    with faulty_proxy(registry.host) as proxy:

        def hold(handler: ProxyHandler) -> None:
            reached.set()
            proxy.closing.wait(60)

        proxy.fail("/v2/", hold)
        settings = repository.tree()["promote.yaml"].replace(registry.host.encode(), proxy.host.encode())
        web = repository.tree()[WEB_FILE].replace(registry.host.encode(), proxy.host.encode())
        repository.commit({"promote.yaml": settings, WEB_FILE: web})
        refs = repository.refs()
        child = promote.start("set", "dev", f"web={NEW_WEB}", "--repo", repository.url)
        assert reached.wait(60)
        assert _broken_off(child, signal.SIGINT) == (130, "promote: interrupted\n")
    assert leftovers() == []
    assert repository.refs() == refs


@pytest.mark.parametrize("words", [("to", "test", "--from", ""), ("update", "--author", ""), ("find", "-C", "")])
def test_an_empty_value_is_not_the_same_as_none(repository: Gitops, inside: Inside, words: tuple[str, ...]) -> None:
    done = inside(*words)
    assert done.code == 2
    assert "is empty" in done.stderr


@pytest.mark.parametrize(("option", "value"), [("-m", "{{"), ("-m", "{{ nope }}"), ("--author", "<>")])
def test_a_dry_run_is_stopped_by_what_would_stop_the_run(
    repository: Gitops, inside: Inside, option: str, value: str
) -> None:
    for flags in (("--dry-run",), ()):
        done = inside("set", "dev", "web=1.5.0", "--repo", repository.url, option, value, *flags)
        assert (done.code, done.stdout) == (2, "")


def test_an_output_that_cannot_hold_an_arrow_is_no_fault(repository: Gitops, promote: Program) -> None:
    done = promote("set", "dev", "web=1.5.0", "--repo", repository.url, env={"PYTHONIOENCODING": "latin-1"})
    assert done.code == 0
    assert "\\u2192" in done.stdout


@pytest.mark.parametrize("words", [("status",), ("status", "-o", "json"), ("schema",), ("--help",), ("set", "-h")])
def test_a_full_disk_behind_stdout_is_told(repository: Gitops, promote: Program, words: tuple[str, ...]) -> None:
    argv = [sys.executable, "-m", "promote", *words]
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            argv,
            stdout=full,
            stderr=subprocess.PIPE,
            env={**promote.environ, "PROMOTE_REPO": repository.url},
            cwd=promote.cwd,
            timeout=120,
            check=False,
        )
    assert done.returncode == 1
    assert done.stderr.decode() == (
        "promote: the output could not be written to stdout (No space left on device); "
        "send it elsewhere: what was done before stays done\n"
    )


@pytest.mark.parametrize("kind", ["endless", "fifo"])
def test_a_configuration_without_an_end_is_not_read_to_it(inside: Inside, tmp_path: Path, kind: str) -> None:
    path = Path("/dev/zero")
    if kind == "fifo":
        path = tmp_path / "fifo"
        os.mkfifo(path)
    done = inside("check", "--config", path, cwd=tmp_path)
    assert done.code == 2
    assert "is not a plain file" in done.stderr


def test_a_temporary_folder_that_cannot_be_had_is_told(repository: Gitops, promote: Program) -> None:
    done = promote("status", "--repo", repository.url, env={"TMPDIR": "/dev/null"})
    assert done.code == 5
    assert "set TMPDIR to a folder to write in" in done.stderr


FAMILY = """\
version: 1
apps: {{"*": {{image: "{host}/acme/{{app}}", policy: {{semver: "*"}}}}}}
environments: {{dev: {{path: envs/dev}}, test: {{path: envs/test, from: dev}}}}
registries: {{"{host}": {{plain_http: true}}}}
"""


def test_1_3_a_glob_means_the_members_of_families_that_run(
    create: Create, registry: RunningRegistry, inside: Inside
) -> None:
    """It was refused: each member had to be named."""
    content = files(registry.host, digest=digest_of(API[OLD_API]))
    repository = create({**content, FILE: FAMILY.format(host=registry.host).encode()})
    at = ("--repo", repository.url, "-o", "json")
    shown = inside("status", "--app", "w*", *at).document
    assert [each["app"] for each in shown["apps"]] == ["web"]
    planned = inside("update", "--app", "w?b", "--dry-run", *at).document
    assert {each["app"] for each in planned["changes"]} == {"web"}
    carried = inside("to", "test", "a*", "--dry-run", *at).document
    assert {each["app"] for each in (*carried["changes"], *carried["skipped"])} == {"api"}
    refused = inside("status", "--app", "x*", *at)
    assert (refused.code, refused.stdout) == (2, "")
    assert "'x*' is a glob, and fits no app of promote.yaml and no member of * that runs here" in refused.stderr


def test_what_is_wrong_with_the_file_of_config_names_that_file(
    repository: Gitops, inside: Inside, tmp_path: Path
) -> None:
    """It was said of promote.yaml, which had nothing of it."""
    text = repository.tree()["promote.yaml"].decode()
    soaks = text.replace("from: dev", "from: dev, gates: [{soak: 24h, locked: true}]")
    ours = tmp_path / "ours.yaml"
    ours.write_text(soaks)
    for words, told in (
        (("to", "test", "--skip-gate", "soak", "--reason", "x"), "ours.yaml: the gate 'soak' is locked"),
        (("wait", "test"), "ours.yaml: test has no `verify` checks"),
    ):
        done = inside(*words, "--repo", repository.url, "--config", ours)
        assert (done.code, told in done.stderr) == (2, True), done
