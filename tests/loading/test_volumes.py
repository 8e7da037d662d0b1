"""Windows and blocks of volumes, cut from arrays that are never read whole."""

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from cwmi_seg.augmentations import Flips, InTurn, QuarterTurns, Unchanged
from cwmi_seg.loading.blocks import blocks_of
from cwmi_seg.loading.crops import sample_generator, window_around
from cwmi_seg.loading.datamodule import SegmentationData
from cwmi_seg.loading.samples import Crops
from cwmi_seg.loading.splits import Split
from cwmi_seg.loading.structure import StructurePlaces
from tests.support.volume_source import NumberedVoxels

SHAPE = (6, 10, 12)
SPLIT = Split(("vol0",), ("vol1",), ("vol2",))


def data(crops: Crops, source: NumberedVoxels | None = None, **options: Any) -> SegmentationData:
    return SegmentationData(source or NumberedVoxels([SHAPE] * 3), SPLIT, crops, Unchanged(), **options)


def test_a_window_is_cut_alike_from_image_and_mask_and_nothing_else_is_read() -> None:
    source = NumberedVoxels([SHAPE] * 3, parts_only=True)
    batch = next(iter(data(Crops((2, 4, 3), per_image=4), source, batch_size=4).train_dataloader()))
    assert batch["image"].shape == (4, 1, 2, 4, 3)
    numbers = batch["image"][:, 0].long()
    steps = torch.arange(2)[:, None, None] * 120 + torch.arange(4)[:, None] * 12 + torch.arange(3)
    assert torch.equal(numbers - numbers[:, :1, :1, :1], steps.expand(4, -1, -1, -1))
    assert torch.equal(batch["target"], (numbers % 2 == 0).long())
    assert len(numbers[:, 0, 0, 0].unique()) > 1


@pytest.mark.parametrize(("share", "least", "most"), [(1.0, 200, 200), (0.33, 45, 100), (0, 0, 20)])
def test_a_share_of_the_windows_has_structure_in_its_middle(share: float, least: int, most: int) -> None:
    source = NumberedVoxels([(20, 20, 20)] * 3, structure=1 / 97)
    crops = data(Crops((3, 3, 3), per_image=200, structure_share=share), source).train_dataloader().dataset
    targets = [crops[0, i]["target"] for i in range(200)]
    centred = sum(bool(target.any()) for target in targets)
    assert least <= centred <= most + 200 * 27 / 97 * (share < 1)
    middles = sum(int(target[1, 1, 1]) for target in targets)
    assert middles >= 0.6 * share * 200  # at the borders the window is moved into the volume


def test_without_a_share_the_windows_are_those_of_before_there_was_one() -> None:
    crops = data(Crops((2, 4, 3), per_image=5)).train_dataloader().dataset
    generator = sample_generator(0, 3, 2)
    starts = [int(torch.randint(n, (), generator=generator)) for n in (5, 7, 10)]
    assert crops[3, 2]["image"].flatten()[0] == np.ravel_multi_index(starts, SHAPE)


def test_every_sample_of_structure_is_drawn_alike_and_classes_too() -> None:
    mask = np.zeros((4, 5, 6), np.uint8)
    mask[1, 2, 3] = mask[1, 4, 0] = mask[3, 0, 5] = 1
    mask[2, 2, 2], mask[0] = 2, 255
    places, generator = StructurePlaces(mask, 3, ignore_index=255), torch.Generator().manual_seed(0)
    drawn = [tuple(places.draw(mask, generator) or ()) for _ in range(600)]
    counts = {place: drawn.count(place) for place in set(drawn)}
    assert set(counts) == {(1, 2, 3), (1, 4, 0), (3, 0, 5), (2, 2, 2)}
    assert 240 < counts[2, 2, 2] < 360
    assert all(60 < counts[place] < 140 for place in ((1, 2, 3), (1, 4, 0), (3, 0, 5)))
    assert StructurePlaces(np.zeros((3, 4), np.uint8), 2).draw(mask, generator) is None


def test_a_window_around_a_place_stays_in_the_volume() -> None:
    for centre, starts in (((0, 5, 11), (0, 3, 9)), ((5, 9, 0), (4, 6, 0))):
        window = window_around(SHAPE, (2, 4, 3), centre)
        assert tuple(part.start for part in window) == starts
        assert all(part.start <= c < part.stop for part, c in zip(window, centre, strict=True))


def test_slices_train_a_network_of_images_and_volumes_are_scored_whole() -> None:
    class Parity:
        def load(self, mask: Any) -> Any:
            assert mask.shape == (10, 12)
            return mask[None].astype(np.float32) + 1

        def prepare(self, indices: Any, read_mask: Any, _: int) -> None:
            assert [read_mask(i).shape for i in indices] == [(10, 12)] * 6

    module = data(Crops((5, 4, 3), per_image=6, slices=True), maps=Parity(), batch_size=6)
    module.prepare_data()
    batch = next(iter(module.train_dataloader()))
    assert batch["image"].shape == (6, 1, 4, 3)
    assert torch.equal(batch["target"], (batch["image"][:, 0].long() % 2 == 0).long())
    assert torch.equal(batch["weight_map"][:, 0].long(), batch["target"] + 1)
    assert next(iter(module.test_dataloader()))["image"].shape == (1, 1, *SHAPE)
    whole = next(iter(data(Crops(None, slices=True), batch_size=1).train_dataloader()))
    assert whole["image"].shape == (1, 1, 10, 12)


