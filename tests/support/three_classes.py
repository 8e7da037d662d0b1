"""Overrides that prepare ``fake_data.write_classes``, and train on it."""

from tests.conftest import TINY

FILES = ("dataset=folder", "dataset.preparer.classes={0:0,128:1,255:2}", "dataset.preparer.ignore_value=7")
TRAINING = (
    *(override for override in TINY if not override.startswith("dataset.")),
    "dataset=folder",
    "dataset.crop_size=[24,24]",
)
