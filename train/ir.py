"""A trained model as OpenVINO IR and back: fp32 as traced, or with int8 weights made by nncf."""

from __future__ import annotations

import logging
import re
import warnings
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import openvino
import torch

from labels.errors import ModelError
from train import backends
from train.model import Model
from train.rows import Floats

_log = logging.getLogger(__name__)
_NAMES = ("ids", "segments", "mask")
# The tracer keeps the name of a matrix on its constant, and that of a vector on the operation that adds or multiplies it.
_MATRIX = re.compile(r"self\.(?P<name>.+)")
_VECTOR = re.compile(r"__module\.(?P<place>.+)/aten::(?:linear/(?P<linear>Add)|layer_norm/(?P<norm>Add|Multiply_1))")
_KIND = {"Add": "bias", "Multiply_1": "weight"}


def traced(model: Model) -> openvino.Model:
    """The model with inputs ids, segments, mask (batch, tokens) and outputs logits (batch, 17), evidence (batch, tokens), pooled (batch,
    hidden), any batch and length."""
    ids = torch.full((2, 16), 4, dtype=torch.int64)
    segments = torch.zeros_like(ids)
    mask = torch.ones_like(ids)
    segments[:, 12:] = 1
    mask[1, 14:] = 0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the tracer warns of branches on shapes, none of which depends on the data
        made = openvino.convert_model(model.eval(), example_input=(ids, segments, mask))
    for given, name in zip(made.inputs, _NAMES, strict=True):
        given.get_tensor().set_names({name})
    for given, name in zip(made.outputs, ("logits", "evidence", "pooled"), strict=True):
        given.get_tensor().set_names({name})
    return made


def write(made: openvino.Model, path: Path) -> None:
    """`path` and its `.bin`; weights stay as they are (no compression to fp16 behind the reader's back)."""
    openvino.save_model(made, path, compress_to_fp16=False)
    _log.info("%s: %.1f MB", path, path.with_suffix(".bin").stat().st_size / 1e6)


def weights_only(made: openvino.Model) -> openvino.Model:
    """Int8 weights; how the activations are multiplied is the machine's choice (`train.backends`)."""
    import nncf

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return nncf.compress_weights(made, mode=nncf.CompressWeightsMode.INT8_ASYM)


def weights(path: Path, shapes: Mapping[str, Sequence[int]]) -> dict[str, Floats]:
    """The parameters called as in `shapes`, fp32, out of an IR that `traced` or `weights_only` made.

    Raises ModelError where one is not there.
    """
    found = dict(_parameters(backends.core().read_model(path)))
    for name, shape in shapes.items():
        if name not in found or found[name].size != np.prod(shape):
            raise ModelError(f"{path}: no weights {name} {tuple(shape)} in it; training can continue what `threadwise export` writes")
    return {name: found[name].reshape(shape) for name, shape in shapes.items()}


def layers(path: Path) -> int:
    """How many layers the encoder of an IR has."""
    return 1 + max(map(int, re.findall(r"encoder\.layer\.(\d+)\.", path.read_text(encoding="utf-8"))))


def _parameters(made: openvino.Model) -> Iterator[tuple[str, Floats]]:
    constants = {node.get_friendly_name(): node for node in made.get_ops() if node.get_type_name() == "Constant"}
    for name, node in constants.items():
        if matrix := _MATRIX.fullmatch(name):
            value = node.data.astype(np.float32)
            if f"{name}/zero_point" in constants:
                value -= constants[f"{name}/zero_point"].data.astype(np.float32)
            if f"{name}/scale" in constants:
                value *= constants[f"{name}/scale"].data.astype(np.float32)
            yield matrix["name"], value
        for target in node.output(0).get_target_inputs():
            if vector := _VECTOR.fullmatch(target.get_node().get_friendly_name()):
                yield f"{vector['place']}.{_KIND[vector['linear'] or vector['norm']]}", node.data.astype(np.float32)
