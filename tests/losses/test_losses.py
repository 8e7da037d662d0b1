"""The contract of ``cwmi_seg.losses``, for every loss of ``conf/loss``: a new one is tested without an edit here."""

import copy
import inspect
import math
import pickle
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch
from hydra.errors import InstantiationException
from hydra.utils import get_class
from hypothesis import given, settings
from omegaconf import DictConfig
from torch import Tensor, nn

from cwmi_seg import compose
from tests.support.loss_configs import LOSS_NAMES, dimensions, loss_config, make_loss
from tests.support.loss_inputs import IGNORED, Case, cases, weight_map

each_loss = pytest.mark.parametrize("name", LOSS_NAMES)
BOTH = [(name, axes) for axes in (2, 3) for name in LOSS_NAMES if axes in dimensions(make_loss(name))]
each_loss_in_both_dimensions = pytest.mark.parametrize(("name", "axes"), BOTH)
each_loss_in_each_dimension = pytest.mark.parametrize(
    ("name", "axes"), [pytest.param(*each, marks=pytest.mark.slow if each[1] == 3 else ()) for each in BOTH]
)
"""In images, and with ``--slow`` in volumes too, whose values and gradients are finite in any case."""

CLASS_0_LIKE_THE_OTHERS = (
    *("cross_entropy", "balanced_cross_entropy", "focal", "dice", "jaccard", "tversky", "dice_cross_entropy"),
    *("rmi", "cldice", "cwmi", "cwmi_l1", "cwmi_l2", "cwmi_real", "cwmi_ssim", "scnp", "scnp_cwmi"),
    *("focal_tversky", "lovasz", "cwmi_bounded", "dice_cwmi", "cross_entropy_cwmi"),
)
"""The rest counts the classes after 0."""


def blocks(axes: int = 2, channels: int = 2, dtype: torch.dtype = torch.float32) -> tuple[Tensor, Tensor]:
    """Logits and target of two images or volumes."""
    size = (33, 36) if axes == 2 else (9, 12, 10)
    return Case(("blocks", "noise"), ("normal", "near"), channels, size, dtype, 0.0, 0).make()


