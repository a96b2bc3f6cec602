"""`history` and `rollback` as users run them: over HTTP, from clones, beside others (SEMANTICS 6.5, 8.1, 4.1)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.e2e.conftest import Create
from tests.e2e.gitops import (
    API,
    NEW_API,
    NEW_WEB,
    OLD_API,
    OLD_WEB,
    Gitops,
    api_line,
    digest_of,
    exactly,
    files,
    web_line,
    working_files,
)
from tests.e2e.program import Inside, Program
from tests.servers.githttp import Fault
from tests.servers.registry import RunningRegistry

HOLDS = ".promote/holds/dev.yaml"
WEB_FILE, API_FILE = "envs/dev/web/kustomization.yaml", "envs/dev/api/values.yaml"


def stretches(run: Inside | Program, *words: str | Path) -> dict[str, list[str]]:
    """`VERSION HOW` of each app's stretches, the newest first."""
    told = run.ok("history", "dev", *words, "-o", "json").document
    out: dict[str, list[str]] = {}
    for app in told["apps"]:
        out[app["app"]] = []
        for each in app["stretches"]:
            made = each["brought_by"]
            how = "?" if made is None else "by hand" if made["by_hand"] else "promote"
            undone = made and made["rolled_back"]
            said = each["state"] if each["version"] is None else each["version"]["tag"]
            out[app["app"]].append(f"{said} {'undoes ' + undone['tag'] if undone else how}")
    return out


def by_hand(gitops: Gitops, version: str, message: str = "by hand") -> str:
    """Somebody's commit that sets web of dev."""
    old = gitops.tree()[WEB_FILE]
    at = old.index(b"newTag: '") + 9
    return gitops.commit({WEB_FILE: old[:at] + version.encode() + old[old.index(b"'", at) :]}, message=message)


def test_6_5_what_promote_and_people_did_is_told(
    repository: Gitops, inside: Inside, leftovers: Callable[[], list[str]]
) -> None:
    at = ("--repo", repository.url)
    inside.ok("update", "dev", *at)
    commit = by_hand(repository, "1.4.1", "web back to 1.4.1 (#12)")
    assert stretches(inside, *at) == {
        "api": [f"{NEW_API} promote", f"{OLD_API} by hand"],
        "web": ["1.4.1 by hand", f"{NEW_WEB} promote", f"{OLD_WEB} by hand"],
    }
    shown = inside.ok("history", "dev", "web", "--limit", "2", *at)
    head, first, second = shown.stdout.splitlines()
    assert head.split() == ["app", "version", "since", "for", "commit", "author", "how"]
    assert first.startswith("web  1.4.1    2026-01-05 12:00Z")
    assert first.endswith(f"{commit[:12]}  Other    by hand, #12")
    assert second.endswith("promote  promote")
    assert shown.stderr == ""
    assert leftovers() == []


def test_6_5_what_changed_lately_is_told_by_time_over_environments_and_apps(
    repository: Gitops, inside: Inside
) -> None:
    at = ("--repo", repository.url)
    by_hand(repository, "1.4.1")
    inside.ok("update", "dev", "--app", "web", *at)
    inside.ok("update", "dev", "--app", "api", *at)
    shown = inside.ok("history", "--since", "1h", *at)
    head, *rows = [[word.partition("@")[0] for word in line.split()] for line in shown.stdout.splitlines()]
    assert head == ["at", "environment", "app", "version", "was", "commit", "author", "how"]
    # One may be told before the other: both are of one second.
    assert sorted(row[2:6] for row in rows) == [["dev", "api", NEW_API, OLD_API], ["dev", "web", NEW_WEB, "1.4.1"]]
    assert "nothing has changed in test since 1h" in shown.stderr
    assert "| `dev` | `web` |" in inside.ok("history", "--since", "1h", *at, "-o", "markdown").stdout
    every = [line.split() for line in inside.ok("history", "--app", "web", *at).stdout.splitlines()[1:]]
    assert [row[:4] for row in every][1:2] == [["2026-01-05", "12:00Z", "dev", "web"]]
    assert {row[2] for row in every} == {"dev", "test", "prod"}
    told = inside.ok("history", "--since", "2026-01-05T12:00:01Z", *at, "-o", "json").document
    assert [(each["environment"], [app["app"] for app in each["apps"]]) for each in told["environments"]] == [
        ("dev", ["api", "web"]),
        ("test", []),
        ("prod", []),
    ]
    # With what ran before, whenever that came.
    assert stretches(inside, "web", "--since", "1h", *at) == {"web": [f"{NEW_WEB} promote", "1.4.1 by hand"]}
    assert stretches(inside, "web", "--since", "2025-12-24", "--limit", "1", *at) == {
        "web": [f"{NEW_WEB} promote", "1.4.1 by hand"]
    }
    assert stretches(inside, "web", "--since", "2025-12-24", *at)["web"][-1] == f"{OLD_WEB} by hand"


