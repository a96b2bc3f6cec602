"""Additions → changes: which collection of a file takes what is added."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from promote.text.addition import Addition, Tree, grown
from promote.text.change import Change, Counted
from promote.text.document import Document
from promote.text.extend import Extending
from promote.text.node import Alias, Mapping, Node, Pair, Scalar
from promote.text.node import Sequence as SequenceNode
from promote.text.proof import Disagreement
from promote.text.scalar import is_misread

_NOTHING = Scalar("", "plain", 0, 0, None, None)


@dataclass(slots=True)
class Host:
    """A node that takes additions, the mapping and the key that it stands under, and what is added to it so far."""

    node: Node
    parent: tuple[Mapping, Pair] | None
    tree: Tree | None = None


def is_missing(node: Node) -> bool:
    """Whether nothing at all stands where a value could."""
    return isinstance(node, Scalar) and node.style == "plain" and node.value == "" and not (node.anchor or node.tag)


def _no_place(addition: Addition, why: str) -> Disagreement:
    return Disagreement("no-place", f"{'.'.join(addition.keys) or 'the root'} cannot be added to: {why}")


def _bar(document: Document, node: Node) -> str | None:
    if isinstance(node, Alias):
        return "an alias stands on the way"
    if node.anchor is not None and node.anchor in document.aliased:
        return "an anchor that other places repeat stands on the way"
    return None


def _host(document: Document, addition: Addition) -> tuple[Host, tuple[str, ...]] | Disagreement:
    """The deepest node that is there, and the keys that are not."""
    node: Node = document.root
    parent: tuple[Mapping, Pair] | None = None
    for depth, key in enumerate(addition.keys):
        why = _bar(document, node)
        if why is None and is_missing(node):
            return Host(node, parent), addition.keys[depth:]
        if why is None and not isinstance(node, Mapping):
            why = f"something else than a mapping stands above {key}"
        if why is not None or not isinstance(node, Mapping):
            return _no_place(addition, why or "")
        own = [pair for pair in node.pairs if isinstance(pair.key, Scalar) and pair.key.value == key]
        if len(own) > 1:
            return _no_place(addition, f"the key {key} stands there twice")
        if not own and node.get("<<") is not None:
            return _no_place(addition, f"a merge key (<<) may bring in {key}")
        if not own:
            return Host(node, parent), addition.keys[depth:]
        parent, node = (node, own[0]), own[0].value
    why = _bar(document, node)
    return _no_place(addition, why) if why is not None else (Host(node, parent), ())


def _fits(host: Host, rest: tuple[str, ...], addition: Addition) -> str | None:
    """Why what is left of an addition does not go into its host."""
    if rest or is_missing(host.node):
        return None
    if isinstance(addition.entry, str):
        return "another value is there already"
    return None if isinstance(host.node, SequenceNode) else "something else than a list is there already"


def _stands(host: Host, rest: tuple[str, ...], addition: Addition) -> bool:
    node = host.node
    if rest or not isinstance(node, Scalar) or node.value != addition.entry or is_missing(node):
        return False
    return node.style != "plain" or not is_misread(node.value)


def _document(counted: Counted) -> int | None:
    """The first document that is a mapping, else the first where all are empty."""
    roots = [document.root for document in counted.stream.documents]
    mapping = next((number for number, root in enumerate(roots) if isinstance(root, Mapping)), None)
    return 0 if mapping is None and all(is_missing(root) for root in roots) else mapping


def added(counted: Counted, additions: Sequence[Addition]) -> list[Change] | Disagreement:
    """What brings the additions into a file, in their order; or why there is no place for them."""
    number = _document(counted)
    if not additions:
        return []
    if number is None:
        return _no_place(additions[0], "no document of the file is a mapping")
    hosts: dict[int, Host] = {}
    bare = Host(_NOTHING, None)
    for addition in additions:
        found = _host(counted.stream.documents[number], addition) if counted.stream.documents else (bare, addition.keys)
        if isinstance(found, Disagreement):
            return found
        host, rest = found
        if _stands(host, rest, addition):
            continue
        why = _fits(host, rest, addition)
        host = hosts.setdefault(id(host.node), host)
        try:
            host.tree = grown(host.tree, rest, addition.entry)
        except ValueError as exc:
            why = why or str(exc)
        if why is not None:
            return _no_place(addition, why)
    extending = Extending(counted, number)
    out: list[Change] = []
    for host in hosts.values():
        change = None if host.tree is None else extending.host(host.node, host.parent, host.tree)
        if change is None:
            return _no_place(additions[0], "what stands there leaves no safe place")
        out.append(change)
    return out
