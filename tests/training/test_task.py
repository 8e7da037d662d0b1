"""The training module with networks and losses of a few numbers."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from cwmi_seg.losses import CrossEntropyLoss, class_logits
from cwmi_seg.prediction.ensemble import Ensemble
from cwmi_seg.prediction.outputs import Outputs
from cwmi_seg.prediction.page import PagePredictor
from cwmi_seg.prediction.pixel_model import PixelModel
from cwmi_seg.prediction.tiles import Tiling
from cwmi_seg.training.step_checks import FiniteLoss, check_logits, check_loss
from cwmi_seg.training.task import SegmentationTask
from tests.support.networks import CPU, dataset_info


class OneLogit(nn.Module):
    """The image itself as the logit of class 1."""

    def forward(self, images: Tensor) -> Tensor:
        return images


def test_a_single_logit_is_read_alike_by_losses_scores_and_predictions() -> None:
    images, target = torch.tensor([[[[-2.0, 3.0], [1.0, -0.5]]]]), torch.tensor([[[0, 1], [1, 0]]])
    batch = {"image": images, "target": target, "index": torch.tensor([0])}
    task = SegmentationTask(OneLogit(), CrossEntropyLoss(), torch.optim.Adam)
    torch.testing.assert_close(task.test_step(batch, 0)["prediction"], target)
    torch.testing.assert_close(CrossEntropyLoss()(images, target), CrossEntropyLoss()(class_logits(images), target))
    probability = Ensemble([PixelModel(OneLogit(), dataset_info())], CPU)(images * 70 + 120)
    torch.testing.assert_close(probability, class_logits(images).softmax(1))
    assert class_logits(probability) is probability


def test_every_epoch_of_every_seed_draws_numbers_of_its_own() -> None:
    task = SegmentationTask(OneLogit(), CrossEntropyLoss(), torch.optim.Adam)

    def drawn(seed: int, epoch: int) -> float:
        task.trainer = cast(Any, SimpleNamespace(current_epoch=epoch))
        task.seed = seed
        task.on_train_epoch_start()
        return float(torch.rand(()))

    numbers = {(seed, epoch): drawn(seed, epoch) for seed in range(3) for epoch in range(3)}
    assert len(set(numbers.values())) == 9
    assert drawn(1, 2) == numbers[1, 2]


class Diverged(nn.Module):
    """One pixel of class 1 is nan."""

    def forward(self, images: Tensor) -> Tensor:
        logits = torch.cat([torch.zeros_like(images), images], 1)
        logits[0, 1, 0, 0] = torch.nan
        return logits


def test_logits_that_are_not_finite_get_no_score() -> None:
    batch = {"image": torch.ones(1, 1, 2, 2), "target": torch.zeros(1, 2, 2).long(), "index": torch.tensor([0])}
    task = SegmentationTask(Diverged(), CrossEntropyLoss(), torch.optim.Adam)
    with pytest.raises(ValueError, match=r"model: expected finite logits, got nan in epoch 0; lower optimizer.lr"):
        task.test_step(batch, 0)


def test_a_nan_among_finite_losses_is_found_at_the_end_of_the_epoch_on_any_device() -> None:
    finite = FiniteLoss()
    elsewhere = cast(Tensor, SimpleNamespace(device=torch.device("cuda"), detach=lambda: torch.tensor(torch.nan)))
    finite.add(elsewhere, 3)
    with pytest.raises(ValueError, match="loss: expected a finite number, got nan in epoch 3"):
        finite.check(3)
    finite.add(torch.tensor(1.0), 4)  # nothing is left of the epoch before
    finite.check(4)
    with pytest.raises(ValueError, match="got inf in epoch 5"):
        finite.add(torch.tensor(torch.inf), 5)


def test_an_image_with_probabilities_that_are_not_finite_is_not_predicted(tmp_path: Path) -> None:
    ensemble = Ensemble([PixelModel(Diverged(), dataset_info())], CPU)
    predict = PagePredictor(ensemble, Outputs(tmp_path, 2), [Tiling(64, 32)] * 2)
    with pytest.raises(ValueError, match="run: expected a network with finite probabilities, got nan"):
        predict(np.zeros((40, 32, 1), dtype=np.uint8))


@pytest.mark.parametrize(
    ("logits", "said"),
    [
        ((torch.zeros(2, 2, 8, 8), 0), "expected a tensor of logits, got a tuple"),
        (torch.zeros(2, 5, 8, 8), r"expected logits \(2, 2, 8, 8\), got \(2, 5, 8, 8\)"),
        (torch.zeros(2, 2, 4, 4), r"got \(2, 2, 4, 4\)"),
        (torch.zeros(2), r"got \(2,\)"),
    ],
)
def test_a_network_that_returns_something_else_than_logits_is_refused(logits: object, said: str) -> None:
    with pytest.raises(ValueError, match=f"model: .*{said}.*; return"):
        check_logits(logits, torch.zeros(2, 8, 8), 2)


def test_two_classes_may_have_one_logit() -> None:
    check_logits(torch.zeros(2, 1, 8, 8), torch.zeros(2, 8, 8), 2)
    with pytest.raises(ValueError, match="model: expected logits"):
        check_logits(torch.zeros(2, 1, 8, 8), torch.zeros(2, 8, 8), 3)


@pytest.mark.parametrize(
    ("loss", "said"),
    [
        (1.0, "expected a tensor, got a float"),
        (torch.zeros(2, 8, 8, requires_grad=True), r"got a tensor \(2, 8, 8\); end with .mean"),
        (torch.tensor(1.0), "expected a number with a gradient, got one without"),
    ],
)
def test_a_loss_that_returns_something_else_than_a_number_with_a_gradient_is_refused(loss: object, said: str) -> None:
    with pytest.raises(ValueError, match=f"loss: .*{said}"):
        check_loss(loss)
