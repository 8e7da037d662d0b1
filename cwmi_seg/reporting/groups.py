"""Groups of test images that are one observation: two eyes of one person, neighbouring slices of one block."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from cwmi_seg.reporting.prepared_data import prepared_data
from cwmi_seg.study.run_folder import RunFolder
from cwmi_seg.study.run_tables import GROUP


def with_groups(images: pd.DataFrame, runs: pd.DataFrame) -> pd.DataFrame:
    """Put the column ``group`` behind the name of each test image, and fill it where it is missing or empty.

    A run from before runs kept the groups has those that other runs on the same dataset name; else each image is a
    group of its own.

    Args:
        images: Table with the columns run, name, perhaps group, and metrics.
        runs: Table with the columns run and dataset.
    """
    if "name" not in images:
        return images
    given = images[GROUP] if GROUP in images else pd.Series(None, images.index, dtype=object)
    dataset = images["run"].map(runs.set_index("run")["dataset"])
    groups = given.fillna(given.groupby([dataset, images["name"]]).transform("first")).fillna(images["name"])
    filled = images.drop(columns=GROUP, errors="ignore")
    place = filled.columns.get_loc("name") + 1
    return pd.concat([filled.iloc[:, :place], groups.rename(GROUP), filled.iloc[:, place:]], axis=1)


def groups_of_prepared_data(images: pd.DataFrame, configs: Mapping[RunFolder, Mapping[str, Any]]) -> pd.DataFrame:
    """Give the test images of older runs the groups that the prepared dataset has.

    Args:
        images: Table of test images, as for :func:`with_groups`.
        configs: Config of each run, by its folder.
    """
    images = images if GROUP in images else images.assign(group=pd.Series(None, images.index, dtype=object))
    rows = images[images[GROUP].isna()].groupby("run").groups
    for folder, config in configs.items():
        if folder.name in rows and (info := prepared_data(folder, config)) is not None:
            own, known = rows[folder.name], {image.name: image.group for image in info.images}
            images.loc[own, GROUP] = images.loc[own, "name"].map(known)
    return images
