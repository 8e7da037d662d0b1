"""Names for the blocks and rows of a table, from the overrides that runs were started with."""

from collections.abc import Sequence

from cwmi_seg.study.identity import RunIdentity

SEPARATOR = "; "


def labels(runs: Sequence[RunIdentity]) -> list[tuple[str, str]]:
    """For every run the settings that name its block and the label of its row.

    Overrides of the loss belong to the row, ``cwmi (num_scales=3)``; all others to the block. Runs of one hash have
    one name, however their overrides were written. Runs whose overrides are the same but whose settings are not
    (a config file was changed between them) are told apart by their hash.
    """
    names = _aliases(runs)
    named = [names[_settings(run)] for run in runs]
    rows = [f"{run.loss} ({parameters})" if (parameters := _loss_overrides(run)) else run.loss for run in runs]
    hashes: dict[tuple[str, ...], set[str]] = {}
    for run, settings, row in zip(runs, named, rows, strict=True):
        hashes.setdefault((run.dataset, run.model, settings, row), set()).add(run.hash)
    return [
        (settings, row if len(hashes[run.dataset, run.model, settings, row]) == 1 else f"{row} [{run.hash}]")
        for run, settings, row in zip(runs, named, rows, strict=True)
    ]


def _aliases(runs: Sequence[RunIdentity]) -> dict[str, str]:
    """Every way to write settings to the shortest one with which runs of the same hash were started."""
    names = {text: text for text in map(_settings, runs)}
    by_hash: dict[tuple[str, ...], set[str]] = {}
    for run in runs:
        by_hash.setdefault((run.dataset, run.model, run.loss, run.hash), set()).add(_settings(run))
    for texts in by_hash.values():
        together = {names[text] for text in texts}
        shortest = min(together, key=lambda text: (len(text), text))
        names = {text: shortest if name in together else name for text, name in names.items()}
    return names


def _settings(run: RunIdentity) -> str:
    return SEPARATOR.join(override.lstrip("+") for override in run.overrides if not _is_of_loss(override))


def _loss_overrides(run: RunIdentity) -> str:
    texts = (override.lstrip("+").removeprefix("loss.") for override in run.overrides if _is_of_loss(override))
    return ", ".join(texts)


def _is_of_loss(override: str) -> bool:
    return override.lstrip("+~").startswith("loss.")
