"""Tables of R packages: ``.rda`` and ``.rds`` files, converted once."""

from __future__ import annotations

import warnings
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from longshelf.cache import Cache, digest
from longshelf.datasets.checksum import sha256
from longshelf.errors import InputError, missing_extra

__all__ = ["read_r"]

VERSION = 1
PLAIN = ("Date", "POSIXct", "POSIXt")


def read_r(path: Path) -> pl.DataFrame:
    """The one table of an R data file.

    The reader takes seconds per 100,000 texts, so the table is kept in the cache folder under the
    hash of the file.

    Parameters
    ----------
    path : Path
        ``.rda`` with one data frame, or ``.rds``.

    Returns
    -------
    polars.DataFrame
        Factors as text, dates as days and instants as seconds since 1970.

    Raises
    ------
    InputError
        A damaged file, or one that holds something else.
    Unavailable
        The package ``rdata`` is not installed.
    """
    key = digest("r table", VERSION, sha256(path))
    packed = Cache.default().of(key, lambda: {"parquet": _packed(_converted(path))})
    return pl.read_parquet(BytesIO(packed["parquet"].tobytes()))


def _packed(frame: pl.DataFrame) -> np.ndarray[Any, np.dtype[np.uint8]]:
    sink = BytesIO()
    frame.write_parquet(sink)
    return np.frombuffer(sink.getvalue(), dtype=np.uint8)


def _converted(path: Path) -> pl.DataFrame:
    try:
        import rdata
    except ImportError as error:
        raise missing_extra("rdata", "r", "R data files") from error
    import pandas as pd

    made = rdata.conversion.DEFAULT_CLASS_MAP
    table = made["data.frame"]
    kinds: dict[Any, Any] = {
        **made, **dict.fromkeys(("tbl", "tbl_df", "spec_tbl_df"), table),
        **dict.fromkeys(PLAIN, _plain),
    }  # fmt: skip
    read = rdata.read_rds if path.suffix == ".rds" else rdata.read_rda
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)
            found = read(path, constructor_dict=kinds)
    except (OSError, ValueError, EOFError, NotImplementedError) as error:
        raise InputError(f"cannot read {path} as R data: {error}; is it damaged?") from error
    tables = list(found.values()) if isinstance(found, dict) else [found]
    if len(tables) != 1 or not isinstance(tables[0], pd.DataFrame):
        raise InputError(f"{path} holds {len(tables)} objects, wanted one data frame")
    return pl.from_pandas(tables[0]).with_columns(
        pl.col(pl.Categorical, pl.Enum).cast(pl.String), pl.selectors.float().fill_nan(None)
    )


def _plain(values: Any, attributes: Any) -> Any:
    return values
