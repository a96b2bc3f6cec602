"""The files for CI as their systems read them: scripts, with the variables that a job has."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import yaml

from tests.deploy.files import ACTION, COMPONENT, DEPLOY, read

# GitHub Docs, "Workflow syntax", jobs.<job_id>.steps[*].shell: what `shell: bash` is.
GITHUB_BASH = ("bash", "--noprofile", "--norc", "-eo", "pipefail")


@dataclass(frozen=True, slots=True)
class Script:
    """A text, the shell that runs it, the variables that the file gives it, what stands behind it, and its dialect."""

    shell: Sequence[str]
    text: str
    environ: Mapping[str, str] = field(default_factory=dict)
    words: Sequence[str] = ()
    dialect: str = "bash"


def action(step: str, known: Mapping[str, str], **inputs: str) -> Script:
    """A step of the action; `known` are expressions and what they come to, besides inputs."""
    document = read(ACTION)
    given = {name: str(each["default"]) for name, each in document["inputs"].items()}
    assert set(inputs) <= set(given)
    values = {f"inputs.{name}": value for name, value in {**given, **inputs}.items()} | dict(known)

    def come_to(text: str) -> str:
        return re.sub(r"\$\{\{ ([^}]+) \}\}", lambda found: values[found[1]], text)

    (found,) = [each for each in document["runs"]["steps"] if each["id"] == step]
    environ = {name: come_to(come_to(value)) for name, value in found["env"].items()}
    return Script(GITHUB_BASH, found["run"], environ)


def outputs(written: str) -> dict[str, str]:
    """The outputs of the action, where its second step has written this; what it has not is empty."""
    values = dict(line.split("=", 1) for line in written.splitlines())
    declared = read(ACTION)["outputs"].items()
    found = {
        name: re.fullmatch(r"\$\{\{ steps\.run\.outputs\.([a-z-]+) \}\}", each["value"]) for name, each in declared
    }
    return {name: values.get(at[1], "") for name, at in found.items() if at}


def component(**inputs: str) -> Script:
    """The job of GitLab's component: inputs stand in its text before that is read."""
    text = COMPONENT.read_text(encoding="utf-8")
    head, _, body = text.partition("\n---\n")
    values = {name: each["default"] for name, each in yaml.safe_load(head)["spec"]["inputs"].items()}
    assert set(inputs) <= set(values)
    values |= inputs
    (job,) = yaml.safe_load(re.sub(r"\$\[\[ inputs\.([a-z-]+) \]\]", lambda f: str(values[f[1]]), body)).values()
    assert all(isinstance(value, str) for value in job["variables"].values())
    # The runner takes bash where the image has it, and else sh.
    return Script(("bash", "-eo", "pipefail"), "\n".join(job["script"]), job["variables"], dialect="sh")


def jenkins(secrets: Mapping[str, str]) -> Script:
    """The one `sh` of the Jenkinsfile."""
    text = (DEPLOY / "Jenkinsfile").read_text(encoding="utf-8")
    (script,) = re.findall(r"sh '''\n(.*?)'''", text, re.DOTALL)
    environ = {name: secrets[of] for name, of in re.findall(r"^ +([A-Z_]+) = credentials\('([^']+)'\)", text, re.M)}
    return Script(("sh", "-xe"), script, environ, dialect="sh")


def azure(known: Mapping[str, str]) -> Script:
    (step,) = [each for each in read(DEPLOY / "azure-pipelines.yml")["jobs"][0]["steps"] if "bash" in each]
    environ = {name: re.sub(r"\$\(([\w.]+)\)", lambda f: known[f[1]], value) for name, value in step["env"].items()}
    return Script(("bash", "--noprofile", "--norc"), step["bash"], environ)


def bitbucket() -> Script:
    (step,) = read(DEPLOY / "bitbucket-pipelines.yml")["pipelines"]["custom"]["promote"]
    return Script(("bash", "-e"), "\n".join(step["step"]["script"]))


def tekton(folder: str, repo: str, words: Sequence[str]) -> Script:
    """The step of the Task, whose volume and results lie below a folder."""
    (step,) = read(DEPLOY / "tekton/task.yaml")["spec"]["steps"]
    assert step["args"] == ["$(params.args[*])"]
    values = {"params.repo": repo, "params.branch": ""}

    def come_to(text: str) -> str:
        results = re.sub(r"\$\(results\.([a-z-]+)\.path\)", rf"{folder}/\1", text)
        return re.sub(r"\$\(([\w.]+)\)", lambda found: values[found[1]], results).replace("/scratch", folder)

    environ = {each["name"]: come_to(each["value"]) for each in step["env"]}
    return Script(("sh",), step["script"], environ, words, "sh")


def container(name: str, folder: str) -> tuple[list[str], dict[str, str]]:
    """The arguments and variables of a manifest's container, whose volumes lie below a folder."""
    pod = read(DEPLOY / "kubernetes" / name)["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    (each,) = pod["containers"]
    environ = {variable["name"]: f"{folder}{variable['value']}" for variable in each["env"]}
    return each["args"], environ
