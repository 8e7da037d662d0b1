"""Outlines of COCO and labelme to masks, pixel by pixel, against another rasterisation."""

import json
import re
import shlex
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from cwmi_seg.datasets.dataset_json import load_info
from cwmi_seg.datasets.outlines.masks import OutlinedMasks, Outlines
from cwmi_seg.datasets.outlines.regions import Outlined, Region, circle, rectangle, ring_of, run_lengths
from tests.conftest import Command
from tests.support import outline_writers as writers
from tests.support.fake_data import save
from tests.support.layouts import SIZE, Expected, jpg, photo
from tests.support.outline_writers import annotation, inside, packed, runs, star, write_coco, write_labelme
from tests.support.prepared_pixels import prepare, require_pixels

Capture = pytest.CaptureFixture[str]
LAYOUTS: dict[Callable[[Path], Expected], dict[str, str]] = {
    writers.coco_itself: {"pairs": "annotations/instances_{part}2017.json"},
    writers.coco_of_roboflow: {"pairs": "{part}/_annotations.coco.json"},
    writers.coco_alone: {"pairs": "result.json"},
    writers.labelme_beside: {"image_pattern": "{name}.jpg", "mask_pattern": "{name}.json"},
    writers.labelme_apart: {"image_pattern": "images/{name}", "mask_pattern": "labels/{name}"},
}
"""What says each layout explicitly."""


def painted(region: Region, size: tuple[int, int] = SIZE) -> np.ndarray:
    mask = np.zeros(size, np.int32)
    region.paint(mask, 1)
    return mask


def drawn(*regions: Region, instances: str | None = None, names: tuple[str, ...] = ()) -> np.ndarray:
    labels = sorted({region.label for region in regions})
    outlines = Outlines({Path("x.png"): Outlined("x.png", SIZE, regions)}, labels)
    return OutlinedMasks(outlines, names, instances).draw(regions, SIZE)


@pytest.mark.parametrize("seed", range(30))
def test_a_pixel_is_inside_where_its_centre_is(seed: int) -> None:
    corners = star(seed, corners=3 + seed % 9)
    np.testing.assert_array_equal(painted(Region("a", (corners,))), inside(corners))


def test_pieces_are_one_region_and_far_corners_are_cut_off() -> None:
    pieces = star(1), star(2)
    np.testing.assert_array_equal(painted(Region("a", pieces)), inside(pieces[0]) | inside(pieces[1]))
    assert painted(Region("a", (ring_of([-1e12, -1e12, 1e12, -1e12, 1e12, 1e12, -1e12, 1e12]),))).all()
    assert not painted(Region("a", (ring_of([1e300, 5, 1e300, 9, 1e301, 9]),))).any()


def test_rectangles_and_circles() -> None:
    mask = painted(Region("a", (rectangle([[10, 8], [4, 3]]),)))
    assert np.argwhere(mask).min(0).tolist() == [3, 4]
    assert np.argwhere(mask).max(0).tolist() == [7, 9]
    rows, columns = np.indices(SIZE)
    disc = np.hypot(rows + 0.5 - 10.3, columns + 0.5 - 12.2) <= 6.37
    np.testing.assert_array_equal(painted(Region("a", (circle([[12.2, 10.3], [12.2 + 6.37, 10.3]]),))), disc)


@pytest.mark.parametrize("seed", range(8))
def test_run_lengths_as_numbers_and_as_text(seed: int) -> None:
    size = (70 + seed, 90)  # long runs take several characters
    mask = inside(star(seed, size), size) ^ (np.random.default_rng(seed).random(size) < 0.01 * seed)
    mask[0, 0] = bool(seed % 2)  # then the first run has no length
    counts = runs(mask)
    for written in (counts, packed(counts)):
        np.testing.assert_array_equal(painted(Region("a", runs=run_lengths(written)), size), mask)


def test_later_ones_lie_above_earlier_ones_and_all_above_a_crowd() -> None:
    crowd = Region("b", runs=run_lengths(runs(np.ones(SIZE, bool))), is_void=True)
    first, second = Region("b", (star(1),)), Region("a", (star(2),))
    expected = np.full(SIZE, 255)
    expected[inside(star(1))] = 2
    expected[inside(star(2))] = 1
    np.testing.assert_array_equal(drawn(first, crowd, second), expected)


def test_classes_in_the_order_that_is_said_and_labels_that_mean_none() -> None:
    names = ("background", "b", "a")
    assert set(np.unique(drawn(Region("a", (star(2),)), names=names))) == {0, 2}
    regions = Region("a", (rectangle([[0, 0], [20, 20]]),)), Region("__ignore__", (rectangle([[0, 0], [4, 4]]),))
    mask = drawn(*regions, Region("_background_", (rectangle([[6, 6], [8, 8]]),)))
    assert (mask[1, 1], mask[7, 7], mask[10, 10]) == (255, 0, 1)
    with pytest.raises(ValueError, match=r"class_names: expected every label of the outlines, got none for a; add it"):
        drawn(Region("a", (star(2),)), names=("background", "b"))


