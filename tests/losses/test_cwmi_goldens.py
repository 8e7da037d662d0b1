"""CWMI against numbers from outside: volumes and augmented covariances from subband samples, images as they were.

``goldens/cwmi/volumes.npz`` and ``augmented.npz`` come from a direct computation (subbands by full transforms, sums
over their samples, plain autograd), ``images.npz`` from the implementation of images before that of volumes.
"""

import re
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from cwmi_seg.losses import CWMILoss
from cwmi_seg.losses._subband_measures import Subbands, mutual_information
from cwmi_seg.wavelets.axes import axes
from cwmi_seg.wavelets.covariances import subband_covariances

FOLDER = Path(__file__).parents[1] / "goldens"
VOLUMES, AUGMENTED, IMAGES = (np.load(FOLDER / "cwmi" / f"{name}.npz") for name in ("volumes", "augmented", "images"))
MEMBRANES = np.load(FOLDER / "membranes_64x64.npz")
VOLUME_CASES = [(c, f) for c in ("iso", "odd", "aniso", "axes16") for f in ("complex", "real")][:-1]


def of_logits(loss: CWMILoss, prob: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
    """Value, and gradient by the probability of class 1."""
    logit = torch.log(prob / (1 - prob)).requires_grad_()
    value = loss(logit[:, None], target)
    (gradient,) = torch.autograd.grad(value, logit)
    return value.detach(), gradient / (prob * (1 - prob))


def check(loss: CWMILoss, prob: Tensor, target: Tensor, golden: "np.lib.npyio.NpzFile", key: str) -> None:
    value, gradient = of_logits(loss, prob, target)
    assert value.item() == pytest.approx(golden[f"{key}.total"].item(), rel=1e-9)
    parts = torch.stack([loss.parts[f"mi_{n + 1}"] for n in range(loss.num_scales)])
    assert torch.allclose(parts, torch.tensor(golden[f"{key}.mi"]).mean(1), rtol=1e-9)
    expected = torch.tensor(golden[f"{key}.gradient"])
    assert (gradient - expected).norm() < 1e-9 * expected.norm()


def volume(case: str) -> tuple[Tensor, Tensor]:
    return torch.tensor(VOLUMES[f"{case}.prob"]), torch.tensor(VOLUMES[f"{case}.target"]).long()


@pytest.mark.parametrize(("case", "form"), VOLUME_CASES)
def test_volumes(case: str, form: str) -> None:
    num_scales, num_axes = (int(VOLUMES[f"{case}.{name}"]) for name in ("num_scales", "num_axes"))
    spacing = VOLUMES[f"{case}.spacing"].tolist()
    loss = CWMILoss(num_scales, complex=form == "complex", num_axes=num_axes, spacing=spacing)
    check(loss, *volume(case), VOLUMES, f"{case}.{form}")
    assert loss.parts["cross_entropy"].item() == pytest.approx(VOLUMES[f"{case}.cross_entropy"].item(), rel=1e-9)


def test_covariances_of_a_volume() -> None:
    prob, target = volume("iso")
    s_ee, s_ep, s_pp = subband_covariances(prob, target - prob, (1, 2), 6)
    for n in range(2):
        found = {"PP": s_pp[n], "YP": s_ep[n] + s_pp[n], "YY": s_ee[n] + s_ep[n] + s_ep[n].mH + s_pp[n]}
        for name, covariance in found.items():
            expected = torch.tensor(VOLUMES[f"iso.complex.S_{name}_{n + 1}"])
            assert (covariance - expected).norm() < 1e-9 * expected.norm()


@pytest.mark.parametrize("case", ["iso", "axes16"])
def test_axes_have_the_order_and_signs_of_the_goldens(case: str) -> None:
    found = axes(3, int(VOLUMES[f"{case}.num_axes"]))
    assert found.order == int(VOLUMES[f"{case}.order"])
    assert np.allclose(found.directions, VOLUMES[f"{case}.axes"], atol=1e-15)
    assert np.allclose(found.weights, VOLUMES[f"{case}.weights"], atol=1e-15)


@pytest.mark.parametrize("case", ["iso", "aniso"])
def test_augmented_covariances_of_volumes(case: str) -> None:
    spacing = VOLUMES[f"{case}.spacing"].tolist()
    loss = CWMILoss(int(VOLUMES[f"{case}.num_scales"]), spacing=spacing, covariance="augmented")
    check(loss, *volume(case), AUGMENTED, case)


@pytest.mark.parametrize(("k", "n"), [(4, 4), (6, 3), (3, 2)])
def test_augmented_covariances_of_images(k: int, n: int) -> None:
    prob, target = torch.tensor(MEMBRANES["prob"]).double(), torch.tensor(MEMBRANES["target"]).long()
    loss = CWMILoss(n, k, covariance="augmented")
    check(loss, prob, target, AUGMENTED, f"membranes_64x64.K{k}_N{n}")


@pytest.mark.parametrize("key", sorted({key[:-3] for key in IMAGES if key.endswith(".mi")}))
def test_images_are_as_they_were(key: str) -> None:
    image, scales, k, form = re.fullmatch(r"(image\d)\.N(\d)_K(\d+)_(\w+)", key).groups()  # type: ignore[union-attr]
    prob = torch.tensor(IMAGES[f"{image}.prob"]).double().requires_grad_()
    error = torch.tensor(IMAGES[f"{image}.target"]).double() - prob.detach()
    subbands = Subbands(tuple(range(1, int(scales) + 1)), int(k), form == "complex", 5e-4)
    value = mutual_information(prob, error, subbands)
    (gradient,) = torch.autograd.grad(value.sum(), prob)
    tolerance = 1e-10 if int(k) <= 8 else 1e-8
    for found, name in ((value.detach(), "mi"), (gradient, "gradient")):
        expected = torch.tensor(IMAGES[f"{key}.{name}"])
        assert (found - expected).norm() < tolerance * expected.norm()
