"""Whether the crops of a training fit into its images; the sizes are known without opening one."""

from collections.abc import Iterable, Sequence

from cwmi_seg.mistakes import Mistake


def refuse_large(crop_size: Sequence[int], sizes: Iterable[tuple[int, int, str]]) -> None:
    """Check that a crop fits into every image that is not padded.

    Args:
        crop_size: height and width.
        sizes: height, width and name of each image.

    Raises:
        ValueError: it is larger than one, which is named.
    """
    for height, width, name in sizes:
        if height < crop_size[0] or width < crop_size[1]:
            raise Mistake(
                f"dataset.crop_size: expected at most the image size, got {list(crop_size)}, but {name} is "
                f"{height}x{width}; use a smaller crop, or set dataset.pad_image."
            )
