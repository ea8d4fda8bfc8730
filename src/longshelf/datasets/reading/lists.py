"""Lines of whole numbers: a key, then the items it had, in their order."""

from __future__ import annotations

import polars as pl

from longshelf.errors import InputError

__all__ = ["read_lists"]


def read_lists(content: bytes) -> pl.DataFrame:
    """One row per pair of key and item, lines and items in the order of the file.

    Parameters
    ----------
    content : bytes
        Lines such as ``7 12 3``; a key without items gives no row.

    Returns
    -------
    polars.DataFrame
        Columns ``key`` and ``item``, 32-bit integers.

    Raises
    ------
    InputError
        A field that is no whole number.

    Examples
    --------
    >>> read_lists(b"7 12 3\\n8\\n").rows()
    [(7, 12), (7, 3)]
    """
    lines = pl.Series("line", content.decode("utf-8").splitlines(), dtype=pl.String)
    fields = lines.str.strip_chars().str.split(" ")
    try:
        numbers = fields.to_frame().select(
            key=pl.col("line").list.first().cast(pl.Int32),
            item=pl.col("line").list.slice(1).list.eval(pl.element().cast(pl.Int32)),
        )
    except pl.exceptions.PolarsError as error:
        raise InputError(f"a line holds more than whole numbers: {error}") from error
    return numbers.filter(pl.col("item").list.len() > 0).explode("item")
