"""Each gate of docs/promotion.md, in the pipeline of that page: it passes, or says what is shown there."""

from __future__ import annotations

import json
import re
import shlex
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from promote.demo.images import write_layout
from promote.forge.kinds import TOKEN
from promote.gates import GATES
from tests.clock import FakeClock
from tests.e2e.program import Inside, Result
from tests.history.lived import API, WEB, Lived
from tests.servers.forge.gitea import Gitea
from tests.servers.forge.server import TOKEN as FORGE_TOKEN
from tests.servers.forge.state import Said, State, Status
from tests.servers.proxy import FaultyProxy, faulty_proxy, says
from tests.shared import ROOT

PAGE = (ROOT / "docs" / "promotion.md").read_text(encoding="utf-8")
# Of a gate its piece of promote.yaml, and what is shown of it.
PIECES = dict(re.findall(r"^```yaml (\w+)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL))
SHOWN = {
    name: text.splitlines() for name, text in re.findall(r"^```text (\w+)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
}
WHOLE = re.findall(r"^```yaml\n(version: .*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
(PIPELINE,) = (text for text in WHOLE if "  prod:\n    path: envs/prod\n" in text)
(SEVERAL,) = (text for text in WHOLE if "{all: [" in text)
(FAN_OUT,) = (text for text in WHOLE if "  prod-us:" in text)
MONDAY, TUESDAY = (datetime(2026, 1, day, 12, tzinfo=UTC) for day in (5, 6))
BUILT = {"1.4.0": "2026-01-01T00:00:00Z", "1.5.0": "2026-01-04T00:00:00Z", "1.6.0": "2026-01-05T09:00:00Z"}
NEWER = {f"1.{minor}.0": "2026-01-05T10:00:00Z" for minor in (7, 8, 9)}
CHANGED = "prod: web 1.4.0 → 1.6.0"


def place(environment: str, web: str, api: str = "2.0.0") -> dict[str, str | None]:
    images = f"images:\n- {{name: {WEB}, newTag: {web}}}\n- {{name: {API}, newTag: {api}}}\n"
    return {f"envs/{environment}/kustomization.yaml": f"kind: Kustomization\n{images}"}


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Lived:
    """prod has 1.4.0; test has had 1.5.0 since Sunday at 20:00, and 1.6.0 since Monday at 10:00."""
    made = Lived.begin(tmp_path_factory.mktemp("lived"))
    script = b'#!/bin/sh\n[ "$1" = web ] || exit 9\nexec sh ./answer >&2\n'
    stream = b"commit refs/heads/main\ncommitter C <c@example.com> 1767225600 +0000\ndata 5\nfirst\n"
    stream += b"M 100755 inline smoke.sh\ndata %d\n%s\n" % (len(script), script)
    made.git("fast-import", "--quiet", stdin=stream)
    for name, version in (("dev", "1.4.0"), ("test", "1.4.0"), ("prod", "1.4.0")):
        made.commit({**place(name, version), "cosign.pub": "a key\n", "answer": "exit 0\n"})
    for hour, version, api in ((92, "1.5.0", "2.0.0"), (106, "1.6.0", "2.1.0")):
        made.hours = hour - 1
        made.commit(place("test", version, api))
    return made


@dataclass
class Pipeline:
    """The pipeline of the page, with a gate below prod; whatever is asked outside of it is asked of `server`."""

    lived: Lived
    folder: Path
    inside: Inside
    server: FaultyProxy
    patch: pytest.MonkeyPatch
    stack: ExitStack
    forge: Gitea | None = field(default=None)

    def own(self) -> Lived:
        """The repository from now on: a copy, which may be written."""
        copied = shutil.copytree(self.lived.folder, self.folder / f"own-{len(list(self.folder.iterdir()))}.git")
        self.lived = Lived(copied, self.lived.environ, self.lived.hours)
        return self.lived

    def say(self, *answers: object) -> None:
        """What the server answers from now on, one after the other, the last of them for ever."""
        self.server.faults.clear()
        for answer in answers[:-1]:
            self.server.fail("/", says(json.dumps(answer).encode()), 1)
        self.server.fail("/", says(json.dumps(answers[-1]).encode()))

    def cosign(self, script: str) -> None:
        """A program of that name."""
        file = self.folder / "bin" / "cosign"
        file.parent.mkdir()
        file.write_text(f"#!/bin/sh\n{script}\n")
        file.chmod(0o755)

    def at_forge(self) -> Gitea:
        if self.forge is None:
            self.forge = self.stack.enter_context(Gitea(State(self.lived.folder), "gitea"))
        return self.forge

    def mark(self, *states: str) -> None:
        """CI says this of the commit that brought 1.6.0 into test."""
        said = [Status("e2e", state, "2 of 40", "https://ci.example.com") for state in states]
        self.at_forge().state.statuses[self.lived.tip] = said

    def promote(
        self,
        words: str,
        piece: str,
        moment: datetime = MONDAY,
        *,
        text: str = PIPELINE,
        env: Mapping[str, str] | None = None,
    ) -> Result:
        """How one command ends at a moment; what differs from run to run reads as on the page."""
        images = self.folder / "images"
        said = f"{text}{piece}registries: {{ghcr.io: {{layout: {images}}}}}\n"
        if self.forge is not None:
            project = self.forge.project
            said += f"forge: {{kind: gitea, url: {project.url}, project: {project.path}}}\n"
        host = self.server.host
        said = said.replace("https://argocd.example.com", f"http://{host}")
        said = said.replace("https://{app}.test.example.com", f"http://{host}/{{app}}")
        config = self.folder / "promote.yaml"
        config.write_text(said)
        self.patch.setattr("promote.clock.SystemClock", lambda: FakeClock(moment))
        at = {
            "PATH": f"{self.folder / 'bin'}:{self.inside.environ['PATH']}",
            "PROMOTE_REPO": str(self.lived.folder),
            "PROMOTE_CONFIG": str(config),
            "PROMOTE_ARGOCD_TOKEN": "a-token-of-argocd",
            TOKEN: FORGE_TOKEN,
        }
        done = self.inside(*shlex.split(words), env={**at, **(env or {})})
        out, err = (
            re.sub(r"\bcommit [0-9a-f]{12}", "commit 25df0f026615", told).replace(
                f"http://{host}/web", "https://web.test.example.com"
            ).replace(str(config), "promote.yaml")
            for told in (done.stdout, done.stderr)
        )
        return Result(done.code, out, err)


@pytest.fixture
def pipeline(lived: Lived, inside: Inside, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Pipeline]:
    with ExitStack() as stack:
        server = stack.enter_context(faulty_proxy("127.0.0.1:1"))
        for name in ("web", "api"):
            tags = BUILT if name == "web" else {"2.0.0": BUILT["1.4.0"], "2.1.0": BUILT["1.6.0"]}
            write_layout(tmp_path / "images/acme" / name, tags)
        yield Pipeline(lived, tmp_path, inside, server, monkeypatch, stack)


def application(name: str, phase: str, version: str = "1.6.0") -> dict[str, Any]:
    return {
        "metadata": {"name": name, "namespace": "argocd"},
        "spec": {"project": "default"},
        "status": {
            "sync": {"status": "Synced", "revision": "c0ffee"},
            "health": {"status": "Healthy", "message": ""},
            "summary": {"images": [f"{WEB}:{version}"]},
            "operationState": {"phase": phase, "message": "", "operation": {}},
        },
    }


def _answer(pipeline: Pipeline, script: str) -> None:
    pipeline.own().commit({"answer": script})


def _newer(pipeline: Pipeline) -> None:
    shutil.rmtree(pipeline.folder / "images/acme/web")
    write_layout(pipeline.folder / "images/acme/web", {**BUILT, **NEWER})


Prepare = Callable[[Pipeline], object]


def as_it_is(_: Pipeline) -> None:
    pass


PASSES: list[tuple[str, datetime, Prepare]] = [
    ("soak", TUESDAY, as_it_is),
    # In Amsterdam it is an hour later than in UTC in winter.
    ("window", MONDAY.replace(hour=8), as_it_is),
    ("freeze", datetime(2026, 12, 17, 22, 59, tzinfo=UTC), as_it_is),
    ("freeze", datetime(2027, 1, 3, 23, 0, tzinfo=UTC), as_it_is),
    ("commit_status", MONDAY, lambda pipeline: pipeline.mark("success")),
    ("min_age", MONDAY.replace(hour=15), as_it_is),
    ("max_behind", MONDAY, as_it_is),
    ("argocd", MONDAY, lambda pipeline: pipeline.say(application("web-test", "Succeeded"))),
    ("http", MONDAY, lambda pipeline: pipeline.say({"build": {"version": "1.6.0"}})),
    ("run", MONDAY, as_it_is),
    ("signature", MONDAY, lambda pipeline: pipeline.cosign("exit 0")),
]
STOPS: list[tuple[str, int, datetime, Prepare]] = [
    ("soak", 0, MONDAY, as_it_is),
    ("window", 0, MONDAY.replace(hour=15), as_it_is),
    ("window", 1, MONDAY.replace(hour=7, minute=59), as_it_is),
    ("freeze", 0, datetime(2026, 12, 17, 23, 0, tzinfo=UTC), as_it_is),
    ("commit_status", 0, MONDAY, lambda pipeline: pipeline.mark()),
    ("commit_status", 1, MONDAY, lambda pipeline: pipeline.mark("failure")),
    ("min_age", 0, MONDAY, as_it_is),
    ("max_behind", 0, MONDAY, _newer),
    ("argocd", 0, MONDAY, lambda pipeline: pipeline.say(application("web-test", "Running"))),
    ("argocd", 1, MONDAY, lambda pipeline: pipeline.say(application("web-test", "Failed"))),
    ("http", 0, MONDAY, lambda pipeline: pipeline.say({"build": {"version": "1.5.0"}})),
    ("run", 0, MONDAY, lambda pipeline: _answer(pipeline, "echo warming up; exit 75\n")),
    ("run", 1, MONDAY, lambda pipeline: _answer(pipeline, "echo 3 of 40 pages are broken; exit 1\n")),
    ("signature", 0, MONDAY, lambda pipeline: pipeline.cosign("echo no matching signatures >&2; exit 12")),
]
GATE = "to prod web --allow-run --dry-run"


@pytest.mark.parametrize(("gate", "moment", "prepare"), PASSES)
def test_a_version_passes_the_gate_of_the_page(
    gate: str, moment: datetime, prepare: Prepare, pipeline: Pipeline
) -> None:
    prepare(pipeline)
    done = pipeline.promote(GATE, PIECES[gate], moment)
    assert (done.code, done.stdout[: len(CHANGED)]) == (0, CHANGED), done


@pytest.mark.parametrize(("gate", "line", "moment", "prepare"), STOPS)
def test_what_is_shown_is_said_where_it_does_not(
    gate: str, line: int, moment: datetime, prepare: Prepare, pipeline: Pipeline
) -> None:
    prepare(pipeline)
    done = pipeline.promote(GATE, PIECES[gate], moment)
    assert [told for told in done.messages if told.startswith("promote: ")] == [SHOWN[gate][line]]
    assert (done.code, done.stdout) == (3, "")


def test_a_signature_is_looked_for_by_digest_and_a_place_without_one_fails(pipeline: Pipeline) -> None:
    pipeline.cosign("exit 0")
    unpinned = "".join(line for line in PIECES["signature"].splitlines(keepends=True) if "pin:" not in line)
    done = pipeline.promote(GATE, unpinned)
    assert (done.code, [told for told in done.messages if told.startswith("promote: ")]) == (3, SHOWN["unsigned"])


def test_every_gate_of_the_page_is_tried_and_everything_shown_is_said() -> None:
    table = re.findall(r"^\| \[`(\w+)`\]\(#\1\) \|", PAGE, re.MULTILINE)
    assert len(table) == len(GATES)
    assert set(table) == set(GATES)
    tried = {gate for gate, *_ in PASSES} & {gate for gate, *_ in STOPS}
    assert set(GATES) - tried == {"approval"}
    for gate in tried:
        assert {line for name, line, *_ in STOPS if name == gate} == set(range(len(SHOWN[gate])))


def test_6_4_what_completed_its_soak_goes_where_the_newest_must_wait(pipeline: Pipeline) -> None:
    own = pipeline.own()
    own.hours = 24 * 5 + 10
    own.commit(place("test", "1.7.0"))
    _newer(pipeline)
    done = pipeline.promote(GATE, PIECES["soak"], TUESDAY)
    assert (done.code, done.stdout[: len(CHANGED)]) == (0, CHANGED), done


def test_9_1_what_cannot_be_learned_never_passes(pipeline: Pipeline) -> None:
    pipeline.mark("success")
    pipeline.at_forge().token = "another"
    done = pipeline.promote(GATE, PIECES["commit_status"])
    assert (done.code, done.stdout) == (6, "")
    assert done.messages[0].startswith("promote: prod: web failed, gate: 1.6.0 stays out: commit_status: ")


def test_6_7_an_approval_holds_back_the_merge_and_not_the_proposal(pipeline: Pipeline) -> None:
    pipeline.own()
    state = pipeline.at_forge().state
    piece = PIECES["approval"]
    assert pipeline.promote("to prod web", piece).code == 0
    (pull,) = state.pulls
    head = state.head_of(pull)
    for told in SHOWN["approval"]:
        status = state.statuses[head][-1]
        assert (status.context, status.state, status.description) == ("promote/gates", "pending", told)
        assert pipeline.promote("to prod web", piece).code == 0
    pull.reviews.append(Said("alice", approves=True, commit=head))
    assert pipeline.promote("to prod web", piece).code == 0
    assert [(each.context, each.state) for each in state.statuses[head]][-1] == ("promote/gates", "success")
    assert state.head_of(pull) == head


def test_7_2_an_open_pull_request_is_looked_at_again(pipeline: Pipeline) -> None:
    own = pipeline.own()
    state = pipeline.at_forge().state
    by_request = "    deliver: pull-request\n"
    assert pipeline.promote("auto prod", by_request + PIECES["window"]).code == 0
    (pull,) = state.pulls
    head = state.head_of(pull)
    closed = MONDAY.replace(hour=15)
    for moment, told in ((MONDAY, "success"), (closed, "pending"), (MONDAY, "success")):
        done = pipeline.promote("auto prod", by_request + PIECES["window"], moment)
        assert (done.code, done.messages) == (0, []), done
        assert state.statuses[head][-1].state == told
    assert (pull.state, state.head_of(pull)) == ("open", head)
    _newer(pipeline)
    done = pipeline.promote("auto prod", by_request + PIECES["max_behind"])
    assert (done.code, done.messages) == (3, SHOWN["max_behind"])
    said = own.git("log", "-1", "--format=%B", pull.head).splitlines()
    assert [line for line in said if line.startswith("Promote-App: ")] == ["Promote-App: api"]
    pipeline.promote("hold prod api --reason audit --commit", by_request)
    done = pipeline.promote("auto prod", by_request + PIECES["max_behind"])
    assert (pull.state, state.tip(pull.head)) == ("closed", ""), done


def test_6_7_a_gate_is_skipped_with_a_reason_unless_it_is_locked(pipeline: Pipeline) -> None:
    own = pipeline.own()
    (line,) = SHOWN["skip"]
    words, closed = line.removeprefix("promote "), MONDAY.replace(hour=15)
    locked = pipeline.promote(words, PIECES["locked"], closed)
    assert (locked.code, locked.messages) == (2, SHOWN["locked"])
    assert pipeline.promote(words, PIECES["window"], closed).code == 0
    assert "Promote-Skipped-Gate: window: hotfix for INC-7" in own.git("log", "-1", "--format=%B", "main").splitlines()


def test_6_2_of_several_sources_all_or_any(tmp_path: Path, pipeline: Pipeline) -> None:
    home = tmp_path / "several"
    home.mkdir()
    made = Lived.begin(home)
    made.commit({key: text for name in ("demo", "prod") for key, text in place(name, "1.4.0").items()})
    made.commit({key: text for name in ("test-eu", "test-us") for key, text in place(name, "1.5.0").items()})
    made.commit(place("test-eu", "1.6.0"))
    pipeline.lived = made
    for name, version in (("prod", "1.5.0"), ("demo", "1.6.0")):
        done = pipeline.promote(f"to {name} --dry-run", "", text=SEVERAL)
        assert (done.code, done.stdout.partition("  ")[0]) == (0, f"{name}: web 1.4.0 → {version}"), done


def test_6_6_limits_refuse_a_larger_plan_whole(pipeline: Pipeline) -> None:
    done = pipeline.promote("auto prod --dry-run", PIECES["limits"])
    assert (done.code, done.stdout, done.messages) == (3, "", SHOWN["limits"])
    done = pipeline.promote("auto prod --dry-run --app web", PIECES["limits"])
    assert (done.code, done.stdout.partition("  ")[0]) == (0, CHANGED)


def _commands(piece: dict[str, Any]) -> list[str]:
    """What a manifest, or a job of GitLab, starts."""
    if "promote" in piece:
        return list(piece["promote"]["script"])
    (container,) = piece["spec"]["jobTemplate"]["spec"]["template"]["spec"]["containers"]
    return [shlex.join(container["command"])]


def test_shards_of_the_page_do_together_what_one_run_does(pipeline: Pipeline) -> None:
    came = {}
    first = pipeline.lived
    jobs: dict[str, list[dict[str, str]]] = {
        "cronjob": [{}],
        "indexed": [{"JOB_COMPLETION_INDEX": str(number)} for number in range(3)],
        "gitlab": [{"CI_NODE_INDEX": str(number + 1), "CI_NODE_TOTAL": "3"} for number in range(3)],
    }
    for name, runs in jobs.items():
        pipeline.lived = first
        own = pipeline.own()
        manifest = yaml.safe_load(PIECES[name])
        shape = manifest.get("promote") or manifest["spec"]["jobTemplate"]["spec"]
        assert shape.get("parallel", shape.get("completions", 1)) == shape.get("parallelism", len(runs)) == len(runs)
        (command,) = _commands(manifest)
        changed = []
        for env in runs:
            done = pipeline.promote(command.removeprefix("promote "), "", env=env)
            assert done.code == 0, done
            changed.append({app for app in ("web", "api") if f" {app} " in done.stdout})
        # A shard changes no app of another, and these two are in two of them.
        assert sorted(map(len, changed)) == ([2] if len(runs) == 1 else [0, 1, 1])
        came[name] = own.git("rev-parse", "main^{tree}")
    assert came["cronjob"] != first.git("rev-parse", "main^{tree}")
    assert len(set(came.values())) == 1


def test_wait_tells_what_keeps_it_and_that_it_runs(pipeline: Pipeline) -> None:
    pipeline.own()
    pipeline.say(application("web-prod", "Running"), application("web-prod", "Succeeded"))
    done = pipeline.promote("to prod web --wait", PIECES["verify"])
    assert done.code == 0, done
    assert [line for line in done.output.splitlines() if "verified" in line] == [*reversed(SHOWN["verify"])]
    pipeline.say(application("web-prod", "Failed"))
    done = pipeline.promote("wait prod web", PIECES["verify"])
    assert (done.code, done.stdout) == (3, "")
    assert done.messages[-1].startswith("promote: prod: web 1.6.0 is not verified: argocd: ")


def test_one_source_has_several_targets(tmp_path: Path, pipeline: Pipeline) -> None:
    first, *expected = SHOWN["fan_out"]
    home = tmp_path / "targets"
    home.mkdir()
    made = Lived.begin(home)
    for name, version in (("test", "1.6.0"), ("prod-eu", "1.5.0"), ("prod-us", "1.5.0")):
        made.commit(place(name, version))
    pipeline.lived = made
    before = made.tip
    done = pipeline.promote(first.removeprefix("$ promote "), "", text=FAN_OUT)
    assert done.code == 0, done
    # What -v tells of requests and times besides is another page's.
    assert [line for line in done.output.splitlines() if "prod-" in line] == expected
    # One by one, each in its turn.
    made.git("update-ref", "refs/heads/main", before)
    at = MONDAY.replace(hour=15)
    ended = [pipeline.promote(f"to {name}", "", at, text=FAN_OUT).code for name in ("prod-eu", "prod-us")]
    assert ended == [0, 0]
    assert pipeline.promote("diff test prod-us", "", at, text=FAN_OUT).code == 0
    assert pipeline.promote("auto -v --exit-code", "", at, text=FAN_OUT).code == 0
