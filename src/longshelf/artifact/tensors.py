"""Named arrays in one safetensors file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from longshelf.errors import InputError

__all__ = ["read_tensors", "write_tensors"]


def write_tensors(path: Path, tensors: Mapping[str, NDArray[Any]]) -> None:
    """Write arrays, row by row wherever they lie otherwise."""
    from safetensors.numpy import save_file

    rowwise = {n: np.ascontiguousarray(held).reshape(held.shape) for n, held in tensors.items()}
    save_file(rowwise, path)


def read_tensors(path: Path) -> dict[str, NDArray[Any]]:
    """Arrays of a file.

    Raises
    ------
    InputError
        If it is truncated or no safetensors file.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    try:
        return dict(load_file(path))
    except (SafetensorError, OSError, ValueError, KeyError, AttributeError) as error:
        raise InputError(f"{path} is no whole safetensors file: {error}") from error
