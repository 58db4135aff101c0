"""Paintings run beside each other, and whoever asked for them notices nothing of it."""

import threading
from collections.abc import Iterator
from contextlib import closing

import numpy as np
import pytest

from paintgraph.base.listening import SILENT, Listening
from paintgraph.imaging.arrays import Image
from paintgraph.models.inpainting.ahead import Painting, paint_ahead

_SECONDS = 20


def _grey(number: int) -> Image:
    return np.full((1, 1, 1, 3), number, np.float32)


def _numbered(count: int) -> Iterator[Painting]:
    for number in range(count):
        yield lambda _, number=number: _grey(number)  # type: ignore[misc]


def test_results_come_in_the_order_of_the_paintings() -> None:
    found = [int(result[0, 0, 0, 0]) for result in paint_ahead(_numbered(7), 7, SILENT)]

    assert found == list(range(7))


def test_the_second_one_is_under_way_while_the_first_is_waited_for() -> None:
    both = threading.Barrier(2, timeout=_SECONDS)

    def paint(_: Listening) -> Image:
        both.wait()
        return _grey(1)

    assert len(list(paint_ahead(iter([paint, paint]), 2, SILENT))) == 2


def test_listeners_are_called_where_the_results_are_asked_for_and_never_hear_of_less() -> None:
    heard: list[tuple[int, int]] = []
    threads = set[threading.Thread]()

    def paint(listening: Listening) -> Image:
        for step in range(5):
            listening.progress(step + 1, 5)
        return _grey(1)

    def progress(done: int, total: int) -> None:
        threads.add(threading.current_thread())
        heard.append((done, total))

    def check() -> None:
        threads.add(threading.current_thread())

    list(paint_ahead(iter([paint] * 4), 4, Listening(progress=progress, check=check)))

    assert threads == {threading.current_thread()}
    assert heard == sorted(heard)
    assert heard[-1] == (400, 400)


def _until_ended(begun: threading.Event, ended: threading.Event) -> Painting:
    """Paints until it may not go on."""

    def paint(listening: Listening) -> Image:
        begun.set()
        try:
            while True:
                listening.check()
                ended.wait(0.01)
        finally:
            ended.set()

    return paint


def test_whoever_ends_the_work_ends_what_is_under_way() -> None:
    begun, ended = threading.Event(), threading.Event()

    def check() -> None:
        if begun.is_set():
            raise TimeoutError

    with pytest.raises(TimeoutError):
        list(paint_ahead(iter([_until_ended(begun, ended)]), 1, Listening(check=check)))

    assert ended.is_set()


def test_a_painting_that_fails_ends_the_others_and_is_told_of() -> None:
    begun, ended = threading.Event(), threading.Event()

    def fail(_: Listening) -> Image:
        begun.wait(_SECONDS)
        raise EOFError

    with pytest.raises(EOFError):
        list(paint_ahead(iter([fail, _until_ended(begun, ended)]), 2, SILENT))

    assert ended.is_set()


def test_closed_it_ends_what_is_under_way() -> None:
    begun, ended = threading.Event(), threading.Event()
    paintings = iter([next(_numbered(1)), _until_ended(begun, ended)])

    with closing(paint_ahead(paintings, 2, SILENT)) as painted:
        next(painted)
        assert begun.wait(_SECONDS)

    assert ended.is_set()
