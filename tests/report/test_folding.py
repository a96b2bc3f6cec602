"""What is wrong with one registry is told once, and nothing else is."""

from __future__ import annotations

import pytest

from promote.board import Board, Cell
from promote.check import Finding
from promote.outcome import Failure, Plan
from promote.report import markdown, matrix, text
from promote.report.findings import findings
from promote.report.folding import of_host

HOST = "http://127.0.0.1:5000"
DOWN = "the connection was refused; check the port, and that the server runs"


def listed(name: str, host: str = HOST) -> str:
    return f"{host.partition('//')[2]}/acme/{name}: {host}/v2/acme/{name}/tags/list?n=1000: {DOWN}"


def asked(name: str, host: str = HOST) -> str:
    return f"{host}/v2/acme/{name}/manifests/1.4.0: {DOWN}"


@pytest.mark.parametrize(
    ("sentence", "said"),
    [
        ("api: no tag passes its policy; 1.0.0, for one: it is older", None),
        ("https://git.example.com/acme/gitops.git: it did not answer; try again", None),
        (f"{asked('web')}; {asked('web', 'https://ghcr.io')}", None),
        (f"{HOST}/v2/acme/web/manifests/1: denied; {asked('web')}", None),
        (asked("web"), (HOST, DOWN)),
        (f"what is newer is not known: {listed('web')}", (HOST, DOWN)),
        (f"{listed('web')}; {listed('web-migrate')}", (HOST, DOWN)),
        (f"127.0.0.1:5000/acme/web: {HOST}: asks for credentials; sign in", (HOST, "asks for credentials; sign in")),
    ],
)
def test_what_a_sentence_says_of_one_host(sentence: str, said: tuple[str, str] | None) -> None:
    assert of_host(sentence) == said


def test_update_says_once_that_a_registry_is_down() -> None:
    apps = [f"svc-{number}" for number in range(7)]
    failures = [Failure(name, app, "registry", 4, listed(app)) for name in ("dev", "test") for app in apps]
    others = [
        Failure("dev", "odd", "registry", 4, listed("odd", "https://ghcr.io")),
        Failure("dev", "git", "push-rejected", 5, "https://git.example.com: no; ask"),
    ]
    assert text.faults(Plan(failures=(*failures, *others)), named=()) == [
        f"dev, test: svc-0, svc-1, svc-2, svc-3, svc-4 and 2 more failed, registry: {HOST}: {DOWN}",
        f"dev: odd failed, registry: {listed('odd', 'https://ghcr.io')}",
        "dev: git failed, push-rejected: https://git.example.com: no; ask",
    ]


def test_status_says_once_that_a_registry_is_down() -> None:
    cells = (
        Cell("dev", "api", "absent", notes=(f"whether its tag has moved is not known: {asked('api')}", listed("api"))),
        Cell("prod", "web", "absent", notes=(f"what is newer is not known: {listed('web')}", "every app is held")),
    )
    drawn = Board(("dev", "prod"), ("api", "web"), cells)
    filled = Board(drawn.environments, ("api",), (cells[0], Cell("prod", "api", "absent")))
    assert matrix.board(filled, None).split("\n")[2:] == [f"dev: api: {HOST}: {DOWN}"]
    assert [(each.subject, each.sentence) for each in matrix.notes(drawn)] == [
        ("dev, prod: api, web", f"{HOST}: {DOWN}"),
        ("prod: web", "every app is held"),
    ]
    [said] = [line for line in markdown.board(filled).split("\n") if line.startswith("- ")]
    assert said.startswith("- `dev`: api: h")


def test_check_says_once_that_a_registry_is_down_and_all_of_it_with_v() -> None:
    cure = DOWN.partition("; ")[2]

    def error(image: str, sentence: str) -> Finding:
        return Finding("error", image, "registry", sentence.removesuffix(f"; {cure}"), cure, exit_code=4)

    found = [
        error("127.0.0.1:5000/acme/api", listed("api")),
        error("127.0.0.1:5000/acme/api", asked("api")),
        error("127.0.0.1:5000/acme/web", asked("web")),
        error("ghcr.io/acme/odd", asked("odd", "https://ghcr.io")),
    ]
    assert [line for _, line in findings(found, None)] == [
        "registries",
        f"  error    {HOST} (2 images): {DOWN}  [registry]",
        f"  error    ghcr.io/acme/odd: {asked('odd', 'https://ghcr.io')}  [registry]",
        "2 errors, 0 warnings",
    ]
    assert [line for _, line in findings(found, None, whole=True)][-1] == "4 errors, 0 warnings"
