"""What is had once, and what is refused once, by one thread or by sixteen."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from promote.errors import RegistryDenied, RegistryUnreachable
from promote.registry.once import Once
from tests.clock import FakeClock


class Source:
    """Gives numbers, one more each time; raises `fault` where it has one."""

    def __init__(self, fault: Exception | None = None) -> None:
        self.asked = 0
        self.fault = fault
        self._lock = threading.Lock()

    def __call__(self) -> int:
        with self._lock:
            self.asked += 1
        if self.fault is not None:
            raise self.fault
        return self.asked


def test_a_refusal_is_told_again_and_not_asked_for_again() -> None:
    once, source = Once[str, int](), Source(RegistryDenied("no", where="there", cure="ask"))
    raised = []
    for _ in range(3):
        with pytest.raises(RegistryDenied, match="there: no; ask") as caught:
            once.get("key", source)
        raised.append(caught.value)
    assert source.asked == 1
    assert len({id(error) for error in raised}) == 3  # or tracebacks would pile up on one
    source.fault = None
    assert once.get("another", source) == 2


def test_a_server_that_was_down_is_asked_again() -> None:
    once, source = Once[str, int](), Source(RegistryUnreachable("down"))
    with pytest.raises(RegistryUnreachable):
        once.get("key", source)
    source.fault = None
    assert once.get("key", source) == 2


def test_a_value_is_had_again_when_it_has_ended_or_is_bad() -> None:
    clock, source = FakeClock(), Source()
    once = Once[str, float](lambda until: until <= clock.monotonic())
    assert [once.get("key", source), once.get("key", source)] == [1, 1]
    clock.advance(1)
    assert once.get("key", source) == 2
    once.forget(lambda key, value: (key, value) == ("key", 1))
    assert once.get("key", source) == 2
    once.forget(lambda key, value: (key, value) == ("key", 2))
    assert once.get("key", source) == 3


def test_nothing_is_a_value() -> None:
    asked: list[None] = []
    once = Once[str, None]()
    for _ in range(2):
        once.get("key", lambda: asked.append(None))
    assert asked == [None]


@pytest.mark.parametrize("fault", [None, RegistryDenied("no")])
def test_of_sixteen_threads_one_asks(fault: RegistryDenied | None) -> None:
    once, source, start = Once[str, int](), Source(fault), threading.Barrier(16, timeout=20)

    def get(_: int) -> object:
        start.wait()
        try:
            return once.get("key", source)
        except RegistryDenied as error:
            return str(error)

    with ThreadPoolExecutor(16) as pool:
        assert set(pool.map(get, range(16))) == ({"no"} if fault else {1})
    assert source.asked == 1


def test_one_that_waits_for_another_key_keeps_nobody_waiting() -> None:
    once, go = Once[str, str](), threading.Event()
    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(once.get, "slow", lambda: str(go.wait(20)))
        assert once.get("quick", lambda: "had") == "had"
        assert not slow.done()
        go.set()
        assert slow.result(20) == "True"
