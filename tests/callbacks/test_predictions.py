"""The masks of test images that a run keeps."""

from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
import torch
from PIL import Image

from cwmi_seg.callbacks.predictions import Predictions


def keep(callback: Predictions, *names: str) -> None:
    callback.on_test_start(cast(Any, None), cast(Any, None))
    for number, name in enumerate(names):
        prediction = torch.full((1, 3, 4), number)
        batch = {"image": torch.zeros(1, 1, 3, 4), "target": torch.zeros(1, 3, 4), "name": [name]}
        callback.on_test_batch_end(cast(Any, None), cast(Any, None), {"prediction": prediction}, batch, 0)


def test_every_image_has_its_mask(tmp_path: Path) -> None:
    keep(Predictions(tmp_path / "masks"), "a", "b")
    assert np.array_equal(np.asarray(Image.open(tmp_path / "masks/b.png")), np.ones((3, 4)))


def test_no_more_than_the_bound_is_kept_and_the_last_is_named(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    keep(Predictions(tmp_path, max_bytes=100), "a", "b", "c", "d")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.png", "b.png"]
    assert "no mask after b is kept" in caplog.text
