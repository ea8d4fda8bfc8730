"""One training on several devices: each computes a part of every batch, and all move alike."""

from __future__ import annotations

import logging
import os
import socket
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_EXCEPTION, wait
from typing import Any

import numpy as np
import torch
from lightning_fabric import Fabric
from torch import Tensor, distributed, nn

from longshelf.errors import InputError
from longshelf.tables import IntArray
from longshelf.unfinished import rng_state, set_rng

__all__ = ["agree", "devices", "shares", "start_alike", "sum_slopes", "summed", "together"]

SETTING = "LONGSHELF_DEVICES"


def devices() -> int:
    """How many devices a training uses: the variable ``LONGSHELF_DEVICES``, else one.

    Raises
    ------
    InputError
        If it is no number from 1, or more than the graphics processors of this machine.
    """
    said = os.environ.get(SETTING, "1")
    there = torch.cuda.device_count()
    if not said.isdecimal() or int(said) < 1 or 0 < there < int(said):
        allowed = f"1 to {there}" if there else "a number from 1"
        raise InputError(f"{SETTING} is {said!r}; this machine can take {allowed}")
    return int(said)


def together(function: Callable[..., Any], count: int, precision: Any, *given: Any) -> list[Any]:
    """Call ``function(fabric, *given)`` in a process for each device, joined by Lightning Fabric.

    Processes are fresh interpreters that do not run the caller's script again. The first is on the
    first device and draws as a single process would; the others draw otherwise, so that no two
    devices drop the same units.

    Parameters
    ----------
    function : callable
        What every process calls.
    count : int
        Devices.
    precision : str
        As Lightning Fabric names it.
    *given
        What every process gets a copy of.

    Returns
    -------
    list
        What each process returned, first device first.
    """
    from joblib.externals.loky import ProcessPoolExecutor

    threads = max(1, torch.get_num_threads() // count)
    pool = ProcessPoolExecutor(count, env={"OMP_NUM_THREADS": str(threads), SETTING: "1"})
    try:
        place = count, _free_port(), torch.initial_seed(), precision
        calls = [pool.submit(_call, rank, *place, function, given) for rank in range(count)]
        for call in wait(calls, return_when=FIRST_EXCEPTION).done:
            call.result()
        return [call.result() for call in calls]
    finally:
        pool.shutdown(wait=False, kill_workers=True)


def _call(
    rank: int, count: int, port: int, seed: int, precision: Any,
    function: Callable[..., Any], given: tuple[Any, ...],
) -> Any:  # fmt: skip
    os.environ |= {
        "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port), "LOCAL_RANK": str(rank),
        "NODE_RANK": "0",
    }  # fmt: skip
    logging.getLogger("lightning.fabric").setLevel(logging.WARNING)
    logging.getLogger("lightning_fabric").setLevel(logging.WARNING)
    fabric = Fabric(accelerator="auto", devices=count, strategy="ddp", precision=precision)
    fabric.launch()
    torch.manual_seed(seed + rank)
    try:
        return function(fabric, *given)
    finally:
        distributed.destroy_process_group()


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


def agree(fabric: Fabric, rng: np.random.Generator) -> None:
    """Let every device draw the same order from here on."""
    if fabric.world_size > 1:
        set_rng(rng, fabric.broadcast(rng_state(rng)))


def start_alike(fabric: Fabric, net: nn.Module) -> None:
    """Give every device what the first one has: remedies and resets draw parts of a network."""
    if fabric.world_size > 1:
        for held in net.state_dict().values():
            distributed.broadcast(held, 0)


def shares(fabric: Fabric, index: IntArray, accumulate: int) -> Iterator[tuple[IntArray, int]]:
    """The parts of a batch this device computes one after another, and how many rows each counts.

    A device that is left without rows computes one that counts for none, so that all keep step.
    """
    world = fabric.world_size
    parts = np.array_split(index, min(world * accumulate, len(index)))[fabric.global_rank :: world]
    yield from ((part, len(part)) for part in parts)
    if not parts:
        yield index[:1], 0


def summed(fabric: Fabric, value: float) -> float:
    """The sum of a number over all devices."""
    if fabric.world_size == 1:
        return value
    told = torch.tensor(value, dtype=torch.float64, device=fabric.device)
    distributed.all_reduce(told)
    return float(told)


def sum_slopes(fabric: Fabric, net: nn.Module) -> None:
    """Add up the gradients of all devices, dense and sparse, in place."""
    if fabric.world_size == 1:
        return
    for parameter in net.parameters():
        if parameter.grad is None:
            continue
        if parameter.grad.is_sparse:
            parameter.grad = _summed_rows(parameter.grad)
        else:
            distributed.all_reduce(parameter.grad)


def _summed_rows(slope: Tensor) -> Tensor:
    """The rows any device met, which differ from one to the next."""
    slope = slope.coalesce()
    met = torch.zeros(slope.shape[0], device=slope.device)
    met[slope.indices()[0]] = 1
    dense = slope.to_dense()
    distributed.all_reduce(dense)
    distributed.all_reduce(met)
    at = met.nonzero()[:, 0]
    return torch.sparse_coo_tensor(at[None], dense[at], dense.shape, check_invariants=False)
