"""Names for the blocks and rows of a table, from the overrides that runs were started with."""

from collections.abc import Hashable, Mapping, Sequence
from typing import Any

from cwmi_seg.study.identity import RunIdentity, settings

SEPARATOR = "; "


def labels(
    runs: Sequence[RunIdentity], configs: Mapping[str, Mapping[str, Any]] | None = None
) -> list[tuple[str, str]]:
    """For every run the settings that name its block and the label of its row.

    Overrides of the loss belong to the row, ``cwmi (num_scales=3)``; all others to the block. Runs of one hash have
    one name, however their overrides were written, and so have runs of a dataset and model whose configs differ in
    the loss alone. Runs whose overrides are the same but whose settings are not (a config file was changed between
    them) are told apart by their hash.

    Args:
        runs: of a study.
        configs: name of a run to its resolved config, of those that have one.
    """
    names = _aliases(runs, configs or {})
    named = [names[run.dataset, run.model, _settings(run)] for run in runs]
    rows = [f"{run.loss} ({parameters})" if (parameters := _loss_overrides(run)) else run.loss for run in runs]
    hashes: dict[tuple[str, ...], set[str]] = {}
    for run, block, row in zip(runs, named, rows, strict=True):
        hashes.setdefault((run.dataset, run.model, block, row), set()).add(run.hash)
    return [
        (block, row if len(hashes[run.dataset, run.model, block, row]) == 1 else f"{row} [{run.hash}]")
        for run, block, row in zip(runs, named, rows, strict=True)
    ]


def _aliases(runs: Sequence[RunIdentity], configs: Mapping[str, Mapping[str, Any]]) -> dict[tuple[str, str, str], str]:
    """Dataset, model and every way to write settings to the shortest one with which equal runs were started."""
    names = {(run.dataset, run.model, text): text for run in runs for text in (_settings(run),)}
    equal: dict[Hashable, set[tuple[str, str, str]]] = {}
    for run in runs:
        written = (run.dataset, run.model, _settings(run))
        equal.setdefault((*written[:2], run.loss, run.hash), set()).add(written)
        if run.name in configs:
            equal.setdefault((*written[:2], _beside_the_loss(configs[run.name])), set()).add(written)
    for group in equal.values():
        together = {(*written[:2], names[written]) for written in group}
        shortest = min((text for _, _, text in together), key=lambda text: (len(text), text))
        names = {key: shortest if (*key[:2], text) in together else text for key, text in names.items()}
    return names


def _beside_the_loss(config: Mapping[str, Any]) -> str:
    """All settings that can change a result, but those of the loss."""
    return repr(sorted((key, value) for key, value in settings(config).items() if not key.startswith("loss.")))


def _settings(run: RunIdentity) -> str:
    return SEPARATOR.join(override.lstrip("+") for override in run.overrides if not _is_of_loss(override))


def _loss_overrides(run: RunIdentity) -> str:
    texts = (override.lstrip("+").removeprefix("loss.") for override in run.overrides if _is_of_loss(override))
    return ", ".join(texts)


def _is_of_loss(override: str) -> bool:
    return override.lstrip("+~").startswith("loss.")
