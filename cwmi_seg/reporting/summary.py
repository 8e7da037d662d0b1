"""What a study consists of, in a few facts: data, losses, runs, time."""

import pandas as pd

from cwmi_seg.files.counted import counted
from cwmi_seg.reporting.metric_words import listed
from cwmi_seg.reporting.records import Records


def summary(records: Records) -> list[tuple[str, str]]:
    """Name and value of each fact."""
    runs, done = records.runs, records.done
    pairs = runs[["fold", "seed"]].drop_duplicates()
    folds, seeds = pairs["fold"].nunique(), pairs["seed"].nunique()
    facts = [
        ("data", "; ".join(_dataset(records, str(name)) for name in sorted(runs["dataset"].unique()))),
        ("networks", listed(sorted(runs["model"].unique()))),
        ("losses", str(runs["label"].nunique())),
        ("runs", f"{len(done)} of {len(runs)} done, {counted(folds, 'fold')} and {counted(seeds, 'seed')}"),
    ]
    return [*facts, *_times(done)]


def _dataset(records: Records, dataset: str) -> str:
    """Numbers of the test images and groups of one dataset."""
    own = records.runs.loc[records.runs["dataset"] == dataset, "run"]
    images = records.images[records.images["run"].isin(own)]
    if images.empty:
        return f"{dataset} (no test image yet)"
    names, groups = images["name"].nunique(), images["group"].nunique()
    parted = f" in {counted(groups, 'group')}" if groups < names else ""
    return f"{dataset} ({counted(names, 'test image')}{parted})"


def _times(done: pd.DataFrame) -> list[tuple[str, str]]:
    columns = [name for name in ("train_seconds", "test_seconds") if name in done]
    if done.empty or len(columns) < 2 or done[columns].isna().all(axis=None):
        return []
    train, test = (float(done[name].sum()) for name in columns)
    longest = float(done["train_seconds"].max())
    return [("time", f"training {duration(train)}, test {duration(test)} in all; longest training {duration(longest)}")]


def duration(seconds: float) -> str:
    """Write ``42 s``, ``7 min`` or ``2 h 03 min``."""
    if seconds < 100:
        return f"{seconds:.0f} s"
    hours, minutes = divmod(round(seconds / 60), 60)
    return f"{hours} h {minutes:02d} min" if hours else f"{minutes} min"
