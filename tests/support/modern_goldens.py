"""Values and gradients that the published implementations of newer losses give, in ``goldens/modern``."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from tests.support.loss_inputs import weight_map

FOLDER = Path(__file__).parents[1] / "goldens" / "modern"
CASES = {"membranes": "modern_2d", "multi": "modern_2d", "edge": "modern_2d", "vol": "modern_3d"}


@cache
def _read(case: str) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
    with np.load(FOLDER / f"{CASES[case]}.npz") as file:
        arrays = {k.removeprefix(f"{case}/"): file[k] for k in file.files if k.startswith(f"{case}/")}
        return arrays, json.loads(str(file["results_json"]))[case]


class Golden:
    """The input of one case, and what is published for it."""

    def __init__(self, case: str) -> None:
        self.arrays, self.results = _read(case)
        self.target = torch.from_numpy(self.arrays["target"].astype(np.int64))
        self.probe = torch.from_numpy(self.arrays["probe"]).double()

    def leaf(self) -> Tensor:
        """Probability of the structure, or logits of several classes."""
        values = self.arrays["prob" if "prob" in self.arrays else "logits"]
        return torch.from_numpy(values).double().requires_grad_()

    def logits(self, leaf: Tensor) -> Tensor:
        """[0, log(p / (1 - p))] of a probability."""
        if "logits" in self.arrays:
            return leaf
        return torch.stack([torch.zeros_like(leaf), torch.log(leaf / (1 - leaf))], dim=1)

    def check(self, name: str, loss: nn.Module, constant: float = 0.0, tolerance: float = 1e-9) -> None:
        """Value + ``constant`` and gradient of ``loss`` are the published ones."""
        leaf = self.leaf()
        logits = self.logits(leaf)
        value = loss(logits, self.target, weight_map(loss, self.target, logits.shape[1]))
        value.backward()
        self.check_numbers(name, value, leaf.grad, constant, tolerance)

    def check_numbers(
        self, name: str, value: Tensor, gradient: Tensor | None, constant: float = 0.0, tolerance: float = 1e-9
    ) -> None:
        assert gradient is not None
        published = self.results[name]
        assert value.item() - constant == pytest.approx(published["value"], rel=tolerance, abs=tolerance)
        assert gradient.norm().item() == pytest.approx(published["grad_l2"], rel=tolerance)
        along = (gradient * self.probe).sum().item()
        assert along == pytest.approx(published["grad_dot_probe"], abs=tolerance * published["grad_l2"] * 100)
        if f"grad_{name}" in self.arrays:
            whole = torch.from_numpy(self.arrays[f"grad_{name}"]).double()
            assert (gradient - whole).norm() <= max(1e-6, tolerance) * whole.norm()
