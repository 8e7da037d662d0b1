"""The sentences that every form of the report says the same way."""

from cwmi_seg.reporting.analysis import Analysis
from cwmi_seg.reporting.significance import LEVEL, MIN_PAIRS
from cwmi_seg.reporting.tables import BETTER, WORSE, common_settings


def reading(analysis: Analysis) -> list[str]:
    """How to read the numbers."""
    return [
        "Each number is the mean of the run means over folds and seeds ± their sample standard deviation; a run mean "
        "is over the test images of the run, at the epoch with the best validation score.",
        "Best in bold, second best underlined, among the rows that were run for the same folds and seeds; rows with "
        "missing runs are shown and not ranked. Rows are in the order of their mean rank over the metrics.",
        f"{BETTER} better, {WORSE} worse than {analysis.baseline}: Wilcoxon's signed-rank test, two-sided, paired by "
        f"image after averaging over seeds, with Holm's correction over the losses of the block, p < {LEVEL}. Blocks "
        f"without {analysis.baseline} or with fewer than {MIN_PAIRS} images are not tested.",
    ]


def facts(analysis: Analysis) -> list[str]:
    """What the study holds."""
    runs = analysis.records.runs
    states = ", ".join(f"{count} {state}" for state, count in runs["state"].value_counts().items())
    common = common_settings(runs)
    versions = [column for column in runs.columns if column.startswith("version/")]
    made = [f"{column.removeprefix('version/')} {_either(analysis, column)}" for column in versions]
    return [
        f"{len(runs)} runs: {states}.",
        *([f"Settings of all runs: {', '.join(common)}."] if common else []),
        *([f"Made with {', '.join(made)}."] if made else []),
    ]


def _either(analysis: Analysis, column: str) -> str:
    return " or ".join(sorted(analysis.records.runs[column].dropna().astype(str).unique()))
