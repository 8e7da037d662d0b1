"""CHASE_DB1 as it is downloaded: ``Image_NNL.jpg`` / ``Image_NNR.jpg`` with the masks of two observers beside them."""

from functools import partial
from pathlib import Path

from cwmi_seg.datasets.image_files import read_pair
from cwmi_seg.datasets.raw import IMAGE_SUFFIX, RawDataset, RawFiles, RawSample, pair

SOURCE = "CHASE_DB1, Kingston University, https://researchdata.kingston.ac.uk/96 (CC BY 4.0)"


class ChaseDB1:
    """28 retina photographs 960 x 999 (height x width); structure = vessels as the first observer drew them.

    The two eyes of one person are a group.
    """

    def __call__(self, raw: Path) -> RawDataset:
        files = RawFiles(raw, SOURCE)
        images = files.require(rf"image_(\d+)([lr]){IMAGE_SUFFIX}", "Image_01L.jpg, Image_01R.jpg, ...")
        masks = files.match(rf"image_(\d+)([lr])_1stho{IMAGE_SUFFIX}")
        samples = [
            RawSample(
                name=f"{person}{eye.upper()}",
                files=(image, mask),
                read=partial(read_pair, image, mask),
                group=person,
            )
            for (person, eye), image, mask in pair(images, masks, lambda image: f"{image.stem}_1stHO.png")
        ]
        return RawDataset(SOURCE, tuple(samples))