def test_6_5_an_environment_that_runs_nothing_now_says_so(repository: Gitops, inside: Inside) -> None:
    at = ("--repo", repository.url)
    repository.commit({WEB_FILE: b"", API_FILE: b""}, message="nothing runs")
    shown = inside.ok("history", "dev", *at)
    assert shown.stdout.split() == ["app", "version", "since", "for", "commit", "author", "how"]
    assert "dev runs no app now; name one to see when it did" in shown.stderr
    assert "(absent)" in inside.ok("history", "dev", "web", *at).stdout


def test_8_1_a_rollback_is_one_commit_that_restores_the_bytes(repository: Gitops, inside: Inside) -> None:
    at = ("--repo", repository.url)
    first = repository.tree()
    inside.ok("update", "dev", *at)
    updated = repository.tree()
    done = inside.ok("rollback", "dev", "web", "api", *at, "-o", "json")
    rolled = repository.tree()
    held = rolled.pop(HOLDS).decode()
    assert rolled == first
    old, new = (digest_of(API[tag]) for tag in (OLD_API, NEW_API))
    exactly(updated, first, {
        WEB_FILE: [(web_line(NEW_WEB), web_line(OLD_WEB))],
        API_FILE: [(api_line(NEW_API, new), api_line(OLD_API, old))],
    })  # fmt: skip
    assert [change["reason"] for change in done.document["changes"]] == [
        f"ran before {NEW_WEB}",
        f"ran before {NEW_API}@{new[7:19]}",
    ]
    assert "- app: web\n  version: 1.5.0\n" in held
    assert [(each["app"], each["action"]) for each in done.document["holds"]] == [("web", "held"), ("api", "held")]
    assert len(repository.commits()) == 3
    assert repository.message().splitlines()[0] == f"dev: rollback: api {OLD_API}@{old[7:19]}, web {OLD_WEB}"
    assert {
        "Promote-Rollback: 1.5.0",
        f"Promote-Rollback: {NEW_API}@{new}",
        "Promote-Hold: dev web 1.5.0",
        f"Promote-Hold: dev api {NEW_API}@{new}",
    } <= set(repository.trailers())
    # Again: it is told, and changes nothing.
    tip = repository.tip()
    again = inside.ok("rollback", "dev", "web", *at)
    assert "already: web was rolled back from 1.5.0 to 1.4.0 at 2" in again.stderr
    assert "; nothing before it can be gone back to" in again.stderr
    assert repository.tip() == tip
    assert stretches(inside, *at)["web"] == [f"{OLD_WEB} undoes {NEW_WEB}", f"{NEW_WEB} promote", f"{OLD_WEB} by hand"]
    # It is held back until it is released: then the policy brings it in, and it may be rolled back again.
    stopped = inside.ok("update", "dev", *at)
    assert "dev: web held: dev holds 1.5.0 of web back: rolled back from 1.5.0 to 1.4.0 (by " in stopped.stderr
    assert repository.tip() == tip
    inside.ok("release", "dev", "web", "api", *at)
    inside.ok("update", "dev", *at)
    rolled = repository.tree()
    assert rolled.pop(HOLDS).endswith(b"\nholds:\n")
    assert rolled == updated
    inside.ok("rollback", "dev", "--all", "--yes", *at)
    assert {**repository.tree(), HOLDS: b""} == {**first, HOLDS: b""}


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (["rollback", "dev"], 2, "no app is named; name the apps, or --all --yes for every app"),
        (["rollback", "dev", "--all"], 2, "--all rolls back every app; add --yes if that is meant"),
        (["rollback", "dev", "web", "--all", "--yes"], 2, "leave one of the two out"),
        (["rollback", "dev", "web", "api", "--to", "1.4.0"], 2, "--to is the version of one app; name one app"),
        (["rollback", "dev", "--all", "--yes", "--to", "1.4.0"], 2, "--to is the version of one app"),
        (["rollback", "dev", "web", "--to", "1.4.0@x"], 2, "'1.4.0@x' is no version; write TAG"),
        (["rollback", "dev", "web", "--to", "a b\x1b"], 2, "'a b?' is no version"),
        (["rollback", "dev", "web", "--skip-gate", "from", "--reason", "x"], 2, "No such option '--skip-gate'"),
        (["rollback", "nowhere", "web"], 2, "there is no environment 'nowhere'"),
        (["rollback", "dev", "cron"], 2, "there is no app 'cron'"),
        (["rollback", "dev", "web"], 3, "no-earlier-version: dev ran no other version of web before 1.4.0"),
        (["rollback", "dev", "web", "--to", "9.9"], 3, "no-earlier-version: dev never ran web 9.9"),
        (["history", "nowhere"], 2, "there is no environment 'nowhere'"),
        (["history", "dev", "cron"], 2, "there is no app 'cron'"),
        (["history", "dev", "--limit", "0"], 2, "--limit"),
        (["history", "--since", "soon"], 2, "--since: "),
        (["history", "--since", "2999-01-01"], 2, "--since: '2999-01-01' is still to come; name a time that is over"),
    ],
)
def test_what_cannot_be_is_said_and_writes_nothing(
    repository: Gitops, inside: Inside, words: list[str], code: int, told: str
) -> None:
    refs = repository.refs()
    result = inside(*words, "--repo", repository.url)
    assert result.code == code
    assert told in result.stderr
    assert result.stdout == ""
    assert repository.refs() == refs


