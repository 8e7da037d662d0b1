"""A description of a dataset in a few lines."""

from collections import Counter
from math import prod

import numpy as np

from cwmi_seg.datasets.info import DatasetInfo
from cwmi_seg.files.counted import counted

_MOST_STRUCTURE = 0.5
"""Share of a thin structure beyond which its masks may be meant the other way round."""


def describe(info: DatasetInfo) -> list[str]:
    """Describe a dataset: number of images, parts, sizes, channels, share of each class, and what deserves a look."""
    sizes = Counter(image.shape for image in info.images)
    smallest, largest = min(sizes), max(sizes)
    groups, volumes = {image.group for image in info.images}, info.dimensions == 3
    names = info.class_names or tuple(map(str, range(info.num_classes)))
    shares = ", ".join(f"class {name} {share:.1%}" for name, share in zip(names, _shares(info), strict=True))
    width = f"; about {info.structure_width} pixels wide" if info.structure_width else ""
    lines = [
        f"{counted(len(info.images), 'volume' if volumes else 'image')}{_parts(info)}, {counted(len(groups), 'group')}",
        f"{'depth x ' if volumes else ''}height x width: {_size(smallest)}"
        + (f" to {_size(largest)}, {len(sizes)} sizes" if len(sizes) > 1 else ""),
        f"{counted(info.channels, 'channel')} of {info.dtype}, mean {_numbers(info.mean)}, std {_numbers(info.std)}",
        f"share of {'voxels' if volumes else 'pixels'}: {shares}{width}",
        *_tags(info),
    ]
    return [*lines, *(f"note: {note}" for note in (*info.notes, *_oddities(info)))]


def _parts(info: DatasetInfo) -> str:
    parts = Counter(image.part for image in info.images if image.part is not None)
    return f" ({', '.join(f'{part} {count}' for part, count in parts.items())})" if parts else ""


def _tags(info: DatasetInfo) -> list[str]:
    values: dict[str, Counter[str]] = {}
    for tags in info.tags.values():
        for tag, value in tags.items():
            values.setdefault(tag, Counter())[value] += 1
    return [f"tag {tag}: {_most_common(counts)}" for tag, counts in values.items()]


def _most_common(counts: Counter[str]) -> str:
    return ", ".join(f"{value} {count}" for value, count in counts.most_common(6))


def _shares(info: DatasetInfo) -> list[float]:
    pixels = sum(prod(image.shape) for image in info.images)
    counts = np.sum([image.class_counts for image in info.images], axis=0)
    return [int(count) / pixels for count in counts]


def _oddities(info: DatasetInfo) -> list[str]:
    """Masks without structure, images that are there twice, absent classes, more structure than background."""
    empty = [image.name for image in info.images if not any(image.class_counts[1:])]
    found = [f"{counted(len(empty), 'mask holds', 'masks hold')} class 0 alone: {_names(empty)}"] if empty else []
    names: dict[str, list[str]] = {}
    for image in info.images:
        names.setdefault(image.image_sha256, []).append(image.name)
    found += [f"the same image more than once: {_names(same)}" for same in names.values() if len(same) > 1]
    found += [f"class {c} never occurs" for c, share in enumerate(_shares(info)) if share == 0]
    if info.num_classes == 2 and (share := _shares(info)[1]) > _MOST_STRUCTURE:
        found.append(
            f"the structure, class 1, has {share:.0%} of the pixels: if its masks are white where there is none, "
            "prepare with dataset.preparer.invert=true"
        )
    return found


def _names(names: list[str]) -> str:
    return ", ".join(names[:5]) + (", ..." if len(names) > 5 else "")


def _numbers(values: tuple[float, ...]) -> str:
    return " ".join(f"{value:.2f}" for value in values)


def _size(size: tuple[int, ...]) -> str:
    return " x ".join(map(str, size))
