"""What to train with on volumes: the settings of a command, from what is known without their voxels.

batch  = 2 patches, as nnU-Net takes
crops  = of each volume and epoch as many as make 25 steps of about half of the volumes
scales = of CWMI, as many as the patch has samples for: 4 at the coarsest along each axis, at most 4 scales
"""

import math
from collections.abc import Sequence

from cwmi_seg.datasets.info import DatasetInfo
from cwmi_seg.datasets.proposal import STEPS, TRAINED

LARGEST = 2**24
"""Voxels of a volume that is scored whole: its activations in a small network take some hundred times as many bytes."""
_CHOSEN = ("metrics=volumes", "augmentation=volumes", "model.width=16")
_BATCH, _SCALES, _SAMPLES = 2, 4, 4
_BLOCK = "dataset.test_block=[32,256,256]"


def volume_overrides(info: DatasetInfo, crop_size: Sequence[int], configured: Sequence[int] | None) -> list[str]:
    """The settings as they are typed.

    Args:
        info: The dataset.
        crop_size: Depth, height and width of the patches.
        configured: The same as the config of the dataset has it, which need not be typed.
    """
    wanted = [*_CHOSEN]
    if list(crop_size) != list(configured or ()):
        wanted.append(f"dataset.crop_size=[{','.join(map(str, crop_size))}]")
    if any(math.prod(image.shape) > LARGEST for image in info.images):
        wanted.append(_BLOCK)
    scales = num_scales(crop_size, info.spacing)
    wanted += [] if scales == _SCALES else [f"loss.num_scales={scales}"] if scales else ["loss=dice_cross_entropy"]
    crops = math.ceil(STEPS * _BATCH / max(TRAINED * len(info.images), 1))
    return [*wanted, f"data.batch_size={_BATCH}", f"data.crops_per_image={crops}"]


def num_scales(sizes: Sequence[int], spacing: Sequence[float] | None) -> int:
    """The most scales of CWMI, up to 4, that patches of these sizes have samples for; an axis of thick slices is halved
    later, as :mod:`cwmi_seg.wavelets.grid` has it.
    """
    ratios = [step / min(spacing) for step in spacing] if spacing else [1.0] * len(sizes)

    def is_enough(scales: int) -> bool:
        halvings = [max(0, math.floor(scales - 1 - math.log2(ratio) + 1e-9)) for ratio in ratios]
        return all(size >= _SAMPLES * 2**halved for size, halved in zip(sizes, halvings, strict=True))

    return max((scales for scales in range(1, _SCALES + 1) if is_enough(scales)), default=0)
