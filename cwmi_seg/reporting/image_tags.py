"""Tags of the test images of a study, by which its report splits them."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from cwmi_seg.loading.blocks import image_of
from cwmi_seg.reporting.prepared_data import prepared_data
from cwmi_seg.study.run_folder import RunFolder

COLUMNS = ["dataset", "name", "tag", "value"]
Words = Mapping[str, Mapping[str, str]]
"""Value of each tag, by the name of the image."""


def no_tags() -> pd.DataFrame:
    """The table without rows."""
    return pd.DataFrame({name: [] for name in COLUMNS}).astype(str)


def tags_of_images(
    images: pd.DataFrame, runs: pd.DataFrame, configs: Mapping[RunFolder, Mapping[str, Any]]
) -> pd.DataFrame:
    """The tags of the test images, a row per dataset, image and tag; blocks of a volume have those of the volume.

    They are those that the prepared dataset has now, if it is still the one that was trained on, so that tags may be
    given after the training; else those that a run has kept. Where runs on one dataset differ, the first counts.

    Args:
        images: Table of test images with the columns run and name.
        runs: Table of runs with the columns run and dataset.
        configs: Config of each finished run, by its folder.
    """
    if images.empty:
        return no_tags()
    datasets = dict(zip(runs["run"], runs["dataset"], strict=True))
    tested = images.groupby(images["run"].map(datasets))["name"].unique()
    rows: dict[tuple[str, str, str], str] = {}
    seen: set[tuple[str, str]] = set()
    for folder, config in configs.items():
        dataset, fingerprint = str(datasets[folder.name]), folder.fingerprint()
        if (dataset, fingerprint) not in seen:
            seen.add((dataset, fingerprint))
            words = _words(folder, config)
            for name in tested.get(dataset, ()) if words else ():
                for tag, value in words.get(name, words.get(image_of(name), {})).items():
                    rows.setdefault((dataset, name, tag), value)
    return pd.DataFrame([(*key, value) for key, value in rows.items()], columns=COLUMNS).astype(str)


def _words(folder: RunFolder, config: Mapping[str, Any]) -> Words:
    """The tags by the name of the image; none where a run cannot be read."""
    if (info := prepared_data(folder, config)) is not None:
        return info.tags
    try:
        return folder.info().tags if folder.has_info() else {}
    except (OSError, ValueError):
        return {}
