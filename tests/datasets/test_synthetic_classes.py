from typing import Any

import numpy as np
import pytest

from cwmi_seg.datasets.dataset_json import load_info, save_info
from cwmi_seg.datasets.synthetic_classes import CLASSES, VOID, SyntheticClasses

SMALL: dict[str, Any] = {"size": 64, "num_train": 6, "num_val": 1, "num_test": 3}


def test_scenes_depend_on_seed_and_index() -> None:
    images = SyntheticClasses(**SMALL)
    pixels, mask = images.read(0)
    assert (pixels.shape, mask.shape) == ((64, 64, 3), (64, 64))
    assert pixels.dtype == mask.dtype == np.uint8
    assert np.array_equal(pixels, SyntheticClasses(**SMALL).read(0)[0])
    assert not np.array_equal(pixels, images.read(1)[0])
    assert not np.array_equal(pixels, SyntheticClasses(**SMALL, seed=1).read(0)[0])


def test_there_are_thin_rare_absent_and_void_pixels() -> None:
    images = SyntheticClasses(num_train=40, num_val=1, num_test=1)
    masks = np.stack([images.read(index)[1] for index in range(40)])
    shares = np.array([np.mean(masks == index) for index in range(len(CLASSES))])
    has = np.array([(masks == index).any((1, 2)).mean() for index in range(len(CLASSES))])
    pole, sign, car = (CLASSES.index(name) for name in ("pole", "sign", "car"))
    assert set(np.unique(masks)) == {*range(len(CLASSES)), VOID}
    assert shares[pole] < 0.03
    assert has[pole] == 1
    assert shares[sign] < 0.001
    assert 0.1 < has[sign] < 0.4
    assert has[car] < 1


def test_statistics_are_those_of_the_pixels_and_void_is_no_class() -> None:
    images = SyntheticClasses(**SMALL)
    pixels = np.stack([images.read(index)[0] for index in range(10)]).reshape(-1, 3)
    assert images.info.mean == pytest.approx(pixels.mean(0))
    assert images.info.std == pytest.approx(pixels.std(0))
    assert (images.info.num_classes, images.info.ignore_index, images.info.class_names) == (8, VOID, CLASSES)
    first = images.info.images[0]
    assert sum(first.class_counts) == (images.read(0)[1] != VOID).sum()


def test_no_sign_where_none_is_wanted() -> None:
    images = SyntheticClasses(**SMALL, sign_share=0)
    assert not any((images.read(index)[1] == CLASSES.index("sign")).any() for index in range(10))


def test_names_of_classes_go_through_the_file(tmp_path: Any) -> None:
    info = SyntheticClasses(**SMALL).info
    save_info(info, tmp_path)
    assert load_info(tmp_path) == info


@pytest.mark.parametrize(("name", "value"), [("size", 8), ("num_val", 0), ("fade_share", 2), ("sign_share", -1)])
def test_impossible_settings_are_refused(name: str, value: float) -> None:
    with pytest.raises(ValueError, match=name):
        SyntheticClasses(**{name: value})  # type: ignore[arg-type]