def test_8_1_a_dry_run_and_working_files_and_no_push(repository: Gitops, inside: Inside) -> None:
    inside.ok("set", "dev", "web=1.4.1", "--repo", repository.url)
    clone = repository.clone()
    refs, before = repository.refs(), working_files(clone)
    shown = inside("rollback", "dev", "web", "-C", clone, "--dry-run", "--exit-code")
    assert shown.code == 10
    assert "+    newTag: '1.4.0'" in shown.stdout
    # --all asks for --yes, but to look first is enough.
    assert "web 1.4.1 → 1.4.0" in inside("rollback", "dev", "--all", "-C", clone, "--dry-run").stdout
    assert working_files(clone) == before
    inside.ok("rollback", "dev", "web", "-C", clone, "--no-push")
    kept = repository.git("show", f"refs/promote/main:{WEB_FILE}", cwd=clone)
    assert "newTag: '1.4.0'" in kept
    inside.ok("rollback", "dev", "web", "-C", clone, "--write-only")
    assert web_line(OLD_WEB) in working_files(clone)[WEB_FILE]
    assert repository.refs() == refs


def test_a_clone_without_a_remote_has_a_history_and_a_folder_has_none(
    repository: Gitops, inside: Inside, tmp_path: Path
) -> None:
    by_hand(repository, "1.4.1")
    clone = repository.clone()
    repository.git("remote", "remove", "origin", cwd=clone)
    assert stretches(inside, "-C", clone)["web"] == ["1.4.1 by hand", f"{OLD_WEB} by hand"]
    shallow = repository.clone("--depth=1")
    repository.git("remote", "remove", "origin", cwd=shallow)
    cut = inside.ok("history", "dev", "web", "-C", shallow)
    assert cut.stdout.splitlines()[1].split() == ["web", "1.4.1", "not", "known"]
    told = f"web: history ends at commit {repository.tip()[:12]}: {shallow} is a shallow clone, and has no remote"
    assert told in cut.stderr
    result = inside("rollback", "dev", "web", "-C", shallow, "--write-only")
    assert result.code == 3
    assert "ran no other version of web before 1.4.1 as far as can be seen (history ends at commit" in result.stderr
    folder = tmp_path / "folder"
    for name, data in working_files(clone).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    none = inside("history", "dev", "-C", folder)
    assert none.code == 5
    assert "there is no Git repository, and so no history; name one by --repo" in none.stderr
    unborn = tmp_path / "unborn"
    repository.git("init", "--quiet", str(unborn), cwd=tmp_path)
    (unborn / "promote.yaml").write_bytes(working_files(clone)["promote.yaml"])
    empty = inside("history", "dev", "web", "-C", unborn)
    assert empty.code == 5
    assert "there is no commit yet, and so no history; commit the files" in empty.stderr


def test_8_1_somebody_who_is_faster_with_a_fix_keeps_it(repository: Gitops, inside: Inside) -> None:
    at = ("--repo", repository.url)
    inside.ok("update", "dev", *at)
    # They push when we have just been told where the branch stands.
    repository.server.fail(Fault("/git-upload-pack", then=lambda: _none(by_hand(repository, "1.4.1", "a fix"))))
    done = inside.ok("rollback", "dev", "web", "api", *at, "-o", "json").document
    assert [(skip["app"], skip["code"]) for skip in done["skipped"]] == [("web", "overtaken")]
    assert b"newTag: '1.4.1'" in repository.tree()[WEB_FILE]
    # The other app goes back all the same.
    assert [change["app"] for change in done["changes"]] == ["api"]
    assert api_line(OLD_API, digest_of(API[OLD_API])) in repository.tree()[API_FILE]


def _none(_: str) -> None:
    """A fault's `then` gives nothing back."""


