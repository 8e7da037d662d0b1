"""The printed command for volumes fits them."""

import itertools

from cwmi_seg.datasets.info import DatasetInfo, ImageInfo
from cwmi_seg.datasets.volume_proposal import num_scales, volume_overrides
from cwmi_seg.mistakes import Mistake
from cwmi_seg.wavelets.grid import check_size

CHOSEN = ["metrics=volumes", "augmentation=volumes", "model.width=16"]


def info(*shapes: tuple[int, int, int], spacing: tuple[float, ...] | None = None) -> DatasetInfo:
    images = tuple(ImageInfo(str(i), h, w, (1, 1), str(i), depth=d) for i, (d, h, w) in enumerate(shapes))
    return DatasetInfo("made", "", 1, 2, (0.0,), (1.0,), images, dimensions=3, spacing=spacing)


def fits(sizes: tuple[int, ...], scales: int, spacing: tuple[float, ...] | None) -> bool:
    try:
        check_size("patch", sizes, scales, spacing)
    except Mistake:
        return False
    return True


def test_as_many_scales_as_the_loss_allows() -> None:
    spacings = (None, (1.0, 1.0, 1.0), (50.0, 4.6, 4.6), (3.0, 1.0, 1.0), (1.0, 4.0, 2.0))
    for sizes, spacing in itertools.product(itertools.product((3, 4, 6, 8, 15, 16, 32), (4, 8, 17, 96)), spacings):
        patch = (*sizes, 31)
        allowed = [scales for scales in range(1, 5) if fits(patch, scales, spacing)]
        assert num_scales(patch, spacing) == max(allowed, default=0)


def test_the_settings_are_those_that_fit() -> None:
    small = info(*[(6, 48, 52)] * 4)
    epoch = ["data.batch_size=2", "data.crops_per_image=25"]
    assert volume_overrides(small, (6, 48, 52), (6, 48, 52)) == [*CHOSEN, "loss.num_scales=1", *epoch]
    assert volume_overrides(small, (3, 48, 52), None) == [
        *CHOSEN, "dataset.crop_size=[3,48,52]", "loss=dice_cross_entropy", *epoch,
    ]  # fmt: skip
    large = info((257, 256, 256), (32, 96, 96))
    assert volume_overrides(large, (32, 96, 96), (32, 96, 96)) == [
        *CHOSEN, "dataset.test_block=[32,256,256]", "data.batch_size=2", "data.crops_per_image=50",
    ]  # fmt: skip
