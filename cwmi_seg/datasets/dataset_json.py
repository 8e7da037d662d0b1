"""``dataset.json``: a :class:`DatasetInfo` as a file."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from cwmi_seg.datasets.info import DatasetInfo, ImageInfo
from cwmi_seg.files.atomic import write_text
from cwmi_seg.files.json_files import parse_json
from cwmi_seg.files.plain_names import plain_name
from cwmi_seg.mistakes import Mistake

NAME = "dataset.json"
VERSION = 1  # of the format; a reader refuses others


def save_info(info: DatasetInfo, folder: Path) -> None:
    """Write ``dataset.json`` into ``folder``."""
    content = json.dumps({"version": VERSION, **asdict(info)}, indent=1, ensure_ascii=False)
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
        if version == VERSION:
            return info_from_fields(fields)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise Mistake(f"{path}: damaged ({error}); prepare the dataset again with overwrite=true.") from error
    raise Mistake(f"{path}: expected version {VERSION}, got {version}; prepare it again with overwrite=true.")


def info_from_fields(fields: dict[str, Any]) -> DatasetInfo:
    """Make a :class:`DatasetInfo` of the fields that ``dataclasses.asdict`` gave, after their way through JSON.

    Raises:
        ValueError: The name of an image is not that of a file.
        TypeError, KeyError: The fields are others.
    """
    fields = {key: tuple(value) if isinstance(value, list) else value for key, value in fields.items()}
    images = tuple(ImageInfo(**{**image, "class_counts": tuple(image["class_counts"])}) for image in fields["images"])
    for image in images:
        plain_name(image.name)
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
