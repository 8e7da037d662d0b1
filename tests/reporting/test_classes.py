"""The part of a report on more than two classes, on all test images together, and on masks of others."""

import itertools
import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from cwmi_seg.datasets.synthetic_classes import VOID, SyntheticClasses
from cwmi_seg.reporting.analysis import Analysis, analyse
from cwmi_seg.reporting.class_part import confusion_drawings
from cwmi_seg.reporting.collect import collect
from cwmi_seg.reporting.content import build_content
from cwmi_seg.reporting.figures.confusion import confusion, in_short
from cwmi_seg.reporting.html import html
from cwmi_seg.reporting.markdown import markdown
from cwmi_seg.reporting.records import load_records
from cwmi_seg.study.confusion_file import Confusions
from cwmi_seg.study.members import join_study
from cwmi_seg.study.run_folder import RunFolder
from cwmi_seg.study.run_results import RunResults, Score
from tests.conftest import Command
from tests.support.fake_study import CONFIG, grid
from tests.support.outputs import scores

NAMES = ("sky", "road <b>", "pole | x")
COLOURS = ((1, 2, 3), (40, 50, 60), (255, 0, 7))
GROUPS, IMAGES = 8, 16


def matrices(seed: int, quality: float) -> np.ndarray:
    rng = np.random.default_rng(seed)
    share = np.full((3, 3), (1 - quality) / 2) + np.eye(3) * (quality - (1 - quality) / 2)
    return rng.multinomial(1000, share, (IMAGES, 3))[..., :].astype(np.int64)


def write(output: Path, *, kept: bool = True) -> dict[str, np.ndarray]:
    """Runs of two losses and two seeds with three classes, and their matrices; some images belong together."""
    from cwmi_seg.metrics.confusion import dataset_iou, overlaps_of

    found = {}
    for number, run in enumerate(grid(losses=("cross_entropy", "cwmi"), folds=(0,), seeds=(0, 1))):
        join_study(output, "s", run)
        folder = RunFolder.of(output, run)
        folder.save_identity(run)
        (folder.path / "config.yaml").write_text(CONFIG)
        own = found[run.name] = matrices(number, 0.9 if run.loss == "cwmi" else 0.7)
        iou = overlaps_of(own)[0]
        rows = [
            {"index": i, "name": f"im_{i}", "group": f"g{i % GROUPS}", "miou": iou[i].mean(),
             **{f"iou_{c}": iou[i, c] for c in range(3)}}
            for i in range(IMAGES)
        ]  # fmt: skip
        keys = ("miou", "iou_0", "iou_1", "iou_2")
        test = {key: Score(float(np.mean([row[key] for row in rows])), 0.0) for key in keys}
        results = RunResults(test, IMAGES, best_epoch=0, epochs=1, train_seconds=1.0, identity=run)
        confusions = Confusions(tuple(row["name"] for row in rows), own)
        if kept:
            pooled = dataset_iou(own.sum(0))
            results = RunResults(
                test, IMAGES, 0, 1, 1.0, 1.0, {}, run, "test", pooled, NAMES, ("iou", "dataset_iou"), COLOURS
            )  # fmt: skip
        folder.save_results(results, rows, confusions if kept else None)
    return found


def analysis(output: Path) -> Analysis:
    return analyse(collect(output, "s"))


def pooled_iou(matrix: np.ndarray) -> float:
    sizes = matrix.sum(0) + matrix.sum(1) - matrix.diagonal()
    return float((matrix.diagonal() / sizes).mean())


