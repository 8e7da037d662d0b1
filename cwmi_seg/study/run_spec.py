"""A run in typed values: what its config says, read and checked once, before anything is built from it.

The config itself stays open, since whoever writes a plug-in adds keys as he likes: a plug-in is a
:class:`~cwmi_seg.config.target.Target`, a name with arguments. Everything else has a type here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from cwmi_seg.config.target import Target, targets_of
from cwmi_seg.loading.splits import SplitPlan
from cwmi_seg.mistakes import Mistake
from cwmi_seg.study.config_reader import ConfigReader

_SEEDS = 2**32
"""NumPy and Lightning take no greater seed."""

_DATASET_KEYS = ("images", "crop_size", "pad_image", "pad_target", "split", "group_folds")


@dataclass(frozen=True)
class DatasetSpec:
    """The images, and how training windows are cut out of them.

    Args:
        images: what reads them.
        crop_size, pad_image, pad_target, structure_share, slices: see :class:`~cwmi_seg.loading.samples.Crops`, which
            checks them.
        test_block: largest block of a volume that is scored at once, see :func:`~cwmi_seg.loading.blocks.blocks_of`,
            which checks it.
    """

    images: Target
    crop_size: Sequence[int] | None
    pad_image: float | str | None
    pad_target: float | str
    structure_share: float = 0
    slices: bool = False
    test_block: Sequence[int] | None = None

    @classmethod
    def of(cls, reader: ConfigReader) -> "DatasetSpec":
        """What the group ``dataset`` says.

        Raises:
            ValueError: it lacks a key.
        """
        for key in _DATASET_KEYS:
            if not reader.has(f"dataset.{key}"):
                raise Mistake(
                    f"dataset.{key}: expected a value, got no such key; add it to the yaml of the dataset as in "
                    "conf/dataset/folder.yaml."
                )
        return cls(
            images=reader.target("dataset.images"),
            crop_size=reader.value("dataset.crop_size"),
            pad_image=reader.value("dataset.pad_image"),
            pad_target=reader.value("dataset.pad_target"),
            structure_share=reader.value("dataset.structure_share", 0),
            slices=reader.flag("dataset.slices", False),
            test_block=reader.value("dataset.test_block", None),
        )

    @property
    def root(self) -> Path | None:
        """Folder of the prepared images, None for images that are made when they are asked for."""
        root = self.images.arguments.get("root")
        return Path(root).expanduser() if isinstance(root, str) else None


@dataclass(frozen=True)
class LoadingSpec:
    """Number of crops in a batch, of crops of each image in an epoch, and of loader processes."""

    batch_size: int
    crops_per_image: int
    num_workers: int


@dataclass(frozen=True)
class MetricsSpec:
    """The metrics by name, and when they are computed.

    Args:
        val: in each validation.
        test: in the test, and in every ``every_n_epochs``-th validation; 0 leaves them to the test.
        num_workers: processes that score images meanwhile; 0 is the process of the network.
    """

    val: Mapping[str, Target]
    test: Mapping[str, Target]
    every_n_epochs: int
    num_workers: int

    @classmethod
    def of(cls, reader: ConfigReader) -> "MetricsSpec":
        """What the group ``metrics`` says; all but ``test`` may be left out."""
        return cls(
            val=targets_of(reader.value("metrics.val", {}), "metrics.val"),
            test=targets_of(reader.value("metrics.test"), "metrics.test"),
            every_n_epochs=reader.whole("metrics.every_n_epochs", 0),
            num_workers=reader.whole("metrics.num_workers", 0),
        )


@dataclass(frozen=True)
class RunSpec:
    """All that a training needs to know.

    Args:
        dataset: the images.
        split: which of them train, validate and test.
        loading: batches.
        model, loss, optimizer, augmentation, trainer: plug-ins of these groups.
        scheduler: of the learning rate; None keeps it constant.
        logger: None for none.
        callbacks: by name; those that the config sets to null are left out.
        metrics: the scores.
        data: folder of all prepared datasets.
        output: folder of runs and studies.
        study: name of the study that the run belongs to.
        seed: of the initial weights, crops and order.
        overwrite: whether a finished run is trained again.
        allowed_targets: the user's own modules, which a ``_target_`` may name.
    """

    dataset: DatasetSpec
    split: SplitPlan
    loading: LoadingSpec
    model: Target
    loss: Target
    optimizer: Target
    augmentation: Target
    trainer: Target
    scheduler: Target | None
    logger: Target | None
    callbacks: Mapping[str, Target]
    metrics: MetricsSpec
    data: Path
    output: Path
    study: str
    seed: int
    overwrite: bool
    allowed_targets: tuple[str, ...]

    @classmethod
    def of(cls, config: Mapping[str, object]) -> "RunSpec":
        """What a resolved config says, that of a new run or the record of an earlier one.

        Raises:
            ValueError: a key is missing, or its value is of another kind; with the key.
        """
        reader = ConfigReader(config)
        return cls(
            dataset=DatasetSpec.of(reader),
            split=_split(reader),
            loading=LoadingSpec(
                batch_size=reader.whole("data.batch_size"),
                crops_per_image=reader.whole("data.crops_per_image"),
                num_workers=reader.whole("data.num_workers"),
            ),
            model=reader.target("model"),
            loss=reader.target("loss"),
            optimizer=reader.target("optimizer"),
            augmentation=reader.target("augmentation"),
            trainer=reader.target("trainer"),
            scheduler=reader.optional_target("scheduler"),
            logger=reader.optional_target("logger"),
            callbacks=_callbacks(reader),
            metrics=MetricsSpec.of(reader),
            data=Path(reader.text("paths.data")),
            output=Path(reader.text("paths.output")),
            study=reader.text("study"),
            seed=_seed(reader),
            overwrite=reader.flag("overwrite"),
            allowed_targets=tuple(reader.texts("allowed_targets")),
        )


def _split(reader: ConfigReader) -> SplitPlan:
    return SplitPlan(
        kind=reader.value("split.kind"),
        fold=reader.whole("fold"),
        num_folds=reader.whole("split.num_folds"),
        val_fraction=reader.number("split.val_fraction"),
        seed=reader.whole("split.seed"),
        group_folds=reader.value("split.groups"),
    )


def _callbacks(reader: ConfigReader) -> dict[str, Target]:
    """``callbacks.NAME=null`` is how a callback of the default config is left out."""
    nodes = reader.value("callbacks")
    if isinstance(nodes, Mapping):
        nodes = {name: node for name, node in nodes.items() if node}
    return targets_of(nodes, "callbacks")


def _seed(reader: ConfigReader) -> int:
    seed = reader.whole("seed")
    if not 0 <= seed < _SEEDS:
        raise Mistake(f"seed: expected 0 to {_SEEDS - 1}, got {seed}; use for example 0.")
    return seed
