"""One mask saved in every way is the same mask for preparation and evaluation, or is refused by name."""

import hashlib
import json
import zipfile
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image

from cwmi_seg.datasets.folder import ImageFolder
from cwmi_seg.datasets.image_files import read_binary, read_labels
from cwmi_seg.datasets.preparation import prepare
from cwmi_seg.datasets.prepared import PreparedImages
from cwmi_seg.evaluation.mask_evaluation import evaluate_masks
from cwmi_seg.evaluation.mask_folders import MaskPair
from cwmi_seg.prediction.inputs import find_images
from tests.support import fake_data
from tests.support.mask_writers import BLACK_FIRST, READ, REFUSED, WHITE_FIRST, bits, numbers, palette, tif

MASK = np.zeros((40, 48), dtype=bool)
MASK[16:24] = MASK[:, 32:40] = True
CLASSES: list[dict[object, object] | None] = [None, {0: 0, 255: 1}, {0: 0, 1: 1}, {0: 0, 65535: 1}]


@pytest.mark.parametrize("kind", READ)
def test_a_mask_is_the_same_for_every_command_however_it_is_saved(tmp_path: Path, kind: str) -> None:
    path = READ[kind](tmp_path, MASK)
    for classes in CLASSES:
        np.testing.assert_array_equal(ImageFolder(classes=classes).read_mask(path), MASK)
    for ignored in (None, 7):
        np.testing.assert_array_equal(MaskPair("a", path, path).read(2, ignored), [MASK, MASK])
    np.testing.assert_array_equal(read_binary(path), MASK)


@pytest.mark.parametrize("kind", REFUSED)
def test_a_mask_that_can_be_meant_in_two_ways_or_is_none_is_refused_by_name(tmp_path: Path, kind: str) -> None:
    write, message = REFUSED[kind]
    path = write(tmp_path, MASK)
    readers = (ImageFolder().read_mask, read_binary, lambda path: MaskPair("a", path, path).read(2, None))
    for read in readers:
        with pytest.raises(ValueError, match=r"a\.\w+: expected .*") as caught:
            read(path)
        assert "; " in str(caught.value), "the line ends with a repair"
    with pytest.raises(ValueError, match=message):
        read_binary(path)


def test_soft_edges_of_a_jpg_are_refused_with_the_repair(tmp_path: Path) -> None:
    path = numbers(".jpg", 255, quality=80)(tmp_path, np.roll(MASK, 3))
    repair = r"a\.jpg: expected .*a jpg or webp blurs them: save the mask as png"
    for read in (ImageFolder().read_mask, ImageFolder(classes={0: 0, 255: 1}).read_mask, read_binary):
        with pytest.raises(ValueError, match=repair):
            read(path)
    with pytest.raises(ValueError, match=repair):
        MaskPair("a", path, path).read(2, None)


@pytest.mark.parametrize("kind", ["png palette white first", "tif bool by tifffile", "tif lzw", "npz", "webp"])
def test_masks_are_found_prepared_and_scored(tmp_path: Path, kind: str) -> None:
    for folder in ("raw/images", "raw/masks", "plain"):
        (tmp_path / folder).mkdir(parents=True)
    fake_data.save(tmp_path / "raw/images/a.png", fake_data.photograph(0, *MASK.shape))
    READ[kind](tmp_path / "raw/masks", MASK)
    prepare(ImageFolder(), tmp_path / "raw", tmp_path / "set")
    np.testing.assert_array_equal(PreparedImages(tmp_path / "set").read(0)[1], MASK)
    numbers(".png", 255)(tmp_path / "plain", MASK)
    results, _ = evaluate_masks(tmp_path / "raw/masks", tmp_path / "plain", tmp_path / "out")
    assert results.test["miou"].mean == 1.0


def test_pictures_of_other_kinds_beside_the_masks_are_left_alone(tmp_path: Path) -> None:
    raw = fake_data.write_folder(tmp_path / "raw")
    alone = prepare(ImageFolder(), raw, tmp_path / "alone").info
    for name in ("masks/a.npy", "masks/x.webp", "images/a.webp", "images/y.webp", "masks/a.jpg", "masks/z.jpg"):
        (raw / name).write_bytes(b"something else")
    results, _ = evaluate_masks(raw / "masks", raw / "masks", tmp_path / "out")
    assert results.num_test_images == 3
    for stray in (raw / "masks").glob("*.jpg"):
        stray.unlink()
    assert prepare(ImageFolder(), raw, tmp_path / "beside").info.fingerprint == alone.fingerprint
    assert [image.name for image in find_images(str(raw / "images"))] == ["a", "b", "c"]


@pytest.mark.parametrize(("mask", "share"), [(np.zeros_like(MASK), 0), (np.ones_like(MASK), 1)])
def test_a_black_and_white_palette_of_which_one_colour_occurs_is_read_by_it(
    tmp_path: Path, mask: np.ndarray, share: int
) -> None:
    for colours, background in ((WHITE_FIRST, 1), (BLACK_FIRST, 0)):
        path = palette(".png", background, 1 - background, colours, bits=1)(tmp_path, mask)
        assert read_binary(path).mean() == ImageFolder().read_mask(path).mean() == share


