"""What servers say of a push that they do not take, word for word as they say it, and what is made of that."""

from __future__ import annotations

import pytest

from promote.errors import PushRejected
from promote.gitrepo.write.push import verdict
from promote.gitrepo.write.refusal import may_pass, remedy
from promote.outcome import Landed, Unclear
from promote.process import Finished

HOOK = "[remote rejected] (pre-receive hook declined)"
PULL = "give --pull-request (`deliver: pull-request` in promote.yaml)"
RIGHT = "the right to write"
SIGN = "commit.sign"


def answered(summary: str, *lines: str) -> Finished:
    """A push that the server answered: the summary of our ref, and its own words as git passes them on."""
    stderr = "".join(f"remote: {line}        \n" for line in lines) + "error: failed to push some refs to 'x'\n"
    return Finished(1, f"To x\n!\tabc:refs/heads/main\t{summary}\nDone\n".encode(), stderr.encode())


def turned_away(*lines: str) -> Finished:
    """A push that never got to the ref."""
    return Finished(128, b"", "".join(f"{line}\n" for line in lines).encode())


def judged(finished: Finished) -> Landed | Unclear | object:
    return verdict(finished, ref="refs/heads/main", commit="abc", where="https://h/x", secrets=frozenset({"hunter22"}))


FINAL: tuple[tuple[str, Finished, str, str], ...] = (
    (
        "github-protected",
        answered(
            "[remote rejected] (protected branch hook declined)",
            "Resolving deltas: 100% (2/2), completed with 2 local objects.",
            "error: GH006: Protected branch update failed for refs/heads/main.",
            "",
            "- Changes must be made through a pull request.",
            "",
            "- You're not authorized to push to this branch. Visit https://docs.github.com/x for more information.",
        ),
        "GH006: Protected branch update failed for refs/heads/main. / - Changes must be made through a pull request. /",
        PULL,
    ),
    (
        "github-ruleset",
        answered(
            "[remote rejected] (push declined due to repository rule violations)",
            "error: GH013: Repository rule violations found for refs/heads/main.",
            "Review all repository rules at https://github.com/a/b/rules?ref=refs%2Fheads%2Fmain",
            "",
            "- Cannot force-push to this branch",
            "",
            "- 12 of 12 required status checks are expected.",
        ),
        "required status checks are expected",
        PULL,
    ),
    (
        "github-signatures",
        answered(
            "[remote rejected] (push declined due to repository rule violations)",
            "error: GH013: Repository rule violations found for refs/heads/main.",
            "- Commits must have verified signatures.",
            "  Found 1 violation:",
        ),
        "verified signatures",
        SIGN,
    ),
    (
        "github-signatures-and-pull-requests",
        answered(
            "[remote rejected] (protected branch hook declined)",
            "error: GH006: Protected branch update failed for refs/heads/main.",
            "- Commits must have verified signatures.",
            "- Changes must be made through a pull request.",
        ),
        "verified signatures",
        PULL,
    ),
    (
        "github-secret",
        answered(
            "[remote rejected] (push declined due to repository rule violations)",
            "error: GH013: Repository rule violations found for refs/heads/main.",
            "- GITHUB PUSH PROTECTION",
            "  - Push cannot contain secrets",
        ),
        "Push cannot contain secrets",
        "secret out of it",
    ),
    (
        "github-large-file",
        answered(
            HOOK,
            "error: Trace: 9cf673a5",
            "error: File a.yaml is 123.00 MB; this exceeds GitHub's file size limit of 100.00 MB",
            "error: GH001: Large files detected. You may want to try Git Large File Storage - https://git-lfs.github.com.",
        ),
        "GH001",
        "make room",
    ),
    (
        "github-email",
        answered(
            "[remote rejected] (push declined due to email privacy restrictions)",
            "error: GH007: Your push would publish a private email address.",
        ),
        "GH007",
        "GIT_COMMITTER_EMAIL",
    ),
    (
        "github-archived-https",
        turned_away(
            "remote: This repository was archived so it is read-only.",
            "fatal: unable to access 'https://h/x/': The requested URL returned error: 403",
        ),
        "archived so it is read-only",
        "takes no pushes any more",
    ),
    (
        "github-archived-ssh",
        turned_away(
            "ERROR: This repository was archived so it is read-only.",
            "fatal: Could not read from remote repository.",
            "",
            "Please make sure you have the correct access rights",
            "and the repository exists.",
        ),
        "archived so it is read-only",
        "takes no pushes any more",
    ),
    (
        "github-read-only-key",
        turned_away(
            "ERROR: The key you are authenticating with has been marked as read only.",
            "fatal: Could not read from remote repository.",
        ),
        "marked as read only",
        RIGHT,
    ),
    (
        "github-no-right",
        turned_away(
            "remote: Permission to acme/gitops.git denied to some-bot[bot].",
            "fatal: unable to access 'https://h/x/': The requested URL returned error: 403",
        ),
        "denied to some-bot[bot]",
        RIGHT,
    ),
    (
        "github-token-without-write",
        turned_away(
            "remote: Write access to repository not granted.",
            "fatal: unable to access 'https://h/x/': The requested URL returned error: 403",
        ),
        "not granted",
        RIGHT,
    ),
    (
        "github-workflow-scope",
        answered(
            "[remote rejected] (refusing to allow a GitHub App to create or update workflow `.github/workflows/x.yml` "
            "without `workflows` permission)"
        ),
        "without `workflows` permission",
        RIGHT,
    ),
    (
        "saml",
        turned_away("ERROR: The 'acme' organization has enabled or enforced SAML SSO.", "fatal: Could not read from x"),
        "SAML SSO",
        "authorised for this organisation",
    ),
    (
        "gitlab-protected",
        answered(HOOK, "GitLab: You are not allowed to push code to protected branches on this project."),
        f"{HOOK}: GitLab: You are not allowed to push code to protected branches on this project.",
        PULL,
    ),
    ("gitlab-force", answered(HOOK, "GitLab: You are not allowed to force push code to a protected branch"), "", PULL),
    ("gitlab-signature", answered(HOOK, "GitLab: Commit must be signed with a GPG key"), "GPG key", SIGN),
    (
        "gitlab-committer",
        answered(
            HOOK,
            "GitLab: You cannot push commits for 'a@b.c'. You can only push commits if the committer email is one of "
            "your own verified emails.",
        ),
        "verified emails",
        "GIT_COMMITTER_EMAIL",
    ),
    (
        "gitlab-message",
        answered(HOOK, r"GitLab: Commit message does not follow the pattern '^JIRA\-\d+'"),
        "does not follow",
        "commit.message",
    ),
    (
        "gitlab-quota",
        answered(
            HOOK,
            "GitLab: Your push to this repository has been rejected because it would exceed the size limit of 10 GB.",
        ),
        "size limit",
        "make room",
    ),
    (
        "bitbucket-cloud",
        answered(HOOK, "Permission denied to update branch main."),
        "Permission denied to update branch main.",
        PULL,
    ),
    (
        "bitbucket-server",
        answered(
            HOOK,
            "#####(((((((((((((((((((((((((%%",
            "//////////////%%%%%%%%##########",
            "----------------------------------------------------",
            "Branch refs/heads/main can only be modified through pull requests.",
            "Check your branch permissions configuration with the project administrator.",
            "----------------------------------------------------",
        ),
        f"{HOOK}: Branch refs/heads/main can only be modified through pull requests. / Check your branch permissions",
        PULL,
    ),
    (
        "azure-policy",
        answered(
            "[remote rejected] (TF402455: Pushes to this branch are not permitted; you must use a pull request to "
            "update this branch.)"
        ),
        "TF402455",
        PULL,
    ),
    (
        "azure-right",
        turned_away(
            "remote: TF401027: You need the Git 'GenericContribute' permission to perform this action.",
            "fatal: unable to access 'https://h/x/': The requested URL returned error: 403",
        ),
        "GenericContribute",
        RIGHT,
    ),
    ("gitea-protected", answered(HOOK, "", "Gitea: Not allowed to push to protected branch main"), "Gitea", PULL),
    ("gitea-no-right", answered(HOOK, "", "Gitea: User permission denied for writing."), "denied for writing", RIGHT),
    (
        "gitea-signature",
        answered(HOOK, "", "Forgejo: branch main is protected from unverified commit abc"),
        "unverified",
        SIGN,
    ),
    (
        "gerrit",
        answered("[remote rejected] (prohibited by Gerrit: not permitted: update)", "branch refs/heads/main:"),
        "prohibited by Gerrit",
        PULL,
    ),
    (
        "gitolite",
        answered(
            "[remote rejected] (hook declined)",
            "FATAL: W refs/heads/main gitops ann DENIED by fallthru",
            "error: hook declined to update refs/heads/main",
        ),
        "DENIED by fallthru",
        RIGHT,
    ),
    (
        "checked-out",
        answered(
            "[remote rejected] (branch is currently checked out)",
            "error: refusing to update checked out branch: refs/heads/main",
        ),
        "currently checked out",
        "bare repository",
    ),
    (
        "below-another-branch",
        answered(
            "[remote rejected] (failed to update ref)",
            "error: cannot lock ref 'refs/heads/main/x': 'refs/heads/main' exists; cannot create 'refs/heads/main/x'",
        ),
        "exists; cannot create",
        "choose another name",
    ),
    (
        "locked-for-good",
        answered(
            "[remote rejected] (failed to update ref)",
            "error: cannot lock ref 'refs/heads/main': Unable to create '/s/refs/heads/main.lock': Permission denied",
        ),
        "main.lock': Permission denied",
        RIGHT,
    ),
    (
        "disk-full",
        answered("[remote rejected] (unpacker error)", "fatal: write error: No space left on device"),
        "No space left",
        "make room",
    ),
    ("not-stored", answered("[remote rejected] (unpacker error)"), "unpacker error", "server's log"),
    (
        "a-hook-that-talks-of-races",
        answered(HOOK, "deploy freeze: no non-fast-forward, no fetch first; try again on Monday"),
        "try again on Monday",
        "do what the hook asks for",
    ),
    ("words-of-nobody", answered("[remote rejected] (because)"), "because", "name another branch"),
    ("unknown-transport", turned_away("fatal: transport 'ext' not allowed"), "not allowed", "name another branch"),
    ("gone", turned_away("fatal: unable to access 'x': The requested URL returned error: 410"), "410", "present URL"),
)


