"""``cwmi_seg.Study``: a study as tables."""

from pathlib import Path

import numpy as np
import pytest

from cwmi_seg import Mistake, Study
from cwmi_seg.study.members import join_study
from tests.support.fake_study import grid, write_failed, write_study
from tests.support.networks import Run as MakeRun


@pytest.fixture
def study(in_empty_folder: Path) -> Study:
    write_study(Path("outputs"), "vessels", grid())
    write_failed(Path("outputs"), "vessels", grid(losses=["focal"], folds=[0])[0])
    return Study("vessels", baseline="cross_entropy")


def test_its_tables(study: Study) -> None:
    runs = study.runs
    assert len(runs) == 10
    assert (runs["state"] == "done").sum() == 9
    best = study.scores.query("metric == 'miou' and rank == 1").iloc[0]
    own = runs[runs["loss"] == best["loss"]]["test/miou"]
    assert best["mean"] == pytest.approx(own.mean())
    assert best["std"] == pytest.approx(np.std(own, ddof=1))
    tested = study.tests.query("metric == 'miou' and label == 'cwmi'")
    assert tested["baseline"].unique() == ["cross_entropy"]
    assert tested["verdict"].iloc[0] == "better"
    assert len(study.images) == 9 * 8


def test_its_runs(study: Study) -> None:
    found = list(study)
    assert len(found) == 9  # the failed one never began
    assert found[0].scores.loc["miou", "mean"] == study.runs.loc[found[0].name, "test/miou"]


def test_its_runs_may_name_modules_of_ones_own(run: MakeRun) -> None:
    (identity,) = grid(losses=["cwmi"], folds=[0])
    folder = run(f"outputs/runs/{identity.name}")
    with (folder / "config.yaml").open("a") as config:
        config.write("loss: {_target_: my_losses.Half}\n")
    join_study(Path("outputs"), "own", identity)
    (own,) = Study("own", allowed_targets=["my_losses"])
    assert own.network(accelerator="cpu").info.num_classes == 2
    (stranger,) = Study("own")
    with pytest.raises(Mistake, match=r"loss\._target_: my_losses\.Half is not allowed"):
        stranger.network(accelerator="cpu")


def test_it_shows_the_table_of_the_report(study: Study) -> None:
    page = study._repr_html_()
    best = study.scores.query("metric == 'miou' and rank == 1").iloc[0]
    assert f"<b>{best['mean']:.3f} ±" in page
    assert "▲" in page
    assert "<td>focal</td><td>0/3</td><td>-</td>" in page
    assert repr(study) == "Study('vessels', 'outputs')"


def test_report(study: Study) -> None:
    page = study.report("mine")
    assert page == Path("mine/report.html")
    assert "Study vessels" in page.read_text()
    assert "cross_entropy" in (page.parent / "tests.csv").read_text()


def test_mistakes(study: Study) -> None:
    with pytest.raises(Mistake, match=r"study: expected one of \['vessels'\] in outputs/studies, got 'roads'"):
        Study("roads")
    with pytest.raises(Mistake, match=r"study: expected letters"):
        Study("../a")
    with pytest.raises(Mistake, match=r"baseline: expected one of .*, got 'dise'"):
        Study("vessels", baseline="dise").scores  # noqa: B018
