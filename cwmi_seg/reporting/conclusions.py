"""What was found, in a few sentences whose every number comes from the tables of the report."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pandas as pd

from cwmi_seg.files.counted import counted
from cwmi_seg.reporting.analysis import Analysis
from cwmi_seg.reporting.findings import Finding
from cwmi_seg.reporting.metric_words import listed, superlative
from cwmi_seg.reporting.pairs import Pairs, versus
from cwmi_seg.reporting.signed_rank import MIN_PAIRS
from cwmi_seg.reporting.significance import FOLD
from cwmi_seg.reporting.tables import Table


@dataclass(frozen=True)
class Compared:
    """One block with all that is said about it."""

    analysis: Analysis
    table: Table
    pairs: Pairs
    findings: list[Finding]

    @property
    def leading(self) -> list[Finding]:
        """The findings that say who leads: in the metrics that every ranked loss has, or in all if there is none."""
        return [finding for finding in self.findings if not finding.is_partial] or self.findings

    def verdicts(self, label: str) -> dict[str, str]:
        """Metric to "better", "worse" or "" of a loss in the tests against the baseline; none that was not tested."""
        tests = self.analysis.tests
        own = tests[(tests["label"] == label) & (tests["unit"] != FOLD) & tests["p"].notna()]
        shown = own[own["metric"].isin([name for name, _ in self.table.metrics])]
        return dict(zip(shown["metric"], shown["verdict"], strict=True))


def conclusions(blocks: Sequence[Compared], baseline: str) -> list[str]:
    """Say who is best in what, how that compares with the baseline and the rivals, and what limits it.

    Args:
        blocks: The blocks of the study.
        baseline: Label of the row that the others are tested against.
    """
    with_findings = [block for block in blocks if block.findings]
    if not any(len(block.analysis.records.done) for block in blocks):
        return ["No run is finished yet."]
    sentences = list(_leading(with_findings, baseline)) if with_findings else [NOT_RANKED]
    return [*sentences, *_not_counted(blocks), *_missing(blocks), *_untested(blocks)]


NOT_RANKED = "No losses can be ranked: no two of them are finished for the same folds and seeds."


def _leading(blocks: Sequence[Compared], baseline: str) -> Iterator[str]:
    cells = [(block, finding) for block in blocks for finding in block.leading]
    wins = Counter(label for _, finding in cells for label in finding.best)
    most = max(wins.values())
    leaders = sorted(label for label, count in wins.items() if count == most)
    if len(leaders) > 2:
        yield (
            f"No loss leads: {listed(leaders)} are best in {most} of {len(cells)} {_cells(blocks)} each, shared first "
            "places included."
        )
        return
    for leader in leaders:
        yield f"{leader} has {_superlatives(leader, blocks)}: best in {most} of {len(cells)} {_cells(blocks)}."
        yield from _against(leader, baseline, blocks)
    if len(leaders) == 1 and len(blocks) == 1:
        yield from _rivals(leaders[0], blocks[0])


def _cells(blocks: Sequence[Compared]) -> str:
    return "metrics" if len(blocks) == 1 else f"comparisons (a metric on one of {len(blocks)} {_units(blocks)})"


def _units(blocks: Sequence[Compared]) -> str:
    """What to call the blocks: datasets, if they differ in nothing else."""
    datasets = {dataset for block in blocks for dataset in block.analysis.records.runs["dataset"]}
    return "datasets" if len(datasets) == len(blocks) else "blocks"


def _superlatives(leader: str, blocks: Sequence[Compared]) -> str:
    """In what a loss is best: the metrics in which it most often is, with the value if there is one block."""
    won = [finding for block in blocks for finding in block.leading if leader in finding.best]
    counts = Counter((finding.metric, finding.way) for finding in won)
    if len(blocks) == 1:
        return listed([_with(superlative(f.metric, f.way), f"{f.value}{_shared(f, leader)}") for f in won], 4)
    total, units = len(blocks), _units(blocks)
    parts = [f"{superlative(*key)} on {count} of {total}" for key, count in counts.most_common()]
    return f"{listed(parts, 4)} {units}"


def _with(words: str, value: str) -> str:
    """Words with a value in brackets, which they may have already."""
    return f"{words[:-1]}, {value})" if words.endswith(")") else f"{words} ({value})"


def _shared(finding: Finding, leader: str) -> str:
    others = [label for label in finding.best if label != leader]
    return f", shared with {listed(others)}" if others else ""


def _against(leader: str, baseline: str, blocks: Sequence[Compared]) -> Iterator[str]:
    """The leader against the baseline; or, where it is the baseline, the others against it."""
    if leader == baseline:
        yield from _baseline_leads(baseline, blocks)
        return
    verdicts = [(block, name, word) for block in blocks for name, word in block.verdicts(leader).items()]
    if not verdicts:
        return
    if len(blocks) == 1:
        names = {word: [name for _, name, own in verdicts if own == word] for word in ("better", "worse", "")}
        parts = [_clause(word, found, blocks[0], leader, baseline) for word, found in names.items() if found]
        yield f"Against {baseline}, {leader} {'; it '.join(parts)}."
        return
    better, worse = (sum(own == word for *_, own in verdicts) for word in ("better", "worse"))
    yield (
        f"Against {baseline}, {leader} is significantly better in {better} and worse in {worse} of the "
        f"{len(verdicts)} comparisons that were tested; in the other {len(verdicts) - better - worse} no difference is "
        "shown."
    )


def _clause(word: str, metrics: list[str], block: Compared, leader: str, baseline: str) -> str:
    """In which metrics the leader is better, worse, or neither; the first difference has its interval."""
    if not word:
        return f"is not shown to differ in {listed(metrics, 8)}"
    first = f"{metrics[0]}{_interval(block, metrics[0], leader, baseline)}"
    return f"is significantly {word} in {listed([first, *metrics[1:]], 8)}"


def _interval(block: Compared, metric: str, leader: str, baseline: str) -> str:
    for other, row, sign in versus(block.pairs, metric, leader):
        if other == baseline and pd.notna(row["low"]):
            low, high = sorted((sign * row["low"], sign * row["high"]))
            return f" (by {sign * row['mean_difference']:+.3g}, 95 % interval {low:.3g} to {high:.3g})"
    return ""


def _baseline_leads(baseline: str, blocks: Sequence[Compared]) -> Iterator[str]:
    labels = {row.label for block in blocks for row in block.table.rows if row.label != baseline}
    words = {label: [word for block in blocks for word in block.verdicts(label).values()] for label in sorted(labels)}
    tested = {label: found for label, found in words.items() if found}
    if tested:
        better = [label for label, found in tested.items() if "better" in found]
        worse = [label for label, found in tested.items() if "worse" in found]
        ahead = f"significantly better in some metric: {listed(better)}" if better else "none is better in any"
        yield (
            f"Of the {len(tested)} losses tested against {baseline}, {len(worse)} are significantly worse in some "
            f"metric; {ahead}."
        )


def _rivals(leader: str, block: Compared) -> Iterator[str]:
    """How safe the first place is in the first metric that the leader wins."""
    finding = next(finding for finding in block.leading if leader in finding.best)
    if finding.tested and finding.best == (leader,):
        count, how = len(finding.close + finding.beaten + finding.contrary), "(all pairs tested, Holm's correction)"
        if finding.contrary:
            yield (
                f"In {finding.metric} {listed(list(finding.contrary))} is significantly better than {leader} by the "
                f"pairs {how}, though not by the mean: few images decide that."
            )
        elif finding.close:
            yield (
                f"In {finding.metric} its lead is not significant over {listed(list(finding.close))}; it is "
                f"significantly better than {_of_others(len(finding.beaten), count)} {how}."
            )
        else:
            yield f"In {finding.metric} its lead is significant over every other loss {how}."


def _of_others(number: int, total: int) -> str:
    return f"{number or 'none'} of the {counted(total, 'other')}"


def _not_counted(blocks: Sequence[Compared]) -> Iterator[str]:
    """Which metrics say nothing of who leads, since some losses lack them."""
    for block in blocks:
        left_out = [finding for finding in block.findings if finding not in block.leading]
        where = f" on {block.table.title}" if len(blocks) > 1 else ""
        for finding in left_out:
            yield f"{finding.metric} is not counted{where}: {finding.ranked} of {finding.comparable} losses have it."


def _missing(blocks: Sequence[Compared]) -> Iterator[str]:
    """Which rows are not ranked, since runs are missing."""
    short = [
        f"{row.label} ({row.done} of {row.expected} runs{f' on {block.table.title}' if len(blocks) > 1 else ''})"
        for block in blocks
        for row in block.table.rows
        if row.done < row.expected
    ]
    if short:
        yield f"Runs are missing of {listed(short)}; a row that lacks runs which others have is not ranked."


def _untested(blocks: Sequence[Compared]) -> Iterator[str]:
    """Where there are too few observations for a test."""
    for block in blocks:
        images = block.analysis.records.images
        if len(block.pairs.table) and block.pairs.table["p"].isna().all():
            groups, names = images["group"].nunique(), images["name"].nunique()
            what = f"{counted(groups, 'group')} of images" if groups < names else counted(names, "test image")
            where = f" on {block.table.title}" if len(blocks) > 1 else ""
            verb = "is" if min(groups, names) == 1 else "are"
            yield f"Nothing was tested{where}: a test needs {MIN_PAIRS} pairs, and there {verb} {what}."
