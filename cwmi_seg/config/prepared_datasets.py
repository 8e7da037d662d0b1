"""``dataset=NAME`` for data that were prepared under a name of their own: a config that no file holds.

Where prepared data lie is said by ``paths.data`` on the command line, in ``conf/local`` or, for plain
``hydra.compose``, in the environment variable ``CWMI_DATA``; else it is the folder ``data``.
"""

import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import TYPE_CHECKING, Any

from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException

from cwmi_seg.config.conf_dir import conf_dir
from cwmi_seg.mistakes import Mistake

if TYPE_CHECKING:
    from cwmi_seg.datasets.info import DatasetInfo

VARIABLE = "CWMI_DATA"
"""Environment variable that names the folder of prepared data where no command line does."""
_KEY = "paths.data"
_CROPS: dict[int, tuple[int, ...]] = {2: (256, 256), 3: (32, 96, 96)}
"""Of data whose preparation proposed none, by the number of their axes."""
_CACHE_BYTES = 2**31
_OF_VOLUMES = {"structure_share": 0, "slices": False, "test_block": None}
_FEWEST_GROUPS = 4
_PLAIN = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")
_asked: ContextVar[str | None] = ContextVar("_asked", default=None)


@contextmanager
def data_of(overrides: Sequence[str]) -> Iterator[None]:
    """Within the block prepared data lie where ``paths.data`` of these overrides says."""
    said = [override for override in overrides if override.lstrip("+").startswith(f"{_KEY}=")]
    token = _asked.set(_value(said[-1]) if said else _asked.get())
    try:
        yield
    finally:
        _asked.reset(token)


def _value(override: str) -> str | None:
    """The text that Hydra reads, which in a sweep is quoted otherwise than it was typed; None where it reads none."""
    from hydra.core.override_parser.overrides_parser import OverridesParser
    from hydra.errors import HydraException

    try:
        value = OverridesParser.create().parse_override(override).value()
    except HydraException:
        return None
    return value if isinstance(value, str) else None


def data_folder() -> Path:
    """The folder of prepared data."""
    return Path(_asked.get() or _local() or os.environ.get(VARIABLE) or "data").expanduser()


def prepared_names() -> list[str]:
    """Names of the data that are prepared there; a name of the package's own config means that config."""
    from cwmi_seg.datasets.dataset_json import NAME as INFO  # here, since NumPy comes with it

    folders = (path.parent for path in data_folder().glob(f"*/{INFO}"))
    return sorted(folder.name for folder in folders if _PLAIN.fullmatch(folder.name) and not is_reserved(folder.name))


def is_prepared(name: str) -> bool:
    """Whether there are data of this name."""
    from cwmi_seg.datasets.dataset_json import NAME as INFO

    plain = _PLAIN.fullmatch(name) is not None and not is_reserved(name)
    return plain and (data_folder() / name / INFO).is_file()


def is_reserved(name: str) -> bool:
    """Whether the package has a config of this name."""
    return (conf_dir() / "dataset" / f"{name}.yaml").is_file()


def refuse_name(name: str) -> None:
    """Check a name that prepared data are to have.

    Raises:
        ValueError: It is that of a config of the package, or would not do as the name of a folder.
    """
    if not _PLAIN.fullmatch(name):
        raise Mistake(f"name: expected letters, digits, '_', '.' and '-', got {name!r}; choose another name.")
    if is_reserved(name):
        raise Mistake(f"name: expected a name that no config of the package has, got {name}; choose another name.")


def dataset_config(name: str) -> dict[str, Any]:
    """The config of prepared data, as a file of the group ``dataset`` would have it.

    The crop is the one that preparation proposed; where the data came in parts these are the split, and where images
    were put in groups these stay together.

    Raises:
        ValueError: Its ``dataset.json`` is damaged.
    """
    from cwmi_seg.datasets.dataset_json import load_info

    info = load_info(data_folder() / name)
    crop = info.crop_size or usual_crop(info)
    large = all(length >= side for image in info.images for length, side in zip(image.shape, crop, strict=True))
    pad = None if large else "edge"
    return {
        "images": {
            "_target_": "cwmi_seg.datasets.prepared.PreparedImages",
            "root": f"${{paths.data}}/{name}",
            "cache_bytes": _CACHE_BYTES,
        },
        "crop_size": list(crop),
        "pad_image": pad,
        "pad_target": 0 if pad is None else "edge",
        "split": "official" if _has_parts(info) else "kfold",
        "group_folds": _has_groups(info),
        **(_OF_VOLUMES if info.dimensions == 3 else {}),
    }


def usual_crop(info: "DatasetInfo") -> tuple[int, ...]:
    """Along each axis at most the smallest of the images or volumes."""
    smallest = [min(lengths) for lengths in zip(*(image.shape for image in info.images), strict=True)]
    return tuple(map(min, _CROPS[info.dimensions], smallest))


def _has_parts(info: "DatasetInfo") -> bool:
    """Whether there is something to train and something else to test; without a test part that is val."""
    parts = {image.part for image in info.images}
    return "train" in parts and not parts.isdisjoint({"val", "test"})


def _has_groups(info: "DatasetInfo") -> bool:
    """Enough of them for the folds, where they are more than the images themselves."""
    return _FEWEST_GROUPS <= len({image.group for image in info.images}) < len(info.images)


def _local() -> str | None:
    """``paths.data`` of the user's own ``conf/local``."""
    for path in sorted((conf_dir() / "local").glob("*.yaml")):
        try:
            found = OmegaConf.select(OmegaConf.load(path), _KEY)
        except (OSError, ValueError, OmegaConfBaseException):
            continue
        if isinstance(found, str):
            return found
    return None
