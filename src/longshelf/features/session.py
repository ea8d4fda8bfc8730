"""Run an encoder fast on a processor: tokenise in bulk, sort by length, batch by token budget."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from longshelf.cache import Cache, code_hash
from longshelf.errors import NotApplicable, missing_extra
from longshelf.features.pretrained import Pretrained
from longshelf.tables import FloatArray, IntArray

__all__ = ["Runner", "Tokenizer", "read_tokenizer", "runner"]

_BUDGET = 512
"""Tokens in a batch: enough to fill the cores, few enough to stay in their caches."""


@dataclass(frozen=True)
class Tokenizer:
    """Texts to token ids.

    Parameters
    ----------
    inner : tokenizers.Tokenizer
    unknown : int
        Id of the unknown token, -1 where there is none.
    """

    inner: Any
    unknown: int

    def __call__(self, texts: list[str]) -> list[IntArray]:
        """Ids with special tokens, cut to length."""
        return [np.array(e.ids, np.int32) for e in self.inner.encode_batch_fast(texts)]

    def plain(self, texts: list[str]) -> list[IntArray]:
        """Ids without special tokens."""
        encoded = self.inner.encode_batch_fast(texts, add_special_tokens=False)
        return [np.array(e.ids, np.int32) for e in encoded]


@cache
def read_tokenizer(source: Pretrained, max_tokens: int) -> Tokenizer:
    """The published tokenizer, cutting at ``max_tokens`` and never padding."""
    try:
        from tokenizers import Tokenizer as Inner
    except ImportError as error:
        raise missing_extra("tokenizers", "deep", "pretrained encoders") from error
    inner = Inner.from_file(str(source.folder / "tokenizer.json"))
    inner.no_padding()
    inner.enable_truncation(max_tokens)
    marks = (inner.token_to_id(mark) for mark in ("[UNK]", "<unk>"))
    return Tokenizer(inner, next((mark for mark in marks if mark is not None), -1))


def batches(lengths: IntArray, budget: int = _BUDGET) -> Iterator[IntArray]:
    """Positions sorted by length, cut so that rows times longest row stays under the budget.

    Examples
    --------
    >>> [list(map(int, batch)) for batch in batches(np.array([3, 9, 3, 2]), budget=9)]
    [[3, 0, 2], [1]]
    """
    order = np.argsort(lengths, kind="stable")
    start = 0
    while start < len(order):
        size = np.arange(1, len(order) - start + 1)[: budget + 1]
        fits = size * lengths[order[start : start + len(size)]] <= budget
        stop = start + max(1, int(np.count_nonzero(fits)))
        yield order[start:stop]
        start = stop


@dataclass(frozen=True)
class Runner:
    """A loaded encoder.

    Parameters
    ----------
    session : onnxruntime.InferenceSession
    tokenizer : Tokenizer
    masked : bool
        The graph takes a mask (mean pooling).
    width : int
    threads : int
        Batches run side by side, each on one thread: small matrices gain nothing from sharing one,
        and nobody waits for a neighbour on a busy machine.
    """

    session: Any
    tokenizer: Tokenizer
    masked: bool
    width: int
    threads: int

    def encode(self, texts: list[str]) -> FloatArray:
        """Unit vectors; (n, d) float32."""
        ids = self.tokenizer(texts)
        lengths = np.fromiter(map(len, ids), np.int64, len(ids))
        vectors = np.empty((len(ids), self.width), np.float32)

        def work(batch: IntArray) -> None:
            vectors[batch] = self._run([ids[at] for at in batch], lengths[batch])

        with ThreadPoolExecutor(self.threads) as pool:
            list(pool.map(work, batches(lengths)))
        norms = np.linalg.norm(vectors, axis=1, keepdims=True)
        return np.asarray(vectors / np.maximum(norms, np.float32(1e-12)))

    def _run(self, ids: list[IntArray], lengths: IntArray) -> FloatArray:
        inside = np.arange(lengths.max()) < lengths[:, None]
        padded = np.zeros(inside.shape, np.int32)
        padded[inside] = np.concatenate(ids)
        feed = {"ids": padded, "lengths": lengths.astype(np.int32)}
        if self.masked:
            feed["mask"] = inside[..., None].astype(np.float32)
        return np.asarray(self.session.run(None, feed)[0])


@cache
def runner(
    source: Pretrained, pooling: str, precision: str, max_tokens: int, threads: int
) -> Runner:
    """Load an encoder; the graph is written once per cache folder and set of weights.

    Raises
    ------
    Unavailable
        If the weights are not the pinned ones, or ONNX Runtime is not installed.
    """
    try:
        import onnxruntime
    except ImportError as error:
        raise missing_extra("onnxruntime", "deep", "pretrained encoders") from error
    source.verify()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    path = _graph_file(source, pooling, precision)
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    tokenizer = read_tokenizer(source, max_tokens)
    width = int(source.config["hidden_size"])
    return Runner(session, tokenizer, pooling == "mean", width, threads)


def _graph_file(source: Pretrained, pooling: str, precision: str) -> Path:
    from longshelf.features import bert_graph

    folder = Cache.default().folder / "encoders"
    name = f"{source.measured[:16]}-{pooling}-{precision}-{code_hash(bert_graph, _quantise)}.onnx"
    path = folder / name
    if path.exists():
        return path
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".beside-", dir=folder) as beside:
        plain, made = Path(beside) / "plain.onnx", Path(beside) / "made.onnx"
        plain.write_bytes(_write_graph(source, pooling))
        if precision == "int8":
            _quantise(plain, made)
        os.replace(made if precision == "int8" else plain, path)
    return path


def _write_graph(source: Pretrained, pooling: str) -> bytes:
    from safetensors.numpy import load_file

    from longshelf.features.bert_graph import FAMILIES, bert_graph

    family = source.config.get("model_type")
    if family not in FAMILIES or source.config.get("hidden_act") != "gelu":
        raise NotApplicable(
            f"encoder cannot run a model of type {family!r} "
            f"with activation {source.config.get('hidden_act')!r}; it runs "
            f"{', '.join(sorted(FAMILIES))} with gelu"
        )
    weights = {
        name.removeprefix(f"{name.split('.')[0]}.")
        if name.startswith(("bert.", "roberta."))
        else name: value
        for name, value in load_file(source.weights).items()
    }
    model: bytes = bert_graph(weights, source.config, pooling).SerializeToString()
    return model


def _quantise(plain: Path, made: Path) -> None:
    from onnx import TensorProto
    from onnxruntime.quantization import QuantType, quantize_dynamic

    quantize_dynamic(
        plain,
        made,
        weight_type=QuantType.QInt8,
        op_types_to_quantize=["MatMul", "Attention"],
        per_channel=True,
        extra_options={"DefaultTensorType": TensorProto.FLOAT},
    )
