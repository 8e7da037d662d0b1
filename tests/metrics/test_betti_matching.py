import numpy as np
import pytest

from cwmi_seg.metrics.betti import betti_errors, betti_numbers
from cwmi_seg.metrics.betti_matching import BettiMatchingError, betti_matching_errors
from cwmi_seg.topology.components import Connectivity, label_components
from cwmi_seg.topology.masks import Mask
from tests.support.masks import drawn, random_pairs

RING = drawn(".....", ".###.", ".#.#.", ".###.", ".....")
EMPTY, FULL = np.zeros((5, 5), bool), np.ones((5, 5), bool)


@pytest.mark.parametrize(
    ("prediction", "target", "errors"),
    [
        (EMPTY, EMPTY, (0, 0)),
        (FULL, FULL, (0, 0)),
        (EMPTY, FULL, (1, 0)),
        (RING, EMPTY, (1, 1)),
        (RING, FULL, (0, 1)),
        (drawn("#....", "....."), drawn(".....", "....#"), (2, 0)),  # Betti numbers agree, the places do not
    ],
)
def test_worked_by_hand(prediction: Mask, target: Mask, errors: tuple[int, int]) -> None:
    pytest.importorskip("topolosses")
    assert betti_matching_errors(prediction, target) == errors
    assert betti_matching_errors(target, prediction) == errors


@pytest.mark.parametrize("connectivity", [4, 8])
def test_components_match_through_the_union(connectivity: Connectivity) -> None:
    pytest.importorskip("topolosses")
    for prediction, target in random_pairs(40, largest=30):
        union = label_components(prediction | target, connectivity)[0]
        matched = len(np.intersect1d(union[prediction], union[target]))
        number = sum(int(betti_numbers(mask[None], connectivity)[0][0]) for mask in (prediction, target))
        components, holes = betti_matching_errors(prediction, target, connectivity)
        assert components == number - 2 * matched
        assert holes >= betti_errors(prediction, target, connectivity=connectivity)[1]


TIED = drawn(".####.#", ".#...##", ".######"), drawn("##.####", ".#.#.#.", "#######")


def test_ties_hang_on_how_the_masks_lie() -> None:
    pytest.importorskip("topolosses")
    first, second = TIED
    mirrored = first[:, ::-1], second[:, ::-1]
    assert betti_matching_errors(*TIED) == (0, 0)
    assert betti_matching_errors(*mirrored) == (0, 2)
    symmetric = BettiMatchingError(symmetric=True)
    components, holes, both = symmetric.score_masks(*TIED, None)
    assert components == 0 < holes == both < 2
    turned = np.rot90(first), np.rot90(second)
    for pair in (mirrored, (first[::-1], second[::-1]), (first.T, second.T), turned):
        assert symmetric.score_masks(*pair, None) == (components, holes, both)


def test_components_that_share_no_pixel_may_match() -> None:
    pytest.importorskip("topolosses")
    assert betti_matching_errors(drawn("#.."), drawn(".#.")) == (0, 0)
    assert betti_matching_errors(drawn("#.."), drawn("..#")) == (2, 0)


def test_without_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cwmi_seg.metrics.betti_matching.find_spec", lambda _: None)
    with pytest.raises(ValueError, match=r"pip install 'cwmi-seg\[topology\]'"):
        BettiMatchingError()
