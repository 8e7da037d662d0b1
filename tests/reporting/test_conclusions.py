"""The sentences of a report on made-up studies whose truth is known."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from cwmi_seg.reporting.analysis import Options, analyse
from cwmi_seg.reporting.collect import collect
from cwmi_seg.reporting.content import Content, build_content
from cwmi_seg.reporting.html import html
from cwmi_seg.reporting.markdown import markdown
from cwmi_seg.reporting.pairs import Pairs, compare_pairs, versus
from cwmi_seg.study.identity import RunIdentity
from tests.support.fake_study import Scores, grid, write_failed, write_study
from tests.support.html_page import Page

OPTIONS = Options(None, ("miou", "betti_1_error"), ("betti_*",))
Quality = Callable[[RunIdentity], tuple[float, float]]


def study(folder: Path, quality: Quality, runs: list[RunIdentity], images: int = 8) -> Content:
    """A report on runs whose loss decides the scores: miou, and the errors in the number of holes."""

    def scores(run: RunIdentity) -> Scores:
        difficulty = np.random.default_rng(run.fold).uniform(0, 0.1, images)
        overlap, holes = quality(run)
        return {"miou": (overlap - difficulty).tolist(), "betti_1_error": (holes + 10 * difficulty).tolist()}

    write_study(folder, "a", runs, scores)
    return build_content(analyse(collect(folder, "a"), OPTIONS))


def test_one_loss_is_best_in_all(tmp_path: Path) -> None:
    content = study(tmp_path, lambda run: (0.9, 1.0) if run.loss == "cwmi" else (0.7, 3.0), grid())
    first, against, rivals = content.conclusions
    assert first.startswith("cwmi has the highest miou (0.8")
    assert "the smallest error in the number of holes (betti_1_error, 1." in first
    assert first.endswith("best in 2 of 2 metrics.")
    better = "is significantly better in miou (by +0.2, 95 % interval 0.2 to 0.2) and betti_1_error."
    assert against == f"Against cross_entropy, cwmi {better}"
    assert rivals.startswith("In miou its lead is significant over every other loss")


def test_what_is_better_and_what_is_worse(tmp_path: Path) -> None:
    content = study(tmp_path, lambda run: {"cwmi": (0.9, 5.0), "dice": (0.8, 4.0)}.get(run.loss, (0.7, 3.0)), grid())
    assert content.conclusions[0].startswith("cross_entropy has the smallest error in the number of holes")
    assert "cwmi has the highest miou" in content.conclusions[2]  # both lead in one of the two metrics
    assert content.conclusions[3].endswith(
        "; it is significantly worse in betti_1_error (by +2, 95 % interval 2 to 2)."
    )


def test_no_difference_is_called_none(tmp_path: Path) -> None:
    """Two losses differ by noise of no direction."""

    def quality(run: RunIdentity) -> tuple[float, float]:
        return 0.8 + (0.01 if run.loss == "cwmi" else 0.0) * (-1) ** run.fold, 2.0 + (run.loss == "dice")

    runs = grid(losses=("cross_entropy", "cwmi", "dice"), folds=(0, 1, 2, 3))
    content = study(tmp_path, quality, runs)
    told = " ".join(content.conclusions)
    assert "not shown to differ in miou" in told
    assert "better in miou" not in told
    finding = next(finding for finding in content.blocks[0].findings if finding.metric == "betti_1_error")
    assert set(finding.best) == {"cross_entropy", "cwmi"}
    assert finding.beaten == ("dice",)


def test_equal_losses_share_the_first_place(tmp_path: Path) -> None:
    content = study(tmp_path, lambda run: (0.8, 2.0) if run.loss in ("cwmi", "dice") else (0.7, 3.0), grid())
    assert [finding.best for finding in content.blocks[0].findings] == [("cwmi", "dice")] * 2
    assert "cwmi has the highest miou" in content.conclusions[0]
    assert ", shared with dice)" in content.conclusions[0]
    assert "dice has the highest miou" in content.conclusions[2]


def test_a_mean_that_few_images_decide_is_not_called_a_lead(tmp_path: Path) -> None:
    """dice is a little better in all images but one, in which it fails; the mean is worse for that."""

    def scores(run: RunIdentity) -> Scores:
        fails = run.loss == "dice" and run.fold == 0
        level = {"dice": 0.82, "cwmi": 0.8}.get(run.loss, 0.5)
        return {"miou": [0.0 if fails and image == 0 else level + 0.001 * image for image in range(8)]}

    write_study(tmp_path, "a", grid(), scores)
    content = build_content(analyse(collect(tmp_path, "a"), OPTIONS))
    (finding,) = content.blocks[0].findings
    assert (finding.best, finding.contrary, finding.beaten) == (("cwmi",), ("dice",), ("cross_entropy",))
    assert content.conclusions[2].startswith("In miou dice is significantly better than cwmi by the pairs")
    assert "though not by the mean: dice" in " ".join(Page(html(content)).text.split())


def test_all_equal_means_that_none_leads(tmp_path: Path) -> None:
    content = study(tmp_path, lambda run: (0.8, 2.0), grid())
    assert content.conclusions[0].startswith("No loss leads: cross_entropy, cwmi and dice are best in 2 of 2 metrics")


def test_a_row_that_lacks_a_run_is_named_and_does_not_win(tmp_path: Path) -> None:
    runs = grid()
    write_failed(tmp_path, "a", runs[5])  # fold 2 of cwmi
    done = [run for run in runs if run != runs[5]]
    content = study(tmp_path, lambda run: (0.9, 1.0) if run.loss == "cwmi" else (0.7, 3.0 - (run.loss == "dice")), done)
    assert content.conclusions[0].startswith("dice has")
    assert content.conclusions[-1].startswith("Runs are missing of cwmi (2 of 3 runs)")


@pytest.mark.slow
def test_several_datasets_are_counted(tmp_path: Path) -> None:
    def quality(run: RunIdentity) -> tuple[float, float]:
        wins = run.loss == "cwmi" and run.dataset != "glas"
        return (0.9, 1.0) if wins else (0.85 if run.loss == "dice" else 0.7, 3.0)

    content = study(tmp_path, quality, grid(datasets=("drive", "glas", "rings")))
    assert content.conclusions[0] == (
        "cwmi has the smallest error in the number of holes (betti_1_error) on 3 of 3 and the highest miou on 2 of 3 "
        "datasets: best in 5 of 6 comparisons (a metric on one of 3 datasets)."
    )
    assert "significantly better in 4 and worse in 0 of the 6 comparisons" in content.conclusions[1]


def test_a_lead_over_some_is_counted(tmp_path: Path) -> None:
    """cwmi and dice differ by noise of no direction, the third loss is far behind."""
    content = study(tmp_path, lambda run: (0.7 if run.loss == "cross_entropy" else
                    0.8 + (0.01 if run.loss == "cwmi" else 0.0) * (-1) ** run.fold, 2.0), grid())  # fmt: skip
    assert content.conclusions[-1] == (
        "In miou its lead is not significant over dice; it is significantly better than 1 of the 2 others (all pairs "
        "tested, Holm's correction)."
    )


def test_a_lead_over_none_says_none(tmp_path: Path) -> None:
    content = study(tmp_path, lambda run: (0.8 + (0.01 if run.loss == "cwmi" else 0.0) * (-1) ** run.fold, 2.0), grid())
    assert "it is significantly better than none of the 2 others" in content.conclusions[-1]


def test_a_metric_that_some_losses_lack_does_not_count(tmp_path: Path) -> None:
    """The runs of dice are from before the metric, in which the worst of the others would be best alone."""

    def scores(run: RunIdentity) -> Scores:
        own = {"miou": [{"cwmi": 0.9, "dice": 0.8}.get(run.loss, 0.7)] * 8}
        return own if run.loss == "dice" else own | {"mdice": [0.9 if run.loss == "cross_entropy" else 0.5] * 8}

    write_study(tmp_path, "a", grid(), scores)
    content = build_content(analyse(collect(tmp_path, "a"), Options(None, ("miou", "mdice"), ())))
    assert content.conclusions[0] == "cwmi has the highest miou (0.900 ± 0.000): best in 1 of 1 metrics."
    assert "mdice is not counted: 2 of 3 losses have it." in content.conclusions
    assert "of the 2 losses that have it" in Page(html(content)).text


def test_both_rules_of_significance_stand_beside_their_tables(tmp_path: Path) -> None:
    content = study(tmp_path, lambda run: (0.9, 1.0) if run.loss == "cwmi" else (0.7, 3.0), grid())
    assert "every pair of losses is tested, p < 0.05" in Page(html(content)).text


def test_untested_tables_have_no_empty_columns(tmp_path: Path) -> None:
    content = study(tmp_path, lambda run: (0.9, 1.0) if run.loss == "cwmi" else (0.7, 3.0), grid(folds=(0,)), images=5)
    text = Page(html(content)).text
    assert "not significantly different from it" not in text
    assert "every pair of losses is tested" not in text


def test_one_block_is_not_called_each_block(tmp_path: Path) -> None:
    one = study(tmp_path / "one", lambda run: (0.8, 2.0), grid())
    two = study(tmp_path / "two", lambda run: (0.8, 2.0), grid(datasets=("drive", "rings")))
    assert one.settings.sentence == "The runs differ in the loss, the fold and the seed alone."
    assert two.settings.sentence == "Within each block the runs differ in the loss, the fold and the seed alone."


def test_too_few_images_are_not_tested(tmp_path: Path) -> None:
    content = study(tmp_path, lambda run: (0.9, 1.0) if run.loss == "cwmi" else (0.7, 3.0), grid(folds=(0,)), images=5)
    assert content.conclusions[-1] == "Nothing was tested: a test needs 6 pairs, and there are 5 test images."
    assert not content.blocks[0].findings[0].tested
    assert "significant" not in content.conclusions[0]


def test_the_baseline_may_be_the_best(tmp_path: Path) -> None:
    content = study(tmp_path, lambda run: (0.9, 1.0) if run.loss == "cross_entropy" else (0.7, 3.0), grid())
    assert content.conclusions[1] == (
        "Of the 2 losses tested against cross_entropy, 2 are significantly worse in some metric; none is better in any."
    )


def test_a_study_without_results_says_so(tmp_path: Path) -> None:
    write_failed(tmp_path, "a", grid()[0])
    assert build_content(analyse(collect(tmp_path, "a"))).conclusions == ["No run is finished yet."]


def test_one_loss_alone_cannot_be_ranked(tmp_path: Path) -> None:
    content = study(tmp_path, lambda run: (0.8, 2.0), grid(losses=("cwmi",)))
    assert content.conclusions[0].startswith("No losses can be ranked")


@pytest.fixture(scope="module")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> Pairs:
    """cwmi is 0.1 above dice and 0.2 above the cross-entropy in every image but for noise."""
    folder = tmp_path_factory.mktemp("pairs")
    levels = {"cwmi": 0.9, "dice": 0.8, "cross_entropy": 0.7}
    noise = np.random.default_rng(0)

    def scores(run: RunIdentity) -> Scores:
        return {"miou": (levels[run.loss] + noise.normal(0, 0.01, 8)).tolist()}

    write_study(folder, "a", grid(), scores)
    analysis = analyse(collect(folder, "a"), OPTIONS)
    return compare_pairs(analysis.of_block(analysis.blocks[0]))


def test_the_interval_holds_the_difference(pairs: Pairs) -> None:
    found = {other: (row, sign) for other, row, sign in versus(pairs, "miou", "cwmi")}
    assert set(found) == {"cross_entropy", "dice"}
    for other, truth in (("cross_entropy", 0.2), ("dice", 0.1)):
        row, sign = found[other]
        low, high = sorted((sign * row["low"], sign * row["high"]))
        assert low < sign * row["mean_difference"] < high
        assert low - 0.01 < truth < high + 0.01
        assert high - low < 0.02  # two standard errors of 0.003 on each side
        assert row["num_pairs"] == 24


def test_mean_ranks_are_over_the_images(pairs: Pairs) -> None:
    assert pairs.ranks["miou"].to_dict() == {"cross_entropy": 3.0, "cwmi": 1.0, "dice": 2.0}


def test_every_form_has_the_sentences(tmp_path: Path) -> None:
    content = study(tmp_path, lambda run: (0.9, 1.0) if run.loss == "cwmi" else (0.7, 3.0), grid())
    text = " ".join(Page(html(content)).text.split())
    for sentence in content.conclusions:
        assert sentence in text
        assert sentence.replace("_", "\\_") in markdown(content)


def test_the_facts_of_a_study(tmp_path: Path) -> None:
    facts = dict(study(tmp_path, lambda run: (0.8, 2.0), grid(datasets=("drive", "glas"))).summary)
    assert facts["data"] == "drive (24 test images); glas (24 test images)"
    assert facts["runs"] == "18 of 18 done, 3 folds and 1 seed"
    assert facts["time"] == "training 2 min, test 18 s in all; longest training 6 s"
