"""Jinja for templates that are trusted less than whoever runs promote: a small part of it, and all of it bounded.

jinja2's sandbox keeps a template from reaching out; it bounds neither time nor memory
(https://jinja.palletsprojects.com/en/stable/sandbox/#security-considerations).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import is_dataclass
from typing import NoReturn, TypeVar

from jinja2 import StrictUndefined, TemplateError, Undefined, meta, nodes, pass_context
from jinja2.runtime import Context, LoopContext
from jinja2.sandbox import SandboxedEnvironment

from promote.errors import UsageError
from promote.wording.budget import UNIT, Budget
from promote.wording.grammar import FILTERS, JOINED, PAID, TURNS, Grammar

MAX_TEMPLATE = 2**16
TEXT = frozenset(
    {
        "capitalize", "endswith", "lower", "lstrip", "partition", "removeprefix", "removesuffix", "replace", "rsplit",
        "rstrip", "split", "startswith", "strip", "title", "upper",
    }
)  # fmt: skip
_LOOP = frozenset(
    {
        "changed", "cycle", "depth", "depth0", "first", "index", "index0", "last", "length", "nextitem", "previtem",
        "revindex", "revindex0",
    }
)  # fmt: skip
_GROUP = frozenset({"grouper", "list"})
_OFFERED: tuple[tuple[type, frozenset[str]], ...] = ((str, TEXT), (LoopContext, _LOOP), (tuple, _GROUP))
# All others take a text apart, character by character.
_OF_TEXTS = frozenset(
    {
        "capitalize", "count", "d", "default", "first", "indent", "int", "last", "length", "lower", "replace",
        "reverse", "string", "title", "trim", "truncate", "upper", "urlencode",
    }
)  # fmt: skip
_FAULTS = (
    TemplateError, TypeError, ValueError, ArithmeticError, LookupError, AttributeError, AssertionError,
    MemoryError,
)  # fmt: skip

T = TypeVar("T")


def _offered(owner: object) -> frozenset[str]:
    return next((names for kind, names in _OFFERED if isinstance(owner, kind)), frozenset())


def _listed(names: frozenset[str]) -> str:
    return ", ".join(sorted(names))


def _length(value: object) -> int:
    return len(value) if isinstance(value, str | list | tuple | Mapping | range) else 1


class Sandbox(SandboxedEnvironment):
    """The environment of one rendering: it pays `budget` for each value that its template handles."""

    intercepted_binops = frozenset(SandboxedEnvironment.default_binop_table)

    def __init__(self, budget: Budget) -> None:
        # Folding would do work while the template is compiled.
        super().__init__(
            undefined=StrictUndefined, optimized=False, finalize=pass_context(lambda _, value: self._paid(value))
        )
        self._budget = budget
        self.globals = {"range": self.globals["range"]}
        # As jinja2 made it, and with our rules for attributes.
        self._bare = self.overlay()
        self._bare.filters, self._bare.tests = self.filters, self.tests
        self.filters = {name: self._filter(name) for name in FILTERS}
        self.filters |= {
            PAID: pass_context(lambda _, value: self._paid(value)),
            TURNS: pass_context(lambda _, values: budget.turns(values)),
            JOINED: pass_context(lambda _, values: self._joined(values)),
        }
        self.tests = {name: self._test(name) for name in self.tests}

    def _paid(self, value: T) -> T:
        self._budget.size(value)
        return value

    def _joined(self, values: list[object]) -> str:
        self._budget.size(values)
        return self._paid("".join(map(str, values)))

    def _arguments(self, value: object, args: tuple[object, ...], kwargs: Mapping[str, object]) -> None:
        """Pays for a value that is searched for, joined by or replaced with its arguments: the product at most."""
        given = (*args, *kwargs.values())
        for each in (value, *given):
            self._budget.size(each)
        texts = sum(len(each) for each in given if isinstance(each, str))
        self._budget.pay((_length(value) + 1) * texts)

    def _filter(self, name: str) -> Callable[..., object]:
        @pass_context
        def filtered(context: Context, value: object, *args: object, **kwargs: object) -> object:
            self._arguments(value, args, kwargs)
            if name not in _OF_TEXTS and isinstance(value, str):
                self._budget.room(UNIT * len(value))
            if name == "indent":
                for width in (*args[:1], *(kwargs[key] for key in kwargs if key == "width")):
                    self._budget.room((_length(value) + 1) * width if isinstance(width, int) else 0)
            made = self._bare.call_filter(name, value, args, kwargs, context, context.eval_ctx)
            if isinstance(made, Iterator):
                made = list(self._budget.turns(made))
            return self._paid(made)

        return filtered

    def _test(self, name: str) -> Callable[..., bool]:
        @pass_context
        def tested(context: Context, value: object, *args: object, **kwargs: object) -> bool:
            self._arguments(value, args, kwargs)
            return bool(self._bare.call_test(name, value, args, kwargs, context, context.eval_ctx))

        return tested

    def _repeated(self, value: object, times: object) -> None:
        if isinstance(value, str | list | tuple) and isinstance(times, int) and times > 0:
            self._budget.room(times * (len(value) if isinstance(value, str) else self._budget.size(value)))

    def call_binop(self, context: Context, operator: str, left: object, right: object) -> object:
        self._budget.size([left, right])
        if operator == "%" and isinstance(left, str):
            self._budget.refuse("formats a text by `%`, which is not offered", "put it together by `~`")
        if operator == "*":
            self._repeated(left, right)
            self._repeated(right, left)
        if operator == "**" and isinstance(left, int) and isinstance(right, int):
            # The fewest that it can have; the result itself is looked at afterwards.
            self._budget.bits((left.bit_length() - 1) * right)
        return self._paid(super().call_binop(context, operator, left, right))

    def call(self, context: Context, obj: object, /, *args: object, **kwargs: object) -> object:
        owner, name = getattr(obj, "__self__", None), getattr(obj, "__name__", "")
        if not (isinstance(obj, Undefined) or obj is self.globals["range"] or name in _offered(owner)):
            self._budget.refuse("calls what is not offered", f"there are range, and of a text {_listed(TEXT)}")
        # The compiler adds the variables of a loop under such names.
        said = {key: value for key, value in kwargs.items() if not key.startswith("_")}
        self._arguments(owner if isinstance(owner, str) else "", args, said)
        if name in ("split", "rsplit") and isinstance(owner, str):
            self._budget.room(UNIT * len(owner))
        return self._paid(super().call(context, obj, *args, **kwargs))

    def wrap_str_format(self, _: object) -> None:
        """No `format` of its own: it is not offered."""

    def is_safe_attribute(self, obj: object, attr: str, value: object) -> bool:
        return attr in _offered(obj) or (is_dataclass(obj) and not attr.startswith("_") and not callable(value))

    def unsafe_undefined(self, obj: object, attribute: str) -> NoReturn:
        names = _offered(obj)
        cure = f"there are {_listed(names)}" if names else "name what its values have"
        self._budget.refuse(f"uses {attribute[:40]!r} of a {type(obj).__name__}, which is not offered", cure)

    def parsed(self, template: str) -> nodes.Template:
        """The template, with all that makes it pay; UsageError where it is too long, or has what is not offered."""
        if len(template) > MAX_TEMPLATE:
            self._budget.refuse(f"has more than {MAX_TEMPLATE:,} characters", "make it shorter")
        tree = self.parse(template)
        Grammar(self._budget).visit(tree)  # puts its hooks in below the root
        return tree


def render(template: str, values: Mapping[str, object], budget: Budget, *, cure: str) -> str:
    """What a template comes to with these values; UsageError where it does not render, or costs more than `budget`."""
    sandbox = Sandbox(budget)
    try:
        return budget.output(sandbox.from_string(sandbox.parsed(template)).generate(values))
    except (SyntaxError, RecursionError) as exc:
        raise UsageError("the template is nested too deep", where=budget.where, cure="nest less") from exc
    except _FAULTS as exc:
        raise UsageError(f"the template does not render: {str(exc)[:300]}", where=budget.where, cure=cure) from exc


def names_in(template: str) -> frozenset[str]:
    """The names that a template wants values of; none where it cannot be read, which `render` tells."""
    try:
        return frozenset(meta.find_undeclared_variables(Sandbox(Budget()).parsed(template)))
    except (UsageError, SyntaxError, RecursionError, *_FAULTS):
        return frozenset()
