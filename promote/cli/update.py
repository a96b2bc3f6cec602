"""`promote update`: the newest version by policy, from the registry."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from promote.cli import completion, options, run
from promote.cli.shown import Show

if TYPE_CHECKING:
    from promote.api import Intent, Session

EXAMPLES = """
promote update
promote update dev --app 'web*' --dry-run
promote update --repo https://git.example.com/acme/gitops.git -o json
"""


@options.command("update", EXAMPLES)
@click.argument("environments", metavar="[ENV]...", nargs=-1, shell_complete=completion.environments)
@options.apps()
@options.overruling()
@options.writing()
@options.where()
@options.output()
def update(environments: tuple[str, ...], apps: tuple[str, ...], **given: Any) -> None:
    """Bring apps to the newest tag that their policy takes.

    Into every environment whose source is the registry, or into those that are named. An app without a policy is left
    alone.
    """
    from promote.errors import UsageError

    show = Show.of(given)

    def intent(opened: Session) -> tuple[Session, Intent]:
        from promote.api import Update

        config = opened.config
        chosen = config.choose(environments) if environments else tuple(config.environments.values())
        for environment in chosen:
            if environments and environment.source != "registry":
                fed = f"promote to {environment.name}" if environment.from_ else f"promote set {environment.name}"
                raise UsageError(f"{environment.name} is not fed by a registry", cure=f"use {fed}")
        fed_by_registry = tuple(each.name for each in chosen if each.source == "registry")
        if not fed_by_registry:
            raise UsageError("no environment is fed by a registry", cure="see `source` in docs/configuration.md")
        return opened, Update(fed_by_registry, opened.named(apps, fed_by_registry))

    run.write("update", given, show, intent, environments=environments, apps=apps)