def test_white_alone_among_colours_may_be_background_or_structure(tmp_path: Path) -> None:
    path = palette(".png", 0, 1, {0: (255, 255, 255), 1: (200, 0, 0)})(tmp_path, np.zeros_like(MASK))
    with pytest.raises(ValueError, match=r"a\.png: expected a mask that can be read in one way, got a palette"):
        ImageFolder().read_mask(path)
    np.testing.assert_array_equal(ImageFolder(classes={0: 0, 1: 1}).read_mask(numbers(".png", 1)(tmp_path, MASK)), MASK)


def test_class_numbers_of_a_palette_are_kept_whatever_their_colours(tmp_path: Path) -> None:
    classes = fake_data.cells(0, 40, 48, count=4).clip(max=4).astype(np.uint8)
    image = Image.fromarray(classes)
    image.putpalette([255, 255, 255, 0, 0, 0, 200, 0, 0, 0, 200, 0, 0, 0, 200])
    for suffix in (".png", ".tif", ".bmp"):
        image.save(tmp_path / f"a{suffix}")
        path = tmp_path / f"a{suffix}"
        np.testing.assert_array_equal(read_labels(path), classes)
        np.testing.assert_array_equal(MaskPair("a", path, path).read(5, None)[1], classes)
        named = ImageFolder(classes={value: value for value in range(5)})
        np.testing.assert_array_equal(named.read_mask(path), classes)


def test_black_and_white_among_label_colours_are_class_numbers(tmp_path: Path) -> None:
    """A mask of a data set with many classes, of which background (black) and one that is drawn white occur."""
    for position in (7, 255):
        path = palette(".png", 0, position, {1: (200, 0, 0), position: (255, 255, 255)})(tmp_path, MASK)
        ignored = 255 if position == 255 else None
        np.testing.assert_array_equal(MaskPair("a", path, path).read(21, 255)[1], position * MASK)
        named = ImageFolder(classes={value: value for value in range(8)}, ignore_value=ignored)
        np.testing.assert_array_equal(named.read_mask(path), position * MASK)
    with pytest.raises(ValueError, match=r"a\.png: .* colours say different things"):  # ignored, or structure?
        MaskPair("a", path, path).read(2, 255)


def test_a_palette_that_tells_nothing_apart_is_refused_or_read_by_number(tmp_path: Path) -> None:
    path = palette(".png", 0, 1, {})(tmp_path, MASK)
    with pytest.raises(ValueError, match=r"a\.png: expected a mask that can be read in one way"):
        ImageFolder().read_mask(path)
    path = palette(".png", 0, 2, {})(tmp_path, MASK)
    np.testing.assert_array_equal(ImageFolder(classes={0: 0, 1: 1, 2: 2}).read_mask(path), 2 * MASK)


def test_grey_values_of_a_palette_are_found_by_their_names(tmp_path: Path) -> None:
    """A gif of 0, 128 and 255 holds positions 0, 1, 2; both names are right, and mean the same."""
    classes = fake_data.cells(0, 40, 48, count=3) % 3
    grey = np.array([0, 128, 255], dtype=np.uint8)[classes]
    image = Image.fromarray(classes.astype(np.uint8))
    image.putpalette([value for value in (0, 128, 255) for _ in range(3)])
    image.save(tmp_path / "a.png")
    Image.fromarray(grey).save(tmp_path / "a.gif")
    for suffix in (".png", ".gif"):
        named = ImageFolder(classes={0: 0, 128: 1, 255: 2})
        np.testing.assert_array_equal(named.read_mask(tmp_path / f"a{suffix}"), classes)
    np.testing.assert_array_equal(MaskPair("a", tmp_path / "a.png", tmp_path / "a.png").read(3, None)[0], classes)
    with pytest.raises(ValueError, match=r"a\.png: expected a mask that can be read in one way"):
        ImageFolder(classes={0: 0, 1: 1, 2: 2, 128: 3, 255: 4}).read_mask(tmp_path / "a.png")


def test_a_named_value_of_one_bit_is_what_it_shows(tmp_path: Path) -> None:
    """Optimisers store grey images of 0 and 255 in one bit."""
    path = bits(".png")(tmp_path, MASK)
    np.testing.assert_array_equal(ImageFolder(classes={0: 0, 128: 1, 255: 2}).read_mask(path), 2 * MASK)
    np.testing.assert_array_equal(MaskPair("a", path, path).read(2, 255)[1], MASK)


def test_ignored_pixels_stay_ignored_beside_any_white(tmp_path: Path) -> None:
    for white, ignored in ((255, 7), (65535, 255), (1, 255)):
        values = (MASK * white).astype(np.uint16)
        values[:3] = ignored
        path = fake_data.save(tmp_path / "a.png", values)
        named: dict[object, object] = {0: 0, 255 if ignored == 7 else 1: 1}
        for classes in (None, named):
            mask = ImageFolder(classes=classes, ignore_value=ignored).read_mask(path)
            np.testing.assert_array_equal(mask[3:], MASK[3:])
            assert (mask[:3] == 255).all()
        _, target = MaskPair("a", fake_data.save(tmp_path / "b.png", MASK), path).read(2, ignored)
        np.testing.assert_array_equal(target[3:], MASK[3:])
        assert (target[:3] == ignored).all()


