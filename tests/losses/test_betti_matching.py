"""Betti matching beside its goldens, its authors' package and reduced boundary matrices."""

from typing import Any

import numpy as np
import pytest
import torch
from hydra.errors import InstantiationException
from torch.nn import functional as F

from cwmi_seg.losses import BettiMatchingLoss
from tests.support.authors_package import authors_losses
from tests.support.betti_matching_reference import betti_matching_by_matrices
from tests.support.loss_configs import make_loss
from tests.support.modern_goldens import Golden


@pytest.mark.parametrize(
    ("case", "name", "arguments"),
    [
        ("membranes", "superlevel", {}),
        ("membranes", "sublevel", {"filtration": "sublevel"}),
        ("membranes", "bothlevels", {"filtration": "both"}),
        ("membranes", "superlevel_len0.1", {"min_length": 0.1}),
        ("multi", "superlevel", {}),
        ("multi", "bothlevels", {"filtration": "both"}),
        ("multi", "superlevel_len0.1", {"min_length": 0.1}),
        ("vol", "superlevel", {}),
        ("vol", "sublevel", {"filtration": "sublevel"}),
    ],
)
def test_goldens(case: str, name: str, arguments: dict[str, Any]) -> None:
    pytest.importorskip("topolosses")
    Golden(case).check(f"betti_{name}", BettiMatchingLoss(**arguments))


@pytest.mark.parametrize("levels", [3, 1000])  # with many equal values, and with few
@pytest.mark.parametrize("shape", [(6, 5), (1, 9), (1, 1), (3, 4, 3)])
def test_by_matrices(shape: tuple[int, ...], levels: int) -> None:
    pytest.importorskip("topolosses")
    generator = np.random.default_rng(len(shape))
    for _ in range(4):
        prob = ((generator.integers(0, levels, shape) + 0.5) / levels).astype(np.float64)
        mask = generator.random(shape) < 0.5
        logits = torch.from_numpy(np.stack([np.zeros(shape), np.log(prob / (1 - prob))]))[None]
        ours = BettiMatchingLoss()(logits, torch.from_numpy(mask)[None].long()).item()
        f, g = np.round(1 - logits.softmax(1)[0, 1].numpy(), 12), (~mask).astype(np.float64)
        assert ours == pytest.approx(betti_matching_by_matrices(f, g), rel=1e-9, abs=1e-12)


def test_the_package_of_the_authors() -> None:
    theirs = authors_losses().BettiMatchingLoss(alpha=1, softmax=True, use_base_loss=False)
    generator = torch.Generator().manual_seed(0)
    logits = F.avg_pool2d(torch.randn(3, 3, 66, 66, generator=generator), 3, 1)
    target = F.avg_pool2d(torch.randn(3, 3, 66, 66, generator=generator), 3, 1).argmax(1)
    expected = theirs(logits, F.one_hot(target, 3).movedim(-1, 1))
    torch.testing.assert_close(BettiMatchingLoss()(logits, target), expected, rtol=1e-5, atol=0)


def test_threads_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("topolosses")
    generator = torch.Generator().manual_seed(0)
    logits = torch.randn(3, 2, 12, 10, generator=generator)
    target = torch.randint(0, 2, (3, 12, 10), generator=generator)
    values = []
    for threads in (1, 2, 5):
        monkeypatch.setattr("torch.get_num_threads", lambda threads=threads: threads)
        values.append(BettiMatchingLoss()(logits, target))
    assert values[0] == values[1] == values[2]


def test_a_structure_in_another_place_costs_twice() -> None:
    """Two lines each, so that one bar lives: with another place of the second line, both bars are alone."""
    pytest.importorskip("topolosses")
    target = torch.zeros(1, 12, 12, dtype=torch.long)
    target[:, [1, 10]] = 1
    moved = torch.zeros_like(target)
    moved[:, [1, 5]] = 1
    values = [BettiMatchingLoss()(torch.stack([1 - y, y], 1) * 50.0, target).item() for y in (target, moved)]
    assert values == pytest.approx([0, 2], abs=1e-6)


def test_without_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cwmi_seg.topology.bar_matching.find_spec", lambda _: None)
    with pytest.raises(InstantiationException) as raised:
        make_loss("betti_matching")
    assert str(raised.value.__cause__) == (
        "betti_matching: expected the package topolosses, got none; run pip install 'cwmi-seg[topology]'."
    )


def test_a_prediction_that_is_no_number_shows() -> None:
    pytest.importorskip("topolosses")
    logits = torch.zeros(1, 2, 8, 8)
    logits[0, 0, 3, 3] = torch.nan
    assert BettiMatchingLoss()(logits, torch.zeros(1, 8, 8).long()).isnan()


@pytest.mark.parametrize("case", ["membranes", "multi", "vol"])
def test_the_total_of_the_authors(case: str) -> None:
    pytest.importorskip("topolosses")
    Golden(case).check("betti_total", make_loss("dice_betti_matching"))
