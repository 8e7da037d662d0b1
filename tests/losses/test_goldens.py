"""Values and gradients of the published implementation (frequency grid corrected)."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from cwmi_seg.losses._class_weights import class_weights
from tests.support.loss_configs import make_loss

FILES = sorted((Path(__file__).parents[1] / "goldens").glob("*.npz"))
CASES: dict[str, tuple[str, dict[str, Any]]] = {  # golden name: loss config and what differs from its defaults
    "cross_entropy": ("cross_entropy", {}),
    "balanced_cross_entropy": ("balanced_cross_entropy", {}),
    "dice": ("dice", {}),
    "jaccard": ("jaccard", {}),
    "tversky_a0.3_b0.7": ("tversky", {}),
    "focal_g2": ("focal", {}),
    "rmi": ("rmi", {}),
    "cldice": ("cldice", {}),
    "cwmi_complex_lambda0.9": ("cwmi", {}),
    "cwmi_real_lambda0.9": ("cwmi_real", {}),
    "cwmi_complex_K8": ("cwmi", {"num_orientations": 8}),
    "cwmi_complex_L1": ("cwmi_l1", {}),
    "cwmi_complex_L2": ("cwmi_l2", {}),
}
each_file = pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)


@pytest.mark.parametrize("name", CASES)
@each_file
def test_value_and_gradient(path: Path, name: str) -> None:
    golden, (config, arguments) = np.load(path), CASES[name]
    prob = torch.tensor(golden["prob"], dtype=torch.float64, requires_grad=True)
    logits = torch.stack([torch.zeros_like(prob), torch.log(prob / (1 - prob))], dim=1)
    value = make_loss(config, **arguments)(logits, torch.tensor(golden["target"]).long())
    value.backward()
    expected = json.loads(str(golden["losses_json"]))[name]
    assert value.item() == pytest.approx(expected, rel=1e-5)
    assert prob.grad is not None
    gradient = torch.tensor(golden[f"grad_{name}"], dtype=torch.float64)
    assert (prob.grad - gradient).norm() <= 1e-4 * gradient.norm()


@each_file
def test_class_weights(path: Path) -> None:
    golden = np.load(path)
    structure = torch.tensor(golden["target"])
    weights = class_weights(torch.stack([1 - structure, structure], dim=1).double())
    assert torch.allclose(weights, torch.tensor(golden["class_weight"]).double(), rtol=1e-6)
