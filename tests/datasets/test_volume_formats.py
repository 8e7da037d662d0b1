"""Every format of volumes, written by its own library, prepared and read back."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import nibabel
import numpy as np
import pytest
import tifffile
import zarr
from PIL import Image

from cwmi_seg.datasets.preparation import check, prepare
from cwmi_seg.datasets.prepared import PreparedImages
from cwmi_seg.datasets.volume_files.opening import open_volume
from cwmi_seg.datasets.volume_files.units import in_one_unit
from cwmi_seg.datasets.volume_folder import VolumeFolder
from tests.support import volume_writers as writers
from tests.support.volume_writers import SHAPE, SPACING, in_order

Write = Callable[[Path, Any, str], None]
FORMATS: list[tuple[str, Write, str, str]] = [
    (".tif", writers.imagej, "ZYX", "uint16"), (".tif", writers.imagej, "ZCYX", "uint8"),
    (".ome.tif", writers.ome_tif, "CZYX", "float32"), (".ome.tiff", writers.ome_tif, "ZYX", "uint16"),
    (".ome.tif", writers.tiled_ome_tif, "ZCYX", "uint16"), (".tif", writers.tiled_ome_tif, "CZYX", "uint8"),
    (".tif", writers.tiled_tif, "ZYX", "uint16"), (".tiff", writers.pages, "ZYX", "float32"),
    (".nii", writers.nifti, "XYZ", "int16"), (".nii.gz", writers.nifti, "XYZ", "uint8"),
    (".nrrd", writers.nrrd_of("gzip"), "XYZ", "uint16"), (".nrrd", writers.nrrd_of("raw"), "CXYZ", "uint8"),
    (".nrrd", writers.nrrd_of("bzip2"), "XYZC", "int32"), (".nrrd", writers.nrrd_directions, "CXYZ", "float32"),
    (".h5", writers.hdf5, "ZYX", "uint16"), (".hdf5", writers.hdf5, "CXYZ", "float64"),
    (".zarr", writers.ome_zarr(2), "CZYX", "uint16"), (".ome.zarr", writers.ome_zarr(3), "XYZ", "float32"),
    (".zarr", writers.ome_zarr(3, shards=(8, 16, 16)), "ZYX", "uint8"),
    (".npy", writers.npy, "ZYX", "uint16"), (".npy", writers.npy, "XYZ", "uint8"),
    (".npz", writers.npz, "ZYX", "float32"), (".npz", writers.npz, "CZYX", "uint8"),
]  # fmt: skip
SAYS_NO_AXES = (writers.npy, writers.npz)
SAYS_NO_SPACING = (*SAYS_NO_AXES, writers.tiled_tif, writers.pages)


def volume(axes: str, dtype: str) -> Any:
    """Numbers D H W [I] that differ everywhere; the first slices of signed ones are below 0."""
    shape = [SHAPE[letter] for letter in ("ZYXC" if "C" in axes else "ZYX")]
    numbers = np.random.default_rng(len(axes)).permutation(int(np.prod(shape))).reshape(shape)
    return (numbers - 100 if dtype[0] in "if" else numbers % 251).astype(dtype)


@pytest.mark.parametrize(("ending", "write", "axes", "dtype"), FORMATS, ids=lambda value: str(value)[:12])
def test_round_trip(ending: str, write: Write, axes: str, dtype: str, tmp_path: Path) -> None:
    """The image in the format's own order and type, the mask as labels of 32 bits in the same order."""
    array = volume(axes, dtype)
    mask = (volume(axes.replace("C", ""), "uint8") % 3).astype("uint16")
    for folder, content, order in (("images", array, axes), ("masks", mask, axes.replace("C", ""))):
        (tmp_path / "raw" / folder).mkdir(parents=True)
        write(tmp_path / "raw" / folder / f"a{ending}", in_order(content, order), order)
    said = write not in SAYS_NO_AXES
    preparer = VolumeFolder(
        axes=None if said else axes,
        mask_axes=None if said else axes.replace("C", ""),
        classes={0: 0, 1: 1, 2: 2},
        spacing=SPACING if write in SAYS_NO_SPACING else None,
        unit="µm" if write in SAYS_NO_SPACING else "",
    )
    info = prepare(preparer, tmp_path / "raw", tmp_path / "set").info
    image, classes = PreparedImages(tmp_path / "set").read(0)
    np.testing.assert_array_equal(image, array if "C" in axes else array[..., None])
    np.testing.assert_array_equal(classes, mask)
    assert image.dtype == (dtype if dtype in ("uint8", "uint16") else "float32")
    assert (info.spacing, info.unit, info.images[0].name) == (SPACING, "µm", "a")
    assert info.images[0].class_counts == tuple(np.bincount(mask.ravel()))
    np.testing.assert_allclose(info.mean, image.reshape(-1, image.shape[3]).mean(0, dtype=np.float64), rtol=1e-12)
    np.testing.assert_allclose(info.std, image.reshape(-1, image.shape[3]).std(0, dtype=np.float64), rtol=1e-9)
    assert check(tmp_path / "set") == info


