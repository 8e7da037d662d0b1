"""Whether the crops of a training fit into its images; the sizes are known without opening one."""

from collections.abc import Iterable, Sequence

from cwmi_seg.datasets.info import ImageInfo
from cwmi_seg.mistakes import Mistake


def refuse_large(crop_size: Sequence[int], images: Iterable[ImageInfo]) -> None:
    """Check that a crop fits into every image that is not padded.

    Args:
        crop_size: height and width; of volumes depth, height and width.
        images: sizes and names.

    Raises:
        ValueError: it is larger than one, which is named.
    """
    for image in images:
        if not fits(crop_size, image):
            size = "x".join(map(str, image.shape))
            raise Mistake(
                f"dataset.crop_size: expected at most the image size, got {list(crop_size)}, but {image.name} is "
                f"{size}; use a smaller crop, or set dataset.pad_image."
            )


def fits(crop_size: Sequence[int], image: ImageInfo) -> bool:
    """Whether a crop lies within the image, or cannot be compared with it for it has another number of axes."""
    return len(crop_size) != len(image.shape) or all(a <= b for a, b in zip(crop_size, image.shape, strict=True))
