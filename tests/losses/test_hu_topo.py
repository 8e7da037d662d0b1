"""HuTopo beside its goldens and an assignment problem on GUDHI's diagrams."""

from typing import Any

import numpy as np
import pytest
import torch
from gudhi import CubicalComplex
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from cwmi_seg.losses import HuTopoLoss
from cwmi_seg.topology.persistence import finite_bars
from tests.support.modern_goldens import Golden

Values = NDArray[np.float64]


@pytest.mark.parametrize(
    ("case", "name", "arguments"),
    [
        ("membranes", "superlevel", {}),
        ("membranes", "bothlevels", {"filtration": "both"}),
        ("multi", "superlevel", {}),
        ("multi", "bothlevels", {"filtration": "both"}),
        ("vol", "superlevel", {}),
    ],
)
def test_goldens(case: str, name: str, arguments: dict[str, Any]) -> None:
    Golden(case).check(f"hutopo_{name}", HuTopoLoss(**arguments))


def diagrams(values: Values) -> list[Values]:
    """Finite points of each dimension, by the complex for any number of axes."""
    complex = CubicalComplex(vertices=values)
    complex.compute_persistence()
    points = [complex.persistence_intervals_in_dimension(d).reshape(-1, 2) for d in range(values.ndim)]
    return [p[np.isfinite(p[:, 1])] for p in points]


def squared_wasserstein(first: Values, second: Values) -> float:
    """Every point may go to a point of the other diagram or to the diagonal."""
    to_points = ((first[:, None] - second[None]) ** 2).sum(-1)
    lengths = [(points[:, 1] - points[:, 0]) ** 2 / 2 for points in (first, second)]
    cost = np.zeros([len(first) + len(second)] * 2)
    cost[: len(first), : len(second)] = to_points
    cost[: len(first), len(second) :] = lengths[0][:, None]
    cost[len(first) :, : len(second)] = lengths[1][None]
    return float(cost[linear_sum_assignment(cost)].sum())


@pytest.mark.parametrize("levels", [4, 1000])  # with many equal values, and with few
@pytest.mark.parametrize("shape", [(9, 12), (1, 20), (2, 2), (1, 1), (5, 6, 4)])
def test_by_assignment(shape: tuple[int, ...], levels: int) -> None:
    generator = np.random.default_rng(0)
    for _ in range(5):
        prob = ((generator.integers(0, levels, shape) + 0.5) / levels).astype(np.float64)
        mask = generator.random(shape) < 0.3
        logits = torch.from_numpy(np.stack([np.zeros(shape), np.log(prob / (1 - prob))]))[None]
        ours = HuTopoLoss()(logits, torch.from_numpy(mask)[None].long()).item()
        pairs = zip(diagrams(1 - prob), diagrams((~mask).astype(np.float64)), strict=True)
        assert ours == pytest.approx(sum(squared_wasserstein(*pair) for pair in pairs), rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("shape", [(14, 11), (6, 5, 7)])
def test_bars_by_the_complex_for_any_dimension(shape: tuple[int, ...]) -> None:
    values = np.random.default_rng(1).integers(0, 9, shape) / 8
    for bars, points in zip(finite_bars(values), diagrams(values), strict=True):
        ends = values.ravel()[bars]
        assert sorted(map(tuple, ends[ends[:, 0] < ends[:, 1]])) == sorted(map(tuple, points))


def test_diagrams_know_no_places() -> None:
    target = torch.zeros(1, 12, 12, dtype=torch.long)
    target[:, [1, 10]] = 1
    moved = torch.zeros_like(target)
    moved[:, [1, 5]] = 1
    values = [HuTopoLoss()(torch.stack([1 - y, y], 1) * 50.0, target).item() for y in (target, moved, 0 * target)]
    assert values == pytest.approx([0, 0, 0.5], abs=1e-6)


def test_a_prediction_that_is_no_number_shows() -> None:
    logits = torch.zeros(1, 2, 8, 8)
    logits[0, 0, 3, 3] = torch.nan
    assert HuTopoLoss()(logits, torch.zeros(1, 8, 8).long()).isnan()
