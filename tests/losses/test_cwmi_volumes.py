"""CWMI of volumes: invariants, and how the forms of the covariances behave when image and target are turned."""

import itertools
from typing import Any

import pytest
import torch
from torch import Tensor

from cwmi_seg.losses import CWMILoss
from cwmi_seg.losses._subband_measures import MEASURES, Subbands, mutual_information
from cwmi_seg.losses.cwmi import cwmi_loss
from tests.support.generated_inputs import generated_volume

SIZES = (10, 12, 14)
FORMS = {"proper": (True, "proper"), "augmented": (True, "augmented"), "real": (False, "proper")}


def volumes(sizes: tuple[int, ...] = SIZES, batch: int = 1) -> tuple[Tensor, Tensor]:
    """Probability and target, B *sizes, that know something of each other."""
    generator = torch.Generator().manual_seed(0)
    field = torch.randn(batch, *sizes, generator=generator, dtype=torch.float64)
    rolled = [field.roll(shift, axis) for shift in (0, 1) for axis in range(1, field.ndim)]
    target = torch.stack(rolled).sum(0) > 0.5
    noise = torch.rand(batch, *sizes, generator=generator, dtype=torch.float64)
    return 0.5 * target + 0.4 * noise + 0.05, target.double()


def information(
    prob: Tensor, target: Tensor, form: str = "proper", k: int = 6, spacing: tuple[float, ...] | None = None, n: int = 2
) -> tuple[Tensor, Tensor]:
    """Sum over the scales and the batch, and gradient by the probability."""
    leaf = prob.detach().requires_grad_()
    complex, covariance = FORMS[form]
    subbands = Subbands(tuple(range(1, n + 1)), k, complex, 5e-4, covariance, spacing)
    value = mutual_information(leaf, target - prob, subbands).sum()
    return value.detach(), torch.autograd.grad(value, leaf)[0]


def logits_of(prob: Tensor) -> Tensor:
    return torch.stack([1 - prob, prob], 1).log()


def assert_equivariant(form: str, k: int, turn: "Turn", n: int = 2, sizes: tuple[int, ...] = SIZES) -> None:
    prob, target = volumes(sizes)
    value, gradient = information(prob, target, form, k, n=n)
    turned_value, turned_gradient = information(turn(prob), turn(target), form, k, n=n)
    assert turned_value.item() == pytest.approx(value.item(), rel=1e-11)
    assert (turned_gradient - turn(gradient)).norm() < 1e-9 * gradient.norm()


class Turn:
    """A symmetry of the cube (or square): a permutation of the axes, then mirrors."""

    def __init__(self, order: tuple[int, ...], mirrored: tuple[int, ...]) -> None:
        self.order, self.mirrored = order, mirrored

    def __call__(self, images: Tensor) -> Tensor:
        return images.permute(0, *(axis + 1 for axis in self.order)).flip([axis + 1 for axis in self.mirrored])


MIRRORS = [m for size in range(4) for m in itertools.combinations(range(3), size)]
CYCLIC = [(0, 1, 2), (1, 2, 0), (2, 0, 1)]
SWAPPED = [(1, 0, 2), (0, 2, 1), (2, 1, 0)]


@pytest.mark.parametrize("order", CYCLIC + SWAPPED, ids=str)
def test_real_subbands_do_not_see_how_a_volume_is_turned(order: tuple[int, ...]) -> None:
    for mirrored in MIRRORS:
        assert_equivariant("real", 6, Turn(order, mirrored), n=1)


@pytest.mark.parametrize(("k", "orders"), [(6, CYCLIC), (3, CYCLIC + SWAPPED)])
def test_augmented_covariances_do_not_see_turns_that_permute_the_axes(k: int, orders: list[tuple[int, ...]]) -> None:
    for order, mirrored in itertools.product(orders, MIRRORS[::3]):
        assert_equivariant("augmented", k, Turn(order, mirrored), n=1)


@pytest.mark.parametrize("form", FORMS)
def test_cyclic_permutations_of_the_axes_and_their_spacing(form: str) -> None:
    """Depth as the first, second and last axis, the one that ``rfftn`` halves."""
    prob, target = volumes()
    value, gradient = information(prob, target, form, spacing=(3.0, 1.0, 2.0))
    for order, spacing in (((1, 2, 0), (1.0, 2.0, 3.0)), ((2, 0, 1), (2.0, 3.0, 1.0))):
        turn = Turn(order, ())
        turned, turned_gradient = information(turn(prob), turn(target), form, spacing=spacing)
        assert turned.item() == pytest.approx(value.item(), rel=1e-12)
        assert (turned_gradient - turn(gradient)).norm() < 1e-11 * gradient.norm()


SQUARE = [Turn(order, mirrored) for order in ((0, 1), (1, 0)) for mirrored in ((), (0,), (1,), (0, 1))]


@pytest.mark.parametrize("form", ["augmented", "real"])
def test_images_are_seen_alike_however_they_are_turned(form: str) -> None:
    for turn in SQUARE:
        assert_equivariant(form, 4, turn, sizes=(20, 26))


def test_the_published_form_sees_a_mirror() -> None:
    """In the plane; this is what the augmented form is for."""
    prob, target = volumes((24, 24))
    mirror = SQUARE[1]
    (value, gradient), (mirrored, mirrored_gradient) = (
        information(x, y, "proper", 4) for x, y in ((prob, target), (mirror(prob), mirror(target)))
    )
    assert 1e-4 < abs(mirrored / value - 1) < 0.2
    assert (mirrored_gradient - mirror(gradient)).norm() > 0.1 * gradient.norm()


