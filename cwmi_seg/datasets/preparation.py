"""The conversion of a raw folder into a prepared dataset, all or nothing, and the check of one by its checksums."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from cwmi_seg.datasets.archive import unpacked
from cwmi_seg.datasets.dataset_json import NAME, load_info, save_info
from cwmi_seg.datasets.fingerprint import checksum, fingerprint_of, with_reader
from cwmi_seg.datasets.given_samples import check_given
from cwmi_seg.datasets.image_words import tags_of, with_groups
from cwmi_seg.datasets.info import DatasetInfo
from cwmi_seg.datasets.later_options import options_text
from cwmi_seg.datasets.prepared import image_paths
from cwmi_seg.datasets.raw import RawDataset
from cwmi_seg.datasets.raw_volumes import Raw, RawVolumes
from cwmi_seg.datasets.reader_version import read_otherwise, turned_note
from cwmi_seg.datasets.volume_writer import VolumeWriter
from cwmi_seg.datasets.workspace import publish, refuse_foreign, refuse_own_files, workspace
from cwmi_seg.datasets.writer import DatasetWriter
from cwmi_seg.files.plain_names import plain_name
from cwmi_seg.mistakes import Mistake


@dataclass(frozen=True)
class Preparation:
    """The dataset that is in the target now; ``written`` is False where it was there before.

    ``understood`` says what the preparer has found out about the raw folder by itself.
    """

    info: DatasetInfo
    written: bool
    understood: tuple[str, ...] = ()


def prepare(
    preparer: Callable[[Path], Raw],
    raw: Path,
    target: Path,
    *,
    options: str | Mapping[str, object] = "",
    overwrite: bool = False,
    groups: str | None = None,
    tags: str | None = None,
) -> Preparation:
    """Convert ``raw`` into ``target``; with the raw files and ``options`` of an earlier call nothing changes.

    Only ``target`` and a temporary folder beside it are written to; ``target`` appears complete or not at all.

    Args:
        preparer: Function that knows the raw layout.
        raw: Folder or zip archive of the download.
        target: Folder of the prepared dataset; its name is that of the dataset.
        options: Configuration of the preparer, which is part of the fingerprint, with what it finds out by itself.
        overwrite: Whether to replace a prepared dataset that was made from other files.
        groups: Expression or table of groups (:func:`~cwmi_seg.datasets.image_words.with_groups`); None leaves those of
            the preparer.
        tags: Expression or table of tags (:func:`~cwmi_seg.datasets.image_words.tags_of`), no part of the fingerprint;
            None leaves those that are there.

    Raises:
        FileNotFoundError, ValueError, OSError: Something is wrong with a file; one line names it and the repair.
    """
    target = target.resolve()
    refuse_foreign(target)
    if raw.resolve().is_relative_to(target):
        raise Mistake(f"raw: expected a folder outside {target}, got {raw}; move the download elsewhere.")
    with workspace(target) as work:
        dataset = check_given(preparer(unpacked(raw, work / "raw")))
        _check_names(dataset)
        dataset = dataset if groups is None else with_groups(dataset, groups)
        words = None if tags is None else tags_of(dataset, tags)
        odd: list[Path] = []
        if isinstance(dataset, RawDataset):  # which had another reader once
            dataset, odd = replace(dataset, notes=(*dataset.notes, *turned_note(dataset))), read_otherwise(dataset)
        first = fingerprint_of(dataset, _text(options, dataset))
        own = with_reader(first) if odd else first
        if odd and not overwrite and (target / NAME).exists():
            _refuse_first_reader(target, first, odd[0])
        if (target / NAME).exists() and (info := _existing(target, own, overwrite)):
            return Preparation(_tagged(info, words, target), written=False, understood=dataset.understood)
        refuse_own_files(target)
        info = _writer(dataset, work / "prepared", target.name, own).write()
        info = _tagged(info, words, work / "prepared")
        publish(work / "prepared", target, work / "old")
        return Preparation(info, written=True, understood=dataset.understood)


def _writer(dataset: Raw, folder: Path, name: str, fingerprint: str) -> DatasetWriter | VolumeWriter:
    if isinstance(dataset, RawVolumes):
        return VolumeWriter(dataset, folder, name, fingerprint)
    return DatasetWriter(dataset, folder, name, fingerprint)


def check(root: Path) -> DatasetInfo:
    """Compare every file of a prepared dataset with its checksum.

    Raises:
        ValueError: files are missing, changed or not from the preparation.
    """
    info = load_info(root)
    expected: dict[Path, str] = {}
    for image in info.images:
        paths = image_paths(root, info, image)
        expected.update(zip(paths, (image.image_sha256, image.mask_sha256), strict=True))
    problems = [f"{path} is missing" for path in expected if not path.is_file()]
    problems += [
        f"{path} was changed" for path, sha256 in expected.items() if path.is_file() and checksum(path) != sha256
    ]
    present = {path for folder in ("images", "masks") for path in (root / folder).glob("[!.]*")}
    problems += [f"{path} is not from the preparation" for path in sorted(present - set(expected))]
    if problems:
        raise Mistake(f"{'; '.join(problems[:3])} ({len(problems)} in all); prepare again with overwrite=true.")
    return info


def _text(options: str | Mapping[str, object], dataset: Raw) -> str:
    """What the preparer found out counts as if it had been said."""
    return options if isinstance(options, str) else options_text({**options, **dataset.settings})


def _tagged(info: DatasetInfo, tags: Mapping[str, Mapping[str, str]] | None, folder: Path) -> DatasetInfo:
    """The dataset with other tags, which are written into ``folder``."""
    if tags is None or tags == info.tags:
        return info
    info = replace(info, tags=tags)
    save_info(info, folder)
    return info


def _existing(target: Path, fingerprint: str, overwrite: bool) -> DatasetInfo | None:
    """The dataset in the target if it was made from the same files; None if it is to be replaced."""
    if overwrite:
        return None
    info = load_info(target)
    if info.fingerprint != fingerprint:
        raise Mistake(
            f"{target}: was prepared from other files or options than these; "
            "use overwrite=true to replace it, or name=NAME to prepare beside it."
        )
    return info


def _refuse_first_reader(target: Path, fingerprint: str, odd: Path) -> None:
    """Raises ValueError for data of these files from before they were read as now."""
    if load_info(target).fingerprint == fingerprint:
        raise Mistake(
            f"{target}: was prepared by an earlier version, which read {odd} in another way, and wrongly; "
            "prepare again with overwrite=true, and train again."
        )


def _check_names(dataset: Raw) -> None:
    for sample in dataset.samples:
        try:
            plain_name(sample.name)
        except ValueError as error:
            raise Mistake(f"{sample.files[0]}: {error}.") from None
    counts = Counter(sample.name.lower() for sample in dataset.samples)
    twice = [sample for sample in dataset.samples if counts[sample.name.lower()] > 1]
    if twice:
        first, second = twice[0].files[0], twice[1].files[0]
        raise Mistake(f"{second}: has the same name as {first}; rename one of the two.")
