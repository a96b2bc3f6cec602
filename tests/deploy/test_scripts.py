"""What shells, Jenkins and image builders read of the files for CI: by their linters, and by their structure."""

from __future__ import annotations

import re
import subprocess
import sysconfig
from pathlib import Path

import pytest

from tests.deploy import jobs
from tests.deploy.files import DEPLOY
from tests.shared import ROOT

SCRIPTS = Path(sysconfig.get_path("scripts"))


def test_the_containerfile() -> None:
    path = DEPLOY / "Containerfile"
    done = subprocess.run([SCRIPTS / "hadolint", "--no-color", path], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (0, "")
    text = path.read_text(encoding="utf-8")
    last = re.split(r"^FROM .*$", text, flags=re.MULTILINE)[-1]
    assert len(re.findall(r"^FROM ", text, re.MULTILINE)) == 2
    assert re.findall(r"^USER (.*)$", last, re.MULTILINE) == ["65532:65532"]
    assert "pip" not in last  # what builds stays behind
    assert not re.search(r"^ADD |https?:|curl|wget", text, re.MULTILINE)
    for program in ("git", "openssh-client", "ca-certificates"):
        assert program in last


def test_what_the_containerfile_copies_is_let_through() -> None:
    text = (DEPLOY / "Containerfile").read_text(encoding="utf-8")
    words = [line.split() for line in re.findall(r"^COPY ([^-].*)$", text, re.MULTILINE)]
    copied = {word for line in words for word in line[:-1]}
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert {line[1:] for line in ignored if line.startswith("!")} == copied
    assert "*" in ignored
    assert all((ROOT / name).exists() for name in copied)
    assert set(re.findall(r'"(LICENSE)"|(README\.md)', (ROOT / "pyproject.toml").read_text())[0]) - {""} <= copied


# Jenkins, "Pipeline Syntax": the sections and directives of a declarative pipeline.
_SECTIONS = {"agent", "environment", "options", "parameters", "post", "stages", "tools", "triggers"}


def test_the_jenkinsfile() -> None:
    text = (DEPLOY / "Jenkinsfile").read_text(encoding="utf-8")
    code = re.sub(r"^\s*//.*$", "", text, flags=re.MULTILINE)
    bare = re.sub(r"'''.*?'''|'[^'\n]*'", "''", code, flags=re.DOTALL)
    assert '"' not in bare  # Groovy fills in a text in double quotes: a secret would stand in the script
    depth, sections = 0, []
    for found in re.finditer(r"(\w+)?\s*(?:\([^()]*\)\s*)?([{}])", bare):
        if found[2] == "{":
            if depth == 1:
                sections.append(found[1])
            depth += 1
        else:
            depth -= 1
        assert depth >= 0
    assert depth == 0
    assert bare.strip().startswith("pipeline {")
    assert set(sections) <= _SECTIONS
    assert {"agent", "stages"} <= set(sections)
    assert len(sections) == len(set(sections))


SCRIPTS_OF_JOBS = {
    "action-install": jobs.action("install", {}),
    "action-run": jobs.action("run", {"github.token": "", "steps.install.outputs.promote": ""}),
    "gitlab": jobs.component(),
    "jenkins": jobs.jenkins({"promote-token": ""}),
    "azure": jobs.azure({"System.AccessToken": ""}),
    "bitbucket": jobs.bitbucket(),
    "tekton": jobs.tekton("", "", ()),
}


@pytest.mark.parametrize("script", [pytest.param(each, id=name) for name, each in SCRIPTS_OF_JOBS.items()])
def test_a_script(script: jobs.Script) -> None:
    # What a CI system puts into the text of a script is run as a part of it, whoever chose it.
    assert not re.search(r"\$\{\{|\$\[\[|\$\([A-Za-z]+\.[A-Za-z.]+\)", script.text)
    done = subprocess.run(
        [SCRIPTS / "shellcheck", "--norc", f"--shell={script.dialect}", "-"],
        input=script.text, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (0, "")
