"""By what prepared data are known again: the raw files that they were made from, and how."""

import hashlib
from pathlib import Path

from cwmi_seg.datasets.dataset_json import VERSION
from cwmi_seg.datasets.raw_volumes import Raw
from cwmi_seg.datasets.reader_version import READER


def fingerprint_of(dataset: Raw, options: str) -> str:
    """SHA-256 of the content of all raw files, the names, parts and groups given to them, and the options.

    What comes in later counts only where it is not neutral, that is where the data are others than they would have
    been before, as with :func:`with_reader`: the fingerprint of no dataset that people have changes.

    Raises:
        OSError: A file cannot be read; one line names it.
    """
    checksums = {path: checksum(path) for path in {path for sample in dataset.samples for path in sample.files}}
    # names and contents, not paths: the same download in another folder is the same dataset
    lines = [f"{VERSION} {options}"]
    for sample in dataset.samples:
        files = " ".join(checksums[path] for path in sample.files)
        lines.append(f"{sample.name} {sample.part} {sample.group} {files}")
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def with_reader(plain: str) -> str:
    """The fingerprint of data that an earlier reader would have made otherwise from the same files."""
    return hashlib.sha256(f"{plain} reader {READER}".encode()).hexdigest()


def checksum(path: Path) -> str:
    """The checksum of a file, or of all files of a folder that counts as one (zarr, slices), with their names.

    Raises:
        OSError: It cannot be read; one line names it.
    """
    if path.is_dir():
        counted = (each for each in path.rglob("*") if not each.is_dir() and not _is_hidden(each.name))
        files = sorted((each.relative_to(path).as_posix(), each) for each in counted)
        lines = [f"{name} {checksum(each)}" for name, each in files]
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except PermissionError:
        raise PermissionError(f"{path}: may not be read; run chmod u+r on it.") from None
    except OSError as error:  # a broken link, a link to itself, a failing disk
        raise OSError(f"{path}: cannot be read ({error.strerror}); copy it again from the download.") from error


def _is_hidden(name: str) -> bool:
    """Whether the file is none of the data, unlike those in which zarr says what the data are."""
    return name.startswith(".") and not name.startswith(".z")
