"""SPW beside its goldens, with its map held still, and for sizes that the pyramid does not have."""

from typing import Any

import pytest
import torch
from torch import Tensor

from cwmi_seg.losses import SPWLoss
from cwmi_seg.losses.spw import pyramid_map
from tests.support.loss_inputs import Case
from tests.support.modern_goldens import Golden


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("spw_grid_fixed", {}),
        ("spw_grid_fixed_no_class_weights", {"base": "none"}),
        ("spw_grid_fixed_dice", {"base": "dice"}),
        ("spw_grid_fixed_N3_K8", {"num_scales": 3, "num_orientations": 8}),
        ("spw_grid_fixed_lamb1_beta0.5", {"weight": 1.0, "decay": 0.5}),
    ],
)
def test_goldens(name: str, arguments: dict[str, Any]) -> None:
    Golden("membranes").check(name, SPWLoss(**arguments), tolerance=1e-6)  # without the 1e-7 in the logarithm


def test_map_of_the_golden() -> None:
    golden = Golden("membranes")
    ours = 10 * pyramid_map(golden.leaf().detach(), golden.target.double(), 4, 4, 0.9)
    published = torch.from_numpy(golden.arrays["spw_map_grid_fixed"]).double()
    torch.testing.assert_close(ours, published, rtol=1e-6, atol=1e-6)


def test_gradient_with_the_map_held_still(monkeypatch: pytest.MonkeyPatch) -> None:
    logits, target = Case(("blocks", "line"), ("normal", "near"), 2, (5, 6), torch.float64, 0.0, 0).make()
    still = pyramid_map(logits.softmax(1)[:, 1], target.double(), 4, 4, 0.9)
    leaf = logits.requires_grad_()
    free = torch.autograd.grad(SPWLoss()(leaf, target), leaf)[0]
    monkeypatch.setattr("cwmi_seg.losses.spw.pyramid_map", lambda *_: still)
    assert torch.autograd.gradcheck(lambda z: SPWLoss()(z, target), leaf)
    torch.testing.assert_close(torch.autograd.grad(SPWLoss()(leaf, target), leaf)[0], free)


@pytest.mark.parametrize("size", [(1, 1), (5, 40), (33, 48)])
def test_any_size_is_filled_up_with_background(size: tuple[int, int]) -> None:
    generator = torch.Generator().manual_seed(0)
    images = torch.rand(2, 1, *size, generator=generator, dtype=torch.float64)
    whole = torch.zeros(2, 1, 32 if size[0] < 33 else 48, 32 if size[1] < 33 else 48, dtype=torch.float64)
    whole[..., : size[0], : size[1]] = images
    expected = pyramid_map(whole[0], whole[1], 4, 4, 0.9)[..., : size[0], : size[1]]
    assert torch.equal(pyramid_map(images[0], images[1], 4, 4, 0.9), expected)


def test_images_of_a_batch_do_not_mix() -> None:
    logits, target = Case(("blocks", "line"), ("normal", "near"), 2, (40, 33), torch.float64, 0.0, 0).make()

    def value(some: slice) -> Tensor:
        return SPWLoss()(logits[some], target[some])

    torch.testing.assert_close(value(slice(0, 2)), (value(slice(0, 1)) + value(slice(1, 2))) / 2)
