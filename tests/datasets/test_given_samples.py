"""A preparer of a user's own gives the wrong thing: one line says which."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from cwmi_seg.datasets.preparation import prepare
from cwmi_seg.datasets.prepared import PreparedImages
from cwmi_seg.datasets.raw import RawDataset, RawSample
from cwmi_seg.datasets.raw_volumes import RawVolumes
from cwmi_seg.mistakes import Mistake

IMAGE = np.zeros((4, 5, 1), np.uint8)
MASK = np.eye(4, 5, dtype=np.uint8)


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    (tmp_path / "raw").mkdir()
    for name in ("image.npy", "mask.npy"):
        (tmp_path / "raw" / name).touch()
    return tmp_path / "raw"


def dataset(raw: Path, image: NDArray[Any] = IMAGE, mask: NDArray[Any] = MASK) -> RawDataset:
    files = raw / "image.npy", raw / "mask.npy"
    return RawDataset("here", (RawSample("a", files, lambda: (image, mask), "a"),))


@pytest.mark.parametrize(
    ("image", "mask", "line"),
    [
        (IMAGE[..., 0], MASK, r"image\.npy: expected an image H W I of uint8 or uint16, got one of shape \(4, 5\) of"),
        (IMAGE.astype(np.float32), MASK, r"image\.npy: expected .* of shape \(4, 5, 1\) of float32; mend the preparer"),
        (IMAGE, MASK[..., None], r"mask\.npy: expected a mask H W of class indices .* of shape \(4, 5, 1\) of uint8;"),
        (IMAGE, MASK * 0.5, r"mask\.npy: expected .* from 0 to 255, got one of shape \(4, 5\) of float64;"),
        (IMAGE, MASK.astype(np.int16) - 1, r"mask\.npy: expected .* of int16;"),
        (IMAGE, MASK.astype(np.int64) * 256, r"mask\.npy: expected .* of int64;"),
    ],
)
def test_what_a_sample_reads_is_checked(raw: Path, image: NDArray[Any], mask: NDArray[Any], line: str) -> None:
    with pytest.raises(Mistake, match=line):
        prepare(lambda _: dataset(raw, image, mask), raw, raw.parent / "data")


@pytest.mark.parametrize("kind", [bool, np.int64, np.uint16])
def test_a_mask_may_have_any_type_of_whole_numbers(raw: Path, kind: type) -> None:
    prepare(lambda _: dataset(raw, mask=MASK.astype(kind)), raw, raw.parent / "data")
    np.testing.assert_array_equal(PreparedImages(raw.parent / "data").read(0)[1], MASK)


def test_something_else_than_a_dataset(raw: Path) -> None:
    with pytest.raises(Mistake, match="preparer: expected it to return a RawDataset or RawVolumes, got list"):
        prepare(lambda _: [], raw, raw.parent / "data")  # type: ignore[arg-type, return-value]


@pytest.mark.parametrize("kind", [RawDataset, RawVolumes])
def test_no_sample_at_all(raw: Path, kind: type[RawDataset | RawVolumes]) -> None:
    with pytest.raises(Mistake, match=f"at least one sample, got a {kind.__name__} without any; find the images by"):
        prepare(lambda _: kind("here", ()), raw, raw.parent / "data")
