"""The protocol of the paper's experiments, to say where ours differs."""

import pandas as pd

from cwmi_seg.reporting.records import SETTING

UNSET = "not set"
"""Text that stands for a null."""
SETTINGS = {
    "data.num_folds": "3",
    "data.val_fraction": "0.2",
    "data.batch_size": "10",
    "data.crops_per_image": "1",
    "dataset.split": "kfold",
    "dataset.group_folds": "false",
    "augmentation._target_": "cwmi_seg.augmentations.Flips",
    "trainer.precision": "32-true",
    "trainer.max_epochs": "50",
    "trainer.limit_train_batches": UNSET,
    "trainer.accumulate_grad_batches": "1",
    "trainer.check_val_every_n_epoch": "1",
    "trainer.gradient_clip_val": "5.0",
    "optimizer._target_": "torch.optim.Adam",
    "optimizer.lr": "0.0001",
    "optimizer.weight_decay": "0.0",
    "scheduler._target_": "torch.optim.lr_scheduler.StepLR",
    "scheduler.step_size": "10",
    "scheduler.gamma": "0.8",
    "model.width": "64",
}
"""Dotted key of the config to the paper's value (arXiv:2502.00563), as text."""

_CROP, _PIXELS, _CLASS = "dataset.crop_size", "dataset.pad_image", "dataset.pad_target"
OF_DATASET = {
    "snemi3d": {_CROP: "[512, 512]"},
    "mass_road": {_CROP: "[512, 512]"},
    "glas": {_CROP: "[448, 576]", _PIXELS: "255", _CLASS: "1"},
    "drive": {_CROP: "[608, 576]", _PIXELS: "edge", _CLASS: "edge"},  # whole images, padded to multiples of 32
}
"""Values that depend on the dataset: height and width of training crops, and what pads them."""
KEYS = tuple(dict.fromkeys([*SETTINGS, *(key for settings in OF_DATASET.values() for key in settings)]))
"""All keys that are compared."""
_SAME = {("trainer.precision", "32"): "32-true", ("trainer.limit_train_batches", "1.0"): UNSET}
"""Values that are written in another way than the paper's and mean the same."""

SOURCE = (
    "Paper: R. Lu, Complex Wavelet Mutual Information Loss, arXiv:2502.00563, Table 1; a cell is missing there where "
    "the published training did not converge. The two are not runs of one experiment:"
)
ALWAYS = (
    "our ± is the sample standard deviation of the run means over folds and seeds, the paper's is over three folds",
    "our filters are centred on the frequency grid and class weights are those of each image; the published code "
    "shifts the filters by one bin and weights every image of a batch alike",
    "our scores are defined where a class or the structure is missing in an image (see the metrics); the published "
    "code puts fixed or infinite values there",
    "our folds and crops are drawn from other random numbers",
)
"""Differences that no setting removes."""


def differences(runs: pd.DataFrame) -> list[str]:
    """List the settings of these runs that differ from the paper's, as ``trainer.max_epochs: 5 (paper: 50)``.

    Nothing is said about a setting that the records do not have.
    """
    of_dataset = OF_DATASET.get(str(runs["dataset"].iloc[0]), {}) if len(runs) else {}
    found = []
    for key, value in {**SETTINGS, **of_dataset}.items():
        column = f"{SETTING}{key}"
        used = sorted(runs[column].dropna().astype(str).unique()) if column in runs else []
        if any(not _equal(_SAME.get((key, own), own), value) for own in used):
            found.append(f"{key}: {', '.join(used)} (paper: {value})")
    return found


def _equal(value: str, published: str) -> bool:
    try:
        return float(value) == float(published)
    except ValueError:
        return value == published
