"""Runs jobs on the nodes of a Ray cluster, into the same store, with the same results."""

from __future__ import annotations

import importlib
import os
import socket
import sys
import time
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any
from uuid import uuid4

import longshelf
from longshelf.cache import Cache, digest
from longshelf.components import known, snake
from longshelf.errors import Unavailable, missing_extra, unknown
from longshelf.experiment.executor import THREADS, Job, limit_threads
from longshelf.experiment.suite import Resources
from longshelf.experiment.work import Report, Worker

__all__ = ["RayExecutor"]

QUIET = {"configure_logging": False, "log_to_driver": False, "include_dashboard": False}
_held: dict[str, Worker] = {}


@dataclass(frozen=True, kw_only=True)
class RayExecutor:
    """Every job is a Ray task; nodes may come and go.

    Every node needs the same version of LongShelf and must reach the store and the cache under
    the driver's addresses: a shared folder, or for the store an address such as ``s3://``. A job
    whose node or process dies runs once more, elsewhere; the second time its cells fail with the
    reason.

    Parameters
    ----------
    address : str or None
        As ``ray.init`` takes it: ``auto``, ``host:6379``, ``ray://host:10001``. None joins the
        cluster of ``RAY_ADDRESS`` if that is set, else this machine is the cluster.
    resources : mapping of model name to Resources
        What a cell takes, by its model; ``all`` stands for every other model.
    at_once : int or None
        Most jobs in flight; None fills the cluster.
    patience : float, seconds, default 60
        How long to wait for a node that offers what a job needs.

    Raises
    ------
    InputError
        If ``resources`` names an unknown model.
    """

    address: str | None = None
    resources: Mapping[str, Resources] = field(default_factory=dict)
    at_once: int | None = None
    patience: float = 60.0

    def __post_init__(self) -> None:
        models = [snake(name) for name in known("model")]
        for name in self.resources:
            if name != "all" and ":" not in name and name not in models:
                raise unknown("model under resources", name, ["all", *models])

    def run(self, jobs: Sequence[Job], worker: Worker) -> Iterator[Report]:
        """Reports in the order they come; closing the iterator cancels what is in flight.

        Raises
        ------
        Unavailable
            If Ray is missing or does not answer, a node cannot reach the store or the cache or
            runs other code, or no node offers what a cell needs.
        """
        if not jobs:
            return
        worker = _absolute(worker)
        with _connected(self.address) as ray, _token(worker.cache) as token:
            flight = _Flight(self, ray, worker, token)
            try:
                yield from flight.run(jobs)
            finally:
                flight.cancel()

    def needs(self, job: Job) -> Resources:
        """What the cells of a job take."""
        cls = type(job[0].model)
        names = (snake(cls.__name__), f"{cls.__module__}:{cls.__name__}", "all")
        return next((self.resources[name] for name in names if name in self.resources), Resources())


class _Flight:
    """Jobs under way: which task runs which job, and what waits."""

    def __init__(self, executor: RayExecutor, ray: Any, worker: Worker, token: str) -> None:
        self.executor, self.ray, self.worker = executor, ray, worker
        self.shipped = ray.put(worker)
        self.place = _Place(self.shipped.hex(), token, code_of_package())
        self.task = ray.remote(_work)
        self.flying: dict[Any, Job] = {}
        self.seen = time.monotonic()

    def run(self, jobs: Sequence[Job]) -> Iterator[Report]:
        waiting = deque(jobs)
        while waiting or self.flying:
            for _ in range(min(self._room(waiting), len(waiting))):
                self._submit(waiting.popleft())
            if not self.flying:
                time.sleep(0.5)
                continue
            done, _ = self.ray.wait(list(self.flying), timeout=1.0)
            for reference in done:
                job = self.flying.pop(reference)
                reports = self._reports(reference, job)
                if any(report.status == "busy" for report in reports):
                    waiting.append(job)
                    time.sleep(0.2)
                    continue
                yield from reports

    def cancel(self) -> None:
        """Stop every task, so that a cluster that outlives this run is left idle."""
        for reference in self.flying:
            self.ray.cancel(reference, force=True)
        self.flying.clear()

    def _submit(self, job: Job) -> None:
        needs = self.executor.needs(job)
        threads = max(1, int(needs.cpus))
        variables = dict.fromkeys(THREADS, str(threads)) | {"PYTHONPATH": _own_paths()}
        task = self.task.options(
            name=job[0].name,
            num_cpus=needs.cpus,
            num_gpus=needs.gpus,
            memory=int(needs.memory_gb * 2**30) or None,
            max_retries=1,
            runtime_env={"env_vars": variables},
        )
        self.flying[task.remote(job, [self.shipped], self.place, threads)] = job

    def _reports(self, reference: Any, job: Job) -> list[Report]:
        from ray import exceptions

        lost = (
            exceptions.NodeDiedError, exceptions.WorkerCrashedError, exceptions.OutOfMemoryError,
            exceptions.ObjectLostError, exceptions.LocalRayletDiedError,
        )  # fmt: skip
        try:
            found: list[Report] = self.ray.get(reference)
        except exceptions.RayTaskError as error:
            raise error.cause from None
        except lost as error:
            said = str(error).strip().splitlines()[0]
            return self.worker.give_up(
                job, RuntimeError(f"its node or process was lost twice, memory perhaps: {said}")
            )
        return found

    def _room(self, waiting: Sequence[Job]) -> int:
        """Jobs to add: twice what the nodes hold at once, so none waits for the driver.

        Raises
        ------
        Unavailable
            If no node has offered what the next job needs for longer than the patience.
        """
        pending = {
            self.executor.needs(job): job for job in (*self.flying.values(), *list(waiting)[:1])
        }
        nodes = [node["Resources"] for node in self.ray.nodes() if node["Alive"]]
        for needs, job in pending.items():
            if not any(_slots(node, needs) for node in nodes):
                self._impatient(job, nodes)
                return 0
        self.seen = time.monotonic()
        held = max(sum(_slots(node, needs) for node in nodes) for needs in pending)
        return min(2 * held, self.executor.at_once or 2 * held) - len(self.flying)

    def _impatient(self, job: Job, nodes: Sequence[Mapping[str, float]]) -> None:
        if time.monotonic() - self.seen < self.executor.patience:
            return
        needs = self.executor.needs(job)
        offered = "; ".join(
            f"{node.get('CPU', 0):g} cpus, {node.get('GPU', 0):g} gpus, "
            f"{node.get('memory', 0) / 2**30:.1f} GB"
            for node in nodes
        )
        raise Unavailable(
            f"no node offers what {job[0].name} needs ({needs.cpus:g} cpus, {needs.gpus:g} gpus, "
            f"{needs.memory_gb:g} GB); the nodes have: {offered or 'none is alive'}. Ask for less "
            "under resources of the suite or with --cpus, --gpus, --memory-gb, or add a node"
        )


