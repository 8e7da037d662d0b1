"""Values and gradients of the published implementation (frequency grid corrected)."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from cwmi_seg.losses import BalancedCrossEntropyLoss, CrossEntropyLoss, CWMILoss, DiceLoss

FILES = sorted((Path(__file__).parent / "goldens").glob("*.npz"))
CASES = {
    "cross_entropy": CrossEntropyLoss(),
    "balanced_cross_entropy": BalancedCrossEntropyLoss(),
    "dice": DiceLoss(),
    "cwmi_complex_lambda0.9": CWMILoss(),
    "cwmi_real_lambda0.9": CWMILoss(complex=False),
}


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_value_and_gradient(path: Path, name: str) -> None:
    golden = np.load(path)
    prob = torch.tensor(golden["prob"], dtype=torch.float64, requires_grad=True)
    logits = torch.stack([torch.zeros_like(prob), torch.log(prob / (1 - prob))], dim=1)
    value = CASES[name](logits, torch.tensor(golden["target"]).long())
    value.backward()
    expected = json.loads(str(golden["losses_json"]))[name]
    assert value.item() == pytest.approx(expected, rel=1e-5)
    gradient = torch.tensor(golden[f"grad_{name}"], dtype=torch.float64)
    assert (prob.grad - gradient).norm() <= 1e-4 * gradient.norm()
