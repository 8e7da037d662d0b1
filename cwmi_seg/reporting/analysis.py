"""The statistics of a study, in one object."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import pandas as pd

from cwmi_seg.config.conf_dir import conf_dir
from cwmi_seg.config.schemas import ReportConfig
from cwmi_seg.metrics.directions import LOWER_IS_BETTER, direction
from cwmi_seg.mistakes import Mistake
from cwmi_seg.reporting.aggregate import BLOCK, aggregate
from cwmi_seg.reporting.missing import missing
from cwmi_seg.reporting.pooled import pooled_intervals
from cwmi_seg.reporting.records import Records
from cwmi_seg.reporting.significance import significance
from cwmi_seg.reporting.tag_scores import no_scores, tag_scores

DEFAULT_BASELINE = "cross_entropy"


@dataclass(frozen=True)
class Options:
    """The choices of a reader; the defaults are those of ``conf/report.yaml``.

    Args:
        baseline: Label of the rows to test against; None takes ``DEFAULT_BASELINE``, where a block has it.
        show: Metrics in the order of the tables; others are in the csv files only, and unknown names are skipped.
        lower_is_better: Names, as shell patterns, of the metrics for which less is better.
        second_baseline: Label of the rows that the page opens with as a second baseline; None opens it without.
    """

    baseline: str | None
    show: Sequence[str]
    lower_is_better: Sequence[str]
    second_baseline: str | None = None

    @classmethod
    def of(cls, settings: ReportConfig) -> "Options":
        """The choices in the settings of ``cwmi-report``."""
        # a reader's own are added to those of the package, for a list of Hydra replaces a list
        lower = (*LOWER_IS_BETTER, *settings.lower_is_better)
        return cls(settings.baseline, tuple(settings.show), lower, settings.second_baseline)

    @classmethod
    def default(cls) -> "Options":
        """The choices that hold where a reader makes none."""
        from omegaconf import OmegaConf

        shipped = OmegaConf.load(conf_dir() / "report.yaml")
        lower = (*LOWER_IS_BETTER, *shipped.lower_is_better)
        return cls(shipped.baseline, tuple(shipped.show), lower, shipped.second_baseline)


@dataclass(frozen=True)
class Analysis:
    """Records with what follows from them.

    ``scores``, ``tests``, ``holes``, ``pooled`` and ``by_tag`` are the tables of
    :func:`~cwmi_seg.reporting.aggregate.aggregate`, :func:`~cwmi_seg.reporting.significance.significance`,
    :func:`~cwmi_seg.reporting.missing.missing`, :func:`~cwmi_seg.reporting.pooled.pooled_intervals` and
    :func:`~cwmi_seg.reporting.tag_scores.tag_scores`; ``directions`` says which values are better of each metric to
    show.
    """

    records: Records
    baseline: str
    directions: dict[str, str]
    scores: pd.DataFrame
    tests: pd.DataFrame
    holes: pd.DataFrame
    pooled: pd.DataFrame = field(default_factory=pd.DataFrame)
    second_baseline: str | None = None
    by_tag: pd.DataFrame = field(default_factory=no_scores)

    def of_block(self, block: Sequence[str]) -> "Analysis":
        """The part of the statistics that belongs to one block."""
        runs = _of(block, self.records.runs)
        names = set(runs["run"])
        images, epochs = (table[table["run"].isin(names)] for table in (self.records.images, self.records.epochs))
        confusions = self.records.confusions[self.records.confusions["run"].isin(names)]
        words = self.records.tags[self.records.tags["dataset"] == block[0]]
        tables = (_of(block, table) for table in (self.scores, self.tests, self.holes, self.pooled, self.by_tag))
        scores, tests, holes, pooled, by_tag = tables
        own = Records(runs, images, epochs, confusions, words)
        return replace(self, records=own, scores=scores, tests=tests, holes=holes, pooled=pooled, by_tag=by_tag)

    @property
    def blocks(self) -> list[tuple[str, str, str]]:
        """Dataset, model and settings of every block, in sorted order."""
        frame = self.records.runs[BLOCK].drop_duplicates().sort_values(BLOCK)
        return list(frame.itertuples(index=False, name=None))


def analyse(records: Records, options: Options | None = None) -> Analysis:
    """Compute all statistics, with the default options unless others are given.

    Raises:
        ValueError: No run of the study has the label of a baseline.
    """
    options = options or Options.default()
    labels = sorted(records.runs["label"].unique())
    for key, label in (("baseline", options.baseline), ("second_baseline", options.second_baseline)):
        if label is not None and label not in labels:
            raise Mistake(f"{key}: expected one of {labels}, got {label!r}; choose a loss of the study.")
    chosen, lower = options.baseline or DEFAULT_BASELINE, options.lower_is_better
    shown = [name for name in options.show if name in records.metrics] or records.metrics
    return Analysis(
        records=records,
        baseline=chosen,
        directions={name: direction(name, lower) for name in shown},
        scores=aggregate(records, lower),
        tests=significance(records, chosen, lower),
        holes=missing(records),
        pooled=pooled_intervals(records, chosen),
        second_baseline=options.second_baseline,
        by_tag=tag_scores(records, chosen, lower),
    )


def _of(block: Sequence[str], frame: pd.DataFrame) -> pd.DataFrame:
    return frame[(frame[BLOCK] == list(block)).all(axis=1)]
