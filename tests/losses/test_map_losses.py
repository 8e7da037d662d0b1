"""Losses with weight maps, by the values of the published implementation and by what they are to reward."""

import json
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from scipy.ndimage import binary_dilation, label
from skimage.morphology import skeletonize
from torch import Tensor

from cwmi_seg.losses import ABWLoss, DiceLoss, SkeaTopoLoss, UNetWeightedLoss, WeightedSumLoss
from cwmi_seg.losses._rectified import rectified_masks
from cwmi_seg.losses.skea_topo import skea_topo_loss
from cwmi_seg.weight_maps import map_generator
from tests.conftest import TINY, Command
from tests.support.loss_configs import make_loss
from tests.support.masks import drawn, random_pairs
from tests.support.outputs import only_run, scores

FILES = sorted((Path(__file__).parents[1] / "goldens").glob("*.npz"))
LOSSES: dict[str, Any] = {"unet_weighted": UNetWeightedLoss, "abw": ABWLoss, "skea_topo": SkeaTopoLoss}
CASES: dict[str, tuple[str, str, int | None]] = {  # golden name: loss config, golden map and epoch
    "unet_weighted": ("unet_weighted", "map_unet", None),
    "abw": ("abw", "map_abw", None),
    "skea_topo_epoch5": ("skea_topo", "map_skea", 5),
    "skea_topo_epoch30": ("skea_topo", "map_skea", 30),
}
each_file = pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
each_loss = pytest.mark.parametrize("name", LOSSES)


def value_and_gradient(golden: Any, name: str) -> tuple[float, Tensor]:
    config, map_name, epoch = CASES[name]
    loss: Any = make_loss(config)
    loss.epoch = epoch
    prob = torch.tensor(golden["prob"], dtype=torch.float64, requires_grad=True)
    logits = torch.stack([torch.zeros_like(prob), torch.log(prob / (1 - prob))], dim=1)
    target = torch.tensor(golden["target"]).long()
    maps = torch.tensor(golden[map_name]).reshape(len(prob), loss.weight_map_channels, *prob.shape[1:])
    value = loss(logits, target, maps)
    value.backward()
    assert prob.grad is not None
    return value.item(), prob.grad


def expected(golden: Any, name: str) -> tuple[float, Tensor]:
    return json.loads(str(golden["losses_json"]))[name], torch.tensor(golden[f"grad_{name}"], dtype=torch.float64)


def maps_of(target: Tensor, loss: Any) -> Tensor:
    made = [map_generator(loss.weight_map).weight_map(mask) for mask in target.to(torch.uint8).numpy()]
    return torch.from_numpy(np.stack(made))


