"""What the prepared dataset of a run says now, where it is still the one that the run was trained on."""

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from cwmi_seg.datasets.dataset_json import NAME, load_info
from cwmi_seg.datasets.info import DatasetInfo
from cwmi_seg.study.run_config import setting
from cwmi_seg.study.run_folder import RunFolder


def prepared_data(folder: RunFolder, config: Mapping[str, Any]) -> DatasetInfo | None:
    """The prepared dataset; None where it is gone, generated, or not what the run was trained on.

    Args:
        folder: Folder of the run.
        config: Config of the run.
    """
    root, own = setting(config, "dataset.images.root"), folder.fingerprint()
    if not isinstance(root, str) or not own:
        return None
    path = Path(root).expanduser()
    try:
        info = _loaded(path, (path / NAME).stat().st_mtime_ns)
    except (OSError, ValueError):
        return None
    return info if info.fingerprint == own else None


@lru_cache(maxsize=8)  # the many runs of a study share a few datasets
def _loaded(root: Path, changed: int) -> DatasetInfo:
    """The dataset as it was after its last change, at that time in nanoseconds."""
    return load_info(root)
