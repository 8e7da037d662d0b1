"""The best losses of a block, metric by metric, and from which others they can be told apart."""

from dataclasses import dataclass

import pandas as pd

from cwmi_seg.reporting.analysis import Analysis
from cwmi_seg.reporting.numbers import decimals, with_spread
from cwmi_seg.reporting.pairs import Pairs, versus


@dataclass(frozen=True)
class Finding:
    """Who is best in one metric of one block, among the rows that can be compared.

    Args:
        metric: Its name.
        way: "higher" or "lower", whichever is better.
        best: The losses with the best mean; several only if their means are equal.
        value: The best mean and its standard deviation as text.
        ranked: Number of losses that were compared.
        comparable: Number of losses of the block that are ranked in any metric.
        close: Losses from which the (first) best does not differ significantly, in the pairwise tests of the metric
            with Holm's correction; in the order of the tables.
        beaten: Losses that are significantly worse than it.
        contrary: Losses that are significantly better than it by the pairs, though their mean is worse: a few images
            decide the mean.
        tested: Whether there were enough pairs for any test.
    """

    metric: str
    way: str
    best: tuple[str, ...]
    value: str
    ranked: int
    close: tuple[str, ...] = ()
    beaten: tuple[str, ...] = ()
    contrary: tuple[str, ...] = ()
    tested: bool = False
    comparable: int = 0

    @property
    def is_partial(self) -> bool:
        """Whether some losses lack the metric that others have: their runs are older than it."""
        return self.ranked < self.comparable


def findings(block: Analysis, pairs: Pairs) -> list[Finding]:
    """List the best losses of each metric that is shown; metrics in which nothing was ranked are left out."""
    found = []
    comparable = block.scores.loc[block.scores["rank"].notna(), "label"].nunique()
    for metric, way in block.directions.items():
        scores = block.scores[block.scores["metric"] == metric]
        ranked = scores[scores["rank"].notna()].sort_values(["rank", "label"])
        if len(ranked):
            found.append(_finding(metric, way, ranked, pairs, comparable))
    return found


def _finding(metric: str, way: str, ranked: pd.DataFrame, pairs: Pairs, comparable: int) -> Finding:
    best = tuple(ranked.loc[ranked["rank"] == 1, "label"])
    others = [label for label in ranked["label"] if label not in best]
    first = ranked.iloc[0]
    verdicts = {other: _word(row, sign) for other, row, sign in versus(pairs, metric, best[0]) if pd.notna(row["p"])}
    tested = {label: verdicts[label] for label in others if label in verdicts}
    return Finding(
        metric=metric,
        way=way,
        best=best,
        value=with_spread(first["mean"], first["std"], decimals(ranked["mean"].tolist())),
        ranked=len(ranked),
        close=tuple(label for label, word in tested.items() if not word),
        beaten=tuple(label for label, word in tested.items() if word == "better"),
        contrary=tuple(label for label, word in tested.items() if word == "worse"),
        tested=bool(tested),
        comparable=comparable,
    )


def _word(row: "pd.Series[float]", sign: int) -> str:
    """The verdict on the best loss, which is ``a`` of the pair where the sign is 1."""
    if sign == 1 or not row["verdict"]:
        return str(row["verdict"])
    return "worse" if row["verdict"] == "better" else "better"
