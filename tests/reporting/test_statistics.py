"""Mean, rank and paired tests against values worked out another way."""

import itertools
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import wilcoxon

from cwmi_seg.reporting import aggregate as aggregation
from cwmi_seg.reporting import significance as testing
from cwmi_seg.reporting.analysis import Options
from cwmi_seg.reporting.collect import collect
from cwmi_seg.reporting.missing import missing
from cwmi_seg.reporting.records import Records
from cwmi_seg.reporting.signed_rank import signed_rank, signed_ranks
from cwmi_seg.reporting.significance import holm
from cwmi_seg.study.identity import RunIdentity
from cwmi_seg.study.members import join_study
from tests.support.fake_study import Scores, grid, made_up, write_failed, write_study

LOWER_IS_BETTER = Options.default().lower_is_better
aggregate = partial(aggregation.aggregate, lower_is_better=LOWER_IS_BETTER)
significance = partial(testing.significance, lower_is_better=LOWER_IS_BETTER)


def records(folder: Path, runs: list[RunIdentity], **options: object) -> Records:
    return collect(write_study(folder, "a", runs, **options), "a")  # type: ignore[arg-type]


def only(table: pd.DataFrame, **values: object) -> pd.Series:
    (row,) = (row for _, row in table.iterrows() if all(row[key] == value for key, value in values.items()))
    return row


def test_mean_and_std_are_over_the_run_means(tmp_path: Path) -> None:
    runs = grid(folds=(0, 1), seeds=(0, 1))
    table = aggregate(records(tmp_path, runs))
    means = [np.mean(made_up(run)["vi"]) for run in runs if run.loss == "cwmi"]
    cell = only(table, label="cwmi", metric="vi")
    assert cell["mean"] == pytest.approx(np.mean(means), rel=1e-12)
    assert cell["std"] == pytest.approx(np.std(means, ddof=1), rel=1e-12)
    assert (cell["num_runs"], cell["num_expected"], cell["rank"], cell["direction"]) == (4, 4, 1, "lower")
    assert only(table, label="cross_entropy", metric="vi")["rank"] == 3


def test_a_single_run_has_no_spread(tmp_path: Path) -> None:
    assert aggregate(records(tmp_path, grid(folds=(0,))))["std"].isna().all()


def test_a_row_with_fewer_runs_is_not_ranked(tmp_path: Path) -> None:
    runs = grid()
    write_failed(tmp_path, "a", runs[5])  # fold 2 of cwmi, the best
    table = aggregate(records(tmp_path, [run for run in runs if run != runs[5]]))
    assert np.isnan(only(table, label="cwmi", metric="miou")["rank"])
    assert only(table, label="dice", metric="miou")["rank"] == 1


def test_a_row_with_a_metric_that_is_not_a_number_is_not_ranked_by_it(tmp_path: Path) -> None:
    def broken(run: RunIdentity) -> Scores:
        scores = made_up(run)
        return {**scores, "vi": [float("nan")] * 8} if (run.loss, run.fold) == ("cwmi", 1) else scores

    table = aggregate(records(tmp_path, grid(), make=broken))
    assert only(table, label="cwmi", metric="vi")["num_runs"] == 2
    assert np.isnan(only(table, label="cwmi", metric="vi")["rank"])
    assert only(table, label="cwmi", metric="miou")["rank"] == 1


def test_a_row_that_ran_more_than_the_others_does_not_win_against_nobody(tmp_path: Path) -> None:
    runs = [run for run in grid(seeds=(0, 1)) if run.loss == "cross_entropy" or run.seed == 0]  # the worst one
    table = aggregate(records(tmp_path, runs))
    assert np.isnan(only(table, label="cross_entropy", metric="miou")["rank"])
    assert [only(table, label=loss, metric="miou")["rank"] for loss in ("cwmi", "dice")] == [1, 2]


def test_rows_that_share_no_folds_are_not_ranked(tmp_path: Path) -> None:
    runs = grid(losses=("cwmi", "dice"), folds=(0, 1))
    assert aggregate(records(tmp_path / "early", runs[:3]))["rank"].isna().all()
    assert aggregate(records(tmp_path / "alone", runs[:2]))["rank"].isna().all()


def test_a_metric_that_one_row_alone_has_ranks_nobody(tmp_path: Path) -> None:
    def broken(run: RunIdentity) -> Scores:
        scores = made_up(run)
        return scores if run.loss == "cross_entropy" else {**scores, "vi": [float("nan")] * 8}

    table = aggregate(records(tmp_path, grid(), make=broken))
    assert table[table["metric"] == "vi"]["rank"].isna().all()
    assert table[table["metric"] == "miou"]["rank"].notna().all()


def test_images_are_paired_after_averaging_over_seeds(tmp_path: Path) -> None:
    runs = grid(losses=("cross_entropy", "cwmi", "dice"), seeds=(0, 1, 2))
    tests = significance(records(tmp_path, runs), "cross_entropy")
    averaged = {
        loss: np.concatenate([
            np.mean([made_up(run)["vi"] for run in runs if (run.loss, run.fold) == (loss, fold)], axis=0)
            for fold in (0, 1, 2)
        ])
        for loss in ("cross_entropy", "cwmi", "dice")
    }  # fmt: skip
    p = {loss: wilcoxon(averaged[loss], averaged["cross_entropy"]).pvalue for loss in ("cwmi", "dice")}
    low, high = sorted(p, key=lambda loss: p[loss])
    for loss, adjusted in ((low, min(1, 2 * p[low])), (high, min(1, max(2 * p[low], p[high])))):
        row = only(tests, label=loss, metric="vi", unit="image")
        assert row["num_pairs"] == 24
        assert row["p"] == pytest.approx(p[loss], rel=1e-9)
        assert row["p_holm"] == pytest.approx(adjusted, rel=1e-9)
        assert row["effect"] == pytest.approx(1.0)
        assert row["verdict"] == "better"


