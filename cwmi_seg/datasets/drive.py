"""DRIVE as it is downloaded: ``{training,test}/images/*.tif`` and ``{training,test}/1st_manual/*_manual1.gif``."""

from functools import partial
from pathlib import Path

from cwmi_seg.datasets.image_files import read_pair
from cwmi_seg.datasets.raw import IMAGE_SUFFIX, RawDataset, RawFiles, RawSample, pair

SOURCE = "DRIVE, https://drive.grand-challenge.org (research and education only)"


class DRIVE:
    """40 retina photographs 584 x 565 (height x width); structure = vessels as the first observer drew them.

    Where the labels of the official test part are missing, as in some downloads, its images are left out.
    """

    def __call__(self, raw: Path) -> RawDataset:
        files = RawFiles(raw, SOURCE)
        images = files.require(
            rf"(training)/images/(\d+)_training{IMAGE_SUFFIX}", "training/images/21_training.tif, ..."
        )
        masks = files.match(rf"(training|test)/1st_manual/(\d+)_manual1{IMAGE_SUFFIX}")
        notes = []
        if any(part == "test" for part, _ in masks):
            images |= files.require(rf"(test)/images/(\d+)_test{IMAGE_SUFFIX}", "test/images/01_test.tif, ...")
        else:
            notes.append(f"no labels in test/1st_manual: the {len(images)} training images are all there is")
        samples = [
            RawSample(
                name=number,
                files=(image, mask),
                read=partial(read_pair, image, mask),
                group=number,
                part="train" if part == "training" else "test",
            )
            for (part, number), image, mask in pair(images, masks, _mask_name)
        ]
        return RawDataset(SOURCE, tuple(samples), notes=tuple(notes))


def _mask_name(image: Path) -> str:
    return f"{image.stem.split('_')[0]}_manual1.gif in {image.parent.parent / '1st_manual'}"
