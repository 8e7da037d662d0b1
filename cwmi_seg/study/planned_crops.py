"""Whether the crops of a sweep fit into the images, asked once when it is planned and not by every run."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cwmi_seg.datasets.crop_size import refuse_large
from cwmi_seg.datasets.dataset_json import NAME, load_info


def refuse_large_crops(config: Mapping[str, Any]) -> None:
    """Check that the crops fit into some image; each run checks those that it trains on.

    Datasets whose ``dataset.json`` is not there are not looked at, nor are those whose images are padded.

    Raises:
        ValueError: The crops fit into no image.
    """
    dataset = config["dataset"]
    size, images = dataset.get("crop_size"), dataset.get("images")
    root = images.get("root") if isinstance(images, dict) else None
    if dataset.get("pad_image") is not None or not isinstance(root, str) or not _is_size(size):
        return
    folder = Path(root).expanduser()
    if (folder / NAME).is_file():
        sizes = [(image.height, image.width, image.name) for image in load_info(folder).images]
        if not any(height >= size[0] and width >= size[1] for height, width, _ in sizes):
            refuse_large(size, sizes)


def _is_size(size: object) -> bool:
    return isinstance(size, list) and len(size) == 2 and all(isinstance(length, int) for length in size)
