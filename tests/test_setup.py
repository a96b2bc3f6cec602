"""What `make` calls first: `.ci/venv` and `.ci/components`, on made-up machines: a PATH of our own."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.shared import ROOT

SYSTEM = ("bash", "sh", "env", "cat", "cp", "dirname", "head", "ln", "mkdir", "rm", "true")
COMPONENTS = ("docker-registry", "skopeo", "ssh-keygen", "gpg", "git", "chromium", "zsh", "fish", "jq")
ALL_PACKAGES = ["docker-registry", "skopeo", "openssh-client", "gnupg", "git", "chromium", "zsh", "fish", "jq"]

# Makes a `.venv` whose python is itself, logs what pip is asked for, and is a real Python for the rest.
PYTHON = f"""
echo "$*" >>calls
case "$*" in
  "-m venv .venv") mkdir -p .venv/bin; cp "$0" .venv/bin/python ;;
  "-m pip --version") ;;
  "-m pip install "*) [ ! -e pip-fails ] ;;
  *) exec {sys.executable} "$@" ;;
esac
"""
OLD_PYTHON = 'if [ "$1" = --version ]; then echo "Python 3.9.2"; else exit 1; fi'
NO_VENV = f'case "$*" in "-m venv"*) exit 1 ;; *) exec {sys.executable} "$@" ;; esac'


@dataclass(frozen=True, slots=True)
class Machine:
    """A folder of programs that is the whole PATH, and a copy of what the scripts read."""

    top: Path

    def has(self, name: str, script: str = "exit 0") -> None:
        program = self.top / "bin" / name
        program.unlink(missing_ok=True)
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(self.project / command[0]), *command[1:]],
            env={"PATH": str(self.top / "bin")},
            cwd=self.top,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    @property
    def project(self) -> Path:
        return self.top / "a project"

    def calls(self) -> list[str]:
        """What the made-up python was asked to make or install since the last look."""
        log = self.project / "calls"
        lines = log.read_text().splitlines() if log.exists() else []
        log.unlink(missing_ok=True)
        return [line.split()[-1] for line in lines if line.startswith(("-m venv", "-m pip install"))]


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    made = Machine(tmp_path)
    (tmp_path / "bin").mkdir()
    for name in SYSTEM:
        real = shutil.which(name)
        assert real
        (tmp_path / "bin" / name).symlink_to(real)
    for name in (".ci", "promote"):
        (made.project / name).mkdir(parents=True)
    for name in (".ci/venv", ".ci/components", ".ci/pins.txt", "pyproject.toml", "promote/__init__.py"):
        shutil.copy(ROOT / name, made.project / name)
    return made


@pytest.mark.parametrize(
    ("script", "said"),
    [
        (None, "found none of: python3 python3.11"),
        (OLD_PYTHON, "promote needs Python 3.11 or newer.\n  python3 is Python 3.9.2\n"),
        (NO_VENV, "python3 -m venv does not work here.\nDebian and Ubuntu keep it in a package of its own"),
    ],
)
def test_a_python_that_does_not_do_is_named(machine: Machine, script: str | None, said: str) -> None:
    if script is not None:
        machine.has("python3", script)
    ran = machine.run(".ci/venv")
    assert (ran.returncode, said in ran.stderr) == (1, True), ran.stderr
    assert not (machine.project / ".venv").exists()


def test_an_old_python3_is_passed_over(machine: Machine) -> None:
    machine.has("python3", OLD_PYTHON)
    machine.has("python3.12", PYTHON)
    assert machine.run(".ci/venv").returncode == 0
    assert machine.calls() == [".venv", "."]


def _touch_project(machine: Machine) -> None:
    with (machine.project / "pyproject.toml").open("a") as file:
        file.write("\n# changed\n")


def _other_pin(machine: Machine) -> None:
    (machine.project / ".ci/pins.txt").write_text("click==99\n")


def _new_version(machine: Machine) -> None:
    (machine.project / "promote/__init__.py").write_text('__version__ = "99"\n')


def _other_code(machine: Machine) -> None:
    with (machine.project / "promote/__init__.py").open("a") as file:
        file.write("x = 1\n")


def _move(machine: Machine) -> None:
    stamp = machine.project / ".venv/.installed"
    stamp.write_text(stamp.read_text().replace(str(machine.project), "/elsewhere"))


def _break_python(machine: Machine) -> None:
    (machine.project / ".venv/bin/python").write_text("#!/nonexistent\n")


@pytest.mark.parametrize(
    ("first", "change", "second", "calls"),
    [
        ("plain", None, "plain", []),
        ("test", None, "plain", []),
        ("dev", None, "test", []),
        ("plain", _other_code, "plain", []),
        ("plain", None, "test", [".[test]"]),
        ("test", None, "dev", [".[dev]"]),
        ("plain", _touch_project, "plain", ["."]),
        ("plain", _other_pin, "plain", ["."]),
        ("plain", _new_version, "plain", ["."]),
        # Scripts in .venv name the place where it was made.
        ("plain", _move, "plain", [".venv", "."]),
        ("plain", _break_python, "plain", [".venv", "."]),
    ],
)
def test_what_a_second_run_does(
    machine: Machine, first: str, change: Callable[[Machine], None] | None, second: str, calls: list[str]
) -> None:
    machine.has("python3", PYTHON)
    assert machine.run(".ci/venv", first).returncode == 0
    machine.calls()
    if change is not None:
        change(machine)
    ran = machine.run(".ci/venv", second)
    assert ran.returncode == 0, ran.stderr
    assert machine.calls() == calls
    assert (ran.stderr == "") == (not calls)


def test_what_is_installed_is_pinned(machine: Machine) -> None:
    machine.has("python3", PYTHON)
    assert machine.run(".ci/venv", "test").returncode == 0
    (asked,) = [line for line in (machine.project / "calls").read_text().splitlines() if "pip install" in line]
    assert asked.endswith(" --constraint .ci/pins.txt --editable .[test]")


def test_a_failed_installation_is_tried_again(machine: Machine) -> None:
    machine.has("python3", PYTHON)
    (machine.project / "pip-fails").touch()
    ran = machine.run(".ci/venv", "test")
    assert ran.returncode == 1
    assert "Could not install the project into .venv" in ran.stderr
    (machine.project / "pip-fails").unlink()
    machine.calls()
    assert machine.run(".ci/venv", "test").returncode == 0
    assert machine.calls() == [".[test]"]


def test_components_that_are_there_are_left_alone(machine: Machine) -> None:
    for name in COMPONENTS:
        machine.has(name)
    machine.has("apt-get", "echo called; exit 1")
    ran = machine.run(".ci/components")
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")


@pytest.mark.parametrize(
    ("programs", "why"),
    [
        ({}, "there is no apt-get here"),
        ({"apt-get": "exit 0", "id": "echo 1000"}, "only root may install packages"),
        ({"apt-get": "exit 0", "id": "echo 1000", "sudo": "exit 1"}, "only root may install packages"),
        ({"apt-get": "exit 100", "id": "echo 0"}, "apt-get did not bring them (see above)"),
    ],
)
def test_missing_components_are_listed_where_they_cannot_be_had(
    machine: Machine, programs: dict[str, str], why: str
) -> None:
    for name, script in programs.items():
        machine.has(name, script)
    ran = machine.run(".ci/components")
    assert ran.returncode == 1
    assert f"packages are missing; {why}:" in ran.stderr
    assert [line.strip() for line in ran.stderr.splitlines() if line.startswith("  ")][:-1] == ALL_PACKAGES


@pytest.mark.parametrize("user", ["0", "1000"])
def test_missing_components_are_installed_where_they_can_be_had(machine: Machine, user: str) -> None:
    for name in COMPONENTS[:3]:
        machine.has(name)
    folder = machine.top / "bin"
    machine.has("id", f"echo {user}")
    machine.has("sudo", 'shift; exec "$@"')
    # Lists that cannot be brought up to date do not matter where the packages come all the same.
    bring = f"for name in gpg git chromium zsh fish jq; do ln -s /bin/true {folder}/$name; done"
    machine.has("apt-get", f'[ "$1" = install ] || exit 100; echo "$*"; {bring}')
    ran = machine.run(".ci/components")
    assert ran.returncode == 0, ran.stderr
    assert ran.stderr.splitlines()[-1] == "install -qq -y --no-install-recommends gnupg git chromium zsh fish jq"
    assert machine.run(".ci/components").stderr == ""
