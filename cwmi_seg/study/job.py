"""A job: the one training run that a composed config describes, ready to be trained here or by another process."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from omegaconf import DictConfig, OmegaConf

from cwmi_seg.config.allowed_targets import check_target_names
from cwmi_seg.config.own_files import own_settings
from cwmi_seg.config.places import check_places
from cwmi_seg.config.schemas import TrainConfig, expand_home
from cwmi_seg.config.shape import check_shape
from cwmi_seg.files.atomic import replacing
from cwmi_seg.study.identity import RunIdentity, override_key, run_identity
from cwmi_seg.study.run_folder import RunFolder
from cwmi_seg.study.run_spec import RunSpec


@dataclass(frozen=True)
class Job:
    """What is trained, and where.

    Args:
        identity: of the run.
        folder: of the run.
        config: resolved; what the run folder, the loggers and the hash keep of it. All else reads ``spec``.

    Raises:
        ValueError: the config says something that cannot be trained; with the key.
    """

    identity: RunIdentity
    folder: RunFolder
    config: dict[str, Any]
    spec: RunSpec = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "spec", RunSpec.of(self.config))  # so that there is no job with an unchecked config

    def save(self) -> Path:
        """Write the job into its folder, as YAML, which unlike JSON keeps integer keys; gives the file."""
        with replacing(self.folder.job) as temporary:
            OmegaConf.save(OmegaConf.create({"identity": self.identity.to_dict(), "config": self.config}), temporary)
        return self.folder.job

    @classmethod
    def load(cls, path: Path) -> "Job":
        """Inverse of :meth:`save`; the folder is that of the file."""
        data: Any = OmegaConf.to_container(OmegaConf.load(path))
        return cls(RunIdentity.from_dict(data["identity"]), RunFolder(path.parent), data["config"])


def describe(config: DictConfig, hydra: Any) -> Job:
    """The job of a composed config.

    Args:
        config: the task's part of it; ``run_folder`` is set.
        hydra: its node ``hydra``, for the names that were chosen and the command line.

    Raises:
        ValueError: a ``_target_`` outside the allowed packages, a place to write outside the run folder, or values
            that are of another kind or do not resolve.
    """
    check_shape(config, TrainConfig)
    expand_home(config)
    choices = {group: str(hydra.runtime.choices[group]) for group in ("dataset", "model", "loss")}
    # hashed while run_folder is still empty, since the name of the folder is made from the hash
    with _fold_and_seed_zero(config):
        identity = run_identity(_resolved(config), choices, list(hydra.overrides.task))
    identity = replace(identity, fold=int(config.fold), seed=int(config.seed))
    folder = RunFolder.of(Path(config.paths.output), identity)
    config.run_folder = str(folder)
    plain = _resolved(config)
    allowed = list(config.allowed_targets)
    check_target_names(plain, allowed)
    check_places(plain, folder.path, own_settings() | set(map(override_key, hydra.overrides.task)), allowed)
    return Job(identity, folder, plain)


def _resolved(config: DictConfig) -> dict[str, Any]:
    plain: dict[str, Any] = OmegaConf.to_container(config, resolve=True, throw_on_missing=True)  # type: ignore[assignment]
    return plain


@contextmanager
def _fold_and_seed_zero(config: DictConfig) -> Iterator[None]:
    """So that a value made from them, such as ``seed: ${seed}``, does not give every fold and seed its own hash."""
    fold, seed = config.fold, config.seed
    config.fold = config.seed = 0
    try:
        yield
    finally:
        config.fold, config.seed = fold, seed
