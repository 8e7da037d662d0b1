"""What holds for every metric of conf/metrics, and the metrics against the published implementation."""

import csv
import json
import re
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hydra.utils import instantiate
from omegaconf import OmegaConf
from torchmetrics import MetricCollection
from torchmetrics.classification import BinaryAccuracy

from cwmi_seg.config.conf_dir import conf_dir
from cwmi_seg.metrics.directions import LOWER_IS_BETTER, direction, direction_of
from cwmi_seg.metrics.overlap import Overlap
from cwmi_seg.metrics.per_image import PerImageMetric
from tests.conftest import TINY, Command
from tests.support.masks import random_pairs

OTHERS = ("volumes", "per_class")  # see test_metrics_volumes and test_metrics_overlap
FILES = [path for path in sorted((conf_dir() / "metrics").glob("*.yaml")) if path.stem not in OTHERS]
GROUPS: list[Any] = [OmegaConf.load(path) for path in FILES]
CONFIGS = {name: config for group in GROUPS for part in ("val", "test") for name, config in group.get(part, {}).items()}
if find_spec("topolosses") is None:  # an optional package
    del CONFIGS["betti_matching"]
GOLDENS = sorted((Path(__file__).parents[1] / "goldens").glob("*.npz"))


@pytest.fixture(params=CONFIGS)
def config(request: pytest.FixtureRequest) -> object:
    return CONFIGS[request.param]


@pytest.mark.parametrize("path", GOLDENS, ids=lambda path: path.stem)
def test_published_values(path: Path) -> None:
    golden = np.load(path)
    published = json.loads(str(golden["metrics_json"]))
    for image, expected in published.items():
        prediction, target = golden["prob"][int(image)] > 0.5, golden["target"][int(image)]
        values: dict[str, float] = {}
        for config in CONFIGS.values():
            metric = instantiate(config)
            values |= dict(zip(metric.names, metric.score(prediction.astype(np.int64), target), strict=True))
        expected["hd"] = expected.pop("hd_modified")
        assert {name: values[name] for name in expected} == pytest.approx(expected, abs=1e-9)


def test_finite_and_perfect_where_equal(config: object) -> None:
    metric: PerImageMetric = instantiate(config)
    for prediction, target in random_pairs(30, largest=40):
        scores = metric.score(prediction.astype(np.int64), target.astype(np.uint8))
        assert len(scores) == len(metric.names)
        assert np.isfinite(scores).all()
        perfect = metric.score(target.astype(np.int64), target.astype(np.uint8))
        assert list(perfect) == [float(direction_of(metric, name) == "higher") for name in metric.names]


def test_the_report_knows_which_values_are_better(config: object) -> None:
    """Equal masks have 1 of what is better higher, 0 of the rest."""
    metric: PerImageMetric = instantiate(config)
    target = np.pad(np.ones((6, 9), dtype=np.int64), 7)
    for name, perfect in zip(metric.names, metric.score(target, target), strict=True):
        better = "higher" if perfect == 1 else "lower"
        assert direction(name, LOWER_IS_BETTER) == better, f"LOWER_IS_BETTER of metrics/directions.py lacks {name}"


@pytest.mark.parametrize("classes", [2, 4])
def test_ignored_pixels_may_be_predicted_as_anything(config: object, classes: int) -> None:
    metric: PerImageMetric = instantiate(config, num_classes=classes, ignore_index=255)
    generator = np.random.default_rng(0)
    target = generator.integers(0, classes, (24, 30))
    target[generator.random(target.shape) < 0.2] = 255
    predictions = [generator.integers(0, classes, target.shape)]
    predictions.append(np.where(target == 255, (predictions[0] + 1) % classes, predictions[0]))
    assert metric.score(predictions[0], target) == metric.score(predictions[1], target)
    nothing = np.full_like(target, 255)
    assert metric.score(predictions[0], nothing) == metric.score(0 * nothing, 0 * nothing)
    assert np.isfinite(metric.score(predictions[0], nothing)).all()


