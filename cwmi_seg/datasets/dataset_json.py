"""``dataset.json``: a :class:`DatasetInfo` as a file."""

import json
import math
from dataclasses import asdict
from pathlib import Path
from typing import Any

from cwmi_seg.datasets.info import DatasetInfo, ImageInfo
from cwmi_seg.files.atomic import write_text
from cwmi_seg.files.json_files import parse_json
from cwmi_seg.files.plain_names import plain_name
from cwmi_seg.mistakes import Mistake

NAME = "dataset.json"
VERSION = 1  # of the format; a reader refuses those that it does not know
VOLUMES = 2  # of the format where the images are volumes, which a reader of version 1 alone does not know
_LATER: dict[str, object] = {
    "dimensions": 2, "spacing": None, "unit": "", "depth": None,
    "class_names": (), "class_colours": (), "structure_width": None, "crop_size": None, "tags": {},
}  # fmt: skip
"""Fields that came when there were files already, with the values of those files, at which they are not written."""


def save_info(info: DatasetInfo, folder: Path) -> None:
    """Write ``dataset.json`` into ``folder``."""
    version = VERSION if info.dimensions == 2 else VOLUMES
    content = json.dumps({"version": version, **fields_of(info)}, indent=1, ensure_ascii=False)
    write_text(folder / NAME, content + "\n")


def load_info(folder: Path) -> DatasetInfo:
    """Read ``dataset.json``.

    Raises:
        FileNotFoundError: no such file, so nothing prepared in ``folder``.
        ValueError: a damaged file or another version.
    """
    path = folder / NAME
    if not path.is_file():
        name = folder.name
        raise FileNotFoundError(
            f"{folder}: no prepared dataset here; run cwmi-prepare dataset={name} raw=FOLDER_OR_ZIP_OF_THE_DOWNLOAD."
        )
    try:
        fields = parse_json(path.read_text(encoding="utf-8-sig"))
        version = fields.pop("version")
        if version in (VERSION, VOLUMES):
            return info_from_fields(fields)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise Mistake(f"{path}: damaged ({error}); prepare the dataset again with overwrite=true.") from error
    raise Mistake(
        f"{path}: expected version {VERSION} or {VOLUMES}, got {version}; prepare it again with overwrite=true."
    )


def fields_of(info: DatasetInfo) -> dict[str, Any]:
    """Fields of a :class:`DatasetInfo` as plain containers, without those that came later and say nothing."""
    fields = _without_defaults(asdict(info))
    return {**fields, "images": tuple(_without_defaults(image) for image in fields["images"])}


def _without_defaults(fields: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in fields.items() if key not in _LATER or value != _LATER[key]}


def info_from_fields(fields: dict[str, Any]) -> DatasetInfo:
    """Make a :class:`DatasetInfo` of what :func:`fields_of` gave, after its way through JSON.

    Raises:
        ValueError: The name of an image is not that of a file.
        TypeError, KeyError: The fields are others.
    """
    fields = {key: tuple(value) if isinstance(value, list) else value for key, value in fields.items()}
    images = tuple(ImageInfo(**{**image, "class_counts": tuple(image["class_counts"])}) for image in fields["images"])
    for image in images:
        plain_name(image.name)
    if "class_colours" in fields:
        fields["class_colours"] = tuple(map(tuple, fields["class_colours"]))
    info = DatasetInfo(**{**fields, "images": images})
    _check_numbers(info)
    return info


def _check_numbers(info: DatasetInfo) -> None:
    """A network is built from these, and its images are normalised by them."""
    for name, least in (("channels", 1), ("num_classes", 2)):
        if type(value := getattr(info, name)) is not int or value < least:
            raise Mistake(f"{name}: expected a whole number of at least {least}, got {value!r}")
    for name in ("mean", "std"):
        values = getattr(info, name)
        if len(values) != info.channels or not all(isinstance(value, int | float) for value in values):
            raise Mistake(f"{name}: expected {info.channels} numbers, one for each channel, got {values!r}")
    _check_axes(info)
    _check_words(info)


def _check_axes(info: DatasetInfo) -> None:
    """Files are mapped into memory, and distances measured, by these."""
    if info.dimensions not in (2, 3):
        raise Mistake(f"dimensions: expected 2 or 3, got {info.dimensions!r}")
    dtypes = ("uint8", "uint16") if info.dimensions == 2 else ("uint8", "uint16", "float32")
    if info.dtype not in dtypes:
        raise Mistake(f"dtype: expected one of {', '.join(dtypes)}, got {info.dtype!r}")
    if info.spacing is not None and not _is_spacing(info.spacing, info.dimensions):
        raise Mistake(f"spacing: expected {info.dimensions} positive numbers or null, got {info.spacing!r}")
    if not isinstance(info.unit, str):
        raise Mistake(f"unit: expected a text, got {info.unit!r}")
    for image in info.images:
        if len(image.shape) != info.dimensions or not all(type(size) is int and size > 0 for size in image.shape):
            raise Mistake(f"size of {image.name}: expected {info.dimensions} positive whole numbers, got {image.shape}")


def _is_spacing(spacing: object, dimensions: int) -> bool:
    return (
        isinstance(spacing, tuple)
        and len(spacing) == dimensions
        and all(isinstance(step, int | float) and math.isfinite(step) and step > 0 for step in spacing)
    )


def _check_words(info: DatasetInfo) -> None:
    """What others display, and a config is made from."""
    of_images = (text for tags in info.tags.values() for pair in tags.items() for text in pair)
    texts = [*info.class_names, *info.tags, *of_images]
    if not all(isinstance(text, str) for text in texts):
        raise Mistake("class_names, tags: expected texts, got other values")
    if len(info.class_names) not in (0, info.num_classes):
        raise Mistake(f"class_names: expected {info.num_classes}, one for each class, got {len(info.class_names)}")
    if any(len(colour) != 3 or not all(type(part) is int for part in colour) for colour in info.class_colours):
        raise Mistake("class_colours: expected three whole numbers for each class, got others")
    crop = info.crop_size
    if crop is not None and not (len(crop) == 2 and all(type(side) is int and side > 0 for side in crop)):
        raise Mistake(f"crop_size: expected two whole numbers, got {info.crop_size!r}")