def test_the_interval_is_that_of_a_loop_over_resampled_groups(tmp_path: Path) -> None:
    found = write(tmp_path)
    rows = analysis(tmp_path).pooled.set_index("label")
    own = {name: own for name, own in found.items() if "-cwmi-" in name}
    values = [pooled_iou(own.sum(0)) for own in own.values()]
    assert rows.loc["cwmi", "value"] == pytest.approx(np.mean(values))
    draws = np.random.default_rng(0).multinomial(GROUPS, np.full(GROUPS, 1 / GROUPS), 2000)
    samples = [
        np.mean([pooled_iou((np.tile(draw, 2)[:, None, None] * each).sum(0)) for each in own.values()])
        for draw in draws[:300]
    ]
    low, high = rows.loc["cwmi", ["low", "high"]]
    assert low < rows.loc["cwmi", "value"] < high
    assert np.percentile(samples, [2.5, 97.5]) == pytest.approx([low, high], abs=0.002)
    assert rows.loc["cwmi", "difference"] == pytest.approx(
        rows.loc["cwmi", "value"] - rows.loc["cross_entropy", "value"]
    )
    assert rows.loc["cwmi", "difference_low"] > 0
    assert np.isnan(rows.loc["cross_entropy", "difference"])
    assert rows.loc["cwmi", "num_groups"] == GROUPS


def test_dataset_iou_is_no_rank_test(tmp_path: Path) -> None:
    write(tmp_path)
    found = analysis(tmp_path)
    assert "dataset_iou" in set(found.scores["metric"])
    assert not found.tests["metric"].str.startswith("dataset_iou").any()


def test_tables_by_class_name_in_every_form(tmp_path: Path) -> None:
    write(tmp_path)
    content = build_content(analysis(tmp_path))
    (block,) = content.blocks
    assert block.classes is not None
    assert [table.metric for table in block.classes.tables] == ["dataset_iou", "iou"]
    assert all(table.classes == NAMES for table in block.classes.tables)
    text, page = markdown(content), html(content)
    assert "### dataset\\_iou by class" in text
    assert "road &lt;b&gt;" in text
    assert "pole \\| x" in text
    assert "road &lt;b&gt;" in page
    assert "road <b>" not in page
    assert "Confusion matrices" in page
    assert "rgb(40, 50, 60)" in page  # the colours of the dataset, which its pictures have
    assert not block.tests["metric"].str.startswith("iou_").any()


def test_a_report_is_made_again_from_its_records(tmp_path: Path) -> None:
    write(tmp_path)
    first = analysis(tmp_path)
    first.records.save(tmp_path)
    again = analyse(load_records(tmp_path))
    pd.testing.assert_frame_equal(again.pooled, first.pooled)
    pictures = [[each.svg for each in confusion_drawings(each.of_block(each.blocks[0]))] for each in (first, again)]
    assert pictures[0] == pictures[1]
    assert len(pictures[0]) == 2


def test_runs_of_before_have_no_such_part(tmp_path: Path) -> None:
    write(tmp_path, kept=False)
    found = analysis(tmp_path)
    assert found.pooled.empty
    (block,) = build_content(found).blocks
    assert block.classes is None
    assert "by class" not in markdown(build_content(found))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"images": {"im_0": [[0, 0, 5]]}}, "expected the confusion matrices that the results were made from"),
        ({"format": 9}, "expected format 1, got 9"),
        ({"num_classes": "x"}, "damaged"),
    ],
)
def test_a_damaged_file_is_named_and_the_rest_of_the_study_reported(
    tmp_path: Path, change: Mapping[str, object], message: str
) -> None:
    write(tmp_path)
    path = next(tmp_path.glob("runs/*-cwmi-f0-s1-*/test_confusion.json"))
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    runs = collect(tmp_path, "s").runs
    assert list(runs["state"]).count("unreadable") == 1
    assert message in runs.loc[runs["state"] == "unreadable", "reason"].iloc[0]


@pytest.mark.parametrize("num_classes", [3, 12, 13, 32, 60])
def test_many_classes_are_drawn(num_classes: int) -> None:
    matrix = np.random.default_rng(0).integers(0, 10**6, (num_classes, num_classes)) * np.eye(num_classes, dtype=int)
    matrix[0] = 0
    svg = confusion(matrix, [f"class {c} & <b>" for c in range(num_classes)])
    assert svg.startswith("<?xml")
    assert f"class {num_classes - 1} &amp; &lt;b&gt;" in svg
    assert (">100<" in svg or "100.0" in svg) == (num_classes <= 40)


