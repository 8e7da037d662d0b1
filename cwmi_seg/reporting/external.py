"""Masks that other code has made, as rows beside those of a study: ``external.NAME=FOLDER``."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from cwmi_seg.mistakes import Mistake
from cwmi_seg.reporting.aggregate import BLOCK
from cwmi_seg.reporting.collect import columns_of
from cwmi_seg.reporting.confusions import confusion_rows
from cwmi_seg.reporting.records import EXTERNAL, MONITOR, Records
from cwmi_seg.study.run_folder import RunFolder

if TYPE_CHECKING:
    from cwmi_seg.training.results import Scored


@dataclass(frozen=True)
class External:
    """Masks of others.

    Args:
        folders: folder of masks by the name of their row.
        patterns: what the files are called, such as ``*_pred``, where ``*`` is the name of the image.
        allowed_targets: the user's own modules that the configs of the runs may name.
    """

    folders: Mapping[str, Path]
    patterns: Sequence[str] = ()
    allowed_targets: Sequence[str] = ()
    _scored: dict[tuple[str, ...], "Scored"] = field(default_factory=dict, repr=False, compare=False)
    """By name and block; a report that is made again and again while a sweep goes on scores each mask once."""

    @classmethod
    def of(cls, folders: object, pattern: object, allowed_targets: Sequence[str] = ()) -> "External":
        """The choices in a config of ``cwmi-report``.

        Raises:
            ValueError: a name that cannot be that of a row, or something else than a folder.
        """
        from cwmi_seg.evaluation.mask_names import checked_patterns

        if not isinstance(folders, Mapping):
            raise Mistake(f"external: expected external.NAME=FOLDER, got {folders!r}; give the masks a name.")
        for name, folder in folders.items():
            if not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.-]*", str(name)):
                raise Mistake(f"external: expected letters, digits, '_', '.' and '-', got {name!r}; rename it.")
            if not isinstance(folder, str) or not folder:
                raise Mistake(f"external.{name}: expected a folder of masks, got {folder!r}; give its path.")
        paths = {str(name): Path(folder).expanduser() for name, folder in folders.items()}
        return cls(paths, checked_patterns(pattern), tuple(allowed_targets))  # type: ignore[arg-type]

    @cached_property
    def masks(self) -> dict[str, dict[str, Path]]:
        """The files of each row by the name of the image.

        Raises:
            FileNotFoundError: no such folder, or no mask in it.
            ValueError: two masks of one name.
        """
        from cwmi_seg.evaluation.mask_folders import masks_of

        return {name: masks_of(f"external.{name}", folder, self.patterns) for name, folder in self.folders.items()}

    def scores(self, name: str, block: "_Block", tested: Sequence[str], runs: Path) -> "Scored":
        """The scores of the masks of some test images of a block, of which each is scored once."""
        from cwmi_seg.evaluation.external_masks import joined_scores, score_external

        key = (name, *block.key)
        known = self._scored.get(key)
        new = [image for image in tested if known is None or image not in {row["name"] for row in known.rows}]
        if new:
            run = RunFolder(runs / block.runs["run"].iloc[0])
            scored = score_external(run, self.masks[name], new, self.allowed_targets)
            self._scored[key] = scored if known is None else joined_scores(known, scored)
        return self._scored[key]


def with_external(records: Records, runs: Path, external: External) -> Records:
    """Add a row for each folder of masks to every block whose test images it has.

    The masks are scored once. They count as a run for each fold and seed of the block, on the test images of that fold,
    so that they are paired with every other row.

    Args:
        records: of the study.
        runs: folder with the run folders.
        external: the masks.

    Raises:
        FileNotFoundError: no such folder, or no mask in it.
        ValueError: a name of a row that the study has, masks for some of the test images only or for none, or a mask
            that cannot be scored.
    """
    for name, masks in external.masks.items():
        if name in set(records.runs["label"]):
            raise Mistake(
                f"external.{name}: expected a name that no loss of the study has, got {name}; choose another."
            )
        added = [rows for block in _blocks(records) if (rows := _rows(name, masks, block, runs, external))]
        if not added:
            raise Mistake(
                f"external.{name}: expected masks called like the test images, such as {_example(records)}, got "
                f"{next(iter(masks))}; rename them, or say with pattern=*_mask what the names have more."
            )
        records = _joined(records, added)
    return records


@dataclass(frozen=True)
class _Block:
    """The finished runs of a block, their test images, and what tells it from others: a number, and its settings."""

    number: int
    key: tuple[str, ...]
    runs: pd.DataFrame
    images: pd.DataFrame


def _blocks(records: Records) -> Iterator[_Block]:
    own = records.done[~records.done["run"].str.startswith(EXTERNAL)]
    for number, (key, runs) in enumerate(own.groupby(BLOCK, sort=True), start=1):
        yield _Block(number, tuple(map(str, key)), runs, records.images[records.images["run"].isin(runs["run"])])


def _rows(
    name: str, masks: Mapping[str, Path], block: _Block, runs: Path, external: External
) -> list[tuple[dict[str, Any], pd.DataFrame, pd.DataFrame]]:
    """For each fold and seed the row of a run, those of its images and their confusion matrices; none of other data."""
    tested = [str(image) for image in block.images["name"].unique()]
    lacking = [image for image in tested if image not in masks]
    if len(lacking) == len(tested):
        return []
    if lacking:
        raise Mistake(
            f"external.{name}: expected a mask of each of the {len(tested)} test images in {external.folders[name]}, "
            f"got none for {lacking[0]}{f' and {len(lacking) - 1} more' if lacking[1:] else ''}; add them."
        )
    scores = external.scores(name, block, tested, runs)
    return [_run(name, block, run, scores) for run in _one_of_each(block.runs)]


def _one_of_each(runs: pd.DataFrame) -> Iterator[pd.Series]:
    """A run of each fold and seed."""
    for _, same in runs.groupby(["fold", "seed"]):
        yield same.iloc[0]


def _run(
    name: str, block: _Block, like: "pd.Series[Any]", scores: "Scored"
) -> tuple[dict[str, Any], pd.DataFrame, pd.DataFrame]:
    """The masks as a run on the test images of the run ``like``."""
    from cwmi_seg.metrics.confusion import dataset_iou
    from cwmi_seg.study.confusion_file import Confusions
    from cwmi_seg.training.results import summary

    run = f"{EXTERNAL}{name}-{block.number}-f{like['fold']}-s{like['seed']}"
    theirs = block.images[block.images["run"] == like["run"]].set_index("name")
    rows = [row for row in scores.rows if row["name"] in theirs.index]
    results = replace(scores.results, test=summary(rows), num_test_images=len(rows))
    confusions = None
    if scores.confusions is not None:
        places = [place for place, image in enumerate(scores.confusions.names) if image in theirs.index]
        names = tuple(scores.confusions.names[place] for place in places)
        confusions = Confusions(names, scores.confusions.matrices[places])
        results = replace(results, pooled=dataset_iou(confusions.matrices.sum(0)))
    row = {key: like[key] for key in ("study", *BLOCK, "fold", "seed", MONITOR) if key in like}
    row |= {"run": run, "loss": name, "label": name, "hash": "", "state": "done", "reason": ""}
    images = pd.DataFrame(rows).drop(columns="index").assign(group=lambda table: table["name"].map(theirs["group"]))
    images.insert(0, "run", run)
    return row | columns_of(results), images, confusion_rows(run, confusions)


def _joined(records: Records, added: list[list[tuple[dict[str, Any], pd.DataFrame, pd.DataFrame]]]) -> Records:
    runs, images, confusions = zip(*(each for block in added for each in block), strict=True)
    return replace(
        records,
        runs=pd.concat([records.runs, pd.DataFrame(list(runs))], ignore_index=True),
        images=pd.concat([records.images, *images], ignore_index=True),
        confusions=pd.concat([records.confusions, *confusions], ignore_index=True),
    )


def _example(records: Records) -> str:
    return str(records.images["name"].iloc[0]) if len(records.images) else "those of a finished run"