@pytest.mark.parametrize(
    ("name", "write"),
    [("a.tif", writers.imagej), ("a.tif", writers.tiled_tif), ("a.h5", writers.hdf5), ("a.zarr", writers.ome_zarr(3))],
)
def test_a_part_of_a_file_is_the_part_of_its_array(name: str, write: Write, tmp_path: Path) -> None:
    path = tmp_path / name
    array = np.arange(9 * 33 * 40, dtype=np.uint16).reshape(9, 33, 40)
    write(path, array, "ZYX")
    with open_volume(path) as opened:
        np.testing.assert_array_equal(opened.read(3, 8)[..., 0], array[3:8])
        np.testing.assert_array_equal(opened.read(8, 9)[..., 0], array[8:])


def test_pages_that_tifffile_describes_one_by_one_are_one_stack(tmp_path: Path) -> None:
    array = np.arange(4 * 5 * 6, dtype=np.uint8).reshape(4, 5, 6)
    with tifffile.TiffWriter(tmp_path / "a.tif") as file:
        for page in array:
            file.write(page, photometric="minisblack")
    with open_volume(tmp_path / "a.tif") as opened:
        np.testing.assert_array_equal(opened.read(0, 4)[..., 0], array)


def test_a_page_that_is_a_volume_is_read_by_tiles(tmp_path: Path) -> None:
    array = np.arange(20 * 33 * 40, dtype=np.uint16).reshape(20, 33, 40)
    tifffile.imwrite(tmp_path / "a.tif", array, tile=(16, 16, 16), volumetric=True)
    with open_volume(tmp_path / "a.tif") as opened:
        np.testing.assert_array_equal(opened.read(2, 19)[..., 0], array[2:19])
        assert opened.thickness == 20


def test_pyramids_and_thumbnails_are_left_out(tmp_path: Path) -> None:
    array = np.arange(4 * 64 * 64, dtype=np.uint16).reshape(4, 64, 64)
    with tifffile.TiffWriter(tmp_path / "a.ome.tif") as file:
        file.write(array, subifds=1, tile=(16, 16), metadata={"axes": "ZYX"})
        file.write(array[:, ::2, ::2], subfiletype=1, tile=(16, 16))
    with open_volume(tmp_path / "a.ome.tif") as opened:
        np.testing.assert_array_equal(opened.read(0, 4)[..., 0], array)


def test_a_scaled_nifti_has_the_numbers_that_are_meant(tmp_path: Path) -> None:
    image = nibabel.Nifti1Image(np.arange(24, dtype=np.int16).reshape(2, 3, 4), np.eye(4))
    image.header.set_slope_inter(0.5, 10)
    nibabel.save(image, tmp_path / "a.nii.gz")
    with open_volume(tmp_path / "a.nii.gz") as opened:
        stored: Any = nibabel.load(tmp_path / "a.nii.gz")
        expected = stored.get_fdata().transpose(2, 1, 0)
        np.testing.assert_array_equal(opened.read(0, 4)[..., 0], expected)
        assert expected.min() == 10
        assert opened.spacing == (1, 1, 1)


def test_resolution_of_a_camera_is_no_spacing(tmp_path: Path) -> None:
    tifffile.imwrite(
        tmp_path / "a.tif", np.zeros((5, 6, 7), np.uint8), resolution=(72, 72), resolutionunit="INCH", metadata=None
    )
    with open_volume(tmp_path / "a.tif") as opened:
        assert opened.spacing is None


def test_attributes_of_hdf5_and_lesser_levels_of_ome_zarr(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "cremi.h5", "w") as file:
        file["volumes/raw"] = np.zeros((3, 4, 5), np.uint8)
        file["volumes/labels"] = np.ones((3, 4, 5), np.uint64)
        file["volumes/raw"].attrs["resolution"] = (40.0, 4.0, 4.0)
    with open_volume(tmp_path / "cremi.h5", key="volumes/raw") as opened:
        assert (opened.spacing, opened.unit, opened.axes_from) == ((40, 4, 4), "nm", "guess")
    writers.ome_zarr(2)(tmp_path / "a.zarr", np.zeros((4, 6, 8), np.uint8), "ZYX")
    group: Any = zarr.open_group(tmp_path / "a.zarr", mode="a")
    (image,) = group.attrs["multiscales"]
    group.create_array("s1", shape=(4, 3, 4), dtype="u1")[...] = 1
    halved = {"path": "s1", "coordinateTransformations": [{"type": "scale", "scale": [3.0, 1.0, 0.5]}]}
    group.attrs["multiscales"] = [{**image, "datasets": [*image["datasets"], halved]}]
    with open_volume(tmp_path / "a.zarr", key="s1") as opened:
        assert (opened.shape, opened.spacing, opened.unit) == ((4, 3, 4, 1), (3, 1, 0.5), "µm")


