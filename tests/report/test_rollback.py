"""What is told of a rollback beside what it has changed."""

from __future__ import annotations

from dataclasses import replace

from promote.image import Version
from promote.outcome import Delivery, Plan, Proposal, Pulled, Step
from promote.place import Place
from promote.question import Carried, HoldChange
from promote.report import rollback

HERE = Place("", "")


def test_what_runs_until_a_rollback_is_merged_is_told() -> None:
    item = Carried("prod", "web", Version("1.5.0"), Version("1.4.0"), undone=Version("1.5.0"))
    proposal = Proposal(HERE, "promote/rollback/prod", "prod", (item,))
    forward = Proposal(HERE, "promote/env/prod", "prod", (replace(item, undone=None),))
    pulled = [Pulled("r", number, "u", "created", head=each.head) for number, each in enumerate((proposal, forward), 1)]
    done = Delivery(Plan(proposals=(proposal, forward)), pulled=tuple(pulled))
    told = "prod runs web 1.5.0 until pull request 1 is merged; --commit does it at once"
    assert rollback.pending(done) == [told]
    assert rollback.pending(replace(done, pulled=())) == []


def test_how_what_a_rollback_holds_back_is_let_in_again_is_told() -> None:
    item = Carried("prod", "web", Version("1.5.0"), Version("1.4.0"), undone=Version("1.5.0"))
    held = [HoldChange("prod", app, Version("1.5.0"), "held") for app in ("web", "api")]
    step = Step(HERE, (item, replace(item, app="api")), (), holds=tuple(held))
    assert rollback.way_forth(Plan(steps=(step,))) == ["`promote release prod web api` ends what is held"]
    assert rollback.way_forth(Plan(steps=(replace(step, carried=()),))) == []
