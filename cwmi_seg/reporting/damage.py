"""Whether the scores of single images are those that the results of their run were made from."""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

_ROUNDING = 1e-9  # relative; of sums in another order


def image_damage(path: Path, results: Mapping[str, Any]) -> str:
    """What is wrong with ``test_images.csv``, empty if nothing: it has to hold every image and give every mean.

    Args:
        path: of the file, a row an image.
        results: the content of ``results.json``.
    """
    try:
        table = pd.read_csv(path, dtype={"name": str})
    except FileNotFoundError:
        return "is missing"
    except (OSError, ValueError) as error:
        return f"cannot be read ({' '.join(str(error).split())})"
    wanted = results.get("num_test_images", len(table))
    if len(table) != wanted:
        return f"is damaged, it holds {len(table)} of {wanted} images"
    for name, score in results["test"].items():
        if name not in table or not _agree(table[name], score["mean"]):
            return f"is damaged, its {name} does not give the mean of results.json"
    return ""


def _agree(column: "pd.Series[Any]", mean: float) -> bool:
    values = pd.to_numeric(column, errors="coerce").to_numpy(dtype=float)
    found = math.fsum(values) / len(values) if len(values) else math.nan
    return math.isclose(found, mean, rel_tol=_ROUNDING, abs_tol=_ROUNDING) or (math.isnan(found) and math.isnan(mean))
