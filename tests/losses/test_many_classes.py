"""What the losses do with more than two classes, of which some are rare or absent."""

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from cwmi_seg.losses import CrossEntropyLoss, CWMILoss, balanced_cross_entropy_loss, cross_entropy_loss, cwmi_loss

WEIGHTS = (0.5, 2.0, 0.0, 7.0)


def case(num_classes: int = 4, present: int = 4, ignored: int | None = None) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(1)
    logits = torch.randn(2, num_classes, 32, 32, generator=generator, dtype=torch.float64)
    target = torch.randint(0, present, (2, 32, 32), generator=generator)
    if ignored is not None:
        target[:, :5] = ignored
    return logits, target


@pytest.mark.parametrize("ignored", [None, 255])
def test_class_weights_are_those_of_torch(ignored: int | None) -> None:
    logits, target = case(ignored=ignored)
    expected = F.cross_entropy(
        logits, target, torch.tensor(WEIGHTS, dtype=torch.float64), ignore_index=-1 if ignored is None else ignored
    )
    torch.testing.assert_close(
        cross_entropy_loss(logits, target, class_weights=WEIGHTS, ignore_index=ignored), expected
    )


def test_a_batch_without_a_weight_costs_nothing() -> None:
    logits, _ = case()
    leaf = logits.requires_grad_()
    value = cross_entropy_loss(leaf, torch.full((2, 32, 32), 2), class_weights=WEIGHTS)
    value.backward()
    assert value == 0
    assert leaf.grad is not None
    assert torch.isfinite(leaf.grad).all()


def test_there_are_as_many_weights_as_classes() -> None:
    with pytest.raises(
        ValueError, match=r"class_weights: expected 4 numbers, one for each class, got 2; give as many\."
    ):
        cross_entropy_loss(*case(), class_weights=(1, 2))
    with pytest.raises(ValueError, match=r"class_weights\[1\]: expected a number of at least 0, got -1"):
        CrossEntropyLoss(class_weights=(1, -1))


def test_bounded_weights() -> None:
    """A class of four pixels among 1024 has a weight of 255; bounded by one, every pixel counts alike."""
    logits, _ = case()
    target = torch.zeros(2, 32, 32, dtype=torch.long)
    target[:, 4, 4:8] = 3

    def cross_entropy(**arguments: float | None) -> float:
        loss = CWMILoss(num_scales=1, **arguments)  # type: ignore[arg-type]
        loss(logits, target)
        return loss.parts["cross_entropy"].item()

    plain = F.cross_entropy(logits, target, reduction="none")
    weights = torch.where(target == 3, 10.0, 1.0).double()
    assert cross_entropy() == pytest.approx(balanced_cross_entropy_loss(logits, target).item())
    assert cross_entropy(largest_class_weight=1) == pytest.approx(plain.mean().item())
    assert cross_entropy(largest_class_weight=10) == pytest.approx((weights * plain).mean().item())
    with pytest.raises(ValueError, match=r"largest_class_weight: expected a number of at least 1, got 0\.5"):
        CWMILoss(largest_class_weight=0.5)


def test_the_mean_over_present_classes_leaves_out_what_the_target_has_not() -> None:
    """Two of four classes: the terms of the absent ones are 0, so that the mean over all is half of the other."""
    logits, target = case(present=2)
    settings = {"num_scales": 2, "cross_entropy_weight": 0.0}
    everything, present = (
        cwmi_loss(logits, target, **settings, class_mean=mean)  # type: ignore[arg-type]
        for mean in ("all", "present")
    )
    torch.testing.assert_close(present, 2 * everything)
    with pytest.raises(ValueError, match="class_mean: expected one of all, present, got some"):
        CWMILoss(class_mean="some")


def test_the_mean_over_present_classes_of_ignored_images_is_finite() -> None:
    logits, target = case(ignored=255)
    target[1] = 255
    value = cwmi_loss(logits.requires_grad_(), target, num_scales=2, ignore_index=255, class_mean="present")
    value.backward()
    assert np.isfinite(value.item())
    assert logits.grad is not None
    assert torch.isfinite(logits.grad).all()


@pytest.mark.parametrize("class_mean", ["all", "present"])
def test_two_classes_are_as_published(class_mean: str) -> None:
    logits, target = case(num_classes=2, present=2)
    torch.testing.assert_close(cwmi_loss(logits, target, class_mean=class_mean), cwmi_loss(logits, target))
