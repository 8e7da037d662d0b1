"""What each group of a config may be built from: the packages, and the kinds of classes in them.

Classes are told by the names of their bases, so that nothing is imported to ask.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from inspect import isclass

_MODULE = "torch.nn.modules.module.Module"
_CALLBACK = "pytorch_lightning.callbacks.callback.Callback"
_LOGGER = "lightning_fabric.loggers.logger.Logger"
_LOADERS = (  # their classes run the code, or unpickle the weights, that they download by a name
    "monai.losses.perceptual.",
    "torchmetrics.audio.",
    "torchmetrics.image.",
    "torchmetrics.multimodal.",
    "torchmetrics.text.",
)


@dataclass(frozen=True)
class Kind:
    """What a ``_target_`` of one group may name, and the groups nested in it.

    Args:
        what: the kind in words.
        packages: prefixes of the names, and of the modules that define the classes.
        bases: a class has one of them, as MODULE.NAME of where it is defined.
        methods: or defines all of one of these sets.
        functions: the only ones that may be called.
        short_names: of classes that are defined in ``packages``.
    """

    what: str
    packages: tuple[str, ...]
    bases: tuple[str, ...] = ()
    methods: tuple[tuple[str, ...], ...] = ()
    functions: tuple[str, ...] = ()
    short_names: tuple[str, ...] = ()

    def names(self, target: str) -> bool:
        """Whether ``target`` is the name of something public in one of the packages; nothing is imported."""
        return target in self.short_names or is_public(target, self.packages)

    def holds(self, found: object) -> bool:
        """Whether an imported object is one of this kind, and defined in one of the packages."""
        name = _full_name(found)
        if name.startswith(_LOADERS) or not name.startswith(self.packages):
            return False
        if not isclass(found):
            return name in self.functions
        return any(_full_name(base) in self.bases for base in found.__mro__) or any(
            all(any(method in vars(base) for base in found.__mro__) for method in methods) for methods in self.methods
        )


def is_public(target: str, prefixes: Sequence[str]) -> bool:
    """Whether the rest after one of the prefixes is a dotted name without a leading underscore anywhere."""
    rests = (target.removeprefix(prefix) for prefix in prefixes if target.startswith(prefix))
    return any(all(part.isidentifier() and part[0] != "_" for part in rest.split(".")) for rest in rests)


def _full_name(found: object) -> str:
    return f"{getattr(found, '__module__', None)}.{getattr(found, '__qualname__', None)}"


KINDS = {
    "model": Kind(
        "network", ("cwmi_seg.models.", "torch.nn.", "segmentation_models_pytorch.", "monai.networks."), (_MODULE,)
    ),
    "loss": Kind(
        "loss", ("cwmi_seg.losses.", "torch.nn.", "segmentation_models_pytorch.", "monai.losses."), (_MODULE,)
    ),
    "optimizer": Kind("optimizer", ("torch.optim.",), ("torch.optim.optimizer.Optimizer",)),
    "scheduler": Kind("scheduler", ("torch.optim.",), ("torch.optim.lr_scheduler.LRScheduler",)),
    "metrics": Kind(
        "metric",
        ("cwmi_seg.metrics.", "torchmetrics."),
        ("cwmi_seg.metrics.per_image.PerImageMetric", "torchmetrics.metric.Metric"),
    ),
    "dataset": Kind("preparer or image source", ("cwmi_seg.datasets.",), methods=(("__call__",), ("info", "read"))),
    "augmentation": Kind(
        "augmentation", ("cwmi_seg.augmentations.", "torchvision.transforms."), methods=(("__call__",),)
    ),
    "callbacks": Kind(
        "callback",
        ("cwmi_seg.callbacks.", "pytorch_lightning.callbacks."),
        (_CALLBACK,),
        functions=("cwmi_seg.callbacks.progress.progress",),
    ),
    "logger": Kind(
        "logger", ("cwmi_seg.loggers.", "pytorch_lightning.loggers.", "lightning_fabric.loggers."), (_LOGGER,)
    ),
    "trainer": Kind(
        "trainer or one of its parts",
        (
            "pytorch_lightning.trainer.",
            "pytorch_lightning.plugins.",
            "pytorch_lightning.profilers.",
            "pytorch_lightning.strategies.",
            "lightning_fabric.plugins.",  # pytorch_lightning.plugins hands some of these on
        ),
        (
            "pytorch_lightning.trainer.trainer.Trainer",
            "pytorch_lightning.profilers.profiler.Profiler",
            "pytorch_lightning.strategies.strategy.Strategy",
            "pytorch_lightning.plugins.layer_sync.LayerSync",
            "lightning_fabric.plugins.environments.cluster_environment.ClusterEnvironment",
            "lightning_fabric.plugins.io.checkpoint_io.CheckpointIO",
            "lightning_fabric.plugins.precision.precision.Precision",
        ),
        short_names=("pytorch_lightning.Trainer",),
    ),
}
"""Key of the root config to what may stand below it."""

HYDRA_CALLBACKS = Kind(
    "callback of Hydra", ("hydra.experimental.", "hydra_plugins."), ("hydra.experimental.callback.Callback",)
)


def kinds_of(key: str) -> tuple[Kind, ...]:
    """The kinds that may stand at a dotted key; all of them where it is in none of the groups, and so never built."""
    if key.startswith("hydra.callbacks."):
        return (HYDRA_CALLBACKS,)
    group = key.partition(".")[0].partition("[")[0]
    return (KINDS[group],) if group in KINDS else tuple(KINDS.values())
