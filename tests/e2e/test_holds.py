"""What is held back over a real Git server: by `hold`, by a rollback, by pull requests (SEMANTICS §8)."""

from __future__ import annotations

from tests.e2e.gitops import NEW_WEB, OLD_WEB, Gitops, web_line
from tests.e2e.program import Inside

HOLDS = ".promote/holds/test.yaml"
WEB_FILE = "envs/test/web/kustomization.yaml"


def test_8_3_held_means_held_until_it_is_released(repository: Gitops, inside: Inside) -> None:
    at = ("--repo", repository.url)
    inside.ok("update", "dev", *at)
    before = repository.tree()
    # Looked at first: nothing is written.
    words = ("hold", "test", "web", "--reason", "it fails\n at night", "--until", "30d", "--version", NEW_WEB)
    tip = repository.tip()
    assert "dry run: nothing was written" in inside.ok(*words, "--dry-run", *at).stderr
    assert repository.tip() == tip
    done = inside.ok(*words, *at, "--author", "Ann <ann@example.com>", "-o", "json")
    (held,) = done.document["holds"]
    assert (held["environment"], held["app"], held["action"]) == ("test", "web", "held")
    assert (held["version"]["tag"], held["reason"]) == (NEW_WEB, "it fails at night")
    assert held["by"] == "Ann <ann@example.com>"
    assert len(done.document["commits"]) == 1
    assert repository.message().splitlines()[0] == f"test: hold web {NEW_WEB}"
    assert f"Promote-Hold: test web {NEW_WEB}" in repository.trailers()
    after = repository.tree()
    assert f"- app: web\n  version: {NEW_WEB}\n" in after.pop(HOLDS).decode()
    assert after == before
    tip = repository.tip()
    # Nobody brings it in: named on the command line it is a fault, else only told.
    to = inside("to", "test", "web", *at, "-o", "json")
    (refused,) = to.document["refused"]
    assert (to.code, refused["code"], refused["until"]) == (3, "held", held["until"])
    assert "`promote release test web` lets it in" in refused["reason"]
    given = inside("set", "test", f"web={NEW_WEB}", "--skip-gate", "from", "--reason", "a try", *at)
    assert (given.code, "web held: " in given.stderr) == (3, True)
    carried = inside.ok("to", "test", *at)
    assert "web held: " in carried.stderr
    assert repository.tree()[WEB_FILE] == before[WEB_FILE]
    assert "nothing to do" not in inside.ok("release", "test", "web", *at).stderr
    assert repository.message().splitlines()[0] == f"test: release web {NEW_WEB}"
    inside.ok("to", "test", "web", *at)
    assert repository.tree()[WEB_FILE] == before[WEB_FILE].replace(web_line(OLD_WEB), web_line(NEW_WEB))
    assert tip in repository.commits()


def test_8_3_a_file_of_holds_that_nobody_understands_stops_everything(repository: Gitops, inside: Inside) -> None:
    at = ("--repo", repository.url)
    repository.commit({".promote/holds/dev.yaml": b"holds:\n- {app: web, versoin: 1}\n"})
    tip = repository.tip()
    done = inside("update", "dev", *at)
    assert done.code == 3
    assert "holds-unreadable: .promote/holds/dev.yaml:2:14: there is no such key: did you mean `ver" in done.stderr
    assert inside("hold", "dev", "web", "--reason", "x", *at).code == 3
    assert repository.tip() == tip


def test_a_hold_needs_a_reason_and_a_time_to_come(repository: Gitops, inside: Inside) -> None:
    at = ("--repo", repository.url)
    for words, told in (
        (["hold", "dev", "web"], "a hold needs --reason"),
        (["hold", "dev", "--reason", "x", "--until", "2020-01-01"], "is over already"),
        (["hold", "dev", "--reason", "x", "--until", "soon"], "'soon' is no time"),
        (["hold", "dev", "web", "--reason", "x", "--version", "a b"], "'a b' is no version"),
        (["hold", "dev", "web", "--reason", "a \x1b[31m"], "'--reason': holds a control character"),
        (["hold", "dev", "web", "--reason", "x", "--author", "a\x1b[31m <a@b>"], "cannot stand in a commit"),
        (["hold", "dev", "web", "--reason", "x", "--until", "\x1b[31m"], r"'\x1b[31m'"),
        (["hold", "dev", "wbe", "--reason", "x"], "did you mean `web`?"),
        (["release", "nowhere"], "nowhere"),
    ):
        done = inside(*words, *at)
        assert done.code == 2, done
        assert told in done.stderr
        assert "\x1b" not in done.stderr
    done = inside("release", "dev", "web", *at)
    assert (done.code, "web skipped, not-held: dev does not hold web back" in done.stderr) == (3, True)


def test_8_3_write_only_edits_the_working_files(repository: Gitops, inside: Inside) -> None:
    clone = repository.clone()
    done = inside("hold", "test", "--reason", "a freeze", "--write-only", "-C", str(clone))
    assert done.code == 0, done
    assert '- app: "*"\n  version: "*"\n' in (clone / HOLDS).read_text()
    inside("release", "test", "--write-only", "-C", str(clone))
    assert (clone / HOLDS).read_text().endswith("\nholds:\n")