@pytest.mark.parametrize(("finished", "says", "cure"), [row[1:] for row in FINAL], ids=[row[0] for row in FINAL])
def test_final(finished: Finished, says: str, cure: str) -> None:
    with pytest.raises(PushRejected) as caught:
        judged(finished)
    assert str(caught.value).startswith("https://h/x: the push was refused: ")
    assert says in str(caught.value)
    assert cure in caught.value.cure
    assert str(caught.value).isprintable()


PASSING: tuple[tuple[str, Finished], ...] = (
    ("github-race", answered("[remote rejected] (cannot lock ref 'refs/heads/main': is at 98bf but expected 00da)")),
    (
        "update-race",
        answered("[remote rejected] (failed to update ref)", "error: cannot lock ref 'refs/heads/main': is at 1"),
    ),
    (
        "lock-of-another",
        answered(
            "[remote rejected] (failed to update ref)",
            "error: cannot lock ref 'refs/heads/main': Unable to create '/srv/x/refs/heads/main.lock': File exists.",
        ),
    ),
    ("non-fast-forward", answered("[remote rejected] (non-fast-forward)", "error: denying non-fast-forward")),
    ("new-branch-race", answered("[remote rejected] (reference already exists)")),
    ("gerrit-lock", answered("[remote rejected] (LOCK_FAILURE)")),
    ("gerrit-fault", answered("[remote rejected] (internal server error)")),
    ("jgit-lock", answered("[remote rejected] (failed to lock)")),
    ("github-fault", answered("[remote rejected] (Internal Server Error)", "Internal Server Error", "Request ID 65EF")),
    ("github-no-report", answered("[remote failure] (remote failed to report status)", "Internal Server Error")),
    ("gitlab-api", answered(HOOK, "GitLab: Internal API error (502).")),
    ("gitlab-down", answered(HOOK, "GitLab: Internal API unreachable")),
    ("bitbucket-down", answered(HOOK, "Communication breakdown with Bitbucket.")),
    ("azure-try-again", answered("[remote rejected] (try again later)")),
    ("cut", turned_away("fatal: the remote end hung up unexpectedly")),
    ("no-name", turned_away("ssh: Could not resolve hostname git.example.com: Temporary failure in name resolution")),
    ("a-telling-name", turned_away("fatal: unable to access 'https://h/archived/': Could not resolve host: h")),
)


