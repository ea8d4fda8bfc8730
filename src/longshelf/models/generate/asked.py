"""What writers are asked for, in words instead of codes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl

from longshelf.errors import InputError
from longshelf.tables import Matrix, Rows, Targets

__all__ = ["Asked"]


@dataclass(frozen=True)
class Asked:
    """The words behind the codes of ``category`` and ``conditions`` features.

    Parameters
    ----------
    categories : tuple of str
        Names of the targets.
    attributes : mapping of name to tuple of str
        The levels of each attribute, those no training row states included.

    Examples
    --------
    >>> asked = Asked(("Shirts", "Ties"), {"colour": ("red", "blue")})
    >>> asked.read(np.array([[1, 0], [0, -1]]))
    [{'category': 'Ties', 'colour': 'red'}, {'category': 'Shirts'}]
    """

    categories: tuple[str, ...]
    attributes: Mapping[str, tuple[str, ...]]

    @classmethod
    def of(cls, rows: Rows, targets: Targets) -> Asked:
        """Read the words from a part posed by the task ``generate``."""
        levels = {
            name: tuple(kind.categories.to_list())
            for name, kind in rows.inputs.schema.items()
            if isinstance(kind, pl.Enum) and name != "category"
        }
        return cls(tuple(targets.names.tolist()), levels)

    def read(self, X: Matrix) -> list[dict[str, str]]:
        """Category and stated attributes of each row of codes; (n, 1) or (n, 1 + a).

        Raises
        ------
        InputError
            If the columns are neither the category alone nor all attributes beside it.
        """
        codes = np.asarray(X)
        if codes.shape[1] not in (1, 1 + len(self.attributes)):
            raise InputError(
                f"a writer reads the category, or the category and {len(self.attributes)} "
                f"attributes; got {codes.shape[1]} columns. Use features: category or conditions"
            )
        words = [("category", self.categories), *self.attributes.items()]
        return [
            {name: levels[code] for (name, levels), code in zip(words, row) if code >= 0}
            for row in codes.tolist()
        ]
