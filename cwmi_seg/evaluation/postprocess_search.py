"""Which post-processing helps a run: tried on the masks of its validation images, before any test image is seen."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from cwmi_seg.datasets.info import DatasetInfo, ImageSource
from cwmi_seg.evaluation.mask_evaluation import Masks, score_masks
from cwmi_seg.evaluation.trained_run import moved_data, spec_of_run
from cwmi_seg.files.json_files import write_json
from cwmi_seg.mistakes import Mistake
from cwmi_seg.prediction.ensemble import Ensemble, choose_device
from cwmi_seg.prediction.networks import load_network
from cwmi_seg.prediction.postprocess import Postprocessing
from cwmi_seg.study.monitored import VALIDATION, Monitored, is_of_validation
from cwmi_seg.study.run_folder import RunFolder
from cwmi_seg.study.run_spec import RunSpec
from cwmi_seg.training.build import build_metrics, build_source
from cwmi_seg.training.results import metric_rows, summary
from cwmi_seg.training.stage_metrics import of_test

log = logging.getLogger(__name__)

NAME = "postprocess.json"
SIZES = (8, 32, 128, 512)
"""Pixels that are tried for both sizes."""


@dataclass(frozen=True)
class Trial:
    """One post-processing, the mean of every metric over the images, and the value that is to be best."""

    postprocessing: Postprocessing
    scores: Mapping[str, float]
    value: float


@dataclass(frozen=True)
class _Goal:
    """What the run chose its best epoch by."""

    monitored: Monitored
    sign: float

    @classmethod
    def of(cls, spec: RunSpec) -> "_Goal":
        said: Mapping[str, Any] = spec.callbacks["checkpoint"].arguments if "checkpoint" in spec.callbacks else {}
        monitor = str(said.get("monitor") or "")
        if not is_of_validation(monitor):
            return cls(Monitored.parse(f"{VALIDATION}miou"), 1.0)
        return cls(Monitored.parse(monitor), -1.0 if said.get("mode") == "min" else 1.0)

    def value(self, scores: Mapping[str, float]) -> float:
        """Greater is better."""
        found = self.monitored.value({f"{VALIDATION}{name}": score for name, score in scores.items()})
        if found is None:
            raise Mistake(
                f"metrics: expected those of {self.monitored.text}, by which the run chose its best epoch, got "
                f"{', '.join(scores)}; choose others with metrics=NAME."
            )
        return self.sign * found


def search_postprocessing(
    folder: Path,
    out: Path,
    part: str = "val",
    metrics: Mapping[str, object] | None = None,
    data: str | None = None,
    accelerator: str = "auto",
    allowed_targets: Sequence[str] = (),
) -> list[Trial]:
    """Try keep_largest, then min_size, then fill_holes, each on top of the best so far; writes all trials into ``out``.

    What is best is the metric, or the sum of metrics, by which the run chose its best epoch. Of equal ones the one that
    does less counts.

    Args:
        folder, out, part, metrics, data, accelerator, allowed_targets: as for
            :func:`~cwmi_seg.evaluation.trained_run.evaluate_run`.

    Returns:
        The trials, the best of them first.

    Raises:
        ValueError: ``part`` is "test", whose images must not choose anything, or the run is one of volumes.
    """
    if part not in ("train", "val"):
        raise Mistake(
            f"part: expected val or train for a search, got {part}; test images choose nothing: use part=val."
        )
    run = RunFolder(folder)
    spec = moved_data(spec_of_run(run, metrics, allowed_targets), data)
    source = build_source(spec.dataset)
    if source.info.dimensions != 2:
        raise Mistake("postprocess: expected a run on images, got one on volumes; choose by hand.")
    split = run.split(source.info) or spec.split.apply(source.info)
    ensemble = Ensemble([load_network(folder, allowed_targets)], choose_device(accelerator))
    masks = list(_masks(ensemble, source, getattr(split, part)))
    trials = _greedy(masks, spec, source.info, _Goal.of(spec))
    out.mkdir(parents=True, exist_ok=True)
    write_json(out / NAME, [{**asdict(trial.postprocessing), "scores": dict(trial.scores)} for trial in trials])
    return trials


def _greedy(masks: Sequence[Masks], spec: RunSpec, info: DatasetInfo, goal: _Goal) -> list[Trial]:
    best = _tried(masks, Postprocessing(), spec, info, goal)
    trials = [best]
    steps: tuple[tuple[str, Sequence[Any]], ...] = (
        ("keep_largest", (True,)),
        ("min_size", SIZES),
        ("fill_holes", SIZES),
    )
    for name, values in steps:
        found = [_tried(masks, replace(best.postprocessing, **{name: each}), spec, info, goal) for each in values]
        trials += found
        best = max([best, *found], key=lambda trial: trial.value)  # of equal ones the first
    return [best, *(trial for trial in trials if trial is not best)]


def _tried(masks: Sequence[Masks], steps: Postprocessing, spec: RunSpec, info: DatasetInfo, goal: _Goal) -> Trial:
    wanted = of_test(
        build_metrics(spec.metrics.test, info.num_classes, info.ignore_index), info.num_classes, info.ignore_index
    )
    score_masks(wanted, ((steps(mask.astype(np.uint8)), target) for mask, target in masks), spec.metrics.num_workers)
    rows = metric_rows(wanted, [{"name": str(index)} for index in range(len(masks))])
    scores = {name: score.mean for name, score in summary(rows).items()}
    trial = Trial(steps, scores, goal.value(scores))
    log.info("%s  %s %.4f", options(steps) or "nothing", goal.monitored.text, goal.sign * trial.value)
    return trial


def options(steps: Postprocessing) -> str:
    """As ``cwmi-predict`` takes them; "" for none."""
    neutral = asdict(Postprocessing())
    said = {name: value for name, value in asdict(steps).items() if value != neutral[name]}
    return " ".join(f"{name}={str(value).lower()}" for name, value in said.items())


def _masks(ensemble: Ensemble, source: ImageSource, names: Sequence[str]) -> Iterator[Masks]:
    """Predicted and true classes H W of each image, predicted whole as in a validation."""
    index = {image.name: number for number, image in enumerate(source.info.images)}
    for name in names:
        pixels, target = source.read(index[name])
        batch = torch.from_numpy(np.ascontiguousarray(pixels.transpose(2, 0, 1)))[None]
        predicted: NDArray[np.integer] = ensemble(batch)[0].argmax(0).numpy()
        yield predicted.astype(np.uint8), target
