"""The page of every key of promote's JSON, from the types that what makes it is checked against."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints, is_typeddict

from docsite.table import code, prose, table
from promote.notify.webhook import Notification
from promote.report import document_shape, views_shape

HEAD = """# Every key of the JSON

This page comes from the types of the code at each build. What the documents are for, with examples: [JSON](../json.md).
Every key is there, always; what is not known is null.
"""
_WRITING = ("set", "update", "to", "auto", "rollback", "hold", "release")
_AWAITING = ("set", "to")
# Each document, by what prints it.
DOCUMENTS: Mapping[str, type] = {
    **dict.fromkeys(_WRITING, document_shape.Delivery),
    **{f"{name} --wait": document_shape.Waited for name in _AWAITING},
    "diff": document_shape.Difference,
    "wait": views_shape.Verified,
    "find": document_shape.Sites,
    "tags": document_shape.Selection,
    "status": views_shape.Board,
    "history": views_shape.History,
    "history 'prod-*'": views_shape.Histories,
    "check": views_shape.Findings,
}
_KINDS = {str: "text", int: "whole number", bool: "`true` or `false`", NoneType: "null"}


def _kind(kind: Any) -> str:
    """What may stand there, in the words of JSON."""
    origin = get_origin(kind)
    if origin is Annotated:
        return _kind(kind.__origin__)
    if is_typeddict(kind):
        return f"[{kind.__name__}](#{kind.__name__.lower()})"
    if origin is Literal:
        return ", ".join(code(each) for each in get_args(kind))
    if origin in (Union, UnionType):
        return " or ".join(_kind(each) for each in get_args(kind))
    if origin is list:
        return f"list of {_kind(get_args(kind)[0])}"
    if origin is dict:
        return f"object of names and {_kind(get_args(kind)[1])}"
    return _KINDS[kind]


def _word(kind: Any) -> str:
    """What is said of a key; the last word stands, where a type has one of its own."""
    return str(kind.__metadata__[-1])


def _keys(document: type) -> Mapping[str, Any]:
    return get_type_hints(document, include_extras=True)


def _within(kind: Any) -> Iterator[type]:
    """Every object that a document is made of, itself first."""
    if is_typeddict(kind):
        yield kind
        for each in _keys(kind).values():
            yield from _within(each)
    elif get_origin(kind) is Annotated:
        yield from _within(kind.__origin__)
    elif get_origin(kind) is not Literal:
        for each in get_args(kind):
            yield from _within(each)


def objects() -> tuple[type, ...]:
    """Every object of every document, each once, in the order of the page."""
    documents = dict.fromkeys((*DOCUMENTS.values(), Notification))
    return tuple(dict.fromkeys((*documents, *(each for document in documents for each in _within(document)))))


def _section(kind: type) -> Iterator[str]:
    by = [f"`promote {name}`" for name, document in DOCUMENTS.items() if document is kind]
    by += ["a webhook of `notify`"] if kind is Notification else []
    yield f"## {kind.__name__}\n"
    yield prose(inspect.cleandoc(kind.__doc__ or "")) + (f" For {', '.join(by)}.\n" if by else "\n")
    rows = [(code(key), _kind(each), prose(_word(each))) for key, each in _keys(kind).items()]
    yield table(("key", "value", "what it says"), rows)


def page() -> str:
    """The whole page."""
    return "\n".join([HEAD, *(line for kind in objects() for line in _section(kind))])