def test_a_refusal_in_a_servers_own_words_alone_is_final_only_if_nothing_has_arrived() -> None:
    """As GitLab says it by SSH; a hook that runs after the ref was set may say the same, and the line be cut then."""
    outcome = judged(
        turned_away(
            "remote: ",
            "remote: ========================================================================",
            "remote: ERROR: You are not allowed to push code to this project.",
            "remote: ========================================================================",
            "fatal: Could not read from remote repository.",
        )
    )
    assert isinstance(outcome, Unclear)
    why = "https://h/x: the push was refused: remote: ERROR: You are not allowed to push code to this project.; give"
    assert outcome.refused.startswith(why)
    assert RIGHT in outcome.refused


@pytest.mark.parametrize("finished", [row[1] for row in PASSING], ids=[row[0] for row in PASSING])
def test_what_may_pass_is_looked_at_again(finished: Finished) -> None:
    outcome = judged(finished)
    assert isinstance(outcome, Unclear)
    assert outcome.why.isprintable()
    assert not outcome.refused


def test_what_a_server_says_brings_no_escape_and_no_secret() -> None:
    finished = answered(HOOK, "\x1b[31mred\x1b[0m \x07 hunter22", "https://ann:word@h/x", "\u202eabc", "a" * 9000)
    with pytest.raises(PushRejected) as caught:
        judged(finished)
    text = str(caught.value)
    assert text.isprintable()
    assert "red *** / https://h/x / abc / aaa" in text
    assert len(text) < 2500


def test_a_rule_is_final_even_in_the_words_of_a_race() -> None:
    assert not may_pass("pre-receive hook declined", "stale info")
    assert may_pass("stale info", "")
    assert may_pass("some other reason", "cannot lock ref")


def test_a_cure_of_the_callers_where_no_row_fits() -> None:
    assert remedy("nobody knows", otherwise="ask around") == "ask around"
    assert remedy("GH006", otherwise="ask around") != "ask around"