def test_numbers_in_short() -> None:
    assert [in_short(n) for n in (0, 981, 1000, 12345, 999499, 999999, 4560000, 10**10)] == [
        "0", "981", "1k", "12.3k", "999k", "1000k", "4.56M", "10G"
    ]  # fmt: skip


SMALL = (
    "dataset=synthetic_classes", "dataset.images.size=64", "dataset.images.num_train=4", "dataset.images.num_val=1",
    "dataset.images.num_test=3", "model.width=2", "data.batch_size=2", "trainer=cpu", "trainer.max_epochs=1",
    "logger=none", "study=s",
)  # fmt: skip


@pytest.mark.slow
def test_masks_of_others_are_a_row_with_the_scores_that_evaluate_gives(command: Command) -> None:
    for loss, seed in itertools.product(("dice", "cross_entropy"), (0, 1)):
        assert command("train", *SMALL, f"loss={loss}", f"seed={seed}") == 0
    images = SyntheticClasses(size=64, num_train=4, num_val=1, num_test=3)
    Path("theirs").mkdir()
    Path("targets").mkdir()
    for number, entry in enumerate(images.info.images):
        if entry.part == "test":
            target = images.read(number)[1]
            mask = np.where((np.indices(target.shape).sum(0) % 5 > 0) & (target != VOID), target, 3)
            Image.fromarray(mask.astype(np.uint8)).save(f"theirs/{entry.name}_pred.png")
            Image.fromarray(target).save(f"targets/{entry.name}.png")
    assert command("report", "study=s", "external.theirs=theirs", "pattern=*_pred") == 0
    assert command("evaluate", "predictions=theirs", "targets=targets", "num_classes=8", "ignore_index=255",
                   "pattern=*_pred", "out=out") == 0  # fmt: skip
    expected = json.loads(Path("out/results.json").read_text())
    report = Path("outputs/studies/s/report")
    wide = pd.read_csv(report / "scores_wide.csv").set_index("label")
    for name, score in expected["test"].items():
        assert wide.loc["theirs", f"{name}_mean"] == pytest.approx(score["mean"], rel=1e-12), name
    for name, value in expected["pooled"].items():
        assert wide.loc["theirs", f"{name}_mean"] == pytest.approx(value, rel=1e-12), name
    assert wide.loc["theirs", "miou_num_runs"] == 2
    assert "theirs" in (report / "report.md").read_text()
    assert "theirs" in (report / "report.html").read_text()
    assert command("report", f"results={report}", "out=again") == 0
    assert Path("again/scores.csv").read_text() == (report / "scores.csv").read_text()


@pytest.mark.slow
def test_masks_of_others_that_cannot_be_scored_are_one_line(
    command: Command, finished_run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    names = [row.split(",")[1] for row in scores(finished_run).splitlines()[1:]]
    Path("theirs").mkdir()
    for name in names:
        Image.fromarray(np.zeros((32, 32), np.uint8)).save(f"theirs/{name}_pred.png")
    for line, message in (
        (["external.theirs=nowhere"], "external.theirs: expected a folder of masks, got nowhere"),
        (["external.dice=theirs", "pattern=*_pred"], "external.dice: expected a name that no loss of the study has"),
        (["external.theirs=theirs"], "external.theirs: expected masks called like the test images"),
        (["external.theirs=theirs", "pattern=pred"], "pattern: expected one *"),
        (["'external.a b=theirs'"], ""),
        (["external=3"], "external: expected external.NAME=FOLDER, got 3"),
        (["external.x={a: 1}"], "external.x: expected a folder of masks"),
    ):
        assert command("report", "study=default", *line) == 1
        error = capsys.readouterr().err
        assert message in error
        assert "Traceback" not in error
    Path(f"theirs/{names[0]}_pred.png").unlink()
    assert command("report", "study=default", "external.theirs=theirs", "pattern=*_pred") == 1
    wanted = f"expected a mask of each of the 3 test images in theirs, got none for {names[0]}; add"
    assert wanted in capsys.readouterr().err
