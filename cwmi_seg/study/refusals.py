"""Whether a folder may be trained in: not if what lies there belongs to another config or to other data, or is gone."""

from collections.abc import Mapping
from typing import Any

from cwmi_seg.mistakes import Mistake
from cwmi_seg.study.identity import settings
from cwmi_seg.study.job import Job
from cwmi_seg.study.run_folder import RunFolder, fingerprint_of

_NOTHING = "nothing"


def refuse_removed(folder: RunFolder) -> None:
    """Check that the folder still is that of the run which is being trained.

    Raises:
        ValueError: it was removed or moved meanwhile; the run would go on in a new one, with half of its files.
    """
    if not folder.has_config():
        raise Mistake(
            f"{folder}: expected the folder of the run, got one without {folder.config_file.name}: it was removed or "
            "moved while the run was trained; put it back, or start again, with the same command."
        )


def refuse_other_config(folder: RunFolder, config: Mapping[str, Any]) -> None:
    """Check that the folder is new or holds a run of this config (settings that cannot change a result aside).

    Its name has a hash of the config, but names can be changed, and a record edited.

    Raises:
        ValueError: its config differs; the first three differing keys are named.
    """
    if not folder.has_config():
        return
    before, asked = settings(folder.config()), settings(config)
    differing = [key for key in sorted(before | asked) if before.get(key, _NOTHING) != asked.get(key, _NOTHING)]
    if differing:
        shown = ", ".join(
            f"{key}={before.get(key, _NOTHING)} (asked: {asked.get(key, _NOTHING)})" for key in differing[:3]
        )
        raise Mistake(f"{folder}: expected a run of this config, got one with {shown}; move the folder away.")


def refuse_other_data(job: Job) -> None:
    """Check that what the run has so far comes from the prepared dataset that its config means now.

    The hash of a run knows the name of its data only. Folders whose fingerprint cannot be read (generated images,
    data that lie on another machine) are not compared, nor is a run that ``overwrite`` starts again.

    Raises:
        ValueError: the fingerprints differ.
    """
    data = job.spec.dataset.root
    if job.spec.overwrite or data is None or not job.folder.has_progress():
        return
    own, present = job.folder.fingerprint(), fingerprint_of(data)
    if own and present and own != present:
        raise Mistake(
            f"{job.folder}: expected a run on the dataset in {data} ({present[:8]}), got one on other data "
            f"({own[:8]}); use overwrite=true to train it again, or keep both with another paths.output or "
            "dataset.images.root."
        )