def test_labels_below_zero_and_above_16_bits_are_kept(tmp_path: Path) -> None:
    for dtype, least in (("int8", -5), ("int16", -300), ("int32", -(2**20)), ("uint32", 2**20)):
        labels = np.full((8, 8), least, dtype=dtype)
        tifffile.imwrite(tmp_path / "a.tif", labels)
        np.testing.assert_array_equal(read_labels(tmp_path / "a.tif"), labels)
    named = ImageFolder(classes={0: 0, -5: 1})
    tifffile.imwrite(tmp_path / "a.tif", MASK.astype(np.int8) * -5)
    np.testing.assert_array_equal(named.read_mask(tmp_path / "a.tif"), MASK)


def test_of_a_numpy_file_nothing_is_loaded_but_one_mask(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    np.savez(tmp_path / "two.npz", a=MASK, b=MASK)
    np.save(tmp_path / "deep.npy", np.zeros((4, 5, 3), np.uint8))
    np.save(tmp_path / "cut.npy", MASK)
    (tmp_path / "cut.npy").write_bytes((tmp_path / "cut.npy").read_bytes()[:-50])
    np.save(tmp_path / "large.npy", MASK)
    with zipfile.ZipFile(tmp_path / "large.npz", "w") as archive:
        archive.write(tmp_path / "large.npy", "mask.npy")
    monkeypatch.setenv("CWMI_MAX_IMAGE_VALUES", "1000")
    for name, message in {
        "two.npz": "expected one array, got 2; save the mask alone",
        "deep.npy": r"expected whole numbers H x W, got uint8 of shape \(4, 5, 3\); save",
        "large.npy": "expected at most 1,000 values, got an image of 40 x 48",
        "large.npz": "expected at most 1,000 values, got an image of 40 x 48",
    }.items():
        with pytest.raises(ValueError, match=f"{name}: {message}"):
            read_labels(tmp_path / name)
    monkeypatch.delenv("CWMI_MAX_IMAGE_VALUES")
    with pytest.raises(ValueError, match=r"cut\.npy: cannot be read"):
        read_labels(tmp_path / "cut.npy")


# data that were prepared before


def fingerprint(raw: Path, mask: str) -> str:
    """Of one image as it has been since the first version."""
    files = (raw / "images/a.png", raw / "masks" / mask)
    sums = " ".join(hashlib.sha256(path.read_bytes()).hexdigest() for path in files)
    return hashlib.sha256(f"1 \na None a {sums}".encode()).hexdigest()


@pytest.mark.parametrize("kind", ["png 8 bit 0 255", "png palette as VOC has it", "png 1 bit", "gif", "tif lzw"])
def test_the_fingerprint_of_data_that_were_read_rightly_stays(tmp_path: Path, kind: str) -> None:
    raw = one_image(tmp_path, kind)
    mask = next((raw / "masks").iterdir()).name
    assert prepare(ImageFolder(), raw, tmp_path / "set").info.fingerprint == fingerprint(raw, mask)


@pytest.mark.parametrize("kind", ["png palette white first", "tif bool by tifffile", "tif palette white first"])
def test_data_that_were_read_wrongly_must_be_prepared_again_once(tmp_path: Path, kind: str) -> None:
    raw = one_image(tmp_path, kind)
    mask = next((raw / "masks").iterdir()).name
    prepare(ImageFolder(), raw, tmp_path / "set")
    path = tmp_path / "set/dataset.json"
    fields = json.loads(path.read_text())
    assert fields["fingerprint"] != fingerprint(raw, mask)
    path.write_text(json.dumps({**fields, "fingerprint": fingerprint(raw, mask)}))
    with pytest.raises(
        ValueError, match=rf"earlier version, which read .*{mask} .*; prepare again with overwrite=true"
    ):
        prepare(ImageFolder(), raw, tmp_path / "set")
    assert prepare(ImageFolder(), raw, tmp_path / "set", overwrite=True).written
    assert not prepare(ImageFolder(), raw, tmp_path / "set").written


def one_image(root: Path, kind: str) -> Path:
    raw = root / "raw"
    fake_data.save(raw / "images/a.png", fake_data.photograph(0, *MASK.shape))
    (raw / "masks").mkdir()
    READ[kind](raw / "masks", MASK)
    return raw


def test_negative_labels_count_among_what_was_read_wrongly(tmp_path: Path) -> None:
    raw = tmp_path / "raw"
    fake_data.save(raw / "images/a.png", fake_data.photograph(0, *MASK.shape))
    (raw / "masks").mkdir()
    tif(-1, "int8")(raw / "masks", MASK)
    info = prepare(ImageFolder(classes={0: 0, -1: 1}), raw, tmp_path / "set").info
    assert info.fingerprint != fingerprint(raw, "a.tif")
    assert info.images[0].class_counts[1] == MASK.sum()
