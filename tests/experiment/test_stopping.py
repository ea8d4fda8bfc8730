"""A run that is interrupted just after it gave out work leaves no thread in trouble."""

import threading
from concurrent.futures import wait

import pytest
from own_remedies import Quick

from longshelf.experiment import executor
from longshelf.experiment.executor import LocalExecutor


@pytest.mark.parametrize("attempt", range(3))
def test_an_interrupt_after_a_submission_ends_in_silence(monkeypatch, attempt):
    faults = []
    monkeypatch.setattr(threading, "excepthook", lambda fault: faults.append(fault.exc_value))
    before = set(threading.enumerate())
    given = 0

    def interrupted(flying, **how):
        nonlocal given
        given += 1
        if given > 1:
            raise KeyboardInterrupt
        return wait(flying, timeout=60, return_when=how["return_when"])

    monkeypatch.setattr(executor, "wait", interrupted)
    reports = LocalExecutor(workers=2, threads=1).run([()] * 9, Quick())
    with pytest.raises(KeyboardInterrupt):
        list(reports)
    for thread in set(threading.enumerate()) - before:
        thread.join(30)
        assert not thread.is_alive(), thread
    assert given == 2
    assert faults == []
