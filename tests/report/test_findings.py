"""`check` as one screen: what is well is folded, what is not has a line of its own."""

from __future__ import annotations

import pytest

from promote.check import PARTS, Finding
from promote.report.findings import findings

WELL = [
    Finding("ok", "promote.yaml", "configuration", "2 apps, 1 environment"),
    Finding("ok", "dev/web", "sites", "1 site, kustomize"),
    Finding("ok", "dev/api", "sites", "2 sites, helm"),
    Finding("ok", "ghcr.io", "signed-in", "asked without signing in"),
    Finding("ok", "ecr", "signed-in", "signed in as AWS"),
]
ILL = [
    Finding("error", "dev/cron", "template", "dev/cron.yaml:3:9 cannot be edited: a template", "set it by hand"),
    Finding("warning", "notify[0].slack", "notify", "the secret X is not set", "set the environment variable"),
]


def lines(found: list[Finding], width: int | None = None, *, whole: bool = False) -> list[str]:
    return [line for _, line in findings(found, width, whole=whole)]


def test_what_is_well_is_folded_into_counts() -> None:
    assert lines(WELL + ILL) == [
        "configuration",
        "  ok       promote.yaml: 2 apps, 1 environment",
        "sites",
        "  ok       2 apps in their environments can be written",
        "  error    dev/cron: dev/cron.yaml:3:9 cannot be edited: a template; set it by hand  [template]",
        "registries",
        "  ok       ghcr.io: asked without signing in",
        "  ok       ecr: signed in as AWS",
        "notify",
        "  warning  notify[0].slack: the secret X is not set; set the environment variable  [notify]",
        "1 error, 1 warning",
    ]


def test_with_all_of_it_nothing_is_folded() -> None:
    told = lines(WELL, whole=True)
    assert "  ok       dev/api: 2 sites, helm  [sites]" in told
    assert len(told) == len(WELL) + len({one.part for one in WELL}) + 1


@pytest.mark.parametrize("width", [1, 40, 60, 79])
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    told = lines(WELL + ILL, width)
    assert max(map(len, told)) <= max(width, 40)
    assert " ".join(" ".join(told).split()) == " ".join(" ".join(lines(WELL + ILL)).split())


def test_only_the_first_line_of_a_finding_tells_its_level() -> None:
    levels = [level for level, _ in findings(ILL, 50)]
    assert (levels.count("error"), levels.count("warning")) == (1, 1)


def test_control_characters_do_nothing() -> None:
    told = "\n".join(lines([Finding("error", "dev/\x1b[2J", "template", "a\nb", "c", exit_code=3)]))
    assert "\x1b" not in told
    assert "a\\x0ab; c" in told


def test_every_part_is_shown() -> None:
    assert {one.part for one in WELL + ILL} < set(PARTS)
