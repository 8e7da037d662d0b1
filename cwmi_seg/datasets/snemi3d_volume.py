"""SNEMI3D as one volume: the stacks ``train-input.tif`` and ``train-labels.tif``, cut into blocks along the depth."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from cwmi_seg.datasets.depth_blocks import block_name, blocks, checked_block_size
from cwmi_seg.datasets.raw import RawFiles
from cwmi_seg.datasets.raw_volumes import RawVolume, RawVolumes, Slabs
from cwmi_seg.datasets.snemi3d import SOURCE, membranes
from cwmi_seg.datasets.volume_files.opening import open_volume
from cwmi_seg.datasets.volume_spacing import given_spacing
from cwmi_seg.datasets.volume_values import image_slabs, mask_slabs
from cwmi_seg.mistakes import Mistake


class SNEMI3DVolume:
    """100 slices 1024 x 1024 of mouse cortex in an electron microscope, 30 x 6 x 6 nm; structure = membranes.

    The stack is cut into blocks of neighbouring slices, which make the folds; being one volume they are one group, that
    is one observation in tests. Membranes are marked slice by slice, as in the dataset of the slices.

    Args:
        block_size: Largest number of slices of a block; None leaves the stack whole.
        spacing: Distance of neighbouring voxels along depth, height and width in nm.
    """

    def __init__(self, block_size: int | None = 20, spacing: Sequence[float] = (30.0, 6.0, 6.0)) -> None:
        self.block_size, self.spacing = checked_block_size(block_size), given_spacing(spacing)

    def __call__(self, raw: Path) -> RawVolumes:
        files = RawFiles(raw, SOURCE)
        stack, labels = (
            files.require(rf"train[-_]{part}\.tiff?", f"train-{part}.tif")[()] for part in ("input", "labels")
        )
        depth, other = (_depth(path) for path in (stack, labels))
        if depth != other:
            raise Mistake(f"{labels}: expected {depth} pages as in {stack.name}, got {other}; copy both again.")
        samples = [_sample(stack, labels, block) for block in blocks(depth, self.block_size)]
        return RawVolumes(SOURCE, tuple(samples), spacing=self.spacing, unit="nm")


def _sample(stack: Path, labels: Path, slices: range) -> RawVolume:
    return RawVolume(
        name=block_name("slices", slices),
        files=(stack, labels),
        image=partial(_image, stack, slices),
        mask=partial(_mask, labels, slices),
        group="train",
    )


def _depth(path: Path) -> int:
    with open_volume(path) as volume:
        return volume.shape[0]


@contextmanager
def _image(path: Path, slices: range) -> Iterator[Slabs]:
    with open_volume(path) as volume:
        yield image_slabs(volume, slices)


@contextmanager
def _mask(path: Path, slices: range) -> Iterator[Slabs]:
    with open_volume(path) as volume:
        yield mask_slabs(volume, lambda labels, _: membranes(labels), slices, by_slice=True)
