"""A trained model as OpenVINO IR: fp32 as traced, or int8 made by nncf on real comments."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import openvino
import torch

from train import batches
from train.encode import Window
from train.model import Model

_log = logging.getLogger(__name__)
_NAMES = ("ids", "segments", "mask")


def traced(model: Model) -> openvino.Model:
    """The model with inputs ids, segments, mask (batch, tokens) and outputs logits (batch, 17), evidence (batch, tokens), any batch and
    length."""
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
    for given, name in zip(made.outputs, ("logits", "evidence"), strict=True):
        given.get_tensor().set_names({name})
    return made


def quantised(made: openvino.Model, windows: Sequence[Window], pad: int) -> openvino.Model:
    """Int8 weights and activations; `windows` show the range of the activations, one by one."""
    import nncf

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        dataset = nncf.Dataset([_named(batches.padded([window], pad)) for window in windows])
        return nncf.quantize(
            made,
            dataset,
            model_type=nncf.ModelType.TRANSFORMER,
            preset=nncf.QuantizationPreset.PERFORMANCE,
            subset_size=len(windows),
        )


def _named(arrays: batches.Arrays) -> dict[str, np.ndarray]:
    return {"ids": arrays.ids, "segments": arrays.segments, "mask": arrays.mask}


def write(made: openvino.Model, path: Path) -> None:
    """`path` and its `.bin`; weights stay as they are (no compression to fp16 behind the reader's back)."""
    openvino.save_model(made, path, compress_to_fp16=False)
    _log.info("%s: %.1f MB", path, path.with_suffix(".bin").stat().st_size / 1e6)


def weights_only(made: openvino.Model) -> openvino.Model:
    """Int8 weights, floating activations: the fallback where full int8 costs too much."""
    import nncf

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return nncf.compress_weights(made, mode=nncf.CompressWeightsMode.INT8_ASYM)
