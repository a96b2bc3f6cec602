"""`promote tags`: the tags of an image, which one a policy takes, and why not the others."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from promote.cli import completion, options, run
from promote.cli.shown import Show

if TYPE_CHECKING:
    from promote.api import Session
    from promote.config.model import App
    from promote.policy import Policy

EXAMPLES = """
promote tags web
promote tags ghcr.io/acme/web --policy 'semver:^1.2' --limit 20
promote tags web --policy created
promote tags oci:images/acme/web --policy calver:YYYY.0M.MICRO -o json
"""


@options.command("tags", EXAMPLES)
@click.argument("word", metavar="APP|IMAGE|oci:DIR", shell_complete=completion.apps)
@options.text(
    "--policy",
    "policy",
    metavar="P",
    help="Try this policy: semver:RANGE, calver:FORMAT, numeric, alphabetical, created or digest:TAG.",
)
@click.option("--limit", type=click.IntRange(1), metavar="N", help="Show only the first N tags.")
@options.where()
@options.output()
def tags(word: str, policy: str | None, limit: int | None, **given: Any) -> None:
    """Show which tag the policy takes, and for every other tag why not.

    Of an app of promote.yaml, of any image, or of one OCI image layout in a folder.
    """
    from promote.errors import RegistryError
    from promote.report import document, text

    show = Show.of(given)
    if word.startswith("oci:"):
        from promote.api.layout import layout_session
        from promote.clock import SystemClock

        folder = Path(word.removeprefix("oci:"))
        name, chosen = layout_session(folder, SystemClock()).select(_policy(policy, None, word))
        app, images = None, [name]
    else:
        with run.session(given, show, here=True) as opened:
            app, found = _app(opened, word)
            name, images = found.name, [str(repository) for repository in found.repositories]
            chosen = opened.select(found, _policy(policy, found, word))
    if chosen.failure is not None:
        raise RegistryError(chosen.failure.why)
    if show.json:
        show.document(document.selection(app, images, chosen, limit))
    else:
        show.result(text.selection(name, chosen, limit, show.width))


def _app(opened: Session, word: str) -> tuple[str | None, App]:
    """The app that `word` is or belongs to, if any, and what is asked about by that word."""
    from promote.config.model import App
    from promote.config.named import app_named
    from promote.errors import UsageError
    from promote.image import parse_repository, without_password

    repository = parse_repository(word)
    try:
        if opened.has_config:
            app = app_named(opened.config, word)
            found = opened.config.app(app)
            # Whoever names an image asks about that one: not about the others of its app, nor the one that it mirrors.
            named = repository is not None and "/" in word and word not in opened.config.apps
            return app, replace(found, name=word, repositories=(repository,)) if named and repository else found
    except UsageError:
        if repository is None or "/" not in word:
            raise
    shown = without_password(word)[:100]
    if "/" not in word:
        raise UsageError(
            f"{shown!r} could only be an app, and there is no promote.yaml here that has one",
            cure="name a clone by -C, a repository by --repo, or an image with its registry: docker.io/library/web",
        )
    if repository is None:
        raise UsageError(f"{shown!r} is no image", cure="write it as registry/name, without a tag")
    return None, App(word, (repository,))


def _policy(text: str | None, app: App | None, word: str) -> Policy:
    from promote.errors import UsageError
    from promote.policy import build
    from promote.policy.settings import parse_short

    if text is not None:
        try:
            return build(parse_short(text), immutable=app is not None and app.immutable_tags)
        except ValueError as exc:
            raise UsageError(f"--policy {text[:100]!r}: {exc}") from exc
    policy = None if app is None else app.chooser
    if policy is None:
        raise UsageError(f"{word[:100]} has no policy", cure="try one, such as --policy 'semver:*'")
    return policy
