"""Whether the crops of a sweep fit into the images, asked once when it is planned and not by every run."""

from cwmi_seg.datasets.crop_size import refuse_large
from cwmi_seg.datasets.dataset_json import NAME, load_info
from cwmi_seg.datasets.info import DatasetInfo
from cwmi_seg.loading.splits import SplitPlan
from cwmi_seg.mistakes import Mistake
from cwmi_seg.study.run_spec import DatasetSpec


def refuse_large_crops(dataset: DatasetSpec, split: SplitPlan) -> None:
    """Check that the crops fit into the images that train.

    Datasets whose ``dataset.json`` is not there are not looked at, nor are those whose images are padded.

    Raises:
        ValueError: The crops are larger than one of these images, which is named.
    """
    size, folder = dataset.crop_size, dataset.root
    if dataset.pad_image is not None or folder is None or size is None or not _is_size(size):
        return
    if (folder / NAME).is_file():
        info = load_info(folder)
        names = _trained(info, split)
        size = [1, *size[-2:]] if dataset.slices else size  # the depth of a slice
        refuse_large(size, [image for image in info.images if image.name in names])


def _trained(info: DatasetInfo, split: SplitPlan) -> set[str]:
    """Names of the images that train; none where they cannot be split so, which every run says for itself."""
    try:
        return set(split.apply(info).train)
    except Mistake:
        return set()


def _is_size(size: object) -> bool:
    return isinstance(size, list) and len(size) in (2, 3) and all(isinstance(length, int) for length in size)
