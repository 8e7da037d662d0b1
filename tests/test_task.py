"""The training module with networks and losses of a few numbers."""

from types import SimpleNamespace
from typing import Any, cast

import torch
from torch import Tensor, nn

from cwmi_seg.losses import CrossEntropyLoss, class_logits
from cwmi_seg.prediction.ensemble import Ensemble
from cwmi_seg.prediction.pixel_model import PixelModel
from cwmi_seg.task import SegmentationTask
from tests.test_predict import CPU, dataset_info


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
        task.trainer = cast(Any, SimpleNamespace(datamodule=SimpleNamespace(seed=seed), current_epoch=epoch))
        task.on_train_epoch_start()
        return float(torch.rand(()))

    numbers = {(seed, epoch): drawn(seed, epoch) for seed in range(3) for epoch in range(3)}
    assert len(set(numbers.values())) == 9
    assert drawn(1, 2) == numbers[1, 2]
