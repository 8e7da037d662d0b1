"""Images and volumes, and runs of a study that kept masks of them, as the train command leaves both."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from cwmi_seg.datasets.dataset_json import load_info, save_info
from cwmi_seg.datasets.info import DatasetInfo, ImageInfo
from cwmi_seg.datasets.synthetic_volumes import SyntheticVolumes
from cwmi_seg.files.csv_files import read_rows, write_rows
from cwmi_seg.study.identity import RunIdentity
from cwmi_seg.study.members import join_study
from cwmi_seg.study.run_folder import RunFolder
from tests.support.fake_study import write_run

CONFIG = """\
dataset:
  split: kfold
  crop_size: [64, 64]
  images: {{_target_: cwmi_seg.datasets.prepared.PreparedImages, root: {root}, cache_bytes: 0}}
data: {{num_folds: 3, val_fraction: 0.2, batch_size: 10}}
trainer: {{max_epochs: 2, gradient_clip_val: 5.0}}
optimizer: {{_target_: torch.optim.Adam, lr: 1.0e-04}}
"""

VOLUMES = """\
dataset:
  split: official
  crop_size: [16, 16, 16]
  test_block: {test_block}
  images: {{_target_: cwmi_seg.datasets.synthetic_volumes.SyntheticVolumes, shape: [40, 16, 20], num_test: {number}}}
data: {{num_folds: 3, val_fraction: 0.2, batch_size: 10}}
trainer: {{max_epochs: 2, gradient_clip_val: 5.0}}
optimizer: {{_target_: torch.optim.Adam, lr: 1.0e-04}}
"""


def vessels(seed: int, height: int, width: int) -> NDArray[np.uint8]:
    """A mask H W with a few winding lines."""
    rng = np.random.default_rng(seed)
    mask, columns = np.zeros((height, width), dtype=np.uint8), np.arange(width)
    for _ in range(5):
        middle = rng.uniform(0.1, 0.9) * height + rng.uniform(-0.3, 0.3) * (columns - width / 2)
        line = middle + rng.uniform(0.02, 0.08) * height * np.sin(
            columns / width * rng.uniform(6, 20) + rng.uniform(0, 6)
        )
        rows = np.arange(height)[:, None]
        mask[np.abs(rows - line) < rng.uniform(1, 4) * max(1, height / 300)] = 1
    return mask


def write_dataset(
    root: Path, groups: Mapping[str, str], size: tuple[int, int] = (48, 64), fingerprint: str = "ab" * 32
) -> Path:
    """Images RGB and masks of these names, by their group."""
    for folder in ("images", "masks"):
        (root / folder).mkdir(parents=True)
    for seed, name in enumerate(groups):
        mask = vessels(seed, *size)
        noise = np.random.default_rng(seed).normal(0, 8, (*size, 3))
        picture = np.clip((170 - 70 * mask[..., None]) * np.array([1.0, 0.6, 0.4]) + noise, 0, 255)
        Image.fromarray(picture.astype(np.uint8)).save(root / "images" / f"{name}.png")
        Image.fromarray(mask).save(root / "masks" / f"{name}.png")
    images = tuple(ImageInfo(name, *size, (1, 1), group) for name, group in groups.items())
    save_info(DatasetInfo("vessels", "made up", 3, 2, (128.0,) * 3, (40.0,) * 3, images, fingerprint=fingerprint), root)
    return root


def keep_masks_of(output: Path, runs: Sequence[RunIdentity], data: Path, names: Sequence[str]) -> None:
    """Masks for all runs, each of the images whose names begin with its fold; how good they are depends on the loss."""
    for run in runs:
        tested = [name for name in names if name.startswith(str(run.fold))]
        keep_masks(RunFolder.of(output, run), data, tested, {"cwmi": 0.9, "dice": 0.7}.get(run.loss, 0.5))


def keep_masks(folder: RunFolder, data: Path, names: Sequence[str], quality: float) -> None:
    """Give a finished run masks of its test images: the target with a share ``1 - quality`` of its columns wrong."""
    info = load_info(data)
    folder.save_info(replace(info, images=()))
    folder.config_file.write_text(CONFIG.format(root=data.absolute()))
    folder.predictions.mkdir(exist_ok=True)
    for name in names:
        mask = np.asarray(Image.open(data / "masks" / f"{name}.png"))
        rng = np.random.default_rng([len(folder.name), *name.encode()])
        wrong = np.repeat(rng.random(-(-mask.shape[1] // 8)) > quality, 8)[: mask.shape[1]]
        guess = np.where(wrong, np.roll(mask, rng.integers(1, 4), axis=0), mask)
        Image.fromarray(guess).save(folder.predictions / f"{name}.png")


def write_volume_run(
    output: Path,
    volumes: SyntheticVolumes,
    run: RunIdentity,
    wrong: Mapping[str, Sequence[int]],
    block: str = "null",
    ends: Sequence[str] = ("",),
) -> None:
    """A finished run of the study "a" that was tested on volumes, or on their blocks with these ends of their names."""
    join_study(output, "a", run)
    folder = RunFolder.of(output, run)
    names = [f"{name}{end}" for name in wrong for end in ends]
    write_run(folder.path, run, {"miou": [0.5 + 0.1 * number for number in range(len(names))]})
    rows = [{**row, "name": name} for row, name in zip(read_rows(folder.path / "test_images.csv"), names, strict=True)]
    write_rows(folder.path / "test_images.csv", rows)
    keep_volumes(folder, volumes, wrong, block)


def keep_volumes(
    folder: RunFolder, volumes: SyntheticVolumes, wrong: Mapping[str, Sequence[int]], block: str = "null"
) -> None:
    """Give a finished run masks of its test volumes: the target, inverted in some slices.

    Args:
        folder: Of the run.
        volumes: 40 x 16 x 20 voxels each.
        wrong: Numbers of the wrong slices of each volume, by its name.
        block: The setting ``dataset.test_block`` of the run.
    """
    folder.save_info(replace(volumes.info, images=()))
    folder.config_file.write_text(VOLUMES.format(number=len(wrong), test_block=block))
    folder.predictions.mkdir(exist_ok=True)
    places = {image.name: place for place, image in enumerate(volumes.info.images)}
    for name, slices in wrong.items():
        mask = volumes.read(places[name])[1].copy()
        mask[list(slices)] = 1 - mask[list(slices)]
        np.savez_compressed(folder.predictions / f"{name}.npz", mask=mask)