def _slots(node: Mapping[str, float], needs: Resources) -> int:
    """Cells a node holds at once."""
    asked = {"CPU": needs.cpus, "GPU": needs.gpus, "memory": needs.memory_gb * 2**30}
    return min(int(node.get(name, 0) / amount) for name, amount in asked.items() if amount)


@dataclass(frozen=True)
class _Place:
    """What a node must find to be of use."""

    worker: str
    token: str
    code: str


def _work(job: Job, shipped: Sequence[Any], place: _Place, threads: int) -> list[Report]:
    """One job on whatever node this is; its process keeps the data for the next."""
    if place.worker not in _held:
        import ray

        worker = ray.get(shipped[0])
        reach(worker, place.token, place.code)
        _held.clear()
        _held[place.worker] = worker
    limit_threads(threads)
    return _held[place.worker].run(job)


def reach(worker: Worker, token: str, code: str) -> None:
    """Refuse a node on which results would be lost, or be those of other code.

    Raises
    ------
    Unavailable
        Naming the node and what it does not reach.
    """
    from platform import node

    if code_of_package() != code:
        raise Unavailable(
            f"node {node()} runs other code of longshelf than the driver; install the same "
            "version on every node"
        )
    if worker.store.read("suite.yaml") is None:
        raise Unavailable(
            f"node {node()} does not reach the store {worker.store.address}: every node must see "
            "it under this address. Give --out a folder that all nodes share or an address such "
            "as s3://bucket/runs/name"
        )
    if not (worker.cache.folder / token).exists():
        raise Unavailable(
            f"node {node()} does not reach the cache {worker.cache.folder}: every node must see "
            "it. Set LONGSHELF_CACHE to a folder that all nodes share"
        )


@cache
def code_of_package() -> str:
    """A hash of the files this process imports LongShelf from."""
    home = Path(str(longshelf.__file__)).parent
    files = sorted(home.rglob("*.py"))
    return digest([(str(file.relative_to(home)), file.read_bytes()) for file in files])


def _absolute(worker: Worker) -> Worker:
    """The worker with addresses that mean the same in every folder."""
    home = worker.store.local
    store = worker.store if home is None else replace(worker.store, address=str(home.absolute()))
    cache = replace(worker.cache, folder=worker.cache.folder.absolute())
    return replace(worker, store=store, cache=cache)


def _own_paths() -> str:
    """The driver's import paths outside its environment: where a user's own modules lie."""
    installed = (Path(sys.prefix), Path(sys.base_prefix))
    own = [
        path
        for path in sys.path
        if path and not any(Path(path).is_relative_to(home) for home in installed)
    ]
    return os.pathsep.join(dict.fromkeys([*own, os.getcwd()]))


@contextmanager
def _token(cache: Cache) -> Iterator[str]:
    """A file in the cache by which a node knows that it sees the driver's."""
    cache.folder.mkdir(parents=True, exist_ok=True)
    place = cache.folder / f".reach-{uuid4().hex}"
    place.touch()
    try:
        yield place.name
    finally:
        place.unlink(missing_ok=True)


def _answers(address: str | None) -> None:
    """Refuse an address where nothing listens, which Ray would ask again for minutes.

    Raises
    ------
    Unavailable
    """
    host, _, port = (address or "").removeprefix("ray://").rpartition(":")
    if not host or not port.isdigit():
        return
    try:
        socket.create_connection((host, int(port)), timeout=10).close()
    except OSError as error:
        raise Unavailable(
            f"no Ray cluster answers at {address!r}: {error}. Start one with "
            "`ray start --head`, or leave out --address"
        ) from error


@contextmanager
def _connected(address: str | None) -> Iterator[Any]:
    """Ray, joined or started; what was started here ends here.

    Raises
    ------
    Unavailable
        If Ray is not installed or no cluster answers.
    """
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    try:
        ray = importlib.import_module("ray")
    except ImportError:
        raise missing_extra("ray", "ray", "runs on a cluster") from None
    if ray.is_initialized():
        yield ray
        return
    _answers(address or os.environ.get("RAY_ADDRESS"))
    try:
        ray.init(address=address, **QUIET)
    except (ConnectionError, RuntimeError, ValueError) as error:
        raise Unavailable(
            f"no Ray cluster answers at {address or os.environ.get('RAY_ADDRESS')!r}: "
            f"{str(error).splitlines()[0]}. Start one with `ray start --head`, or leave out --address"
        ) from error
    try:
        yield ray
    finally:
        ray.shutdown()