def test_absent_classes_do_not_count(config: object) -> None:
    generator = np.random.default_rng(0)
    prediction, target = generator.integers(0, 3, (2, 24, 30))
    three, five = (instantiate(config, num_classes=classes) for classes in (3, 5))
    assert three.score(prediction, target) == five.score(prediction, target)


def test_each_image_counts_once(config: object) -> None:
    generator = torch.Generator().manual_seed(0)
    masks = torch.rand(3, 2, 20, 20, generator=generator).gt(0.5).long()
    metric: PerImageMetric = instantiate(config)
    metric.update(masks[:2, 0], masks[:2, 1], torch.tensor([7, 2]))
    metric.update(masks[[2, 0], 0], masks[[2, 0], 1], torch.tensor([4, 7]))
    indices, values = metric.per_image()
    assert indices.tolist() == [2, 4, 7]
    expected = [metric.score(*masks[i].numpy()) for i in (1, 2, 0)]
    assert torch.stack(list(values.values()), 1).tolist() == [list(map(float, row)) for row in expected]
    assert metric.compute() == {name: value.mean() for name, value in values.items()}
    metric.reset()
    assert metric.indices == []


def test_in_a_collection_without_indices(config: object) -> None:
    """As torchmetrics' own metrics are updated; every batch has a value too, and a reset forgets."""
    masks = torch.rand(4, 2, 20, 20, generator=torch.Generator().manual_seed(1)).gt(0.5).long()
    whole, part = (_numbered(config, masks[:number]) for number in (4, 3))
    collection = MetricCollection({"accuracy": BinaryAccuracy(), "ours": instantiate(config)}, compute_groups=False)
    for _ in range(2):
        collection.reset()
        first = collection(masks[:3, 0], masks[:3, 1])
        collection.update(masks[3:, 0], masks[3:, 1])
        for found, expected in ((first, part), (collection.compute(), whole)):
            assert set(found) - set(expected) == {"accuracy"}
            for name, value in expected.items():
                torch.testing.assert_close(found[name], value, equal_nan=True)


def _numbered(config: object, masks: torch.Tensor) -> dict[str, torch.Tensor]:
    metric: PerImageMetric = instantiate(config)
    metric.update(masks[:, 0], masks[:, 1], torch.arange(len(masks)))
    return metric.compute()


def test_images_of_other_processes_are_others(monkeypatch: pytest.MonkeyPatch) -> None:
    metric = Overlap()
    monkeypatch.setattr("torch.distributed.is_initialized", lambda: True)
    for rank in (0, 1):
        monkeypatch.setattr("torch.distributed.get_rank", lambda rank=rank: rank)
        metric.update(torch.zeros(2, 4, 4, dtype=torch.long), torch.zeros(2, 4, 4, dtype=torch.long))
    monkeypatch.undo()
    assert len(metric.per_image()[0]) == 4


@pytest.mark.slow
def test_expensive_metrics_every_second_epoch(command: Command) -> None:
    """And all of them when the run is evaluated with other metrics than its own."""
    settings = ("trainer.max_epochs=2", "metrics.every_n_epochs=2", "loss=dice", "~metrics.test.cldice")
    assert command("train", *TINY, *settings) == 0
    (folder,) = Path("outputs/runs").iterdir()
    first, second = csv.DictReader((folder / "metrics.csv").read_text().splitlines())
    assert first["val/miou"]
    assert second["val/miou"]
    assert (first["val/hd"], first["val/betti_error_64"]) == ("", "")
    assert float(second["val/hd"]) >= 0
    assert float(second["val/betti_error_64"]) >= 0
    assert command("evaluate", f"run={folder}", "part=val", "metrics=default") == 0
    results = json.loads((folder / "evaluation_val" / "results.json").read_text())
    assert results["num_test_images"] == 2
    assert 0 <= results["test"]["cldice"]["mean"] <= 1


def test_the_example_of_the_documentation() -> None:
    text = (Path(__file__).parents[2] / "docs" / "metrics.md").read_text()
    (example,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    names: dict[str, float] = {}
    exec(example, names)
    assert names["b0"] + names["b1"] == names["both"]
    assert names["split"] + names["merge"] > 0
