from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import yaml
from hydra.utils import instantiate
from numpy.typing import NDArray
from torch import Tensor

from cwmi_seg.augmentations import RotateScale
from cwmi_seg.config.conf_dir import conf_dir
from cwmi_seg.datasets.info import DatasetInfo, ImageInfo
from cwmi_seg.loading.crops import pad_to, random_window, sample_generator
from cwmi_seg.loading.datamodule import SegmentationData
from cwmi_seg.loading.samplers import EpochSampler
from cwmi_seg.loading.samples import Crops
from cwmi_seg.loading.splits import Split


class Ramp:
    """Images whose pixels say where they come from; the mask is the parity of the column."""

    def __init__(self, sizes: list[tuple[int, int]]) -> None:
        images = tuple(ImageInfo(f"im{i}", *size, (1, 1), f"im{i}") for i, size in enumerate(sizes))
        self.info = DatasetInfo("ramp", "made", 1, 2, (0.0,), (1.0,), images)

    def read(self, index: int) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
        rows, columns = np.indices((self.info.images[index].height, self.info.images[index].width))
        return (rows * 16 + columns).astype(np.uint8)[..., None], (columns % 2).astype(np.uint8)


class Columns:
    """Weight maps that repeat the mask."""

    def load(self, mask: NDArray[np.uint8]) -> NDArray[np.float32]:
        return mask[None].astype(np.float32)

    def prepare(self, *_: object) -> None: ...


def keep(image: Tensor, target: Tensor, weight_map: Tensor | None, _: torch.Generator):  # type: ignore[no-untyped-def]
    return image, target, weight_map


def data(
    crops: Crops, sizes: list[tuple[int, int]] | None = None, batch_size: int = 2, seed: int = 0
) -> SegmentationData:
    source = Ramp(sizes or [(12, 16)] * 4)
    split = Split(("im0", "im1"), ("im2",), ("im3",))
    return SegmentationData(source, split, crops, keep, Columns(), batch_size, seed=seed)


@pytest.mark.parametrize("processes", [1, 2, 3])
@pytest.mark.parametrize(("per_image", "batch_size"), [(1, 2), (1, 10), (3, 4), (5, 4)])
def test_the_batches_of_an_epoch_are_counted_as_the_loader_makes_them(
    monkeypatch: pytest.MonkeyPatch, per_image: int, batch_size: int, processes: int
) -> None:
    monkeypatch.setattr("cwmi_seg.loading.samplers._world", lambda: (0, processes))
    module = data(Crops((4, 6), per_image=per_image), batch_size=batch_size)
    sizes = [len(batch["index"]) for batch in module.train_dataloader()]
    batches, left = module.num_batches(processes)
    assert len(sizes) == batches
    assert sum(sizes) + left == -(-2 * per_image // processes)


def test_image_target_and_map_are_cut_at_the_same_place() -> None:
    batch = next(iter(data(Crops((4, 6), per_image=3)).train_dataloader()))
    assert batch["image"].shape == (2, 1, 4, 6)
    column = batch["image"][:, 0].long() % 16
    assert torch.equal(batch["target"], column % 2)
    assert torch.equal(batch["weight_map"][:, 0].long(), batch["target"])


def test_a_process_that_gets_less_than_a_batch_trains_on_what_it_gets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cwmi_seg.loading.samplers._world", lambda: (1, 2))
    (batch,) = data(Crops((4, 6)), batch_size=2).train_dataloader()
    assert len(batch["image"]) == 1


def test_samples_depend_on_seed_epoch_and_index_alone() -> None:
    a, b = (data(Crops((4, 6))).train_dataloader().dataset for _ in range(2))
    assert torch.equal(a[3, 1]["image"], b[3, 1]["image"])
    other = data(Crops((4, 6)), seed=1).train_dataloader().dataset
    assert any(not torch.equal(a[e, 0]["image"], other[e, 0]["image"]) for e in range(5))
    assert any(not torch.equal(a[0, 0]["image"], a[e, 0]["image"]) for e in range(1, 5))


def test_small_images_are_padded_where_asked() -> None:
    crops = Crops((16, 16), pad_image=255, pad_target=1)
    batch = next(iter(data(crops).train_dataloader()))
    assert batch["image"].shape == (2, 1, 16, 16)
    assert (batch["image"][:, :, 12:] == 255).all()
    assert (batch["target"][:, 12:] == 1).all()
    assert (batch["weight_map"][:, :, 12:] == 0).all()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"size": (0, 4)}, r"dataset\.crop_size: expected two positive numbers or null, got \(0, 4\)"),
        ({"size": 256}, r"dataset\.crop_size: .*got 256"),
        ({"size": [256]}, r"dataset\.crop_size: .*got \[256\]"),
        ({"size": "large"}, r"dataset\.crop_size: .*got large"),
        ({"per_image": 0}, r"data\.crops_per_image"),
        ({"pad_image": "egde"}, r"dataset\.pad_image: expected 0 to 65535 or edge, got egde"),
        ({"pad_target": 256}, r"dataset\.pad_target: expected 0 to 255 or edge, got 256"),
    ],
)
def test_impossible_settings_of_crops_are_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Crops(**options)