def test_8_1_what_others_change_beside_it_is_no_hindrance_and_history_is_read_once(
    repository: Gitops, inside: Inside
) -> None:
    at = ("--repo", repository.url)
    inside.ok("update", "dev", *at)
    repository.server.fail(
        Fault("/git-upload-pack", then=lambda: _none(repository.commit({"README.md": b"meanwhile\n"})))
    )
    done = inside.ok("rollback", "dev", "web", *at, "-v")
    assert web_line(OLD_WEB) in repository.tree()[WEB_FILE]
    assert repository.tree()["README.md"] == b"meanwhile\n"
    assert done.stderr.count("git push ") == 2
    assert done.stderr.count("--depth=512") == 1
    assert done.stderr.count("git log ") == 1


def test_8_1_a_registry_that_does_not_answer_or_does_not_have_it(
    create: Create, registry: RunningRegistry, inside: Inside
) -> None:
    gitops = create(files(registry.host, digest=digest_of(API[OLD_API])))
    by_hand(gitops, "1.3.0")
    by_hand(gitops, "1.4.1")
    refused = inside("rollback", "dev", "web", "--repo", gitops.url)
    assert refused.code == 3
    assert "web refused, no-such-tag" in refused.stderr
    inside.ok("rollback", "dev", "web", "--no-verify-tag", "--repo", gitops.url)
    assert b"newTag: '1.3.0'" in gitops.tree()[WEB_FILE]
    dark = create(files("127.0.0.1:9", digest=digest_of(API[OLD_API])), "dark.git")
    by_hand(dark, "1.4.1")
    failed = inside("rollback", "dev", "web", "--repo", dark.url)
    assert failed.code == 4
    assert len(dark.commits()) == 2


def test_4_1_what_ran_before_is_older_where_no_policy_tells(
    create: Create, registry: RunningRegistry, inside: Inside
) -> None:
    content = files(registry.host, digest=digest_of(API[OLD_API]))
    plain = content["promote.yaml"].replace(b'\n    policy: {semver: "^1.4"}', b"")
    assert plain != content["promote.yaml"]
    gitops = create({**content, "promote.yaml": plain})
    by_hand(gitops, "latest")
    # By its date 2.0.0 is no older than latest; it never ran here.
    inside.ok("set", "dev", "web=2.0.0", "--repo", gitops.url)
    tip = gitops.tip()
    refused = inside("set", "dev", "web=latest", "--repo", gitops.url)
    assert refused.code == 3
    assert "dev runs web 2.0.0, and latest is older (it ran there before); --allow-downgrade" in refused.stderr
    assert gitops.tip() == tip
    inside.ok("set", "dev", "web=latest", "--allow-downgrade", "--repo", gitops.url)


def test_11_3_a_policy_that_ranks_reads_no_history(repository: Gitops, inside: Inside) -> None:
    repository.server.log.clear()
    done = inside.ok("set", "dev", "web=1.5.0", "-v", "--repo", repository.url)
    assert "git log " not in done.stderr
    assert "--depth=512" not in done.stderr


def test_6_5_a_branch_that_was_set_back_has_the_history_that_it_has(repository: Gitops, inside: Inside) -> None:
    at = ("--repo", repository.url)
    first = repository.tip()
    by_hand(repository, "1.4.1")
    clone = repository.clone()
    repository.git("update-ref", "refs/heads/main", first)
    by_hand(repository, "1.5.0")
    expected = ["1.5.0 by hand", f"{OLD_WEB} by hand"]
    assert stretches(inside, *at)["web"] == expected
    assert stretches(inside, "-C", clone)["web"] == expected


def test_6_5_each_environment_is_told_from_its_own_branch(create: Create, inside: Inside) -> None:
    def image(tag: str) -> bytes:
        return f"image: ghcr.io/acme/web:{tag}\n".encode()

    config = (
        "version: 1\napps: {web: {image: ghcr.io/acme/web}}\n"
        "environments:\n  dev: {path: run}\n  prod: {path: run, from: dev, branch: live}\n"
    )
    gitops = create({"promote.yaml": config.encode(), "run/values.yaml": image("1.0")})
    gitops.git("branch", "live", "main")
    gitops.commit({"run/values.yaml": image("1.1")})
    gitops.commit({"run/values.yaml": image("0.9")}, branch="live")
    told = inside.ok("history", "prod", "web", "-o", "json", "--repo", gitops.url).document
    assert told["branch"] == "live"
    assert [each["version"]["tag"] for each in told["apps"][0]["stretches"]] == ["0.9", "1.0"]
    inside.ok("rollback", "prod", "web", "--no-verify-tag", "--repo", gitops.url)
    assert gitops.tree("live")["run/values.yaml"] == image("1.0")
    assert gitops.tree("main")["run/values.yaml"] == image("1.1")
