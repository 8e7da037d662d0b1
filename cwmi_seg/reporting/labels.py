"""Names for the blocks and rows of a table, from the overrides that runs were started with."""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import NamedTuple

from cwmi_seg.study.identity import RunIdentity, settings

SEPARATOR = "; "


class Wording(NamedTuple):
    """One way to write the settings of a dataset and a model, as overrides of the command line."""

    dataset: str
    model: str
    text: str


class Synonyms:
    """Sets of wordings that mean the same settings; the shortest of a set stands for it.

    This is a union-find: each wording leads to a shorter one of its set, and the shortest to itself.
    """

    def __init__(self) -> None:
        self._shorter: dict[Wording, Wording] = {}

    def join(self, wordings: Iterable[Wording]) -> None:
        """Make one set of the sets that these wordings are in."""
        found = {self.shortest(wording) for wording in wordings}
        shortest = min(found, key=lambda wording: (len(wording.text), wording.text))
        self._shorter.update(dict.fromkeys(found, shortest))

    def shortest(self, wording: Wording) -> Wording:
        """The wording that stands for the set; a wording that was never joined stands for itself."""
        while (shorter := self._shorter.get(wording, wording)) != wording:
            wording = shorter
        return wording


def labels(
    runs: Sequence[RunIdentity], configs: Mapping[str, Mapping[str, object]] | None = None
) -> list[tuple[str, str]]:
    """Name the block and the row of every run: the settings of its block, and the label of its row.

    Overrides of the loss belong to the row, ``cwmi (num_scales=3)``; all others to the block. Runs of one hash have
    one name, however their overrides were written, and so have runs of a dataset and model whose configs differ in
    the loss alone. Runs whose overrides are the same but whose settings are not (a config file was changed between
    them) are told apart by their hash.

    Args:
        runs: The runs of a study.
        configs: The resolved config of each run that has one, by the name of the run.
    """
    synonyms = _synonyms(runs, configs or {})
    named = [synonyms.shortest(_wording(run)).text for run in runs]
    rows = [_row_label(run) for run in runs]
    hashes: dict[tuple[str, ...], set[str]] = {}
    for run, block, row in zip(runs, named, rows, strict=True):
        hashes.setdefault((run.dataset, run.model, block, row), set()).add(run.hash)
    return [
        (block, row if len(hashes[run.dataset, run.model, block, row]) == 1 else f"{row} [{run.hash}]")
        for run, block, row in zip(runs, named, rows, strict=True)
    ]


def _synonyms(runs: Sequence[RunIdentity], configs: Mapping[str, Mapping[str, object]]) -> Synonyms:
    """The wordings of equal runs joined: runs of one loss and hash, and runs whose configs differ in the loss alone."""
    equal: dict[Hashable, set[Wording]] = {}
    for run in runs:
        place, wording = (run.dataset, run.model), _wording(run)
        equal.setdefault((*place, run.loss, run.hash), set()).add(wording)
        if run.name in configs:
            equal.setdefault((*place, _beside_the_loss(configs[run.name])), set()).add(wording)
    synonyms = Synonyms()
    for wordings in equal.values():
        synonyms.join(wordings)
    return synonyms


def _wording(run: RunIdentity) -> Wording:
    """The overrides of a run but those of its loss."""
    texts = (override.lstrip("+") for override in run.overrides if not _is_of_loss(override))
    return Wording(run.dataset, run.model, SEPARATOR.join(texts))


def _beside_the_loss(config: Mapping[str, object]) -> str:
    """All settings that can change a result, but those of the loss."""
    return repr(sorted((key, value) for key, value in settings(config).items() if not key.startswith("loss.")))


def _row_label(run: RunIdentity) -> str:
    """The name of the loss, with the overrides of its arguments in brackets."""
    texts = [override.lstrip("+").removeprefix("loss.") for override in run.overrides if _is_of_loss(override)]
    return f"{run.loss} ({', '.join(texts)})" if texts else run.loss


def _is_of_loss(override: str) -> bool:
    return override.lstrip("+~").startswith("loss.")