def blob(size: int = 24) -> tuple[Tensor, Tensor]:
    """Logits and a target with a vertical and a slanted wall."""
    rows, columns = np.indices((size, size))
    wall = (abs(columns - size // 3) < 2) | (abs(columns - rows / 2 - size // 2) < 1)
    logits = torch.randn(2, 2, size, size, generator=torch.Generator().manual_seed(0))
    return logits, torch.from_numpy(np.stack([wall, wall.T])).long()


@pytest.mark.parametrize("name", CASES)
@each_file
def test_goldens(path: Path, name: str) -> None:
    golden = np.load(path)
    value, gradient = value_and_gradient(golden, name)
    expected_value, expected_gradient = expected(golden, name)
    assert value == pytest.approx(expected_value, rel=1e-5)
    assert (gradient - expected_gradient).norm() <= 1e-5 * expected_gradient.norm()


@each_file
def test_bort_is_the_difference_of_a_late_and_an_early_epoch(path: Path) -> None:
    golden = np.load(path)
    late, early = (value_and_gradient(golden, f"skea_topo_epoch{epoch}") for epoch in (30, 5))
    golden_late, golden_early = (expected(golden, f"skea_topo_epoch{epoch}") for epoch in (30, 5))
    assert late[0] - early[0] == pytest.approx(golden_late[0] - golden_early[0], rel=1e-6)
    expected_gradient = golden_late[1] - golden_early[1]
    assert (late[1] - early[1] - expected_gradient).norm() <= 1e-5 * expected_gradient.norm()


def test_bort_starts_after_epoch_20_and_has_its_weight() -> None:
    logits, target = blob()
    loss = SkeaTopoLoss(bort_weight=1.0)
    maps = maps_of(target, loss)

    def at(epoch: int | None, bort_weight: float = 1.0) -> float:
        loss.epoch, loss.bort_weight = epoch, bort_weight
        return loss(logits, target, maps).item()

    assert at(20) == at(0) == at(None, 0.0)
    assert at(21) == at(None) > at(20)
    assert at(21, 3.0) - at(20) == pytest.approx(3 * (at(21) - at(20)), rel=1e-5)


WALL = drawn("...#...", "...#...", "...#...", "...#...", "...#...", "...#...", "...#...")
RECTIFIED = {
    "a gap is critical": (
        drawn("...#...", "...#...", ".......", ".......", ".......", "...#...", "...#..."),
        WALL,
    ),
    "a shifted border is not": (
        drawn("..##...", "..##...", "..##...", "..##...", "..##...", "..##...", "..##..."),
        drawn("..##...", "..##...", "..##...", "..##...", "..##...", "..##...", "..##..."),
    ),
    "a wall through an object is critical beyond the border of the target": (
        drawn("...#...", "...#...", "...#...", "...####", "...#...", "...#...", "...#..."),
        drawn("...#...", "...#...", "...#...", "...##..", "...#...", "...#...", "...#..."),
    ),
}


def rectified(prediction: NDArray[np.bool_], target: NDArray[np.bool_]) -> NDArray[np.bool_]:
    _, _, background_lines, lines = map_generator("skea_topo").weight_map(target.astype(np.uint8))
    given = (torch.from_numpy(mask)[None] for mask in (prediction, target, background_lines > 0, lines > 0))
    return rectified_masks(*given)[0].numpy()


@pytest.mark.parametrize("case", RECTIFIED)
def test_critical_errors_are_put_right(case: str) -> None:
    prediction, wanted = RECTIFIED[case]
    assert np.array_equal(rectified(prediction, WALL), wanted)


def test_a_missed_piece_far_from_everything_is_critical() -> None:
    target, nothing = np.zeros((21, 41), bool), np.zeros((21, 41), bool)
    target[2, 2:6] = True  # far from the skeleton of the background, and from the prediction
    assert np.array_equal(rectified(nothing, target), target)


def bort_in_the_words_of_the_paper(prob: Tensor, target: Tensor, maps: Tensor) -> float:
    """BoRT of one image, by the sums over critical and other errors that the paper writes."""
    y, wide = target.numpy() > 0, partial(binary_dilation, structure=np.ones((3, 3)))
    p, predicted = prob.numpy(), prob.numpy() > 0.5
    background_lines, lines = maps[2].numpy() > 0, maps[3].numpy() > 0
    objects, count = label(~predicted)
    predicted_background_lines = np.zeros_like(y)
    for number in range(1, count + 1):
        predicted_background_lines |= skeletonize(objects == number, method="lee").astype(bool)
    predicted_lines = skeletonize(predicted, method="lee").astype(bool)
    critical = {}
    for name, errors, marks in (
        ("missed", y & ~predicted, wide(predicted_background_lines) | (lines & ~wide(predicted))),
        ("false", predicted & ~y, predicted_lines & ~wide(y)),
    ):
        components, count = label(errors)
        parts = [components == number for number in range(1, count + 1)]
        critical[name] = np.any([part for part in parts if (part & marks).any()] or [np.zeros_like(y)], axis=0)
    missed, false = y & ~predicted, predicted & ~y
    tfn = critical["missed"]
    tfp = (critical["false"] | (false & background_lines)) & ~wide(y)
    fn_term = (1 - p)[y & predicted].sum() + (1 - p)[tfn].sum() + p[missed & ~tfn].sum()
    fp_term = p[~y & ~predicted].sum() + p[tfp].sum() + (1 - p)[false & ~tfp].sum()
    return float(fn_term + fp_term) / y.size


def test_bort_in_the_words_of_the_paper() -> None:
    for prediction, mask in random_pairs(60, seed=5, largest=40):
        noise = np.random.default_rng(0).uniform(-0.45, 0.45, mask.shape)
        prob = torch.from_numpy(np.where(prediction, 0.75, 0.25) + noise * (1 - prediction)).clamp(0.01, 0.99)
        target = torch.from_numpy(mask.astype(np.int64))
        maps = maps_of(target[None], SkeaTopoLoss)
        arguments = (torch.logit(prob)[None, None], target[None], maps)
        bort = skea_topo_loss(*arguments, bort_weight=1.0) - skea_topo_loss(*arguments, bort_weight=0.0)
        assert bort.item() == pytest.approx(bort_in_the_words_of_the_paper(prob, target, maps[0]), abs=1e-9)


def test_dilation_of_abw() -> None:
    logits, target = blob()
    middle, border = maps_of(target, ABWLoss).unbind(1)
    log_prob = logits.log_softmax(1)
    for dilation in (0, 1, 2):
        wide = target.numpy() > 0
        if dilation:
            wide = np.stack([binary_dilation(mask, np.ones((3, 3)), dilation) for mask in wide])
        a = torch.where(border >= middle, border, 0) * torch.from_numpy(wide)
        b = torch.where(a <= middle, middle, 0)
        by_hand = -(a * log_prob[:, 1] + b * log_prob[:, 0]).sum() / (a + b).sum()
        assert ABWLoss(dilation)(logits, target, maps_of(target, ABWLoss)).item() == pytest.approx(by_hand.item())


@each_loss
def test_ignored_pixels_do_not_count(name: str) -> None:
    logits, target = blob()
    loss = LOSSES[name](ignore_index=255)
    loss.epoch = 0
    maps = maps_of(target, loss)
    half = target.clone()
    half[..., 12:] = 255
    left = loss(logits[..., :12], target[..., :12], maps[..., :12])
    assert loss(logits, half, maps).item() == pytest.approx(left.item(), rel=1e-5)
    loss.epoch = None
    logits.requires_grad_()
    loss(logits, half, maps).backward()
    assert logits.grad is not None
    assert (logits.grad[..., 12:] == 0).all()
    assert loss(logits, torch.full_like(target, 255), maps) == 0


@each_loss
def test_mistakes_are_one_clear_line(name: str) -> None:
    logits, target = blob()
    loss = LOSSES[name]()
    channels = loss.weight_map_channels
    with pytest.raises(ValueError, match=rf"weight_map: expected shape \(2, {channels}, 24, 24\), got None; make it"):
        loss(logits, target)
    with pytest.raises(ValueError, match=rf"weight_map: expected shape .*, got \(2, {channels}, 24, 20\)"):
        loss(logits, target, torch.zeros(2, channels, 24, 20))
    with pytest.raises(ValueError, match="logits: expected 1 or 2 channels, got 3; this loss is defined for two"):
        loss(torch.zeros(2, 3, 24, 24), target, torch.zeros(2, channels, 24, 24))


def test_a_sum_of_losses_asks_for_the_map_of_its_member() -> None:
    member = UNetWeightedLoss(sigma=3.0)
    loss = WeightedSumLoss({"map": member, "dice": DiceLoss()}, {"map": 0.5, "dice": 1.0})
    asked = (loss.weight_map, loss.weight_map_channels, loss.weight_map_settings)
    assert asked == ("unet", 1, {"w0": 10.0, "sigma": 3.0})
    logits, target = blob()
    maps = maps_of(target, member)
    both = 0.5 * member(logits, target, maps) + DiceLoss()(logits, target)
    assert loss(logits, target, maps).item() == pytest.approx(both.item())
    with pytest.raises(ValueError, match=r"one kind of weight map, got .*sigma': 3\.0.*sigma': 5\.0"):
        WeightedSumLoss({"a": member, "b": UNetWeightedLoss()}, {"a": 1.0, "b": 1.0})


@pytest.mark.parametrize("name", ["unet_weighted", "abw"])
def test_a_training_makes_its_maps(command: Command, name: str) -> None:
    assert command("train", *TINY, f"loss={name}") == 0
    assert len(list(Path("data/weight_maps", LOSSES[name].weight_map).glob("*.npy"))) == 4


@pytest.mark.slow
def test_an_interrupted_training_with_maps_ends_as_if_it_had_not_been(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    two = (*TINY, "trainer.max_epochs=2", "dataset.crop_size=[24,20]", "loss=skea_topo", "loss.bort_after_epoch=0")
    assert command("train", *two, "paths.output=whole") == 0
    calls, forward = [], SkeaTopoLoss.forward

    def fails_in_the_second_epoch(self: SkeaTopoLoss, *arguments: Tensor) -> Tensor:
        calls.append(self.epoch)
        if len(calls) == 3:
            raise RuntimeError("power cut")
        return forward(self, *arguments)

    with monkeypatch.context() as patch:
        patch.setattr(SkeaTopoLoss, "forward", fails_in_the_second_epoch)
        assert command("train", *two, "paths.output=cut") == 1
    assert calls == [0, 0, 1]
    assert command("train", *two, "paths.output=cut") == 0
    whole, cut = only_run(Path("whole")), only_run(Path("cut"))
    weights = [torch.load(folder / "last.ckpt", weights_only=True)["state_dict"] for folder in (cut, whole)]
    assert all(torch.equal(weights[0][key], weights[1][key]) for key in weights[1])
    assert scores(cut) == scores(whole)
