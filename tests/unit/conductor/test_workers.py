"""The pool: bounded, slots before work, threads re-used."""

import threading

import pytest

from baremetal import errors
from baremetal.conductor import workers


def test_slot_is_refused_when_all_are_taken_and_free_again_afterwards() -> None:
    pool = workers.Pool(3, 1, "one")
    with pool.slot(), pool.slot():
        with pytest.raises(errors.NoFreeWorker, match="All 2 workers of conductor one"):
            pool.slot()
        with pool.slot(reserved=True):
            with pytest.raises(errors.NoFreeWorker):
                pool.slot(reserved=True)
    assert pool.busy == 0


def test_given_slot_is_the_works_until_it_ends() -> None:
    pool = workers.Pool(2, 1, "one")
    gate = threading.Event()
    with pool.slot() as slot:
        slot.give(gate.wait, 60)
    with pytest.raises(errors.NoFreeWorker):
        pool.slot()
    assert not pool.drain(0.01)
    gate.set()
    assert pool.drain(60)
    with pool.slot():
        pass


def test_threads_are_used_again() -> None:
    pool = workers.Pool(5, 1, "one")
    seen: set[int] = set()
    for _ in range(50):
        with pool.slot() as slot:
            slot.give(lambda: seen.add(threading.get_ident()))
        assert pool.drain(60)
    # one that was just done may not be idle yet
    assert len(seen) <= 10


def test_idle_threads_end() -> None:
    pool = workers.Pool(5, 1, "one")
    pool.IDLE = 0.05
    here: list[threading.Thread] = []
    with pool.slot() as slot:
        slot.give(lambda: here.append(threading.current_thread()))
    assert pool.drain(60)
    here[0].join(60)
    assert not here[0].is_alive()


def test_broken_work_frees_its_slot(caplog: pytest.LogCaptureFixture) -> None:
    pool = workers.Pool(2, 1, "one")

    def break_it() -> None:
        raise ValueError("x")
    with pool.slot() as slot:
        slot.give(break_it)
    assert pool.drain(60)
    assert "nobody expected" in caplog.text


def test_many_at_once() -> None:
    pool, done, lock = workers.Pool(20, 1, "one"), [0], threading.Lock()

    def count() -> None:
        with lock:
            done[0] += 1
    given = 0
    while given < 500:
        try:
            with pool.slot() as slot:
                slot.give(count)
            given += 1
        except errors.NoFreeWorker:
            pool.drain(1)
    assert pool.drain(60)
    assert done == [500]
