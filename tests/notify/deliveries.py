"""Deliveries to tell of, ordinary ones and one whose every text is hostile."""

from __future__ import annotations

from promote.image import Version
from promote.notify.event import Event
from promote.outcome import Commit, Delivery, Failure, Onto, Plan, Pulled, Refusal, Skip, Step
from promote.place import Place
from promote.question import Carried

REPO = "https://git.example.com/acme/gitops.git"
MAIN = Place(REPO, "main")
OID = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
PULL = "https://git.example.com/acme/gitops/pulls/7"
HOSTILE = (
    "<!channel> <@U1> <https://evil.example|x> &lt; *b* `c` [a](https://evil.example) <at>all</at> "
    "{{DATE(2017-02-14T06:00:00Z)}} @everyone :smile:\n# head\u202e\x1b[31m"
)

PROMOTED = Carried("prod", "web", Version("1.4.0"), Version("1.5.0"), "test")
WAITS = Refusal("prod", "api", "waiting", "soak: 2h of 24h", gate="soak", until="2026-01-06T12:00:00+00:00")
REFUSED = Refusal("test", "shop", "downgrade", "test runs 1.5.0, and 1.4.0 is older")
FAILED = Failure("test", "cron", "registry", 4, "ghcr.io does not answer")
ALREADY = Skip("dev", "web", "already", "dev already runs web 1.5.0")


def page(environment: str, commit: Commit) -> str | None:
    return None if environment == "nowhere" else f"https://git.example.com/acme/gitops/commit/{commit.oid}"


def pushed(*carried: Carried, place: Place = MAIN, onto: Onto | None = None) -> tuple[Step, Commit]:
    return Step(place, carried, (), onto), Commit(place, OID, True)


def delivery() -> Delivery:
    """One of each kind, in two environments."""
    step, commit = pushed(PROMOTED)
    plan = Plan(skips=(ALREADY,), refusals=(WAITS, REFUSED), failures=(FAILED,), steps=(step,))
    return Delivery(plan, (commit,))


def proposed() -> Delivery:
    """A pull request that had api in it before."""
    api = Carried("prod", "api", None, Version("2.0.0"))
    head = Place(REPO, "promote/env/prod")
    step, commit = pushed(PROMOTED, api, place=head, onto=Onto(MAIN, "f" * 40, None, frozenset({("prod", "api")})))
    return Delivery(Plan(steps=(step,)), (commit,), 1, (Pulled(REPO, 7, PULL, "created", (), head.branch),))


def hostile() -> tuple[Event, ...]:
    """What no registry and no person should be able to put into a channel."""
    return (
        Event("promoted", "prod", HOSTILE, Version(HOSTILE), Version(HOSTILE), HOSTILE, commit=OID, branch=HOSTILE),
        Event("failed", "prod", HOSTILE, code="registry", reason=HOSTILE),
    )