def test_only_folds_and_seeds_of_both_are_paired(tmp_path: Path) -> None:
    runs = [run for run in grid(losses=("cross_entropy", "cwmi"), seeds=(0, 1)) if run.loss != "cwmi" or run.seed == 1]
    tests = significance(records(tmp_path, runs), "cross_entropy")
    own = {
        loss: [made_up(run)["miou"] for run in runs if (run.loss, run.seed) == (loss, 1)]
        for loss in ("cwmi", "cross_entropy")
    }
    differences = np.subtract(own["cwmi"], own["cross_entropy"])
    row = only(tests, metric="miou")
    assert row["num_pairs"] == differences.size
    assert row["median_difference"] == pytest.approx(np.median(differences), rel=1e-12)


def test_folds_are_a_unit_only_where_there_are_six(tmp_path: Path) -> None:
    five, six = (grid(folds=range(folds)) for folds in (5, 6))
    assert set(significance(records(tmp_path / "5", five), "cross_entropy")["unit"]) == {"image"}
    folds = only(significance(records(tmp_path / "6", six), "cross_entropy"), label="cwmi", metric="miou", unit="fold")
    assert folds["num_pairs"] == 6
    assert folds["p"] == pytest.approx(2 / 2**6)


def test_repeated_tests_on_the_same_images_are_no_folds(tmp_path: Path) -> None:
    output = write_study(tmp_path, "a", grid(folds=range(6)))
    for path in output.glob("runs/*/test_images.csv"):
        path.write_text("\n".join(line.replace(line.split(",")[1][:2], "0_", 1) if "_" in line else line
                                  for line in path.read_text().splitlines()))  # fmt: skip
    tests = significance(collect(output, "a"), "cross_entropy")
    assert set(tests["unit"]) == {"image"}
    assert set(tests["num_pairs"]) == {8}


def test_too_few_images_are_not_tested(tmp_path: Path) -> None:
    tests = significance(records(tmp_path, grid(folds=(0,)), make=lambda run: made_up(run, images=5)), "cross_entropy")
    assert tests["p"].isna().all()
    assert set(tests["verdict"]) == {""}


def test_without_the_baseline_nothing_is_tested(tmp_path: Path) -> None:
    assert significance(records(tmp_path, grid(losses=("cwmi", "dice"))), "cross_entropy").empty


def test_holm_by_hand() -> None:
    adjusted = holm(np.array([0.04, 0.01, np.nan, 0.03, 0.5]))
    assert adjusted == pytest.approx([0.09, 0.04, np.nan, 0.09, 0.5], nan_ok=True)


@given(st.lists(st.integers(-9, 9).filter(bool), min_size=6, max_size=9, unique_by=abs))
def test_signed_rank_is_the_share_of_sign_patterns_as_extreme(values: list[int]) -> None:
    ranks = np.argsort(np.argsort(np.abs(values))) + 1
    observed = abs((np.sign(values) * ranks).sum())
    sums = [abs((np.array(signs) * ranks).sum()) for signs in itertools.product((-1, 1), repeat=len(values))]
    p, effect = signed_rank(np.array(values, float) / 16)
    assert p == pytest.approx(np.mean(np.array(sums) >= observed), abs=1e-12)
    assert abs(effect) == pytest.approx(observed / ranks.sum())


@pytest.mark.filterwarnings("ignore:Sample size too small")
@pytest.mark.parametrize(
    ("size", "digits"),
    [(7, 9), (12, 1), (12, 9), pytest.param(14, 1, marks=pytest.mark.slow), (50, 9), (51, 9), (80, 1)],
)
def test_signed_rank_is_scipy_s(size: int, digits: int) -> None:
    """With ties and zeros (one digit) and without, exact and by the normal distribution."""
    table = np.round(np.random.default_rng(size).normal(0.2, 0.5, (size, 5)), digits)
    table[1, 4] = np.nan
    p, effect = signed_ranks(table)
    for column, values in enumerate(table.T):
        known = values[~np.isnan(values)]
        assert p[column] == pytest.approx(wilcoxon(known[known != 0]).pvalue, rel=1e-9)
        assert (p[column], effect[column]) == signed_rank(known)


def test_equal_scores_differ_in_nothing() -> None:
    assert signed_rank(np.zeros(10)) == (1.0, 0.0)


def test_missing_cells_have_a_reason(tmp_path: Path) -> None:
    runs = grid(losses=("cross_entropy", "cwmi"))
    write_study(tmp_path, "a", runs[:3])
    join_study(tmp_path, "a", runs[3])
    write_failed(tmp_path, "a", runs[4])
    holes = missing(collect(tmp_path, "a"))
    assert holes[["label", "fold", "state", "reason"]].to_numpy().tolist() == [
        ["cwmi", 0, "waiting", ""],
        ["cwmi", 1, "failed", "RuntimeError: no memory"],
        ["cwmi", 2, "not in the study", ""],
    ]
