"""Scores of masks made by anyone's code."""

import logging
from collections.abc import Iterable, Mapping, Sequence
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from omegaconf import OmegaConf

from cwmi_seg.config.conf_dir import conf_dir
from cwmi_seg.datasets.volume_files.letters import checked_axes
from cwmi_seg.evaluation.mask_folders import Pair, pair_masks
from cwmi_seg.evaluation.mask_names import checked_patterns
from cwmi_seg.evaluation.score_files import write_scores
from cwmi_seg.evaluation.volume_pairs import Spacing, VolumePair, pair_volumes, spacings_of
from cwmi_seg.files.counted import counted
from cwmi_seg.metrics.per_image import PerImageMetric
from cwmi_seg.metrics.scoring import Scoring
from cwmi_seg.mistakes import Mistake
from cwmi_seg.study.config_reader import ConfigReader
from cwmi_seg.study.run_results import RunResults
from cwmi_seg.study.run_spec import MetricsSpec
from cwmi_seg.training.axes import asking, tell_spacing
from cwmi_seg.training.build import build_metrics
from cwmi_seg.training.results import scores_of, units_of
from cwmi_seg.training.stage_metrics import of_test

log = logging.getLogger(__name__)

Masks = tuple[NDArray[np.integer], NDArray[np.integer]]
"""Prediction and target of one image, class indices."""


def evaluate_masks(
    predictions: Path,
    targets: Path,
    out: Path,
    num_classes: int = 2,
    ignore_index: int | None = None,
    metrics: Mapping[str, object] | None = None,
    pattern: str | Sequence[str] | None = None,
    *,
    common: bool = False,
    dimensions: int = 2,
    axes: str | None = None,
    key: str | None = None,
) -> tuple[RunResults, list[dict[str, Any]]]:
    """Score every pair of masks of two folders; writes images.csv, results and confusion matrices into ``out``.

    Args:
        predictions, targets: folders of masks; see :mod:`cwmi_seg.evaluation.mask_folders`.
        out: folder for the results.
        num_classes: C.
        ignore_index: value of target pixels that take no part.
        metrics: config; None for ``conf/metrics/default.yaml``, of volumes ``volumes.yaml``.
        pattern: what the masks are paired by, such as ``*_mask``, or a list; None: by whole names.
        common: whether names that only one of the folders has are left out, which is said; else they are refused.
        dimensions: 2 for images, 3 for volumes; see :mod:`cwmi_seg.evaluation.volume_pairs`.
        axes: a letter for each stored axis of the volumes of ``targets``; None takes what their files say.
        key: name of the array in their HDF5, Zarr and npz files; None takes the only one.

    Returns:
        The scores, and the rows of the single images.
    """
    if num_classes < 2:
        raise Mistake(f"num_classes: expected at least 2, got {num_classes}; use 2 for one structure.")
    _check_axes(dimensions, axes=axes, key=key)
    spec = MetricsSpec.of(ConfigReader({"metrics": metrics or _default_metrics(dimensions)}))
    patterns, asked = checked_patterns(pattern), checked_axes(axes)
    if dimensions == 2:
        pairs, left_out = pair_masks(predictions, targets, patterns, common=common)
    else:
        pairs, left_out = pair_volumes(predictions, targets, patterns, common=common, axes=asked, key=key)
    if left_out:
        scored, names = counted(len(pairs), "pair"), counted(len(left_out), "name")
        log.info("note     %s scored, %s left out, which only one folder has", scored, names)
    wanted = of_test(build_metrics(spec.test, num_classes, ignore_index, dimensions), num_classes, ignore_index)
    units = _score_pairs(wanted, pairs, (num_classes, ignore_index), spec.num_workers)
    found = scores_of(wanted, [{"name": pair.name} for pair in pairs], units, num_classes)
    write_scores(
        out,
        found,
        predictions=str(predictions),
        targets=str(targets),
        num_classes=num_classes,
        ignore_index=ignore_index,
        metrics={name: target.node for name, target in spec.test.items()},
        left_out=left_out,
        images=found.rows,
    )
    return found.results, found.rows


def _score_pairs(
    metrics: Sequence[PerImageMetric], pairs: Sequence[Pair], classes: tuple[int, int | None], num_workers: int
) -> dict[str, str]:
    """Score all, volumes by the spacing of each where a metric asks for it; gives the units of the distances."""
    told, unit = asking(metrics), ""
    places: dict[Spacing, list[int]] = {None: list(range(len(pairs)))}
    volumes = [pair for pair in pairs if isinstance(pair, VolumePair)]
    if volumes and told:
        places, unit = spacings_of(volumes)
    for spacing, indices in places.items():
        tell_spacing(told, spacing)
        score_masks(metrics, (pairs[index].read(*classes) for index in indices), num_workers, indices)
    units = units_of(metrics, 3 if volumes else 2, spacing, unit)
    if len(places) == 1:
        return units
    own = units_of([metric for metric in metrics if metric in told], 3, spacing, unit)
    return units | dict.fromkeys(own, f"{unit} (spacing of each volume)".strip())


def score_masks(
    metrics: Sequence[PerImageMetric],
    masks: Iterable[Masks],
    num_workers: int = 0,
    indices: Iterable[int] | None = None,
) -> None:
    """Update metrics with the masks of single images, whose indices are 0, 1, ... if no others are given."""
    scoring = Scoring(num_workers)
    try:
        for index, pair in zip(count() if indices is None else indices, masks, strict=False):
            prediction, target = (torch.from_numpy(np.ascontiguousarray(mask))[None] for mask in pair)
            scoring.update(metrics, prediction, target, torch.tensor([index]))
        scoring.collect()
    finally:
        scoring.close()


def _check_axes(dimensions: int, **of_volumes: str | None) -> None:
    if dimensions not in (2, 3):
        raise Mistake(f"dimensions: expected 2 for images or 3 for volumes, got {dimensions}; choose one.")
    for name, value in of_volumes.items():
        if dimensions == 2 and value is not None:
            raise Mistake(f"{name}: expected null for images, got {value}; remove it, or set dimensions=3.")


def _default_metrics(dimensions: int) -> object:
    name = "default.yaml" if dimensions == 2 else "volumes.yaml"
    return OmegaConf.to_container(OmegaConf.load(conf_dir() / "metrics" / name))
