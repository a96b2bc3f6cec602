"""What is ready to copy for CI and clusters is what its system takes, and as safe as its header says."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml
from lightkube.models import core_v1

from promote import __version__
from tests.deploy.files import ACTION, COMPONENT, DEPLOY, FILES, read
from tests.deploy.schemas import closest, faults, unknown_to_kubernetes
from tests.kubectl import kustomize

CRONS = [DEPLOY / "kubernetes" / name for name in ("cronjob.yaml", "indexed-job.yaml")]
IMAGE = f"registry.example.com/tools/promote:{__version__}"


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_file_begins_with_what_it_needs(path: Path) -> None:
    head = path.read_text(encoding="utf-8")
    assert re.match(r"(?:#|//) ", head)
    if path.name != "kustomization.yaml":
        assert re.search(r"^(?:#|//) .*\b(?:needs?|apt-get need)\b", head, re.MULTILINE)


@pytest.mark.parametrize(
    ("schema", "document"),
    [
        ("github-actions", {"name": "x", "description": "x", "runs": {"using": "composite", "step": []}}),
        ("gitlab-ci", {"job": {"script": ["true"], "rule": []}}),
        ("bitbucket-pipelines", {"pipelines": {"custom": {"x": [{"step": {"script": "no list"}}]}}}),
        ("azure-pipelines", {"jobs": [{"job": "x", "steps": [{"bsh": "true"}]}]}),
        ("github-workflows", {"on": "push", "jobs": {"x": {"runs-on": "x", "step": []}}}),
    ],
)
def test_the_schemas_refuse(schema: str, document: object) -> None:
    assert closest(schema, document) is not None


def test_the_action() -> None:
    assert faults("github-actions", read(ACTION)) == []


def test_the_component() -> None:
    spec, job = yaml.safe_load_all(COMPONENT.read_text(encoding="utf-8"))
    inputs = spec["spec"]["inputs"]
    asked = set(re.findall(r"\$\[\[ inputs\.([a-z-]+) \]\]", COMPONENT.read_text(encoding="utf-8")))
    assert asked == set(inputs)
    (body,) = job.values()
    # What GitLab puts in the place of an input that is no text.
    assert (body.pop("rules"), body.pop("parallel")) == ("$[[ inputs.rules ]]", "$[[ inputs.parallel ]]")
    body |= {"rules": inputs["rules"]["default"], "parallel": inputs["parallel"]["default"]}
    assert faults("gitlab-ci", job) == []
    # An empty text that is not in quotes would be null, and no variable may be that.
    texts = [name for name, each in inputs.items() if each.get("type", "string") == "string"]
    assert [n for n in texts if f'"$[[ inputs.{n} ]]"' not in COMPONENT.read_text(encoding="utf-8")] == []


def test_azure_pipelines() -> None:
    # Its schema takes every scalar for a text, as its own parser does.
    text = (DEPLOY / "azure-pipelines.yml").read_text(encoding="utf-8")
    assert closest("azure-pipelines", yaml.load(text, yaml.BaseLoader)) is None


def test_bitbucket_pipelines() -> None:
    assert faults("bitbucket-pipelines", read(DEPLOY / "bitbucket-pipelines.yml")) == []


@pytest.mark.parametrize("change", [{"spec": {"schedule": 5}}, {"spec": {"schedule": "* * * * *"}}])
def test_kubernetes_refuses(change: dict[str, object]) -> None:
    with pytest.raises(msgspec.ValidationError):
        unknown_to_kubernetes({**read(CRONS[0]), **change})


def test_what_kubernetes_does_not_know_is_found() -> None:
    document = read(CRONS[0])
    document["spec"]["jobTemplate"]["spec"]["template"]["spec"]["containers"][0]["arg"] = []
    assert unknown_to_kubernetes(document) == [".spec.jobTemplate.spec.template.spec.containers[0].arg"]


@pytest.mark.parametrize("path", CRONS, ids=lambda path: path.name)
def test_the_manifests_for_kubernetes(path: Path) -> None:
    document = read(path)
    assert unknown_to_kubernetes(document) == []
    job = document["spec"]["jobTemplate"]["spec"]
    pod = job["template"]["spec"]
    (container,) = pod["containers"]
    assert pod["automountServiceAccountToken"] is False
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert pod["restartPolicy"] == "Never"  # podFailurePolicy asks for it
    _confined({**pod["securityContext"], **container["securityContext"]})
    assert container["image"] == IMAGE
    assert container["resources"]["limits"].keys() == {"memory"}  # a limit of CPU only makes runs longer
    _writes_only_into_volumes(container, pod["volumes"])
    assert [each for each in container["env"] if re.search("TOKEN|KEY|PASSWORD", each["name"])] == []


def test_the_parts_of_an_indexed_job() -> None:
    job = read(CRONS[1])["spec"]["jobTemplate"]["spec"]
    (container,) = job["template"]["spec"]["containers"]
    assert job["completionMode"] == "Indexed"
    assert job["completions"] == job["parallelism"]
    assert container["args"] == ["auto", "--shard", f"auto/{job['completions']}"]
    # FailIndex is for jobs that count their failures by index (Kubernetes, JobSpec).
    assert job["podFailurePolicy"]["rules"][0]["action"] == "FailIndex"
    assert "backoffLimitPerIndex" in job
    assert "backoffLimit" not in job


def test_the_kustomization() -> None:
    rendered = yaml.safe_load(kustomize(DEPLOY / "kubernetes"))
    assert rendered == read(CRONS[0])


# tekton.dev/v1, Task: what a version has that every cluster of today runs. Steps are containers but for these.
_TASK = {"description", "params", "results", "steps", "volumes", "workspaces", "stepTemplate", "sidecars"}
_DEFAULTS: dict[str, type] = {"string": str, "array": list}
_STEP = {"script", "computeResources", "timeout", "onError", "workspaces", "ref", "params", "results", "when"}


def test_the_task_for_tekton() -> None:
    task = read(DEPLOY / "tekton" / "task.yaml")
    assert (task["apiVersion"], task["kind"]) == ("tekton.dev/v1", "Task")
    spec = task["spec"]
    assert spec.keys() <= _TASK
    for param in spec["params"]:
        assert param.keys() <= {"name", "description", "type", "default", "enum"}
        assert "default" not in param or isinstance(param["default"], _DEFAULTS[param["type"]])
    assert all(result.keys() <= {"name", "description", "type", "value"} for result in spec["results"])
    assert [unknown_to_kubernetes(volume, core_v1.Volume) for volume in spec["volumes"]] == [[]]
    (step,) = spec["steps"]
    container = {key: value for key, value in step.items() if key not in _STEP}
    assert unknown_to_kubernetes(container, core_v1.Container) == []
    assert unknown_to_kubernetes(step["computeResources"], core_v1.ResourceRequirements) == []
    _confined(step["securityContext"])
    _writes_only_into_volumes(step, spec["volumes"])
    assert {each["name"]: each for each in spec["params"]}["image"]["default"] == IMAGE
    # What is asked for is declared; and nothing of it stands in the script, where it would be run.
    asked = set(re.findall(r"\$\((params|results)\.([a-z-]+)", str(step)))
    assert asked == {("params", each["name"]) for each in spec["params"]} | {
        ("results", each["name"]) for each in spec["results"]
    }
    assert not re.search(r"\$\((?:params|results)", step["script"])


def _confined(security: dict[str, object]) -> None:
    assert security["runAsNonRoot"] is True
    assert security["runAsUser"] != 0
    assert security["readOnlyRootFilesystem"] is True
    assert security["allowPrivilegeEscalation"] is False
    assert security["capabilities"] == {"drop": ["ALL"]}


def _writes_only_into_volumes(container: dict[str, Any], volumes: list[dict[str, Any]]) -> None:
    mounts = {each["mountPath"]: each["name"] for each in container["volumeMounts"]}
    assert sorted(mounts.values()) == sorted(each["name"] for each in volumes if "emptyDir" in each)
    environ = {each["name"]: each["value"] for each in container["env"]}
    for name in ("HOME", "TMPDIR"):
        assert environ[name] in mounts
    assert environ.get("XDG_CACHE_HOME", environ["HOME"]) in mounts
