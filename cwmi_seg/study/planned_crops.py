"""Whether the crops of a sweep fit into the images, asked once when it is planned and not by every run."""

from cwmi_seg.datasets.crop_size import refuse_large
from cwmi_seg.datasets.dataset_json import NAME, load_info
from cwmi_seg.study.run_spec import DatasetSpec


def refuse_large_crops(dataset: DatasetSpec) -> None:
    """Check that the crops fit into some image; each run checks those that it trains on.

    Datasets whose ``dataset.json`` is not there are not looked at, nor are those whose images are padded.

    Raises:
        ValueError: The crops fit into no image.
    """
    size, folder = dataset.crop_size, dataset.root
    if dataset.pad_image is not None or folder is None or size is None or not _is_size(size):
        return
    if (folder / NAME).is_file():
        sizes = [(image.height, image.width, image.name) for image in load_info(folder).images]
        if not any(height >= size[0] and width >= size[1] for height, width, _ in sizes):
            refuse_large(size, sizes)


def _is_size(size: object) -> bool:
    return isinstance(size, list) and len(size) == 2 and all(isinstance(length, int) for length in size)