def test_objects_become_their_borders() -> None:
    left, right = (Region("a", (rectangle([[x, 2], [x + 6, 18]]),)) for x in (4, 10))
    mask = drawn(left, right, instances="touching")
    assert np.unique(np.argwhere(mask)[:, 1]).tolist() == [9, 10]


@pytest.mark.parametrize("write", LAYOUTS, ids=lambda write: write.__name__)
def test_a_folder_of_outlines_is_understood_and_can_be_said(
    command: Command, capsys: Capture, write: Callable[[Path], Expected]
) -> None:
    expected = write(Path("raw"))
    said = " ".join(f"'dataset.preparer.{key}=\"{text}\"'" for key, text in LAYOUTS[write].items())
    out = prepare(command, capsys, "raw=raw", "name=guessed")
    assert f"to say it explicitly: {said}\n" in out
    require_pixels("data/guessed", expected)
    prepare(command, capsys, "raw=raw", "name=said", *shlex.split(said))
    guessed, explicit = (load_info(Path("data") / name) for name in ("guessed", "said"))
    assert guessed.fingerprint == explicit.fingerprint
    assert guessed.class_names == ("background", *(("a", "b") if "coco" in write.__name__ else ("artery", "vein")))


def test_masks_that_are_there_go_before_outlines(command: Command, capsys: Capture) -> None:
    writers.labelme_beside(Path("raw"))
    for name in ("a1", "a2", "b1"):
        save(Path("raw") / f"{name}_mask.png", np.eye(*SIZE, dtype=np.uint8) * 255)
    assert "a1.jpg with a1_mask.png" in prepare(command, capsys, "raw=raw", "name=own")


STAR = [star(1).ravel().tolist()]


def broken(annotations: list[dict[str, object]], **changes: object) -> Callable[[], None]:
    def write() -> None:
        jpg(Path("raw/x.jpg"), photo(0))
        path = Path("raw/coco.json")
        write_coco(path, ["x.jpg"], annotations)
        path.write_text(json.dumps(json.loads(path.read_text()) | changes))

    return write


def line() -> None:
    jpg(Path("raw/x.jpg"), photo(0))
    write_labelme(Path("raw/x.json"), "x.jpg", [("crack", "linestrip", star(1))])


def half_outlined() -> None:
    writers.labelme_beside(Path("raw"))
    for name in ("c1", "c2", "d1", "d2", "e1", "e2"):
        jpg(Path(f"raw/{name}.jpg"), photo(0))
        write_labelme(Path(f"raw/{name}.json"), f"{name}.jpg", [("vein", "polygon", star(1))])
    Path("raw/d1.json").unlink()


IMAGE = {"id": 0, "file_name": "x.jpg", "height": SIZE[0], "width": SIZE[1]}
SAID = "dataset.preparer.pairs=coco.json"
WRONG = {
    "boxes": (broken([annotation(0, 1, [])]), (), r"coco\.json: .*annotation 0 is a box without an outline"),
    "corners": (broken([annotation(0, 1, [[1, 2, 3, 4]])]), (), r"x and y of at least three corners, got 4 numbers"),
    "infinite": (broken([annotation(0, 1, [[1, 2, 3, 4, 5, 1e999]])]), (), r"coco\.json: .*three corners"),
    "category": (broken([annotation(0, 9, STAR)]), (), r"coco\.json: expected outlines of COCO, got others \(no 9\)"),
    "runs": (broken([annotation(0, 1, {"counts": [3, 4]})]), (), r"expected run lengths of 20 x 28 pixels, got 7"),
    "long": (broken([annotation(0, 1, {"counts": [2**62] * 4})]), (), r"expected run lengths of 0 to 2147483648"),
    "lost": (broken([annotation(0, 1, STAR)], images=[{**IMAGE, "file_name": "y.jpg"}]), (SAID,), r"the file y\.jpg"),
    "size": (broken([annotation(0, 1, STAR)], images=[{**IMAGE, "height": 9}]), (), r"size of x\.jpg, 20 x 28, got 9"),
    "twice": (broken([annotation(0, 1, STAR)], images=[IMAGE, IMAGE]), (SAID,), r"each image once, got x\.jpg twice"),
    "nothing": (broken([]), (), r"expected outlines of 1 to 254 classes, got 0"),
    "option": (broken([annotation(0, 1, STAR)]), ("dataset.preparer.threshold=9",), r"threshold: expected nothing"),
    "line": (line, (), r"x\.json: .*'crack' is a linestrip; polygons, rectangles and circles are read"),
    "half": (half_outlined, (), r"d1\.jpg: no mask \{name\}\.json; add it"),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_a_mistake_is_one_line_and_writes_nothing(command: Command, capsys: Capture, case: str) -> None:
    write, said, message = WRONG[case]
    write()
    assert command("prepare", "dataset=folder", "raw=raw", "name=wrong", *said) == 1
    shown = capsys.readouterr().err
    assert len(shown.strip().splitlines()) == 1
    assert re.search(message, shown), shown
    assert not Path("data").exists()
