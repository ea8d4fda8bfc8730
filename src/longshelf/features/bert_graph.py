"""A BERT encoder as an ONNX graph of fused operators, written straight from its weights.

Attention, bias + GELU and skip + layer normalisation are single ONNX Runtime operators here, so
the graph needs neither torch to export nor an optimiser to fuse it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["FAMILIES", "bert_graph"]

FAMILIES = frozenset({"bert", "roberta", "xlm-roberta", "camembert"})
"""Values of ``model_type`` in ``config.json`` that share this architecture."""

Weights = Mapping[str, NDArray[Any]]


@dataclass
class _Graph:
    nodes: list[Any] = field(default_factory=list)
    constants: list[Any] = field(default_factory=list)

    def put(self, name: str, value: NDArray[Any]) -> str:
        from onnx import numpy_helper

        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def node(self, kind: str, inputs: list[str], output: str, **attributes: Any) -> str:
        from onnx import helper

        domain = "" if kind in ("MatMul", "Mul", "Div", "ReduceSum", "Slice") else "com.microsoft"
        outputs = [output, ""] if kind == "EmbedLayerNormalization" else [output]
        self.nodes.append(helper.make_node(kind, inputs, outputs, domain=domain, **attributes))
        return output


def _embed(graph: _Graph, weights: Weights, config: Mapping[str, Any]) -> str:
    family = config["model_type"]
    offset = 0 if family == "bert" else int(config.get("pad_token_id", 1)) + 1
    position = weights["embeddings.position_embeddings.weight"][offset:]
    segment = weights["embeddings.token_type_embeddings.weight"][:1]
    names = [
        graph.put("word", weights["embeddings.word_embeddings.weight"]),
        graph.put("position", position + segment),
        "",
        graph.put("embed_gain", weights["embeddings.LayerNorm.weight"]),
        graph.put("embed_shift", weights["embeddings.LayerNorm.bias"]),
    ]
    epsilon = float(config["layer_norm_eps"])
    return graph.node("EmbedLayerNormalization", ["ids", "", *names], "embedded", epsilon=epsilon)


def _norm(
    graph: _Graph, weights: Weights, prefix: str, x: str, skip: str, bias: str, epsilon: float
) -> str:
    gain = graph.put(f"{prefix}.gain", weights[f"{prefix}.LayerNorm.weight"])
    shift = graph.put(f"{prefix}.shift", weights[f"{prefix}.LayerNorm.bias"])
    inputs = [x, skip, gain, shift, bias]
    return graph.node("SkipLayerNormalization", inputs, f"{prefix}.out", epsilon=epsilon)


def _dense(graph: _Graph, weights: Weights, prefix: str, x: str) -> tuple[str, str]:
    weight = graph.put(f"{prefix}.weight", weights[f"{prefix}.dense.weight"].T)
    bias = graph.put(f"{prefix}.bias", weights[f"{prefix}.dense.bias"])
    return graph.node("MatMul", [x, weight], f"{prefix}.product"), bias


def _layer(graph: _Graph, weights: Weights, number: int, x: str, config: Mapping[str, Any]) -> str:
    prefix = f"encoder.layer.{number}"
    own = f"{prefix}.attention.self"
    triple = [
        np.concatenate(
            [weights[f"{own}.{part}.{kind}"].T for part in ("query", "key", "value")], -1
        )
        for kind in ("weight", "bias")
    ]
    attended = graph.node(
        "Attention",
        [x, graph.put(f"{own}.w", triple[0]), graph.put(f"{own}.b", triple[1]), "lengths"],
        f"{own}.out",
        num_heads=int(config["num_attention_heads"]),
    )
    epsilon = float(config["layer_norm_eps"])
    product, bias = _dense(graph, weights, f"{prefix}.attention.output", attended)
    middle = _norm(graph, weights, f"{prefix}.attention.output", product, x, bias, epsilon)
    wide, wide_bias = _dense(graph, weights, f"{prefix}.intermediate", middle)
    active = graph.node("BiasGelu", [wide, wide_bias], f"{prefix}.active")
    narrow, narrow_bias = _dense(graph, weights, f"{prefix}.output", active)
    return _norm(graph, weights, f"{prefix}.output", narrow, middle, narrow_bias, epsilon)


def _pool(graph: _Graph, x: str, pooling: str) -> None:
    axis = graph.put("axis", np.array([1]))
    if pooling == "cls":
        ends = [graph.put("from", np.array([0])), graph.put("to", np.array([1]))]
        first = graph.node("Slice", [x, *ends, axis], "first")
        graph.node("ReduceSum", [first, axis], "vectors", keepdims=0)
        return
    masked = graph.node("Mul", [x, "mask"], "masked")
    total = graph.node("ReduceSum", [masked, axis], "total", keepdims=0)
    count = graph.node("ReduceSum", ["mask", axis], "count", keepdims=0)
    graph.node("Div", [total, count], "vectors")


def bert_graph(weights: Weights, config: Mapping[str, Any], pooling: str = "mean") -> Any:
    """The ONNX model of an encoder with its pooling.

    Inputs: ``ids`` (n, L) int32, ``lengths`` (n,) int32 and, for mean pooling, ``mask`` (n, L, 1)
    float32. Output: ``vectors`` (n, d) float32.

    Parameters
    ----------
    weights : mapping of tensor name to array
        As in ``model.safetensors``, without a prefix.
    config : mapping
        The model's ``config.json``; its ``model_type`` is one of :data:`FAMILIES`.
    pooling : {"mean", "cls"}, default "mean"
        Average of the token vectors, or the first one.

    References
    ----------
    .. [1] Devlin et al., BERT, NAACL 2019, arXiv:1810.04805.
    """
    from onnx import TensorProto, helper

    graph = _Graph()
    x = _embed(graph, weights, config)
    for number in range(int(config["num_hidden_layers"])):
        x = _layer(graph, weights, number, x, config)
    _pool(graph, x, pooling)
    inputs = [
        helper.make_tensor_value_info("ids", TensorProto.INT32, ["n", "L"]),
        helper.make_tensor_value_info("lengths", TensorProto.INT32, ["n"]),
    ]
    if pooling == "mean":
        inputs.append(helper.make_tensor_value_info("mask", TensorProto.FLOAT, ["n", "L", 1]))
    width = int(config["hidden_size"])
    output = helper.make_tensor_value_info("vectors", TensorProto.FLOAT, ["n", width])
    made = helper.make_graph(graph.nodes, "encoder", inputs, [output], graph.constants)
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid("com.microsoft", 1)]
    model = helper.make_model(made, opset_imports=opsets, ir_version=9)
    helper.set_model_props(model, {"onnx.quant.pre_process": "onnxruntime.quant"})
    return model
