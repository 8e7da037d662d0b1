"""The protocol of the paper's experiments, to say where ours differs."""

import pandas as pd

SETTINGS = {
    "data.num_folds": "3",
    "data.val_fraction": "0.2",
    "data.batch_size": "10",
    "dataset.split": "kfold",
    "trainer.max_epochs": "50",
    "trainer.gradient_clip_val": "5.0",
    "optimizer._target_": "torch.optim.Adam",
    "optimizer.lr": "0.0001",
    "scheduler._target_": "torch.optim.lr_scheduler.StepLR",
    "scheduler.step_size": "10",
    "scheduler.gamma": "0.8",
    "model.width": "64",
}
"""Dotted key of the config to the paper's value (arXiv:2502.00563), as text."""

CROP, UNSET = "dataset.crop_size", "not set"
CROPS = {"snemi3d": "[512, 512]", "mass_road": "[512, 512]", "glas": "[448, 576]", "drive": UNSET}
"""Dataset to the height and width of the paper's training crops."""
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
    """Where the settings of these runs differ from the paper's, as ``trainer.max_epochs: 5 (paper: 50)``."""
    crops = CROPS.get(str(runs["dataset"].iloc[0])) if len(runs) else None
    published = {**SETTINGS, **({} if crops is None else {CROP: crops})}
    found = []
    for key, value in published.items():
        column = f"config/{key}"
        used = sorted(runs[column].dropna().astype(str).unique()) if column in runs else []
        if any(not _equal(own, value) for own in used):
            found.append(f"{key}: {', '.join(used)} (paper: {value})")
    return found


def _equal(value: str, published: str) -> bool:
    try:
        return float(value) == float(published)
    except ValueError:
        return value == published
