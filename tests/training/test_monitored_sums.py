"""The best epoch by any metric of the test, or by a weighted sum of metrics."""

import csv
import json
import re
from pathlib import Path

import pytest

from tests.conftest import TINY, Command
from tests.support.outputs import only_run

SUM = "val/miou - 0.01*val/betti_0_error"


def monitored_by(text: str) -> str:
    return f'callbacks.checkpoint.monitor="{text}"'


@pytest.mark.slow
def test_a_sum_chooses_the_best_epoch_and_its_metrics_join_the_validation(command: Command) -> None:
    assert command("train", *TINY, "loss=dice", "trainer.max_epochs=3", "optimizer.lr=0.01", monitored_by(SUM)) == 0
    folder = only_run()
    rows = list(csv.DictReader((folder / "metrics.csv").read_text().splitlines()))
    sums = [float(row["val/miou"]) - 0.01 * float(row["val/betti_0_error"]) for row in rows]
    assert [float(row[SUM]) for row in rows] == pytest.approx(sums)
    results = json.loads((folder / "results.json").read_text())
    assert results["best_epoch"] == max(range(3), key=lambda epoch: sums[epoch])
    status = json.loads((folder / "status.json").read_text())
    assert (status["monitor"], status["mode"]) == (SUM, "max")
    assert status["best"] == pytest.approx(max(sums))
    assert "val/cldice" not in rows[0]


@pytest.mark.slow
def test_a_single_metric_of_the_test_joins_the_validation(command: Command) -> None:
    assert command("train", *TINY, "loss=dice", monitored_by("val/dataset_iou")) == 0
    status = json.loads((only_run() / "status.json").read_text())
    assert status["monitor"] == "val/dataset_iou"
    assert 0 <= status["best"] <= 1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("val/miou - 2*val/nothing", "callbacks.checkpoint.monitor: expected val/miou, val/mdice, .* got val/nothing"),
        ("val/miou * val/vi", "callbacks.checkpoint.monitor: expected a name or a sum such as"),
    ],
)
def test_what_cannot_be_computed_is_one_line(
    command: Command, capsys: pytest.CaptureFixture[str], text: str, message: str
) -> None:
    assert command("train", *TINY, monitored_by(text)) == 1
    error = capsys.readouterr().err
    assert "Traceback" not in error
    assert re.search(message, error)
    assert not list(Path("outputs").glob("studies/*"))
