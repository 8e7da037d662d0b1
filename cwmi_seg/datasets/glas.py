"""GlaS (Warwick-QU) as downloaded: ``train_1.bmp``, ``train_1_anno.bmp``, ``testA_*``, ``testB_*``, ``Grade.csv``."""

import csv
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cwmi_seg.datasets.image_files import read_image, read_mask
from cwmi_seg.datasets.info import Pixels
from cwmi_seg.datasets.raw import IMAGE_SUFFIX, RawDataset, RawFiles, RawSample, pair
from cwmi_seg.mistakes import Mistake

SOURCE = "GlaS, https://warwick.ac.uk/fac/cross_fac/tia/data/glascontest (research only, not commercial)"


class GlaS:
    """165 histology images of colon glands, sizes differ; structure = everything that is no gland.

    The images of one patient are a group, where ``Grade.csv`` lies beside them. Official parts: train, and testA
    with testB.
    """

    def __call__(self, raw: Path) -> RawDataset:
        files = RawFiles(raw, SOURCE)
        images = files.require(
            rf"(train|testa|testb)_(\d+){IMAGE_SUFFIX}", "train_1.bmp, testA_1.bmp, testB_1.bmp, ..."
        )
        masks = files.match(rf"(train|testa|testb)_(\d+)_anno{IMAGE_SUFFIX}")
        grades = files.match(r"grade\.csv").get(())
        patients = {} if grades is None else _patients(grades)
        samples = [
            RawSample(
                name=image.stem,
                files=(image, mask),
                read=partial(_read_pair, image, mask),
                group=patients.get(image.stem.lower(), image.stem),
                part="train" if part == "train" else "test",
            )
            for (part, _), image, mask in pair(images, masks, lambda image: f"{image.stem}_anno.bmp")
        ]
        notes = () if grades else ("no Grade.csv, so that patients are unknown: each image is a group of its own",)
        return RawDataset(SOURCE, tuple(samples), notes=notes)


def _read_pair(image: Path, mask: Path) -> tuple[Pixels, NDArray[np.uint8]]:
    return read_image(image), read_mask(mask, lambda labels, _: labels == 0).astype(np.uint8)


def _patients(path: Path) -> dict[str, str]:
    """Patient of each image, by the image's stem in small letters."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            header, *rows = ([cell.strip().lower() for cell in row] for row in csv.reader(file) if row)
        name, patient = header.index("name"), header.index("patient id")
        return {row[name]: f"patient_{row[patient]}" for row in rows}
    except (ValueError, IndexError, csv.Error):
        raise Mistake(
            f"{path}: expected the columns 'name' and 'patient ID', got another table; "
            "copy it again from the download, or remove it."
        ) from None
