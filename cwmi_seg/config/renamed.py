"""Keys of the config that had other names before, under which people have them in commands and on disk."""

RENAMED = {
    "split.kind": "dataset.split",
    "split.groups": "dataset.group_folds",
    "split.num_folds": "data.num_folds",
    "split.val_fraction": "data.val_fraction",
    "split.seed": "data.split_seed",
}
"""The key of today to the one of before."""

MOVED = {old: new for new, old in RENAMED.items() if not old.startswith("dataset.")}
"""Keys that are no more, to those of today; a dataset still says how it is split where nobody chooses."""
