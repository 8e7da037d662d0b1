"""Scores of masks that other code has made of the test images of a run, by the metrics of the run."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from cwmi_seg.config.allowed_targets import check_targets
from cwmi_seg.datasets.info import ImageSource
from cwmi_seg.evaluation.mask_evaluation import Masks, score_masks
from cwmi_seg.evaluation.mask_folders import read_classes_of, refuse_other_size
from cwmi_seg.metrics.confusion import dataset_iou
from cwmi_seg.mistakes import Mistake
from cwmi_seg.study.config_reader import ConfigReader
from cwmi_seg.study.confusion_file import Confusions
from cwmi_seg.study.run_folder import RunFolder
from cwmi_seg.study.run_spec import DatasetSpec, MetricsSpec
from cwmi_seg.training.build import build_metrics, build_source
from cwmi_seg.training.results import Scored, scores_of, summary
from cwmi_seg.training.stage_metrics import of_test


def score_external(
    run: RunFolder, masks: Mapping[str, Path], names: Sequence[str], allowed_targets: Sequence[str] = ()
) -> Scored:
    """Score masks as ``run`` was scored.

    Args:
        run: Finished run, whose dataset has the targets and whose config the metrics.
        masks: Files by the name of the image.
        names: Test images to score, each of which has a mask.
        allowed_targets: the user's own modules that the run's config may name.

    Raises:
        ValueError: the images of the run are gone, have changed since or are volumes; or a mask cannot be read, has
            another size than its image, or other values than class indices.
    """
    config = run.config_to_build(allowed_targets)
    check_targets({key: config[key] for key in ("dataset", "metrics")}, allowed_targets)
    source = _source(run, ConfigReader(config))
    info, metrics = source.info, MetricsSpec.of(ConfigReader(config))
    classes = info.num_classes, info.ignore_index
    wanted = of_test(build_metrics(metrics.test, *classes), *classes)
    places = {image.name: place for place, image in enumerate(info.images)}
    score_masks(wanted, (_pair(source, places[name], masks[name]) for name in names), metrics.num_workers)
    images = [{"name": name, "group": info.images[places[name]].group} for name in names]
    # other code has made the masks: the versions of these packages say nothing about them
    return scores_of(wanted, images, {}, info.num_classes, info).with_results(versions={})


def joined_scores(first: Scored, second: Scored) -> Scored:
    """The scores of other masks of the same folder beside those of some; the means are those of all."""
    rows, confusions = [*first.rows, *second.rows], second.confusions
    if first.confusions is not None and confusions is not None:
        names = (*first.confusions.names, *confusions.names)
        confusions = Confusions(names, np.concatenate([first.confusions.matrices, confusions.matrices]))
    pooled = second.results.pooled if confusions is None else dataset_iou(confusions.matrices.sum(0))
    results = replace(second.results, test=summary(rows), num_test_images=len(rows), pooled=pooled)
    return Scored(rows, confusions, results)


def _source(run: RunFolder, reader: ConfigReader) -> ImageSource:
    source = build_source(DatasetSpec.of(reader))
    if source.info.fingerprint != run.fingerprint():
        raise Mistake(
            f"{run}: expected the dataset that the run was trained on, got other images; prepare that again, or train "
            "with overwrite=true."
        )
    if source.info.dimensions != 2:
        raise Mistake(f"external: expected a study of images, got volumes in {run}; leave it out.")
    return source


def _pair(source: ImageSource, place: int, path: Path) -> Masks:
    target = source.read(place)[1]
    prediction = read_classes_of(path, source.info.num_classes)
    refuse_other_size(path, prediction, target)
    return prediction, target
