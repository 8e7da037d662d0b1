"""Scores of single classes, of the classes without class 0, and of all images together."""

import math
from unittest.mock import Mock

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from sklearn.metrics import confusion_matrix as sklearn_confusion
from sklearn.metrics import jaccard_score

from cwmi_seg.metrics import BettiError, CenterlineDice, Clustering, ConfusionMatrix, Hausdorff, betti_errors
from cwmi_seg.metrics.confusion import confusion_matrix, mean_over_present
from cwmi_seg.metrics.overlap import Overlap
from cwmi_seg.metrics.per_class import PerClassMetric

Masks = NDArray[np.uint8]
C, VOID = 11, 255


def street(seed: int, classes: int = C) -> tuple[Masks, Masks]:
    """Prediction and target 24 x 32 of areas, with a class that both lack and void in the target."""
    rng = np.random.default_rng(seed)
    target = rng.integers(0, classes - 1, (6, 8)).repeat(4, 0).repeat(4, 1).astype(np.uint8)
    prediction = np.where(rng.random(target.shape) < 0.7, target, rng.integers(0, classes - 1, target.shape))
    target[:3] = VOID
    return prediction.astype(np.uint8), target


def test_confusion_matrix_is_that_of_scikit_learn() -> None:
    for seed in range(5):
        prediction, target = street(seed)
        valid = target != VOID
        expected = sklearn_confusion(target[valid], prediction[valid], labels=range(C))
        np.testing.assert_array_equal(confusion_matrix(prediction, target, C, VOID), expected)


def test_dataset_iou_is_that_of_all_pixels() -> None:
    pairs = [street(seed) for seed in range(4)]
    metric = ConfusionMatrix(C, VOID)
    for index, (prediction, target) in [*enumerate(pairs), (0, pairs[0])]:  # the first is handed out twice
        metric.update(torch.from_numpy(prediction)[None], torch.from_numpy(target)[None], torch.tensor([index]))
    predictions, targets = (np.concatenate(masks) for masks in zip(*pairs, strict=True))
    valid = targets != VOID
    expected = jaccard_score(targets[valid], predictions[valid], labels=range(C - 1), average=None)
    values = metric.compute()
    for c in range(C - 1):
        assert values[f"dataset_iou_{c}"].item() == pytest.approx(expected[c], rel=1e-12)
    assert values[f"dataset_iou_{C - 1}"].isnan()  # nobody has it
    assert values["dataset_iou"].item() == pytest.approx(expected.mean(), rel=1e-12)
    assert metric.per_image()[1] == {}
    indices, matrices = metric.matrices()
    assert indices.tolist() == [0, 1, 2, 3]
    np.testing.assert_array_equal(matrices[2], confusion_matrix(*pairs[2], C, VOID))


@pytest.mark.parametrize("make", [BettiError, CenterlineDice, Clustering, Hausdorff])
def test_the_mean_is_that_of_the_classes_and_costs_nothing_more(
    monkeypatch: pytest.MonkeyPatch, make: type[PerClassMetric]
) -> None:
    metric, (prediction, target) = make(C, VOID), street(1)
    score_masks = Mock(wraps=metric.score_masks)
    monkeypatch.setattr(metric, "score_masks", score_masks)
    scores = dict(zip(metric.keys, metric.all_scores(prediction, target), strict=True))
    assert score_masks.call_count == C - 1
    for name in metric.names:
        classes = [scores[f"{name}_{c}"] for c in range(C)]
        assert math.isnan(classes[-1])
        assert scores[name] == pytest.approx(np.mean(classes[:-1]))
        assert scores[f"foreground_{name}"] == pytest.approx(np.mean(classes[1:-1]))
    assert [scores[name] for name in metric.names] == list(metric.score(prediction, target))


def test_a_class_alone_is_that_class_against_the_rest() -> None:
    prediction, target = street(2)
    metric, valid = BettiError(C, VOID), target != VOID
    scores = dict(zip(metric.keys, metric.all_scores(prediction, target), strict=True))
    expected = betti_errors((prediction == 3) & valid, (target == 3) & valid)
    assert [scores[f"{name}_3"] for name in metric.names] == list(expected)


def test_two_classes_have_their_old_names() -> None:
    for metric in (BettiError(), CenterlineDice(), Overlap()):
        assert metric.keys == metric.names
        assert not metric.class_metrics
        assert not metric.partial
        assert len(metric.all_scores(np.eye(4, dtype=np.uint8), np.eye(4, dtype=np.uint8))) == len(metric.names)


def test_many_more_classes_have_no_values_of_their_own() -> None:
    """A patch of 64 pixels and the class 64 would have one name."""
    metric = CenterlineDice(100, VOID)
    assert metric.keys == ("cldice", "foreground_cldice")
    assert len(metric.all_scores(*street(0))) == 2


def test_an_image_of_background_has_no_foreground() -> None:
    empty = np.zeros((4, 4), np.uint8)
    for metric, best in ((CenterlineDice(3), 1.0), (Overlap(3), 1.0)):
        scores = dict(zip(metric.keys, metric.all_scores(empty, empty), strict=True))
        assert scores[metric.names[0]] == best
        assert math.isnan(scores[f"foreground_{metric.names[0]}"])


def test_foreground_overlap_leaves_class_0_out() -> None:
    prediction, target = np.array([[0, 0, 1, 1, 2]]), np.array([[0, 1, 1, 1, 2]])
    scores = dict(zip(Overlap(3).keys, Overlap(3).all_scores(prediction, target), strict=True))
    assert scores["miou"] == pytest.approx((1 / 2 + 2 / 3 + 1) / 3)
    assert scores["foreground_miou"] == pytest.approx((2 / 3 + 1) / 2)
    assert scores["foreground_mdice"] == pytest.approx((4 / 5 + 1) / 2)


def test_the_mean_over_present_classes() -> None:
    values = np.array([[1.0, np.nan, 0.5], [np.nan, np.nan, np.nan]])
    np.testing.assert_allclose(mean_over_present(values), [0.75, np.nan])


def test_an_image_that_is_ignored_scores_as_two_empty_masks() -> None:
    target = np.full((4, 4), VOID, np.uint8)
    assert CenterlineDice(3, VOID).score(target * 0, target) == [1.0]
    assert Overlap(3, VOID).score(target * 0, target) == (1.0, 1.0)
