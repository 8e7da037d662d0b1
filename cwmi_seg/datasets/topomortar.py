"""TopoMortar as it is downloaded: ``{train,val,test}/images/NNN.png`` and ``{train,val,test}/accurate/NNN.png``."""

import re
from functools import partial
from pathlib import Path

from cwmi_seg.datasets.image_files import read_pair
from cwmi_seg.datasets.raw import IMAGE_SUFFIX, RawDataset, RawFiles, RawSample, pair

SOURCE = "TopoMortar, arXiv:2503.03365, https://jmlipman.github.io/TopoMortar (MIT)"


class TopoMortar:
    """Photographs of brick walls, 512 x 512, with an official split; structure = mortar.

    Args:
        labels: folder of the masks: ``accurate``, or one of the degraded label sets of the full download.
    """

    def __init__(self, labels: str = "accurate") -> None:
        self.labels = labels

    def __call__(self, raw: Path) -> RawDataset:
        files = RawFiles(raw, SOURCE)
        images = files.require(rf"(train|val|test)/images/([^/]+){IMAGE_SUFFIX}", "train/images/001.png, ...")
        masks = files.match(rf"(train|val|test)/{re.escape(self.labels)}/([^/]+){IMAGE_SUFFIX}")
        samples = [
            RawSample(name, (image, mask), partial(read_pair, image, mask), group=name, part=part)
            for (part, name), image, mask in pair(
                images, masks, lambda image: f"{image.parent.parent / self.labels / image.stem}.png"
            )
        ]
        return RawDataset(SOURCE, tuple(samples))
