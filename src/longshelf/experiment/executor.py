"""Runs jobs on the processes of this machine; a cluster's executor has the same one method."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from queue import Empty
from typing import Any, Protocol

from longshelf.experiment.cell import Cell
from longshelf.experiment.work import Report, Worker

__all__ = ["Executor", "LocalExecutor", "cores"]

Job = Sequence[Cell]
_worker: Worker


def cores() -> int:
    """Processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class Executor(Protocol):
    """Runs every job and yields what became of its cells, as they finish."""

    def run(self, jobs: Sequence[Job], worker: Worker) -> Iterator[Report]:
        """Reports in the order they come; closing the iterator stops the work."""
        ...


@dataclass(frozen=True)
class LocalExecutor:
    """Processes on this machine that together never use more threads than it has cores.

    Parameters
    ----------
    workers : int or None
        Processes; None takes one per core, and 1 runs in this process.
    threads : int or None
        Threads per process; None divides the cores.
    """

    workers: int | None = None
    threads: int | None = None

    def run(self, jobs: Sequence[Job], worker: Worker) -> Iterator[Report]:
        count = max(1, min(self.workers or cores(), len(jobs)))
        threads = self.threads or max(1, cores() // count)
        if count == 1:
            with _limited(threads):
                yield from self._here(jobs, worker)
        else:
            yield from self._pooled(jobs, worker, count, threads)

    @staticmethod
    def _here(jobs: Sequence[Job], worker: Worker) -> Iterator[Report]:
        waiting = deque(jobs)
        while waiting:
            job = waiting.popleft()
            reports = worker.run(job)
            if any(report.status == "busy" for report in reports):
                waiting.append(job)
                time.sleep(0.2)
                continue
            yield from reports

    @staticmethod
    def _pooled(jobs: Sequence[Job], worker: Worker, count: int, threads: int) -> Iterator[Report]:
        waiting: deque[tuple[Job, int]] = deque((job, 0) for job in jobs)
        pool = _pool(worker, count, threads)
        flying: dict[Future[list[Report]], tuple[Job, int]] = {}
        alone = False
        try:
            while waiting or flying:
                room = (1 if alone else count + 1) - len(flying)
                for _ in range(min(room, len(waiting))):
                    job, tries = waiting.popleft()
                    flying[pool.submit(_run, job)] = (job, tries)
                done, _ = wait(flying, timeout=1.0, return_when=FIRST_COMPLETED)
                for future in done:
                    job, tries = flying.pop(future)
                    try:
                        reports = future.result()
                    except BrokenProcessPool:
                        broken = [(job, tries), *flying.values()]
                        flying.clear()
                        _stop(pool)
                        pool = _pool(worker, count, threads)
                        yield from _after_crash(broken, waiting, worker, alone=alone)
                        alone = True
                        break
                    if any(report.status == "busy" for report in reports):
                        waiting.append((job, tries))
                        time.sleep(0.2)
                        continue
                    yield from reports
                alone = alone and any(tries for _, tries in (*waiting, *flying.values()))
        finally:
            _stop(pool)


def _stop(pool: Any) -> None:
    """End the pool and its workers at once.

    A job submitted a moment ago leaves the queue first: the pool's own thread forgets every job when
    it is told to kill, and would then look for this one.
    """
    with suppress(Empty):
        while True:
            pool._work_ids.get_nowait()
    pool.shutdown(wait=False, kill_workers=True)


def _after_crash(
    broken: Sequence[tuple[Job, int]],
    waiting: deque[tuple[Job, int]],
    worker: Worker,
    *,
    alone: bool,
) -> Iterator[Report]:
    """Try what was in flight once more, one job at a time; a job that kills its process twice fails."""
    for job, tries in broken:
        if alone and tries:
            error = MemoryError("the worker process was killed, most likely for lack of memory")
            yield from worker.give_up(job, error)
        else:
            waiting.appendleft((job, tries + 1))


def _pool(worker: Worker, count: int, threads: int) -> Any:
    from joblib.externals.loky import ProcessPoolExecutor

    return ProcessPoolExecutor(
        count,
        initializer=_start,
        initargs=(worker, threads, os.getpid()),
        env={name: str(threads) for name in THREADS},
    )


THREADS = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "LONGSHELF_THREADS",
    "POLARS_MAX_THREADS",
)
"""What numerical libraries read before they start their threads."""


def limit_threads(threads: int) -> None:
    """Hold every numerical library of this process to some threads, loaded already or later."""
    import threadpoolctl

    for name in THREADS:
        os.environ[name] = str(threads)
    threadpoolctl.threadpool_limits(threads)
    if "torch" in sys.modules:
        sys.modules["torch"].set_num_threads(threads)


@contextmanager
def _limited(threads: int) -> Iterator[None]:
    """Hold this process to some threads, and leave it as it was."""
    import threadpoolctl

    before = {name: os.environ.get(name) for name in THREADS}
    libraries = threadpoolctl.threadpool_limits(None)
    own = sys.modules["torch"].get_num_threads() if "torch" in sys.modules else None
    limit_threads(threads)
    try:
        yield
    finally:
        libraries.restore_original_limits()
        for name, value in before.items():
            os.environ.pop(name)
            if value is not None:
                os.environ[name] = value
        if "torch" in sys.modules:
            told = (before["OMP_NUM_THREADS"] or "").partition(",")[0]
            sys.modules["torch"].set_num_threads(own or int(told or cores()))


def _start(worker: Worker, threads: int, parent: int) -> None:
    global _worker
    import signal

    from joblib.externals.loky import process_executor

    process_executor._MAX_MEMORY_LEAK_SIZE = float("inf")
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _worker = worker
    limit_threads(threads)
    threading.Thread(target=_leave_with, args=(parent,), daemon=True).start()


def _leave_with(parent: int) -> None:
    """End this process when the one that started it is gone."""
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(1)


def _run(job: Job) -> list[Report]:
    return _worker.run(job)
