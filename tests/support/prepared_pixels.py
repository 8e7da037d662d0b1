"""A folder prepared by the command, and its pixels beside those that are expected."""

import numpy as np
import pytest

from cwmi_seg.datasets.prepared import PreparedImages
from tests.conftest import Command
from tests.support.layouts import Expected

Capture = pytest.CaptureFixture[str]


def prepare(command: Command, capsys: Capture, *overrides: str) -> str:
    assert command("prepare", "dataset=folder", *overrides) == 0, capsys.readouterr().err
    return capsys.readouterr().out


def require_pixels(root: str, expected: Expected) -> None:
    images = PreparedImages(root)
    assert {image.name.lower() for image in images.info.images} == {name.lower() for name in expected}
    wanted = {name.lower(): pixels for name, pixels in expected.items()}
    for index, entry in enumerate(images.info.images):
        for found, pixels in zip(images.read(index), wanted[entry.name.lower()], strict=True):
            np.testing.assert_array_equal(found, pixels, entry.name)
        assert entry.part is None or entry.name.startswith(f"{entry.part}_")
