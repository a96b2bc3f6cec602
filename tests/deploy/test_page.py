"""What docs/ci.md shows is what its system takes, and what it says of files is what is in them."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml

from promote import __version__
from tests.deploy.files import ACTION, COMPONENT, DEPLOY, FILES, read
from tests.deploy.schemas import closest, faults
from tests.shared import ROOT

PAGE = (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")
SCHEMAS = {
    ".github/workflows/": "github-workflows",
    ".gitlab-ci.yml": "gitlab-ci",
    "azure-pipelines.yml": "azure-pipelines",
    "bitbucket-pipelines.yml": "bitbucket-pipelines",
}
BLOCKS = re.findall(r"^```yaml\n# (\S+)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


def _used(block: Any) -> list[dict[str, Any]]:
    """What the block gives the action or the component."""
    if "include" in block:
        return [each["inputs"] for each in block["include"]]
    steps = [step for job in block.get("jobs", {}).values() for step in job["steps"]]
    return [step["with"] for step in steps if str(step.get("uses", "")).startswith("acme/promote@")]


def test_every_block_says_which_file_it_is() -> None:
    assert len(BLOCKS) == len(re.findall(r"^```yaml$", PAGE, re.MULTILINE))
    assert {name.partition("release")[0].partition("promote.yml")[0] for name, _ in BLOCKS} == {*SCHEMAS, "Pipeline"}


@pytest.mark.parametrize(("name", "text"), BLOCKS, ids=[f"{at}-{name}" for at, (name, _) in enumerate(BLOCKS)])
def test_a_block_is_what_its_system_takes(name: str, text: str) -> None:
    if name == "Pipeline":
        (task,) = yaml.safe_load(text)["spec"]["tasks"]
        known = {each["name"]: each for each in read(DEPLOY / "tekton" / "task.yaml")["spec"]["params"]}
        given = {each["name"]: each["value"] for each in task["params"]}
        assert set(given) <= set(known)
        assert {name for name, each in known.items() if "default" not in each} <= set(given)
        return
    (schema,) = [schema for begin, schema in SCHEMAS.items() if name.startswith(begin)]
    if schema == "azure-pipelines":
        assert closest(schema, yaml.load(text, yaml.BaseLoader)) is None
    else:
        # `on` is a boolean to PyYAML, and a text to everybody who reads workflows.
        document = {"on" if key is True else key: value for key, value in yaml.safe_load(text).items()}
        assert faults(schema, document) == []


def test_the_inputs_that_are_given_are_there() -> None:
    spec, _ = yaml.safe_load_all(COMPONENT.read_text(encoding="utf-8"))
    known = {".gitlab-ci.yml": set(spec["spec"]["inputs"]), ".github/workflows/": set(read(ACTION)["inputs"])}
    used = [(begin, given) for name, text in BLOCKS for begin in known if name.startswith(begin)
            for given in _used(yaml.safe_load(text))]  # fmt: skip
    assert len(used) == 5
    assert [(begin, sorted(set(given) - known[begin])) for begin, given in used if set(given) - known[begin]] == []


def test_inputs_and_outputs_of_the_action_are_on_the_page() -> None:
    action = read(ACTION)
    section = PAGE.partition("\n## GitHub Actions\n")[2].partition("\n## ")[0]
    rows = " ".join(re.findall(r"^\| (`[^|]+`) \|", section, re.MULTILINE))
    assert set(re.findall(r"`([^`]+)`", rows)) == {*action["inputs"], *action["outputs"]}


def test_versions_are_this_one() -> None:
    told = {
        path.name: re.findall(r"(?:/promote[:@]v?|newTag: |promote-|VERSION=)([0-9]+\.[0-9.]+[0-9])", path.read_text())
        for path in [*FILES, ROOT / "docs" / "ci.md"]
    }
    assert {"ci.md", "Containerfile", "cronjob.yaml", "kustomization.yaml"} <= {
        name for name, each in told.items() if each
    }
    assert {version for each in told.values() for version in each} == {__version__}


def test_every_file_is_on_the_page() -> None:
    linked = set(re.findall(r"\]\(\.\./([^)#]+)\)", PAGE))
    names = {str(path.relative_to(ROOT)) for path in FILES} - {"deploy/kubernetes/kustomization.yaml"}
    assert sorted(names - linked) == []
