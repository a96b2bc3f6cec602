"""Going back from commit to commit tells the same as reading each commit by itself, whatever was changed."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from promote.estate.load import load
from promote.history.trail import Ran, ran
from tests.history.lived import API, PLACE, WEB, Lived, config

TAGS = ("1.0", "1.1", "2.0")
DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {{name: web}}
spec: {{template: {{spec: {{containers: [{{name: c, image: '{image}:{tag}'}}]}}}}}}
"""


def _values(tag: str) -> str:
    return f"image: {{repository: {WEB}, tag: '{tag}'}}\n"


def _overlay(tag: str) -> str:
    return f"image: {{tag: '{tag}'}}\n"


def _kustomization(tag: str) -> str:
    return f"resources: [deployment.yaml, ../lib]\nimages:\n- {{name: {WEB}, newTag: '{tag}'}}\n"


def _deployment(tag: str) -> str:
    return DEPLOYMENT.format(image=WEB, tag=tag)


def _chart(tag: str) -> str:
    return f"apiVersion: v2\nname: web\nversion: 1.0.0\nappVersion: '{tag}'\n"


def _other(tag: str) -> str:
    return DEPLOYMENT.format(image=API, tag=tag)


# What may stand in each file; the layers of prod are `base` and `prod`, and `lib` is reached from there.
FILES: Mapping[str, Sequence[Callable[[str], str]]] = {
    "base/values.yaml": [_values, lambda tag: f"image: {{repository: {WEB}}}\n# {tag}\n"],
    "base/Chart.yaml": [_chart],
    "prod/values.yaml": [_overlay, _values],
    "prod/kustomization.yaml": [_kustomization, lambda tag: f"resources: [../lib]\n# {tag}\n"],
    "prod/deployment.yaml": [_deployment, _other, lambda tag: f"{WEB}:{tag}: [\n"],
    "lib/kustomization.yaml": [lambda _: "resources: [deployment.yaml]\n"],
    "lib/deployment.yaml": [_deployment],
    "prod/.gitattributes": [lambda _: "deployment.yaml linguist-generated\n"],
    "test/values.yaml": [_values],
}


@st.composite
def _change(draw: st.DrawFn) -> tuple[str, str | None]:
    file = draw(st.sampled_from(sorted(FILES)))
    make = draw(st.none() | st.sampled_from(FILES[file]))
    return file, None if make is None else make(draw(st.sampled_from(TAGS)))


commits = st.lists(st.lists(_change(), min_size=1, max_size=3).map(dict), min_size=1, max_size=8)


def _one_by_one(lived: Lived, app: str) -> list[tuple[object, str | None]]:
    """What ran at each commit, read alone, the newest first; put together where nothing changed."""
    environment = config().environment("prod")
    found: list[tuple[Ran, str]] = []
    for oid in lived.git("rev-list", "--first-parent", "main").split():
        estate = load(config(), lived.history().tree(oid), PLACE, [environment], [app])["prod"]
        its = ran(estate, app)
        if found and its.continues(found[-1][0]):
            found[-1] = (found[-1][0], oid)
        else:
            found.append((its, oid))
    if found[-1][0].runs == "absent":
        found.pop()
    return [(its.runs, oid) for its, oid in found]


@settings(max_examples=25, deadline=None)
@given(commits)
def test_6_5_going_back_is_as_reading_each_commit_by_itself(made: list[Mapping[str, str | None]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        lived = Lived.begin(Path(folder))
        lived.commit({"README": "begin\n"})
        for changes in made:
            lived.commit(changes)
        for app in ("web", "api"):
            past = lived.past(app, least=100)
            assert past.is_whole
            told = [(each.runs, None if each.brought is None else each.brought.commit) for each in past.stretches]
            assert told == _one_by_one(lived, app)
