"""What is wrong with one name, path, image or reference: a phrase, or None where nothing is."""

from __future__ import annotations

import re

from promote.image import parse_repository, split_reference
from promote.placeholder import (
    MAX_IN_SEGMENT,
    OWN,
    fill,
    fill_expression,
    has_stray_brace,
    is_crowded,
    is_placeholder,
    is_segment,
)
from promote.text.yamlpath import compile_path
from promote.tree.glob import has_wildcard, segments_of

MAX_NAME = 100
MAX_STARS = 3
MAX_EXPRESSION = 1_000
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*\Z")
_NOT_IN_A_BRANCH = re.compile(r"[\x00-\x20\x7f~^:?*\[\\{}]|\.\.|@\{|//|/\.|\.lock(?:/|\Z)")
_AUTHOR = re.compile(r"[^<>\n]*[^<>\s][^<>\n]* <[^<>\s]+>\Z")
_SENTINEL = "x0app0x"
_POLICY = re.compile(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?:[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?\Z")
_REF = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?(?::[0-9]{1,5})?(?:/[A-Za-z0-9._~-]+)+\Z")
_GROUPS = frozenset({"tag", "digest"})


def of_name(name: str, *, family: bool = False, template: bool = False) -> str | None:
    """Of an app's or environment's name; a family's may hold *, a template's {placeholder}."""
    bare = fill(name, {}, "x") if template else name
    if family:
        if bare.count("*") > MAX_STARS:
            return f"holds more than {MAX_STARS} *"
        bare = bare.replace("*", "x")
    if is_crowded(name):
        return f"holds more than {MAX_IN_SEGMENT} placeholders"
    if len(name) > MAX_NAME:
        return f"is longer than {MAX_NAME} characters"
    if _NAME.match(bare) is None or ".." in bare:
        more = ", and * in a family" if family else ", and {placeholder}" if template else ""
        return f"is no name: letters, digits, `.`, `_` and `-`{more}, beginning with a letter, a digit or `_`"
    return None


def of_path(text: str) -> str | None:
    """Of a path or glob in the repository; a leading ! has been taken off."""
    if not text.strip():
        return "is empty; the whole repository is `.`"
    if "\n" in text:
        return "holds a line break"
    if "\\" in text:
        return "holds a backslash; segments are separated by /"
    if text.startswith(("/", "~")):
        return "is absolute; paths begin at the repository's root"
    if ".." in text.split("/"):
        return "leads out of the repository"
    if has_stray_brace(text):
        return "holds a brace that is no {placeholder}"
    if is_crowded(text):
        return f"holds more than {MAX_IN_SEGMENT} placeholders in one segment"
    return None


def of_image(text: str) -> str | None:
    """Of an app's image: a repository, without a tag."""
    if "{" in text or "}" in text or "*" in text:
        return "is a pattern; only an app whose key has a * may have one"
    name, tag, digest = split_reference(text)
    if parse_repository(text) is not None:
        return None
    if (tag is not None or digest is not None) and parse_repository(name) is not None:
        return f"names a version; only the repository belongs here: {name}"
    return "is no image repository; expected one like ghcr.io/acme/web"


def of_pattern(text: str) -> str | None:
    """Of a family's image: a repository with {app} in it, once, and not in the host."""
    if text.count("{app}") != 1:
        return "must hold {app} once: it is what the members of a family differ in"
    repository = parse_repository(text.replace("{app}", _SENTINEL))
    if repository is None:
        return "is no image repository with {app} in it; expected one like ghcr.io/acme/{app}"
    return None if _SENTINEL in repository.path else "holds {app} in the registry's name"


def _of_app(text: str, *, family: bool) -> str | None:
    """Of what must tell the members of a family apart, and holds no placeholder elsewhere."""
    if family and text.count("{app}") != 1:
        return "must hold {app} once: it is what the members of a family differ in"
    bare = text.replace("{app}", "x") if family else text
    return "holds braces; only {app} in a family is filled in here" if "{" in bare or "}" in bare else None


def of_imagepolicy(text: str, *, family: bool = False) -> str | None:
    """Of the Flux ImagePolicy of an app."""
    wrong = _of_app(text, family=family)
    if wrong is None and _POLICY.match(text.replace("{app}", "x")) is None:
        wrong = "is no policy; expected namespace:name"
    return wrong


def of_ref(text: str, *, family: bool = False) -> str | None:
    """Of a Git repository whose `?ref=` moves with an app's tag."""
    wrong = _of_app(text, family=family)
    if wrong is not None:
        return wrong
    bare = text.replace("{app}", "x")
    if _REF.match(bare) is None or {".", ".."} & set(bare.split("/")):
        return "is no repository as host/path; expected one like github.com/acme/web"
    return "ends with `.git`; leave that out" if bare.endswith(".git") else None


def of_file(text: str) -> str | None:
    """Of the path of one YAML file in the repository."""
    wrong = of_path(text)
    if wrong is not None:
        return wrong
    if text.startswith("!") or has_wildcard(text) or text.endswith("/") or not segments_of(text):
        return "is no path of one file"
    if not text.endswith((".yaml", ".yml")):
        return "must end with .yaml or .yml: no other file is looked into"
    return None


def of_var(name: str, value: str) -> str | None:
    """Of one of the `vars`."""
    if name in OWN:
        return f"cannot be named so: {{{name}}} is promote's own"
    if not is_placeholder(name):
        return "is no name for a placeholder: letters, digits and `_`, beginning with a letter"
    if not is_segment(value):
        return "must be one path segment: no `/`, no wildcard, not empty, at most 255 characters"
    return None


def of_branch(text: str) -> str | None:
    """Of a branch's name, by the rules of `git check-ref-format --branch`."""
    if not text or text.startswith(("-", "/", ".")) or text.endswith(("/", ".")) or text == "@":
        return "is no branch name"
    return "is no branch name" if _NOT_IN_A_BRANCH.search(text) else None


def of_repo(text: str) -> str | None:
    """Of a Git repository's URL or path; never repeats it, since a secret may stand in it."""
    if not text.strip() or text.startswith("-") or "\n" in text:
        return "is no repository: expected a URL or a path"
    if re.match(r"[A-Za-z][A-Za-z0-9+.-]*://[^/@]*:[^/@]*@", text):
        return "holds a password; leave it out and let Git's credential helpers know it"
    return None


def of_author(text: str) -> str | None:
    """Of a commit's author."""
    return None if _AUTHOR.match(text) else "is no author; expected one like Promote <promote@example.com>"


def of_yaml_path(text: str) -> str | None:
    """Of a target's path; placeholders stand for values."""
    if has_stray_brace(text):
        return "holds a brace that is no {placeholder}"
    try:
        compile_path(fill(text, {}, "x"))
    except ValueError as exc:
        return f"is no YAML path: {exc}"
    return None


def of_expression(text: str) -> str | None:
    """Of a target's regular expression; placeholders stand for values."""
    if len(text) > MAX_EXPRESSION:
        return f"is longer than {MAX_EXPRESSION:,} characters"
    try:
        groups = fill_expression(text, {}, "x").groupindex
    except (re.error, OverflowError, RecursionError) as exc:
        return f"is no regular expression: {exc}"
    return None if _GROUPS & set(groups) else "needs a group that says what is written: (?P<tag>…) or (?P<digest>…)"
