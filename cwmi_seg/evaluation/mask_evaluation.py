"""Scores of masks made by anyone's code."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from omegaconf import OmegaConf

from cwmi_seg.config.conf_dir import conf_dir
from cwmi_seg.evaluation.mask_folders import pair_masks
from cwmi_seg.files.csv_files import write_rows
from cwmi_seg.metrics.scoring import Scoring
from cwmi_seg.mistakes import Mistake
from cwmi_seg.study.config_reader import ConfigReader
from cwmi_seg.study.run_results import NAME, RunResults, write_results
from cwmi_seg.study.run_spec import MetricsSpec
from cwmi_seg.training.build import build_metrics
from cwmi_seg.training.results import metric_rows, summary, versions


def evaluate_masks(
    predictions: Path,
    targets: Path,
    out: Path,
    num_classes: int = 2,
    ignore_index: int | None = None,
    metrics: Mapping[str, object] | None = None,
) -> tuple[RunResults, list[dict[str, Any]]]:
    """Score every pair of masks of two folders; writes two files, images.csv and results, into ``out``.

    Args:
        predictions, targets: folders of masks; see :mod:`cwmi_seg.evaluation.mask_folders`.
        out: folder for the results.
        num_classes: C.
        ignore_index: value of target pixels that take no part.
        metrics: config; None for ``conf/metrics/default.yaml``.

    Returns:
        The scores, and the rows of the single images.
    """
    if num_classes < 2:
        raise Mistake(f"num_classes: expected at least 2, got {num_classes}; use 2 for one structure.")
    spec = MetricsSpec.of(ConfigReader({"metrics": metrics or _default_metrics()}))
    pairs = pair_masks(predictions, targets)
    wanted = build_metrics(spec.test, num_classes, ignore_index)
    scoring = Scoring(spec.num_workers)
    try:
        for index, pair in enumerate(pairs):
            prediction, target = (torch.from_numpy(mask)[None] for mask in pair.read(num_classes, ignore_index))
            scoring.update(wanted, prediction, target, torch.tensor([index]))
        scoring.collect()
    finally:
        scoring.close()
    rows = metric_rows(wanted, [{"name": pair.name} for pair in pairs])
    results = RunResults(test=summary(rows), num_test_images=len(rows), versions=versions())
    out.mkdir(parents=True, exist_ok=True)
    write_rows(out / "images.csv", rows)
    write_results(
        results,
        out / NAME,
        predictions=str(predictions),
        targets=str(targets),
        num_classes=num_classes,
        ignore_index=ignore_index,
        metrics={name: target.node for name, target in spec.test.items()},
        images=rows,
    )
    return results, rows


def _default_metrics() -> object:
    return OmegaConf.to_container(OmegaConf.load(conf_dir() / "metrics" / "default.yaml"))
