"""Words of the command line → apps: by name, by image repository, with a version or without."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from difflib import get_close_matches
from fnmatch import fnmatchcase

from promote.config.model import Config
from promote.config.scope import claims_of
from promote.errors import UsageError
from promote.image import Repository, Version, parse_reference, parse_repository, parse_version, without_password
from promote.sites.claim import Claim
from promote.sites.wanted import Wanted

# What fnmatch takes for more than itself, and no name of an app has.
_GLOB = frozenset("*?[")
# What begins so is no app, but its version.
_VERSION = re.compile(r"v?[0-9]|@sha256:")


def _claims(config: Config) -> tuple[Claim, ...]:
    """Every claim of any environment, wherever its files lie."""
    found = (claim for each in config.environments.values() for claim in claims_of(config, each))
    return tuple(dict.fromkeys(Claim(claim.app, claim.repositories, claim.aliases, claim.pattern) for claim in found))


def _by_image(config: Config, repository: Repository) -> str | None:
    apps = sorted(set(Wanted(_claims(config)).apps_of(repository, b"")))
    if len(apps) > 1:
        raise UsageError(f"{repository} is the image of several apps: {', '.join(apps)}", cure="name the app")
    return apps[0] if apps else None


def app_named(config: Config, word: str) -> str:
    """The app that `word` means: its name, a member of a family, or its image; UsageError where there is none.

    A glob is no member's name, though the family's own `*` fits it.
    """
    if word in config.apps and "*" not in word:
        return word
    repository = parse_repository(word)
    if repository is not None and "/" in word:
        found = _by_image(config, repository)
        if found is not None:
            return found
    family = config.family_of(word)
    if family is not None and "/" not in word:
        if set(word) & _GLOB:
            raise UsageError(
                f"{word!r} is a glob, and fits no app of {config.file} and no member of {family.name} that runs here",
                cure="look at `promote status` for those that do",
            )
        return word
    known = sorted(config.apps)
    close = get_close_matches(word[:60], known, n=1)
    cure = f"did you mean `{close[0]}`?" if close else f"there are: {', '.join(known) or 'none'}"
    raise UsageError(f"there is no app {without_password(word)[:60]!r}", cure=cure)


def apps_named(config: Config, words: Sequence[str], found: Callable[[], Iterable[str]]) -> tuple[str, ...]:
    """The apps that `--app` and APP arguments mean, globs among them, each once; empty for no word at all.

    `found` are the apps that environments run, members of families among them: asked for where a glob may mean some.
    """
    out: dict[str, None] = {}
    known = [name for name in config.apps if "*" not in name]
    if any(set(word) & _GLOB for word in words) and len(known) < len(config.apps):
        known += sorted({*found()} - {*known})
    for word in words:
        fitting = [name for name in known if fnmatchcase(name, word)]
        out.update(dict.fromkeys(fitting or [app_named(config, word)]))
    return tuple(out)


def _cure(environment: str, text: str) -> str:
    """How to write it; where a part was left out, the app or the environment, with what was given."""
    if not re.fullmatch(r"[\w.@:+-]{1,100}", text):
        return "write APP=TAG, APP=TAG@sha256:DIGEST or an image as registry/name:TAG"
    if _VERSION.match(text):
        return f"ENV comes first: write ENV {environment}={text}"
    return f"write {text}=TAG"


def wish(environment: str, text: str) -> tuple[str, Version]:
    """`(app or image, version)` of one `APP=TAG` or `IMAGE:TAG` argument; UsageError where it is neither.

    `environment` is the word before, for the message.
    """
    word, equals, rest = text.partition("=")
    if equals:
        version = parse_version(rest)
        if word and version is not None:
            return word, version
    else:
        reference = parse_reference(text)
        if reference is not None and (reference.version.tag or reference.version.digest):
            return reference.repository.written, reference.version
    shown = "".join(char if char.isprintable() else "?" for char in without_password(text)[:100])
    raise UsageError(f"{shown!r} is no version to set", cure=_cure(environment, text))