def test_blocks_cover_a_volume_once_and_belong_to_its_group() -> None:
    source = NumberedVoxels([(7, 10, 12), (4, 5, 6), (4, 4, 4)])
    blocks = blocks_of(source.info, [4, 5, 7])
    seen = [np.zeros(image.shape, int) for image in source.info.images]
    for block in blocks:
        seen[block.image][block.window or ()] += 1
        assert block.group == f"group{block.image}"
    assert all((counts == 1).all() for counts in seen)
    assert [block.index for block in blocks] == list(range(10))
    assert len({block.name for block in blocks}) == len(blocks)
    assert [block.name for block in blocks[-2:]] == ["vol1", "vol2"]
    assert blocks[1].name == "vol0_z0_y0_x6"
    loader = data(Crops((2, 2, 2)), NumberedVoxels([SHAPE] * 3), block_size=[3, 10, 12]).test_dataloader()
    scored = [(int(batch["index"][0]), batch["name"][0], float(batch["image"].min())) for batch in loader]
    assert scored == [(4, "vol2_z0_y0_x0", 0.0), (5, "vol2_z3_y0_x0", 360.0)]


def test_validation_takes_its_blocks_in_one_shuffled_order() -> None:
    def order(part: str) -> list[int]:
        module = data(Crops((2, 2, 2)), NumberedVoxels([(16, 10, 12)] * 3), block_size=[1, 10, 12])
        return [int(batch["index"][0]) for batch in module.whole_images(part)]

    assert order("val") == order("val") != sorted(order("val"))
    assert sorted(order("val")) == list(range(16, 32))
    assert order("test") == list(range(32, 48))


@pytest.mark.parametrize(
    ("crops", "options", "message"),
    [
        (Crops((4, 4)), {}, r"dataset\.crop_size: expected depth, height and width for volumes, or null, got \[4, 4\]"),
        (Crops((7, 4, 4)), {}, r"dataset\.crop_size: .* but vol0 is 6x10x12"),
        (Crops(None), {"block_size": [4, 4]}, r"dataset\.test_block: expected depth, height and width"),
        (Crops(None), {"block_size": [0, 4, 4]}, r"dataset\.test_block: .*got \[0, 4, 4\]"),
    ],
)
def test_impossible_sizes_of_volumes_are_refused(crops: Crops, options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        data(crops, batch_size=1, **options)


def test_large_volumes_need_blocks_and_can_have_no_weight_map() -> None:
    source = NumberedVoxels([(1024, 1024, 1024)] * 3)
    with pytest.raises(ValueError, match=r"dataset\.test_block: .*vol0 is 1024x1024x1024; use for example \[32"):
        data(Crops((2, 2, 2)), source)
    with pytest.raises(ValueError, match=r"loss: expected one without a weight map .* vol0 of 1024x1024x1024"):
        data(Crops((2, 2, 2)), source, block_size=[64, 64, 64], maps=object())


@pytest.mark.parametrize("options", [{"structure_share": 1.5}, {"structure_share": True}, {"slices": "yes"}])
def test_impossible_shares_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=rf"dataset\.{next(iter(options))}: expected"):
        Crops(**options)


# augmentation


def turned(spacing: tuple[float, ...] | None, shape: tuple[int, ...]) -> set[tuple[int, ...]]:
    """Where the axes of a volume, told by the steps of its numbers, go in a hundred draws."""
    augmentation = InTurn(turns=QuarterTurns())
    augmentation.spacing = spacing
    image = torch.arange(float(np.prod(shape))).view(1, *shape)
    found = set()
    for seed in range(100):
        changed, target, weights = augmentation(image, image[0], image, torch.Generator().manual_seed(seed))
        assert torch.equal(changed[0], target)
        assert weights is not None
        assert torch.equal(weights, changed)
        found.add(tuple(_step(target, axis) for axis in range(3)))
    return found


def _step(volume: Tensor, axis: int) -> int:
    return int((volume.select(axis, 1) - volume.select(axis, 0)).abs().flatten()[0])


def test_quarter_turns_exchange_axes_of_equal_spacing_and_length_alone() -> None:
    assert turned((30, 6, 6), (4, 4, 4)) == {(16, 4, 1), (16, 1, 4)}
    assert turned(None, (4, 4, 5)) == {(20, 5, 1), (5, 20, 1)}
    assert len(turned((1, 1, 1), (4, 4, 4))) == 6


def test_flips_reach_all_axes_of_a_volume() -> None:
    image = torch.arange(8.0).view(1, 2, 2, 2)
    corners = {
        int(Flips()(image, image[0], None, torch.Generator().manual_seed(seed))[0].flatten()[0]) for seed in range(60)
    }
    assert corners == set(range(8))
