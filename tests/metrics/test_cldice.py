import numpy as np
import pytest
from skimage.morphology import skeletonize

from cwmi_seg.metrics.cldice import cldice
from tests.support.masks import drawn, random_pairs

EMPTY, FULL = np.zeros((5, 5), bool), np.ones((5, 5), bool)


@pytest.mark.parametrize(
    ("prediction", "target", "score"),
    [
        (EMPTY, EMPTY, 1),
        (EMPTY, FULL, 0),
        (FULL, EMPTY, 0),
        (FULL, FULL, 1),
        (drawn("#....", "....."), drawn(".....", "....#"), 0),
        (drawn("#####"), drawn("##..."), 2 * 0.4 / 1.4),  # precision 2/5, sensitivity 1
    ],
)
def test_worked_by_hand(prediction: np.ndarray, target: np.ndarray, score: float) -> None:
    assert cldice(prediction, target) == pytest.approx(score)


def test_thickness_hardly_matters() -> None:
    thin, thick = np.zeros((40, 40), bool), np.zeros((40, 40), bool)
    thin[20, 5:35], thick[18:23, 5:35] = True, True
    assert cldice(thin, thick) == cldice(thick, thin) > 0.95  # the skeleton has a spur in a corner


def test_equal_to_the_definition_on_random_masks() -> None:
    for prediction, target in random_pairs(30):
        if not (prediction.any() and target.any()):
            continue
        skeletons = skeletonize(prediction), skeletonize(target)
        precision, sensitivity = target[skeletons[0]].mean(), prediction[skeletons[1]].mean()
        expected = 0 if precision * sensitivity == 0 else 2 / (1 / precision + 1 / sensitivity)
        assert cldice(prediction, target) == pytest.approx(expected)