def evaluate(loss: nn.Module, logits: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
    """Value and gradient, given the map that the loss asks for."""
    leaf = logits.detach().clone().requires_grad_()
    value = loss(leaf, target, weight_map(loss, target, logits.shape[1]))
    value.backward()
    assert leaf.grad is not None
    return value.detach(), leaf.grad


def takes_many_classes(name: str) -> bool:
    return getattr(make_loss(name), "multiclass", True)


@each_loss_in_both_dimensions
def test_finite_whatever_comes(name: str, axes: int, pytestconfig: pytest.Config) -> None:
    many = 25 if axes == 2 else 15
    loss = make_loss(name, axes, ignore_index=IGNORED)
    channels = (1, 2, 3) if takes_many_classes(name) else (1, 2)

    @settings(max_examples=many if pytestconfig.getoption("slow") else 5)
    @given(cases(channels, images=8 if axes == 2 else 3, dimensions=axes))
    def check(case: Case) -> None:
        logits, target = case.make()
        before = logits.clone(), target.clone()
        value, gradient = evaluate(loss, logits, target)
        assert value.shape == ()
        assert value.dtype == (torch.float64 if case.dtype == torch.float64 else torch.float32)
        assert torch.isfinite(value)
        assert torch.isfinite(gradient).all()
        assert (gradient.movedim(1, -1)[target == IGNORED] == 0).all()
        assert torch.equal(logits, before[0])
        assert torch.equal(target, before[1])

    check()


@pytest.mark.slow
def test_the_losses_of_these_tests_are_those_of_a_training() -> None:
    """They are composed without the rest of its config."""
    for name in LOSS_NAMES:
        assert loss_config(name) == compose("train", [f"loss={name}"]).loss


def losses_within(*nodes: Any) -> Iterator[DictConfig]:
    """Every loss of a config, and the losses it is made of."""
    for node in nodes:
        if isinstance(node, DictConfig):
            yield from [node] if "_target_" in node else []
            yield from losses_within(*node.values())


@each_loss
def test_the_configs_of_a_loss_name_every_argument(name: str) -> None:
    target = loss_config(name)._target_
    arguments = inspect.signature(get_class(target)).parameters
    assert set(loss_config(name)) - {"_target_"} <= set(arguments)
    named = [set(node) for node in losses_within(*map(loss_config, LOSS_NAMES)) if node._target_ == target]
    assert set.union(*named) - {"_target_"} == set(arguments)  # a config older than an argument may leave it out


@each_loss
def test_an_argument_that_is_no_number_is_refused_by_its_name(name: str) -> None:
    for argument, value in ((str(key), value) for key, value in loss_config(name).items()):
        if isinstance(value, int | float) and not isinstance(value, bool):
            refusal = refused(name, **{argument: math.nan})
            assert refusal.startswith(f"{argument}: expected "), f"check {argument} by losses/_arguments.check_number"


def refused(name: str, **arguments: float) -> str:
    """What a loss says of arguments that it does not take, "" where it takes them."""
    try:
        make_loss(name, 2, **arguments)
    except InstantiationException as error:
        return str(error.__cause__)
    return ""


@each_loss
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_autocast_changes_nothing(name: str, dtype: torch.dtype) -> None:
    logits, target = blocks()
    logits = logits.to(dtype)
    wide, _ = evaluate(make_loss(name), logits.float(), target)
    with torch.autocast("cpu", dtype=dtype):
        value, gradient = evaluate(make_loss(name), logits, target)
    assert (value.dtype, gradient.dtype) == (torch.float32, dtype)
    assert torch.equal(value, wide)


@each_loss_in_each_dimension
def test_one_channel_is_read_as_two(name: str, axes: int) -> None:
    logits, target = blocks(axes)
    logits = logits.double()
    logits[:, 0] = 0
    value, gradient = evaluate(make_loss(name, axes), logits, target)
    value_of_one, gradient_of_one = evaluate(make_loss(name, axes), logits[:, 1:], target)
    torch.testing.assert_close(value_of_one, value)
    torch.testing.assert_close(gradient_of_one, gradient[:, 1:])


@pytest.mark.slow
@each_loss_in_each_dimension
def test_classes_beyond_two_count_alike_or_are_refused(name: str, axes: int) -> None:
    logits, target = blocks(axes, channels=4, dtype=torch.float64)
    if not takes_many_classes(name):
        with pytest.raises(ValueError, match="logits: expected 1 or 2 channels, got 4; this loss is defined for two"):
            make_loss(name, axes)(logits, target)
        return
    order = torch.tensor([2, 0, 3, 1] if name in CLASS_0_LIKE_THE_OTHERS else [0, 3, 1, 2])
    value, gradient = evaluate(make_loss(name, axes), logits, target)
    value_of_renamed, gradient_of_renamed = evaluate(make_loss(name, axes), logits[:, order], order.argsort()[target])
    torch.testing.assert_close(value_of_renamed, value)
    torch.testing.assert_close(gradient_of_renamed, gradient[:, order])


@each_loss_in_each_dimension
@pytest.mark.parametrize("ignore_index", [IGNORED, 0])
def test_ignored_pixels_do_not_count(name: str, axes: int, ignore_index: int) -> None:
    logits, target = blocks(axes)
    target[:, 3:6] = ignore_index
    other = torch.where((target == ignore_index)[:, None], 3 - logits, logits)
    loss = make_loss(name, axes, ignore_index=ignore_index)
    value, gradient = evaluate(loss, logits, target)
    assert torch.equal(evaluate(loss, other, target)[0], value)
    assert (gradient.movedim(1, -1)[target == ignore_index] == 0).all()
    assert gradient.abs().max() > 0


@each_loss_in_each_dimension
def test_the_target_is_worth_more_than_noise(name: str, axes: int) -> None:
    logits, target = blocks(axes)
    right = 8 * torch.stack([1 - 2 * target, 2 * target - 1], dim=1).float()
    best, noisy, worst = (evaluate(make_loss(name, axes), z, target)[0] for z in (right, right + 6 * logits, -right))
    assert best < noisy
    assert best < worst


@pytest.mark.slow
@each_loss_in_each_dimension
def test_gradient_is_that_of_the_value(name: str, axes: int) -> None:
    logits, target = blocks(axes)
    loss, maps = make_loss(name, axes), weight_map(make_loss(name, axes), target)
    leaf = logits.double().requires_grad_()
    assert torch.autograd.gradcheck(lambda z: loss(z, target, maps), leaf, fast_mode=True)


@each_loss
def test_copies_and_checkpoints(name: str) -> None:
    logits, target = blocks()
    loss = make_loss(name)
    value, _ = evaluate(loss, logits, target)
    assert loss.state_dict() == {}
    assert list(loss.parameters()) == []
    for twin in (copy.deepcopy(loss), pickle.loads(pickle.dumps(loss))):
        assert torch.equal(evaluate(twin, logits, target)[0], value)
    for part in getattr(loss, "parts", {}).values():
        assert part.shape == ()
        assert not part.requires_grad


@each_loss
def test_targets_may_be_unsigned(name: str) -> None:
    logits, target = blocks()
    target[:, 10:20] = IGNORED
    loss = make_loss(name, ignore_index=IGNORED)
    maps = weight_map(loss, target)
    value = loss(logits, target, maps)
    for dtype in (torch.uint8, torch.uint16, torch.uint32, torch.uint64):
        assert torch.equal(loss(logits, target.to(dtype), maps), value), dtype


@each_loss_in_each_dimension
def test_targets_may_have_a_channel_axis(name: str, axes: int) -> None:
    logits, target = blocks(axes)
    loss = make_loss(name, axes)
    maps = weight_map(loss, target)
    assert torch.equal(loss(logits, target[:, None], maps), loss(logits, target, maps))


class OtherTensor(Tensor):
    """A tensor with additions, as MONAI's MetaTensor is one: operators keep the class, ``new_empty`` wants a tuple."""

    def new_empty(self, size: tuple[int, ...], **kind: Any) -> Tensor:  # type: ignore[override]
        return torch.empty(size, dtype=self.dtype, **kind)


@each_loss_in_each_dimension
def test_tensors_of_other_libraries_are_tensors(name: str, axes: int) -> None:
    logits, target = blocks(axes)
    loss, leaf = make_loss(name, axes), logits.clone().requires_grad_()
    maps = weight_map(loss, target)
    others = (x if x is None else x.as_subclass(OtherTensor) for x in (leaf, target, maps))
    value = loss(*others)
    value.backward()
    assert type(value) is Tensor
    assert torch.equal(value, loss(logits, target, maps))
    assert leaf.grad is not None
    assert leaf.grad.isfinite().all()


@pytest.mark.parametrize("name", [name for name in LOSS_NAMES if dimensions(make_loss(name)) == (2,)])
def test_a_loss_of_images_refuses_volumes(name: str) -> None:
    with pytest.raises(
        ValueError, match=r"expected shape \(B, C, H, W\), got \(2, 2, 9, 12, 10\); this loss is defined in"
    ):
        make_loss(name)(*blocks(axes=3))


MISTAKES: list[tuple[Tensor, Any, str]] = [
    (
        torch.zeros(1, 2, 32, 32),
        torch.zeros(1, 32, 32),
        "target: expected integer class indices, got torch.float32",
    ),
    (
        torch.zeros(1, 2, 32, 32),
        torch.full((1, 32, 32), 255),
        "target: expected class indices from 0 to 1, got 255",
    ),
    (torch.zeros(1, 2, 32, 32), torch.zeros(1, 32, 31).long(), r"target: expected shape \(1, 32, 32\)"),
    (torch.zeros(1, 2, 32, 32), torch.zeros(1, 2, 32, 32), r"one-hot or soft\); use target\.argmax\(1\)"),
    (torch.zeros(1, 1, 32, 32), torch.zeros(1, 2, 32, 32).long(), r"one-hot or soft\); use target\.argmax\(1\)"),
    (torch.zeros(2, 32, 32), torch.zeros(1, 32, 32).long(), r"logits: expected shape \(B, C, H, W\).*; add the"),
    (torch.zeros(1, 2, 32, 32), np.zeros((1, 32, 32), int), "target: expected a tensor, got ndarray"),
    (torch.zeros(1, 2, 32, 32), None, "target: expected a tensor, got NoneType"),
    (torch.zeros(1, 2, 32, 32) * 1j, torch.zeros(1, 32, 32).long(), "logits: expected real .* torch.complex64"),
    (torch.zeros(0, 2, 32, 32), torch.zeros(0, 32, 32).long(), r"logits: .* got \(0, 2, 32, 32\)"),
    (torch.zeros(1, 0, 32, 32), torch.zeros(1, 32, 32).long(), r"logits: .* got \(1, 0, 32, 32\)"),
    (torch.zeros(1, 2, 0, 32), torch.zeros(1, 0, 32).long(), r"logits: .* got \(1, 2, 0, 32\)"),
]
"""Logits, target and the line."""


@each_loss
def test_mistakes_are_one_clear_line(name: str) -> None:
    loss = make_loss(name)
    for logits, target, message in MISTAKES:
        with pytest.raises(ValueError, match=message):
            loss(logits, target, None)
