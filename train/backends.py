"""In what the processor multiplies: the back ends that can run a release's IR here, and which of them is the fastest.

The weights are int8 in the file. `int8` rounds the activations to int8 too, in groups of 64 as they come; a range fixed beforehand cost .14
of a logit on the mean where this costs .0065 (docs/log.md). `bf16` and `fp32` widen the weights instead.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import openvino

from labels.errors import ModelError

_CPUINFO = Path("/proc/cpuinfo")
_ROUNDS = 3
_SHAPES = ((1, 64), (16, 32))
"""(batch, tokens) that are timed: one comment, and a full pass of short ones."""
_WORTH = 0.9
"""A later back end must take less than this share of the time of the one before it: timings on a busy machine differ by as much."""


@dataclass(frozen=True, slots=True)
class Backend:
    name: str
    capability: str
    """What OpenVINO must say that the processor can."""
    options: Mapping[str, str]


BACKENDS = (
    Backend("int8", "INT8", {"INFERENCE_PRECISION_HINT": "f32", "DYNAMIC_QUANTIZATION_GROUP_SIZE": "64"}),
    Backend("bf16", "BF16", {"INFERENCE_PRECISION_HINT": "bf16", "DYNAMIC_QUANTIZATION_GROUP_SIZE": "0"}),
    Backend("fp32", "FP32", {"INFERENCE_PRECISION_HINT": "f32", "DYNAMIC_QUANTIZATION_GROUP_SIZE": "0"}),
)
"""In the order of preference."""


@lru_cache(maxsize=1)
def core() -> openvino.Core:
    """The only one of the process: each sets a signal stack of its own for the thread where the processor has AVX-512, and those that are
    freed in another order than they came leave one that is gone, on which the next signal ends the process."""
    return openvino.Core()


def available() -> tuple[Backend, ...]:
    """Those that this processor can run."""
    can = set(core().get_property("CPU", "OPTIMIZATION_CAPABILITIES"))
    if not _multiplies_int8(_CPUINFO):
        can.discard("INT8")
    return tuple(backend for backend in BACKENDS if backend.capability in can)


def _multiplies_int8(path: Path) -> bool:
    """Whether an x86 processor has the instructions: OpenVINO says INT8 of every one and multiplies in fp32 where they are missing."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError:
        return True
    flags = next((line.split() for line in lines if line.startswith("flags")), [])
    return not flags or any(flag.endswith("vnni") or flag == "amx_int8" for flag in flags)


def chosen(path: Path, name: str | None = None, refused: Collection[str] = ()) -> Backend:
    """The back end called `name`, else the fastest for the IR at `path`, timed once a machine. Raises ModelError where it is not here.

    `refused`: those that cost this release more than its gate allowed (`train.export`).
    """
    here = tuple(backend for backend in available() if backend.name not in refused)
    if name is None:
        return _remembered(path, here) if len(here) > 1 else here[0]
    found = next((backend for backend in here if backend.name == name), None)
    if found is None:
        raise ModelError(f'no back end "{name}" for this release on this machine: {", ".join(backend.name for backend in here)}')
    return found


def name_of(compiled: openvino.CompiledModel) -> str:
    """The back end that a compiled IR runs on."""
    group, hint = compiled.get_property("DYNAMIC_QUANTIZATION_GROUP_SIZE"), compiled.get_property("INFERENCE_PRECISION_HINT")
    return "int8" if group else {"f32": "fp32"}.get(hint.get_type_name(), hint.get_type_name())


def compiled(path: Path, backend: Backend, threads: int | None = None, lanes: int = 1) -> openvino.CompiledModel:
    """The IR for this machine; compiled forms are kept in the user's cache folder. `lanes` passes run at a time and share the threads.

    Raises ModelError.
    """
    # Not pinned: a thread whose core does other work, as an event loop or another program, would stand still while a core is idle.
    options: dict[str, object] = {"PERFORMANCE_HINT": "LATENCY", "ENABLE_CPU_PINNING": False, **backend.options}
    if threads or lanes > 1:
        options |= {"INFERENCE_NUM_THREADS": threads or os.cpu_count() or 1, "NUM_STREAMS": lanes}
    if folder := cache():
        options["CACHE_DIR"] = str(folder)
    try:
        return core().compile_model(str(path), "CPU", options)
    except RuntimeError as error:
        raise ModelError(f"{path}: OpenVINO cannot load it: {str(error).splitlines()[0]}") from error


def cache() -> Path | None:
    """Where compiled models and choices are kept, outside the package; None where it cannot be written."""
    folder = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "threadwise"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return None
    return folder if os.access(folder, os.W_OK) else None


def _remembered(path: Path, here: tuple[Backend, ...]) -> Backend:
    """The fastest, as it was found when this IR's shape first ran on this kind of processor with this OpenVINO."""
    name = core().get_property("CPU", "FULL_DEVICE_NAME")
    told = f"{name} {openvino.__version__} {path.stat().st_size} {os.cpu_count()} {here}"
    folder = cache()
    file = folder / f"backend-{hashlib.sha256(told.encode()).hexdigest()[:16]}.json" if folder else None
    if file and file.is_file():
        kept = json.loads(file.read_text(encoding="utf-8"))["fastest"]
        return next((backend for backend in here if backend.name == kept), here[0])
    taken = {backend.name: seconds(path, backend) for backend in here}
    best = fastest(taken)
    if file:
        partial = file.with_suffix(f".{os.getpid()}.tmp")
        partial.write_text(json.dumps({"fastest": best, "seconds": taken}), encoding="utf-8")
        partial.replace(file)
    return next(backend for backend in here if backend.name == best)


def fastest(taken: Mapping[str, float]) -> str:
    """The name with the least seconds; an earlier one stays unless a later one is clearly faster.

    >>> fastest({"int8": 1.0, "bf16": 0.95, "fp32": 2.0}), fastest({"int8": 1.0, "bf16": 0.5})
    ('int8', 'bf16')
    """
    names = iter(taken)
    best = next(names)
    for name in names:
        best = name if taken[name] < _WORTH * taken[best] else best
    return best


def seconds(path: Path, backend: Backend, threads: int | None = None) -> float:
    """What one pass of each shape takes together, the best of some rounds."""
    request = compiled(path, backend, threads).create_infer_request()
    total = 0.0
    for shape in _SHAPES:
        given = [np.full(shape, 3, np.int64), np.zeros(shape, np.int64), np.ones(shape, np.int64)]
        request.infer(given)
        rounds = []
        for _ in range(_ROUNDS):
            begin = time.perf_counter()
            request.infer(given)
            rounds.append(time.perf_counter() - begin)
        total += min(rounds)
    return total