def test_the_config_counts_before_the_file(tmp_path: Path) -> None:
    """ImageJ calls slices time where nobody told it better."""
    array = np.arange(4 * 5 * 6, dtype=np.uint8).reshape(4, 5, 6)
    tifffile.imwrite(tmp_path / "a.tif", array, imagej=True, metadata={"axes": "TYX"})
    with pytest.raises(
        ValueError, match=r"a\.tif: expected a single volume, got 4 points in time .* such as ZYX, XYZC or"
    ):
        open_volume(tmp_path / "a.tif").__enter__()
    with open_volume(tmp_path / "a.tif", axes="ZYX") as opened:
        np.testing.assert_array_equal(opened.read(0, 4)[..., 0], array)


@pytest.mark.parametrize("dtype", ["bool", "int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64",
                                   "float32", "float64", ">u2", ">i4"])  # fmt: skip
def test_label_volumes_of_any_type(dtype: str, tmp_path: Path) -> None:
    mask = np.random.default_rng(0).integers(0, 2, (6, 7, 8)).astype(dtype)
    for folder, content in (("images", mask.astype(np.uint8)), ("masks", mask)):
        (tmp_path / "raw" / folder).mkdir(parents=True)
        np.save(tmp_path / "raw" / folder / "a.npy", content)
    prepare(VolumeFolder(), tmp_path / "raw", tmp_path / "set")
    np.testing.assert_array_equal(PreparedImages(tmp_path / "set").read(0)[1], mask.astype(np.uint8))


@pytest.mark.parametrize(
    ("steps", "units", "expected"),
    [
        ((3, 500, 0.25), ("micron", "nm", "um"), ((3, 0.5, 0.25), "µm")),
        ((1, 2, 3), ("", "pixel", "unknown"), ((1, 2, 3), "")),
        ((0, 2, float("nan")), ("mm", "mm", "mm"), ((None, 2, None), "mm")),
        ((1, 2, 3), ("mm", "parsec", "mm"), ((None, None, None), "")),
        ((None, "x", -1), ("mm", "mm", "mm"), ((None, None, None), "")),
    ],
)
def test_steps_in_one_unit(steps: Any, units: Any, expected: Any) -> None:
    assert in_one_unit(steps, units) == expected


def write_slices(folder: Path, array: Any) -> None:
    folder.mkdir(parents=True)
    for number, page in enumerate(array):
        Image.fromarray(page).save(folder / f"z{number + 1}.png")


def test_a_folder_of_images_is_a_volume_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    array = np.arange(12 * 5 * 6 * 3).reshape(12, 5, 6, 3).astype(np.uint8)
    mask = (array[..., 0] % 2).astype(np.uint8)
    write_slices(tmp_path / "raw/train/images/a", array)
    write_slices(tmp_path / "raw/train/masks/a", mask * np.uint8(255))
    (tmp_path / "raw/train/images/a/.DS_Store").write_text("of a file manager")
    info = prepare(VolumeFolder(spacing=(2, 1, 1)), tmp_path / "raw", tmp_path / "set").info
    assert [(image.name, image.shape, image.part) for image in info.images] == [("train_a", (12, 5, 6), "train")]
    image, classes = PreparedImages(tmp_path / "set").read(0)
    np.testing.assert_array_equal(image, array)
    np.testing.assert_array_equal(classes, mask)
    (tmp_path / "raw/train/images/a/.DS_Store").unlink()
    assert not prepare(VolumeFolder(spacing=(2, 1, 1)), tmp_path / "raw", tmp_path / "set").written
    (tmp_path / "raw/train/masks/a/z7.png").unlink()
    with pytest.raises(ValueError, match="expected the size of its mask a, 11 x 5 x 6"):
        prepare(VolumeFolder(), tmp_path / "raw", tmp_path / "other")
    Image.fromarray(mask[6, :4] * np.uint8(255)).save(tmp_path / "raw/train/masks/a/z7.png")
    with pytest.raises(ValueError, match=r"^\S+masks/a/z7\.png: expected 5x6 of int64 as in the first slice, got 4x6"):
        prepare(VolumeFolder(), tmp_path / "raw", tmp_path / "other")
    (tmp_path / "raw/train/images/a/z9.png").write_bytes(b"no image")
    with pytest.raises(ValueError, match=r"^\S+images/a/z9\.png: cannot be read as an image"):
        prepare(VolumeFolder(), tmp_path / "raw", tmp_path / "other")


def test_palettes_of_mask_slices_are_read_as_those_of_images(tmp_path: Path) -> None:
    numbers = np.arange(3 * 4 * 5).reshape(3, 4, 5).astype(np.uint8) % 3
    write_slices(tmp_path / "raw/images/a", numbers)
    (tmp_path / "raw/masks/a").mkdir(parents=True)
    for number, page in enumerate(numbers):
        image = Image.fromarray(page, "P")
        image.putpalette([0, 0, 0, 200, 0, 0, 0, 200, 0])
        image.save(tmp_path / f"raw/masks/a/{number}.png")
    prepare(VolumeFolder(classes={0: 0, 1: 1, 2: 2}), tmp_path / "raw", tmp_path / "set")
    np.testing.assert_array_equal(PreparedImages(tmp_path / "set").read(0)[1], numbers)
