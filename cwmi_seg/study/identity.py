"""What makes two runs the same run: their choices, fold, seed and every setting that can change the result."""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from fnmatch import translate
from typing import Any

from cwmi_seg.config.renamed import RENAMED
from cwmi_seg.datasets.later_options import LATER as PREPARER

UNHASHED = (
    # the name of the run says them
    "fold",
    "seed",
    # where it runs
    "paths",
    "run_folder",
    "overwrite",
    "allowed_targets",
    "trainer.accelerator",
    "trainer.devices",
    "trainer.strategy",
    "trainer.num_nodes",
    "trainer.use_distributed_sampler",
    "trainer.default_root_dir",
    "launcher",
    "hydra",
    "*.num_workers",
    "*.pin_memory",
    "*.persistent_workers",
    "*.prefetch_factor",
    "*.cache_bytes",
    # what it shows and tells
    "study",
    "tags",
    "verbose",
    "*.verbose",
    "logger",
    "trainer.logger",
    "trainer.profiler",
    "trainer.log_every_n_steps",
    "trainer.enable_progress_bar",
    "trainer.enable_model_summary",
    "callbacks.*progress*",
    "callbacks.model_summary",
    "callbacks.learning_rate_monitor",
    "callbacks.*overlay*",
    "callbacks.predictions",
    "callbacks.*.dirpath",
)
"""Dotted keys, as shell patterns, that cannot change a result: they and all below them stay out of the hash."""

_UNHASHED = re.compile("|".join(translate(text) for pattern in UNHASHED for text in (pattern, f"{pattern}.*")))

LATER: Mapping[str, Any] = {
    **{f"dataset.preparer.{key}": value for key, value in PREPARER.items()},
    "dataset.structure_share": 0,
    "dataset.slices": False,
    "dataset.test_block": None,
}
"""Keys that came when there were runs already, to their neutral values: those that do what was done before the key.

A key at its neutral value stays out of the hash for ever, so that no run of before gets another name; every new key of
the default config belongs here. The fingerprint of prepared data keeps the same rule (see
:mod:`cwmi_seg.datasets.preparation`).
"""


@dataclass(frozen=True)
class RunIdentity:
    """One training run; equal identities share one folder."""

    dataset: str
    model: str
    loss: str
    fold: int
    seed: int
    hash: str
    overrides: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Folder name, safe in file systems and addresses."""
        texts = (self.dataset, self.model, self.loss, self.hash)
        *choices, digest = (re.sub(r"[^A-Za-z0-9_.]", "_", text) for text in texts)
        return "-".join((*choices, f"f{self.fold}", f"s{self.seed}", digest))

    def to_dict(self) -> dict[str, Any]:
        """The content of ``identity.json``."""
        return {**asdict(self), "overrides": list(self.overrides)}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "RunIdentity":
        """Inverse of :meth:`to_dict`; raises KeyError, TypeError or ValueError for another content."""
        names = {key: str(data[key]) for key in ("dataset", "model", "loss", "hash")}
        overrides = tuple(map(str, data["overrides"]))
        return cls(**names, fold=int(data["fold"]), seed=int(data["seed"]), overrides=overrides)


def run_identity(config: Mapping[str, Any], choices: Mapping[str, str], overrides: Sequence[str]) -> RunIdentity:
    """The identity of the run that ``config`` describes.

    Args:
        config: the resolved root config as plain containers, with ``fold`` and ``seed``.
        choices: names chosen for the groups "dataset", "model" and "loss".
        overrides: command line, as Hydra lists it; those that say more than the choices are kept for labels, of
            each key the last, which is the one that Hydra keeps.
    """
    names = {group: choices[group] for group in ("dataset", "model", "loss")}
    # sorted and without spaces, and str for what JSON lacks: the same settings are the same bytes in every version
    payload = json.dumps([names, settings(config)], sort_keys=True, separators=(",", ":"), default=str)
    # 8 digits are enough for a name: a folder that holds another config is refused, so two that agree are told
    digest = hashlib.sha256(payload.encode()).hexdigest()[:8]
    last = {override_key(override): override for override in overrides}
    kept = tuple(sorted(override for key, override in last.items() if not _is_unhashed(key) and key not in names))
    return RunIdentity(**names, fold=int(config["fold"]), seed=int(config["seed"]), hash=digest, overrides=kept)


def settings(config: Mapping[str, Any]) -> dict[str, Any]:
    """Dotted key to value of every setting that can change the result.

    Folders of ``paths`` that other values start with are written as their keys, so that moving the data
    changes nothing; 1.0 is written as 1, since people write both. ``trainer.processes`` is there for more than one
    process. Keys have the names that they had first, see :data:`~cwmi_seg.config.renamed.RENAMED`; those of
    ``LATER`` are left out at their neutral values.
    """
    places = [*_leaves("paths", config.get("paths") or {}), *_run_folder(config)]
    # the longest first, so that a folder inside another one is written by its own key
    folders = sorted((each for each in places if isinstance(each[1], str)), key=lambda item: -len(item[1]))
    kept = {key: _canonical(value, folders) for key, value in _leaves("", config) if not _is_unhashed(key)}
    # a run of before the renaming has the hash of the old names, and keeps it
    for key in RENAMED.keys() & kept.keys():
        kept[RENAMED[key]] = kept.pop(key)
    kept = {key: value for key, value in kept.items() if key not in LATER or value != LATER[key]}
    trainer = config.get("trainer")
    return {**kept, **(_processes(trainer) if isinstance(trainer, Mapping) else {})}


def _run_folder(config: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Of a run that has one: what lies in it moves with it, however ``paths.output`` is spelled."""
    if config.get("run_folder"):
        yield "run_folder", config["run_folder"]


def _processes(trainer: Mapping[str, Any]) -> dict[str, Any]:
    """Which devices train does not matter, but how many do: they share out the batches."""
    devices, nodes = trainer.get("devices", 1), trainer.get("num_nodes", 1)
    count = len(devices) if isinstance(devices, list) else devices
    return {} if (count, nodes) == (1, 1) else {"trainer.processes": [count, nodes]}


def _leaves(prefix: str, node: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(node, Mapping) and node:
        for key, value in node.items():
            yield from _leaves(f"{prefix}.{key}" if prefix else str(key), value)
    else:
        yield prefix, node


def _is_unhashed(key: str) -> bool:
    return _UNHASHED.match(key) is not None


def _canonical(value: Any, folders: Sequence[tuple[str, Any]]) -> Any:
    if isinstance(value, list):
        return [_canonical(item, folders) for item in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, str):
        for key, folder in folders:
            if value == folder or value.startswith(f"{folder}/"):
                return f"${{{key}}}{value[len(folder) :]}"
    return value


def override_key(override: str) -> str:
    """``+trainer.max_epochs=3`` to ``trainer.max_epochs``, ``hydra/launcher=ray`` to ``hydra.launcher``."""
    return override.lstrip("+~").partition("=")[0].partition("@")[0].replace("/", ".")
