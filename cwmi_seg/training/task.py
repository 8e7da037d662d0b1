"""The only LightningModule: a model, a loss and metrics, none of which it knows by name."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pytorch_lightning as pl
import torch
from torch import Tensor, nn
from torch.optim.lr_scheduler import LRScheduler, ReduceLROnPlateau

from cwmi_seg.loading.crops import derived_seed
from cwmi_seg.losses import class_logits
from cwmi_seg.metrics.scoring import Scoring
from cwmi_seg.mistakes import Mistake
from cwmi_seg.study.monitored import Monitored, is_of_validation
from cwmi_seg.training.loss_timer import LossTimer
from cwmi_seg.training.schedule import EPOCH, STEP, Schedule
from cwmi_seg.training.step_checks import (
    FiniteLoss,
    check_finite_logits,
    check_logits,
    check_loss,
    warn_of_probabilities,
)

if TYPE_CHECKING:
    from cwmi_seg.metrics.per_image import PerImageMetric

Batch = Mapping[str, Any]


class SegmentationTask(pl.LightningModule):
    """Trains ``model`` with ``loss``, scores every image with the metrics.

    Args:
        model: images B I H W to logits B C H W.
        loss: ``loss(logits, target[, weight_map])`` to a scalar; an attribute ``epoch`` is kept at the present
            epoch, what it leaves in an attribute ``parts`` is logged.
        optimizer: makes an optimizer from parameters.
        schedule: of the learning rate; None for none.
        val_metrics: computed on every validation image.
        test_metrics: computed on every test image, and in every ``every_n_epochs``-th validation.
        every_n_epochs: 0 leaves ``test_metrics`` to the test.
        scoring: what computes them; None: this process.
        num_classes: C, which the logits must have; None: not checked.
        seed: of the run, from which the random numbers of networks with dropout and the like are drawn each epoch.
        sums: weighted sums of scores, which are logged in each validation under their text.

    Logs ``train/loss``, the loss parts, ``train/gradient_norm`` (before clipping), ``train/images_per_second``,
    ``train/loss_ms`` (forward and backward of the loss), and each metric as ``val/NAME`` and ``test/NAME``.
    """

    def __init__(
        self,
        model: nn.Module,
        loss: nn.Module,
        optimizer: Callable[[Iterable[nn.Parameter]], torch.optim.Optimizer],
        schedule: Schedule | None = None,
        val_metrics: "Iterable[PerImageMetric]" = (),
        test_metrics: "Iterable[PerImageMetric]" = (),
        every_n_epochs: int = 0,
        scoring: Scoring | None = None,
        num_classes: int | None = None,
        seed: int = 0,
        sums: Sequence[Monitored] = (),
    ) -> None:
        super().__init__()
        self.model, self.loss = model, loss
        self.optimizer, self.schedule = optimizer, schedule
        self.val_metrics, self.test_metrics = nn.ModuleList(val_metrics), nn.ModuleList(test_metrics)
        self.every_n_epochs, self.scoring, self.num_classes = every_n_epochs, scoring or Scoring(), num_classes
        self.seed, self.sums = seed, sums
        self._timer, self._finite = LossTimer(), FiniteLoss()
        self._images, self._epoch_start, self._validated = 0, 0.0, False

    # training

    def configure_optimizers(self) -> Any:
        optimizer = self.optimizer(self.model.parameters())
        return [optimizer], [] if self.schedule is None else [self.schedule.configured(optimizer, self.trainer)]

    def lr_scheduler_step(self, scheduler: LRScheduler, metric: Any) -> None:
        """Only those of single steps: others the trainer would step after the checkpoint is written, so that a resumed
        run misses a step."""
        if any(each.scheduler is scheduler and each.interval == STEP for each in self.trainer.lr_scheduler_configs):
            scheduler.step()

    def on_train_epoch_start(self) -> None:
        # dropout of a resumed run draws what it would have drawn
        torch.manual_seed(derived_seed(self.seed, self.current_epoch))
        if hasattr(self.loss, "epoch"):
            self.loss.epoch = self.current_epoch  # type: ignore[assignment]
        self._images, self._epoch_start, self._validated = 0, time.perf_counter(), False

    def training_step(self, batch: Batch, batch_idx: int) -> Tensor:
        logits = self._logits(batch)
        if batch_idx == 0 and self.current_epoch == 0:  # once: it waits for a GPU
            warn_of_probabilities(logits)
        self._timer.watch(logits)
        self._timer.mark(logits, start=True)
        # given only where there is one, so that a loss may be any function of logits and target
        arguments = [batch["weight_map"]] if "weight_map" in batch else []
        loss: Tensor = self.loss(logits, batch["target"], *arguments)
        self._timer.mark(logits, start=False)
        check_loss(loss)
        self._finite.add(loss, self.current_epoch)
        self._images += len(logits)
        parts = {f"train/{name}": value for name, value in getattr(self.loss, "parts", {}).items()}
        self.log_dict({"train/loss": loss.detach(), **parts}, on_step=False, on_epoch=True, batch_size=len(logits))
        return loss

    def _logits(self, batch: Batch) -> Tensor:
        logits: Tensor = self.model(batch["image"])
        check_logits(logits, batch["target"], self.num_classes)
        return logits

    def on_before_backward(self, loss: Tensor) -> None:
        self._timer.mark(loss, start=True)

    def on_before_optimizer_step(self, _: torch.optim.Optimizer) -> None:
        gradients = [p.grad for p in self.model.parameters() if p.grad is not None]
        norm = nn.utils.get_total_norm(gradients)
        self.log("train/gradient_norm", norm, on_step=False, on_epoch=True, batch_size=1)

    def on_train_batch_end(self, *_: Any) -> None:
        stopped = self.trainer.global_step == self.trainer.max_steps
        if not (self.trainer.is_last_batch or stopped):
            return
        self._finite.check(self.current_epoch)  # before the validation, whose scores may make it the best epoch
        seconds = time.perf_counter() - self._epoch_start
        times = {"train/seconds": seconds, "train/images_per_second": self._images / max(seconds, 1e-9)}
        self.log_dict(
            {**times, "train/loss_ms": self._timer.milliseconds()}, on_step=False, on_epoch=True, batch_size=1
        )

    def on_train_epoch_end(self) -> None:
        for each in self.trainer.lr_scheduler_configs:
            if isinstance(each.scheduler, ReduceLROnPlateau):
                self._step_plateau(each.scheduler)
            elif each.interval == EPOCH:
                each.scheduler.step()

    def _step_plateau(self, scheduler: ReduceLROnPlateau) -> None:
        """Not in an epoch without validation, of which the trainer keeps the scores of an earlier one."""
        assert self.schedule is not None
        assert self.schedule.monitor is not None
        monitor, values = self.schedule.monitor, self.trainer.callback_metrics
        if is_of_validation(monitor) and not self._validated:
            return
        if monitor not in values:
            raise Mistake(f"scheduler.monitor: expected one of {', '.join(values)}, got {monitor}; choose one.")
        scheduler.step(float(values[monitor]))

    # validation and test

    def validation_step(self, batch: Batch, batch_idx: int) -> dict[str, Tensor]:
        return self._score(batch, self._validating())

    def on_validation_epoch_end(self) -> None:
        values = self._log_scores(self._validating(), "val")
        for each in self.sums:
            if (value := each.value(values)) is not None:
                self.log(each.text, value, rank_zero_only=False)
        self._validated = True

    def on_test_epoch_start(self) -> None:
        for metric in self._testing():
            metric.reset()

    def test_step(self, batch: Batch, batch_idx: int) -> dict[str, Tensor]:
        return self._score(batch, self._testing())

    def on_test_epoch_end(self) -> None:
        self._log_scores(self._testing(), "test")

    def scores(self) -> "list[PerImageMetric]":
        """The metrics of the test, with the value of every image."""
        return self._testing()

    def always_validated(self) -> "list[PerImageMetric]":
        """The metrics of every validation."""
        return [*self.val_metrics, *(self.test_metrics if self.every_n_epochs == 1 else [])]

    def _testing(self) -> "list[PerImageMetric]":
        return list(self.test_metrics)  # type: ignore[arg-type]

    def _validating(self) -> "list[PerImageMetric]":
        due = self.every_n_epochs > 0 and (self.current_epoch + 1) % self.every_n_epochs == 0
        return _without_repeats([*self.val_metrics, *(self.test_metrics if due else [])])

    def _score(self, batch: Batch, metrics: "list[PerImageMetric]") -> dict[str, Tensor]:
        logits = class_logits(self._logits(batch))
        check_finite_logits(logits, self.current_epoch)
        # once for all metrics, and what the callbacks are handed
        prediction = logits.argmax(1)
        self.scoring.update(metrics, prediction, batch["target"], batch["index"])
        return {"prediction": prediction}

    def _log_scores(self, metrics: "list[PerImageMetric]", stage: str) -> dict[str, float]:
        self.scoring.collect()
        logged: dict[str, float] = {}
        for metric in metrics:
            values = {f"{stage}/{name}": value for name, value in metric.compute().items()}
            self.log_dict(values, rank_zero_only=False)
            logged |= {name: float(value) for name, value in values.items()}
            if stage == "val":
                metric.reset()
        return logged

    def teardown(self, stage: str) -> None:
        self.scoring.close()


def _without_repeats(metrics: "list[PerImageMetric]") -> "list[PerImageMetric]":
    """The first of those that give the same values."""
    return list({metric.keys: metric for metric in reversed(metrics)}.values())