@pytest.mark.parametrize(
    ("crops", "sizes", "message"),
    [
        (Crops((16, 16)), [(12, 16)] * 4, "expected at most the image size"),
        (Crops(None), [(12, 16), (12, 15), (9, 9), (9, 9)], "differ in size"),
    ],
)
def test_impossible_crops_are_refused(crops: Crops, sizes: list[tuple[int, int]], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        data(crops, sizes)


def test_a_scaled_crop_with_a_weight_map_is_refused() -> None:
    split = Split(("im0", "im1"), ("im2",), ("im3",))
    for augmentation, maps in ((RotateScale(scale=(1, 1)), Columns()), (RotateScale(), None)):
        SegmentationData(Ramp([(12, 16)] * 4), split, Crops(), augmentation, maps)
    with pytest.raises(ValueError, match=r"augmentation: expected one that keeps sizes .*rotate_scale\.scale=\[1,1\]"):
        SegmentationData(Ramp([(12, 16)] * 4), split, Crops(), RotateScale(), Columns())


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
@pytest.mark.parametrize("num_workers", [0, 2])
def test_a_worker_makes_what_the_process_would(num_workers: int) -> None:
    augmented = instantiate(yaml.safe_load(Path(conf_dir(), "augmentation", "strong.yaml").read_text()))
    split = Split(("im0", "im1"), ("im2",), ("im3",))
    loaders = [
        SegmentationData(
            Ramp([(12, 16)] * 4), split, Crops((8, 8), per_image=4), augmented, None, 4, num_workers=workers
        ).train_dataloader()
        for workers in (0, num_workers)
    ]
    for a, b in zip(*loaders, strict=True):
        assert torch.equal(a["image"], b["image"])
        assert torch.equal(a["target"], b["target"])


def test_the_sampler_shares_out_a_padded_epoch(monkeypatch: pytest.MonkeyPatch) -> None:
    sampler = EpochSampler(range(5), seed=0, shuffle=True)
    sampler.set_epoch(2)
    shares = []
    for rank in range(2):
        monkeypatch.setattr("cwmi_seg.loading.samplers._world", lambda rank=rank: (rank, 2))
        shares.append(list(sampler))
    assert [len(share) for share in shares] == [3, 3]
    assert {i for share in shares for _, i in share} == set(range(5))
    assert {epoch for share in shares for epoch, _ in share} == {2}


def test_windows_reach_every_position() -> None:
    starts = {random_window((5, 4), (3, 4), sample_generator(0, 0, i))[0].start for i in range(60)}
    assert starts == {0, 1, 2}


def test_padding_by_value_and_by_edge() -> None:
    array = np.array([[1, 2]])
    assert pad_to(array, (2, 3), 7).tolist() == [[1, 2, 7], [7, 7, 7]]
    assert pad_to(array, (2, 3), "edge").tolist() == [[1, 2, 2], [1, 2, 2]]
