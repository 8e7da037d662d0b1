"""Pictures of more than two classes: colours, void, kinds of error, legend."""

import numpy as np

from cwmi_seg.datasets.class_colours import PALETTE, colours_of, names_of
from cwmi_seg.pictures.class_panel import class_panel, class_tiles, legend
from cwmi_seg.pictures.overlay import BLACK, BLUE, HATCHES, ORANGE, RED, WHITE, tinted

VOID = 255


def test_colours_do_not_repeat_below_33_classes() -> None:
    assert len(set(colours_of(32))) == 32
    assert len(colours_of(256)) == 256
    assert colours_of(3, [(1, 2, 3), (4, 5, 6), (7, 8, 9)]) == [(1, 2, 3), (4, 5, 6), (7, 8, 9)]
    assert names_of(3) == ["class 0", "class 1", "class 2"]
    assert names_of(2, ["sky", "road"]) == ["sky", "road"]


def test_each_kind_of_error_has_its_colour_and_void_is_hatched() -> None:
    target = np.array([[0, 1, 1, 0, 2, VOID, VOID, VOID, VOID]])
    prediction = np.array([[0, 1, 0, 2, 1, 0, 2, 1, 0]])
    image = np.zeros((1, 9, 3), np.uint8)
    _, truth, predicted, wrong = class_tiles(image, prediction, target, colours_of(3), VOID)
    assert wrong[0, :5].tolist() == [list(colour) for colour in (BLACK, WHITE, BLUE, RED, ORANGE)]
    assert truth[0, :5].tolist() == [list(PALETTE[c]) for c in (0, 1, 1, 0, 2)]
    assert predicted[0, :5].tolist() == [list(PALETTE[c]) for c in (0, 1, 0, 2, 1)]
    for picture in (truth, predicted, wrong):
        assert {tuple(pixel) for pixel in picture[0, 5:].tolist()} == set(HATCHES)


def test_the_legend_has_every_colour_and_fits_the_width() -> None:
    colours = colours_of(32)
    page = legend(colours, names_of(32), 300, void=True)
    assert page.shape[1] == 300
    assert {tuple(pixel) for pixel in page.reshape(-1, 3).tolist()} >= {*colours, *HATCHES, RED, BLUE, ORANGE}


def test_a_name_of_any_kind_is_drawn() -> None:
    names = ["a" * 500, "<b>", "line\nfeed\x1b[31m"]
    assert legend(colours_of(3), names, 200, void=False).shape[1] == 200


def test_a_panel_is_four_pictures_above_the_legend() -> None:
    image, mask = np.zeros((20, 30, 3), np.uint8), np.zeros((20, 30), np.uint8)
    tiles = class_tiles(image, mask, mask, colours_of(3))
    panel = class_panel(tiles, colours_of(3), names_of(3), void=False)
    assert panel.shape[1] == 4 * 30 + 3 * 4
    assert panel.shape[0] > 20


def test_an_image_is_tinted_in_the_colours_of_the_dataset() -> None:
    image = np.full((1, 3, 3), 100, np.uint8)
    picture = tinted(image, np.array([[0, 1, 2]]), [(0, 0, 0), (200, 0, 0), (0, 200, 0)])
    assert picture[0].tolist() == [[100, 100, 100], [160, 40, 40], [40, 160, 40]]
