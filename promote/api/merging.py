"""Whether the forge may merge a pull request by itself, and what its head's status says of the gates."""

from __future__ import annotations

from msgspec import UNSET

from promote.config.request_settings import PullRequestSettings
from promote.forge.request import Forge, PullRequest
from promote.outcome import Proposal as Wish
from promote.question import CommitStatus
from promote.wording.gates import of_gates
from promote.wording.trailers import trailers


def let_merge(
    forge: Forge, said: PullRequestSettings, wish: Wish, request: PullRequest, *, anew: bool
) -> tuple[bool, str | None]:
    """Lets the forge merge it once every gate has passed, and not before; ForgeError.

    Whether it was kept from that, and why the forge cannot merge by itself where it cannot. With `anew` what was armed
    is armed again, since what is merged has changed.
    """
    context, state, description = of_gates(wish.verdicts)
    head = wish.expected if wish.verdicts else None
    # A commit that was only just pushed has no status yet.
    known = () if head is None or wish.is_new else forge.statuses(head)
    told = {each.context: (each.state, each.description) for each in known}.get(context)
    disarmed, why = False, None
    if not all(verdict.passes for _, _, verdict in wish.verdicts):
        # Not every forge tells whether it is armed. Where the last run said that gates keep it back, it is not.
        if request.auto_merge or (said.auto_merge is not UNSET and (told is None or told[0] == "success")):
            forge.disarm(request)
            disarmed = True
    elif said.auto_merge is not UNSET and (wish.is_new or not request.auto_merge):
        why = forge.arm(request, said.auto_merge, trailers(wish.carried, holds=wish.holds), anew=anew)
    if head is not None and told != (state, description):
        forge.set_status(head, CommitStatus(context, state, description))
    return disarmed, why
