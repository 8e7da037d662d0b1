"""Whether a run folder was trained on the data that its config means now: the hash of a run knows their name only."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cwmi_seg.files.json_files import read_json
from cwmi_seg.mistakes import Mistake
from cwmi_seg.study.run_state import BEST, LAST, RESULTS


def refuse_other_data(folder: Path, config: Mapping[str, Any]) -> None:
    """Check that what a run has so far, results or a checkpoint, comes from the prepared dataset that is there now.

    Folders without a readable ``dataset.json`` (generated images, data that lie on another machine) are not compared,
    nor is a run that ``overwrite`` starts again.

    Raises:
        ValueError: their fingerprints differ.
    """
    root = config.get("dataset", {}).get("images", {}).get("root")
    if config["overwrite"] or root is None or not _has_progress(folder):
        return
    data = Path(root).expanduser()
    held, present = _fingerprint(folder), _fingerprint(data)
    if held and present and held != present:
        raise Mistake(
            f"{folder}: expected a run on the dataset in {data} ({present[:8]}), got one on other data ({held[:8]}); "
            "use overwrite=true to train it again, or keep both with another paths.output or dataset.images.root."
        )


def _has_progress(folder: Path) -> bool:
    return any((folder / name).is_file() for name in (RESULTS, BEST, LAST))


def _fingerprint(folder: Path) -> str:
    """Of ``dataset.json`` in a folder, empty where there is none."""
    fields = read_json(folder / "dataset.json")
    return str(fields.get("fingerprint") or "") if isinstance(fields, dict) else ""