def test_shifts_and_the_negative_change_nothing() -> None:
    prob, target = volumes()
    value, _ = information(prob, target)
    shifts = ((3, 5, 2), (1, 2, 3))
    assert information(prob.roll(*shifts), target.roll(*shifts))[0].item() == pytest.approx(value.item(), rel=1e-12)
    assert information(1 - prob, target)[0].item() == pytest.approx(value.item(), rel=1e-9)
    assert information(0.3 * prob + 0.2, target)[0].item() == pytest.approx(value.item(), rel=1e-2)  # eps


@pytest.mark.parametrize("covariance", ["proper", "augmented"])
def test_a_batch_is_the_mean_of_its_volumes(covariance: str) -> None:
    prob, target = volumes(batch=2)
    settings: dict[str, Any] = {"num_scales": 2, "spacing": (2.0, 1.0, 1.0), "covariance": covariance}
    both = cwmi_loss(logits_of(prob), target.long(), **settings, reduction="none")
    alone = [cwmi_loss(logits_of(prob[i : i + 1]), target[i : i + 1].long(), **settings) for i in range(2)]
    assert both.tolist() == pytest.approx([value.item() for value in alone], rel=1e-12)


@pytest.mark.parametrize("form", FORMS)
def test_gradient_is_that_of_central_differences(form: str) -> None:
    prob, target = volumes((8, 9, 10))
    direction = torch.randn(prob.shape, dtype=torch.float64, generator=torch.Generator().manual_seed(2))
    step = 1e-5
    sides = [information(prob + sign * step * direction, target, form, n=1)[0] for sign in (1, -1)]
    _, gradient = information(prob, target, form, n=1)
    assert ((sides[0] - sides[1]) / (2 * step)).item() == pytest.approx((gradient * direction).sum().item(), rel=1e-6)


@pytest.mark.parametrize("measure", MEASURES)
def test_every_measure_takes_volumes(measure: str) -> None:
    prob, target = volumes(batch=2)
    loss = CWMILoss(2, measure=measure, spacing=(2, 1, 1), cross_entropy="plain")
    right = 12 * torch.stack([1 - target, target], 1)
    assert loss(right, target.long()) < loss(logits_of(prob), target.long())
    assert list(loss.parts) == ["cross_entropy", f"{measure}_1", f"{measure}_2"]


def test_plain_cross_entropy() -> None:
    prob, target = volumes(batch=2)
    value = cwmi_loss(logits_of(prob), target.long(), 2, cross_entropy="plain", cross_entropy_weight=3.0)
    without = cwmi_loss(logits_of(prob), target.long(), 2, cross_entropy_weight=0)
    expected = torch.nn.functional.cross_entropy(logits_of(prob), target.long())
    assert (value - without).item() == pytest.approx(3 * expected.item(), rel=1e-9)


def test_ignored_voxels_have_no_say() -> None:
    prob, target = volumes()
    labels = target.long()
    labels[:, 2:5] = 255
    changed = prob.clone()
    changed[:, 2:5] = 0.999
    values = [cwmi_loss(logits_of(p), labels, 2, ignore_index=255) for p in (prob, changed)]
    assert torch.equal(*values)


@pytest.mark.parametrize("seed", range(0, 168 * 5, 29))  # of 168 kinds; scripts/stress_cwmi.py has them all
def test_generated_volumes_are_finite(seed: int) -> None:
    logits, target, arguments = generated_volume(seed, largest=20)
    logits.requires_grad_()
    value = CWMILoss(**arguments)(logits, target)
    (gradient,) = torch.autograd.grad(value, logits)
    assert value.isfinite()
    assert gradient.isfinite().all()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"num_axes": 10}, "num_axes: expected 3, 6 or 16 in volumes, got 10; use 6."),
        ({"num_axes": 16, "complex": False}, "num_axes: expected 3 or 6 for real subbands"),
        ({"num_axes": 16, "covariance": "augmented"}, "num_axes: expected 3 or 6 for real subbands or augmented"),
        ({"spacing": (1, 0, 1)}, "spacing: expected positive numbers"),
        ({"spacing": (1, 1)}, "spacing: expected 3 numbers"),
        ({"spacing": (1, 1, 1, 1)}, "spacing: expected 3 numbers"),
        ({"num_scales": 3}, r"expected depth, height and width of at least 16 .* \(10, 12, 14\); use num_scales=2"),
        ({"num_orientations": 86}, "num_orientations: expected a whole number from 2 to 32, got 86; 4 is"),
        ({"covariance": "augmented", "complex": False}, "covariance: expected proper for real subbands, got augmented"),
        ({"covariance": "circular"}, "covariance: expected one of proper, augmented, got circular"),
        ({"cross_entropy": "focal"}, "cross_entropy: expected one of balanced, plain, got focal"),
    ],
)
def test_what_it_refuses(arguments: dict[str, object], message: str) -> None:
    prob, target = volumes()
    with pytest.raises(ValueError, match=message):
        CWMILoss(**{"num_scales": 2, **arguments})(logits_of(prob), target.long())  # type: ignore[arg-type]
