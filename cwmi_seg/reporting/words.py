"""The sentences that every form of the report says the same way."""

from collections.abc import Sequence

import pandas as pd

from cwmi_seg.files.counted import counted
from cwmi_seg.reporting.analysis import Analysis
from cwmi_seg.reporting.records import EXTERNAL, SCORE, UNIT
from cwmi_seg.reporting.signed_rank import MIN_PAIRS
from cwmi_seg.reporting.significance import LEVEL
from cwmi_seg.reporting.tables import BETTER, WORSE, common_settings


def reading(*analyses: Analysis) -> list[str]:
    """Sentences on how to read the numbers of one study, or of several with one baseline."""
    baseline = analyses[0].baseline
    return [
        "Each number is the mean of the run means over folds and seeds ± their sample standard deviation; a run mean "
        "is over the test images of the run, at the epoch with the best validation score.",
        "Best in bold, second best underlined, among the rows that were run for the same folds and seeds; rows with "
        "missing runs are shown and not ranked. Rows are in the order of their mean rank over the metrics.",
        f"{BETTER} better, {WORSE} worse than {baseline}: Wilcoxon's signed-rank test, two-sided, {_pairs(analyses)}, "
        f"with Holm's correction over the losses of the block, p < {LEVEL}. Blocks without {baseline} or with fewer "
        f"than {MIN_PAIRS} pairs are not tested.",
    ]


def _pairs(analyses: Sequence[Analysis]) -> str:
    """The part of a sentence that says what the tests pair."""
    units = {dataset: unit for analysis in analyses for dataset, unit in _units(analysis).items()}
    if not any("groups" in unit for unit in units.values()):
        return "paired by image after averaging over seeds"
    counts = "; ".join(f"{dataset}: {unit}" for dataset, unit in units.items())
    return (
        "paired by group after averaging over seeds and over the images of a group, which belong together as the eyes "
        f"of a person or neighbouring slices do and are one observation ({counts})"
    )


def _units(analysis: Analysis) -> dict[str, str]:
    """The numbers of groups and images that each dataset was tested on."""
    images, runs = analysis.records.images, analysis.records.runs.set_index("run")
    if images.empty:
        return {}
    counts = images.groupby(images["run"].map(runs["dataset"]))[["group", "name"]].nunique()
    return {
        str(dataset): counted(images, "image")
        if groups == images
        else f"{counted(groups, 'group')} of {counted(images, 'image')}"
        for dataset, groups, images in counts.itertuples()
    }


def facts(analysis: Analysis) -> list[str]:
    """Sentences on what the study holds: runs, common settings, versions."""
    runs = analysis.records.runs
    external = runs["run"].str.startswith(EXTERNAL)
    others, runs = sorted(runs.loc[external, "label"].unique()), runs[~external]
    states = ", ".join(f"{count} {state}" for state, count in runs["state"].value_counts().items())
    common = common_settings(runs)
    versions = [column for column in runs.columns if column.startswith("version/")]
    made = [f"{column.removeprefix('version/')} {_either(analysis, column)}" for column in versions]
    return [
        f"{counted(len(runs), 'run')}: {states}.",
        *([f"Masks made by other code, scored on the same test images: {', '.join(others)}."] if others else []),
        *([f"Settings of all runs: {', '.join(common)}."] if common else []),
        *_units_of_distances(runs[runs["state"] == "done"]),
        *([f"Made with {', '.join(made)}."] if made else []),
    ]


def _units_of_distances(runs: pd.DataFrame) -> list[str]:
    """What distances are in, by metric and dataset; runs of before it was kept have voxels."""
    columns = [column for column in runs.columns if column.startswith(UNIT) and runs[column].notna().any()]
    words: dict[str, list[str]] = {}
    for dataset, rows in runs.groupby("dataset"):
        for column in columns:
            if rows[f"{SCORE}{column.removeprefix(UNIT)}"].notna().any():
                said = f"in {dataset} {_counted(rows[column].fillna('voxels'))}"
                words.setdefault(said, []).append(column.removeprefix(UNIT))
    return [f"Distances ({', '.join(metrics)}) {said}." for said, metrics in words.items()]


def _counted(units: pd.Series) -> str:
    counts = units.value_counts()
    if len(counts) == 1:
        return f"are {counts.index[0]}"
    each = ", ".join(f"{unit} of {counted(count, 'run')}" for unit, count in counts.items())
    return f"are {each}, which are NOT COMPARABLE; train with overwrite=true to have them alike"


def _either(analysis: Analysis, column: str) -> str:
    return " or ".join(sorted(analysis.records.runs[column].dropna().astype(str).unique()))
