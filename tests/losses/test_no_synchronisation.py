"""No step lets the host wait for a GPU, but those of the losses that compute on the CPU."""

from collections import Counter
from functools import partial

import pytest
import pytorch_lightning as pl
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader

from cwmi_seg.losses import CWMILoss, RMILoss
from cwmi_seg.training.task import SegmentationTask
from tests.support.loss_configs import LOSS_NAMES, ON_THE_CPU, make_loss
from tests.support.synchronisation import META, inputs, reads_of_values, waits_on_device

CPU = torch.device("cpu")
WAITING = [name for name in LOSS_NAMES if name in ON_THE_CPU]
FREE = [name for name in LOSS_NAMES if name not in ON_THE_CPU]


def step(loss: nn.Module, tensors: tuple[Tensor, ...]) -> Tensor:
    value: Tensor = loss(*tensors)
    return value


def second_step(loss: nn.Module, device: torch.device, classes: int = 2) -> "partial[Tensor]":
    """The first one makes what is kept for all others."""
    tensors = inputs(loss, (64, 64), device, classes)
    loss(*tensors).backward()
    return partial(step, loss, tensors)


@pytest.mark.parametrize("name", FREE)
def test_a_loss_never_waits_for_the_device(name: str) -> None:
    assert waits_on_device(second_step(make_loss(name), META)) == Counter()


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in FREE if getattr(make_loss(name), "multiclass", True)])
def test_nor_with_more_classes(name: str) -> None:
    assert waits_on_device(second_step(make_loss(name), META, classes=4)) == Counter()


@pytest.mark.parametrize(
    "name", [name if name == "rmi" else pytest.param(name, marks=pytest.mark.slow) for name in FREE]
)
def test_no_operator_of_a_loss_reads_values_within(name: str) -> None:
    """``torch.cholesky_inverse`` looks for errors, which meta tensors do not show."""
    assert reads_of_values(second_step(make_loss(name), CPU)) == Counter()


def test_nor_with_scales_that_are_chosen() -> None:
    loss = CWMILoss(scales=[1, 3])
    assert waits_on_device(second_step(loss, META)) == Counter()
    assert reads_of_values(second_step(loss, CPU)) == Counter()


@pytest.mark.parametrize("name", WAITING)
def test_the_losses_on_the_cpu_do_wait(name: str) -> None:
    """Else they have no place in the list."""
    loss = make_loss(name)
    assert waits_on_device(partial(step, loss, inputs(loss, (64, 64), META)))["copy to the host"] > 0


def test_the_tracing_sees_what_waits() -> None:
    loss = nn.CrossEntropyLoss()
    logits, target = inputs(loss, (8, 8), META)
    assert waits_on_device(lambda: loss(logits, target) * float(logits.detach().sum()))["item"] == 1
    assert waits_on_device(lambda: loss(logits, target) * torch.tensor([2.0], device=META))["constant to the device"]
    with pytest.raises(AssertionError, match="depends on values"):
        waits_on_device(lambda: logits[logits > 0].sum())
    logits, target = inputs(loss, (8, 8), CPU)
    assert (
        reads_of_values(lambda: loss(logits, target) * logits.detach().sum().item())["aten::_local_scalar_dense"] == 1
    )


class Seeded(pl.LightningDataModule):
    """A number of batches."""

    seed = 0

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number

    def train_dataloader(self) -> "DataLoader[dict[str, Tensor]]":
        batch = {"image": torch.randn(2, 3, 8, 8), "target": torch.ones(2, 8, 8, dtype=torch.long)}
        return DataLoader([batch] * self.number, batch_size=None)  # type: ignore[arg-type]


def reads_of_training(steps: int, monkeypatch: pytest.MonkeyPatch) -> int:
    """How often a training of one epoch reads a value of a tensor; what is looked at on the CPU alone left out."""
    monkeypatch.setattr("cwmi_seg.training.step_checks.FiniteLoss.check", lambda *_: None)
    task = SegmentationTask(nn.Conv2d(3, 2, 1), RMILoss(pool_size=1), partial(torch.optim.SGD, lr=0.1))
    trainer = pl.Trainer(
        max_epochs=1, accelerator="cpu", gradient_clip_val=5.0, logger=False, enable_checkpointing=False,
        enable_progress_bar=False, enable_model_summary=False,
    )  # fmt: skip

    def train() -> Tensor:
        trainer.fit(task, datamodule=Seeded(steps))
        return torch.zeros((), requires_grad=True)

    return sum(reads_of_values(train).values())


@pytest.mark.filterwarnings("ignore:.*does not have many workers.*", "ignore:.*validation_step.*")
def test_no_step_of_the_task_reads_a_value(monkeypatch: pytest.MonkeyPatch) -> None:
    """At the ends of the epoch it does."""
    assert reads_of_training(9, monkeypatch) == reads_of_training(3, monkeypatch)
