"""Names of the Perspective interface and what they are here; the table is serve/defaults/perspective.toml."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache

from labels import schema
from serve.settings import default


@cache
def table() -> tuple[Mapping[str, str], frozenset[str]]:
    """Attribute -> `head.output`, and the names that exist but are not judged."""
    given = tomllib.loads(default("perspective.toml"))
    judged: dict[str, str] = dict(given["attributes"])
    judged |= {f"{name}_EXPERIMENTAL": output for name, output in given["attributes"].items()}
    for head in schema.HEADS[1:]:
        judged |= {f"{head.name}_{output}".upper(): f"{head.name}.{output}" for output in head.names}
    return judged, frozenset(given["known"]["names"])


def output_of(attribute: str) -> str | None:
    """`head.output` of a name such as `TOXICITY` or `TOXICITY@6`; None: it is not judged here."""
    return table()[0].get(attribute.partition("@")[0])
