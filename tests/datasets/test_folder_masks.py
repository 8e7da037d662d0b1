"""Masks of one's own: classes by value, colour and name, thresholds, numbered objects."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cwmi_seg.datasets.dataset_json import load_info
from cwmi_seg.datasets.folder import ImageFolder
from cwmi_seg.datasets.preparation import prepare
from cwmi_seg.datasets.report import describe
from tests.support.fake_data import cells, lines, photograph, save

TRUTH = (cells(3, 20, 28, count=3) % 3).astype(np.uint8)
COLOURS = np.array([(0, 0, 0), (128, 64, 128), (0, 142, 0)], np.uint8)
BY_COLOUR: dict[object, object] = {"0/0/0": "sky", "128/64/128": "road", "0/142/0": "tree"}


def palette(path: Path) -> Path:
    """Class 2 at position 7, class 1 at position 5."""
    image = Image.fromarray(np.array([0, 5, 7], np.uint8)[TRUTH])
    table = np.zeros((256, 3), np.uint8)
    table[[5, 7]] = COLOURS[1:]
    image.putpalette(table.tobytes())
    image.save(path)
    return path


def test_classes_by_colour_name_and_file(tmp_path: Path) -> None:
    rgb = save(tmp_path / "rgb.png", COLOURS[TRUTH])
    (tmp_path / "classes.csv").write_text("name,r,g,b\nsky,0,0,0\nroad,128,64,128\ntree,0,142,0\n")
    (tmp_path / "classes.txt").write_text("0 0 0\t\tsky\n128 64 128\t\troad\n0 142 0\ttree\n")
    for classes in (BY_COLOUR, str(tmp_path / "classes.csv"), str(tmp_path / "classes.txt")):
        folder = ImageFolder(classes=classes)
        np.testing.assert_array_equal(folder.read_mask(rgb), TRUTH)
        np.testing.assert_array_equal(folder.read_mask(palette(tmp_path / "p.png")), TRUTH)
        assert folder.masks.class_names == ("sky", "road", "tree")
        assert folder.masks.class_colours == tuple(map(tuple, COLOURS.tolist()))
    by_position = ImageFolder(classes={0: "sky", 5: "road", 7: "tree"})
    np.testing.assert_array_equal(by_position.read_mask(tmp_path / "p.png"), TRUTH)
    assert by_position.masks.class_colours == ()


def test_a_class_or_colour_that_takes_no_part(tmp_path: Path) -> None:
    rgb = save(tmp_path / "rgb.png", COLOURS[TRUTH])
    wanted = np.where(TRUTH == 2, 255, TRUTH)
    for folder in (
        ImageFolder(classes={**BY_COLOUR, "0/142/0": "ignore"}),
        ImageFolder(classes={"0/0/0": 0, "128/64/128": 1}, ignore_value="0/142/0"),
    ):
        np.testing.assert_array_equal(folder.read_mask(rgb), wanted)
        assert (folder.masks.num_classes, folder.masks.ignore_index) == (2, 255)


def test_a_grey_mask_is_cut_at_a_threshold_and_turned_round(tmp_path: Path) -> None:
    grey = np.linspace(0, 255, 20 * 28).reshape(20, 28).astype(np.uint8)
    path = save(tmp_path / "grey.png", grey)
    colour = save(tmp_path / "colour.png", np.repeat(grey[..., None], 3, axis=2))
    for each in (path, colour):
        np.testing.assert_array_equal(ImageFolder(threshold=100).read_mask(each), grey >= 100)
        np.testing.assert_array_equal(ImageFolder(threshold=100, invert=True).read_mask(each), grey < 100)
    truth = lines(1, 20, 28)
    soft = tmp_path / "soft.jpg"
    Image.fromarray(truth.repeat(8, 0).repeat(8, 1).astype(np.uint8) * 255).save(soft, quality=80)
    assert (ImageFolder(threshold=128).read_mask(soft)[4::8, 4::8] == truth).all()


def test_ignored_pixels_stay_ignored_where_classes_are_exchanged(tmp_path: Path) -> None:
    values = np.array([[0, 255, 7]], np.uint8).repeat(4, 0)
    mask = ImageFolder(ignore_value=7, invert=True).read_mask(save(tmp_path / "m.png", values))
    assert mask[0].tolist() == [1, 0, 255]


def test_numbered_objects_become_lines(tmp_path: Path) -> None:
    labels = np.array([[1, 1, 2, 2, 0, 3]] * 3, np.uint16)
    path = save(tmp_path / "labels.png", labels)
    wanted = {"objects": [1, 1, 1, 1, 0, 1], "membranes": [0, 1, 1, 0, 1, 0], "touching": [0, 1, 1, 0, 0, 0]}
    for instances, row in wanted.items():
        assert ImageFolder(instances=instances).read_mask(path)[1].tolist() == row
    assert ImageFolder(instances="touching", ignore_value=3).read_mask(path)[1].tolist() == [0, 1, 1, 0, 0, 255]
    files = [save(tmp_path / f"{label}.png", (labels == label).astype(np.uint8) * 255) for label in (1, 2, 3)]
    for instances, row in wanted.items():
        assert ImageFolder(instances=instances).masks.read_objects(files)[1].tolist() == row


def test_names_and_colours_are_kept_and_more_structure_than_background_is_told(tmp_path: Path) -> None:
    for name in "abc":
        save(tmp_path / f"raw/images/{name}.png", photograph(ord(name), 20, 28))
        save(tmp_path / f"raw/masks/{name}.png", COLOURS[np.minimum(TRUTH, 1)])
    classes: dict[object, object] = {"0/0/0": "sky", "128/64/128": "road", "9/9/9": "car"}
    info = prepare(ImageFolder(classes=classes), tmp_path / "raw", tmp_path / "set").info
    assert load_info(tmp_path / "set") == info
    assert info.class_names == ("sky", "road", "car")
    assert info.class_colours == ((0, 0, 0), (128, 64, 128), (9, 9, 9))
    lines_ = "\n".join(describe(info))
    assert "class sky " in lines_
    assert "note: class 2 never occurs" in lines_
    folder = ImageFolder(classes={"0/0/0": 1, "128/64/128": 0}, invert=True)
    inverted = prepare(folder, tmp_path / "raw", tmp_path / "other").info
    assert "prepare with dataset.preparer.invert=true" in "\n".join(describe(inverted))


@pytest.mark.parametrize("classes", [{"0/0/0": 0, 5: 1}, {"0/0": 0, 5: 1}, {"0/0/0": 0, "1/1/1": 2}])
def test_classes_that_are_none_are_refused(classes: dict[object, object]) -> None:
    with pytest.raises(ValueError, match="classes: expected"):
        ImageFolder(classes=classes)
