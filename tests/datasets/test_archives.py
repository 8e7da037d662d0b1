"""Archives of raw data: those that are read, and those that are refused in one line with nothing written."""

import io
import os
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from cwmi_seg.datasets.folder import ImageFolder
from cwmi_seg.datasets.preparation import prepare
from tests.support.damage import MASK, PHOTO, cut, refused
from tests.support.listing import listing

Patch = pytest.MonkeyPatch


@pytest.fixture(autouse=True)
def _quick_disk(monkeypatch: Patch) -> None:
    monkeypatch.setattr(os, "fsync", lambda _: None)


def archive(path: Path, entries: dict[str, bytes]) -> Path:
    with warnings.catch_warnings(), zipfile.ZipFile(path, "w") as file:
        warnings.simplefilter("ignore")  # duplicate names
        for name, content in entries.items():
            file.writestr(name, content)
    return path


def png(pixels: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "png")
    return buffer.getvalue()


GOOD = {"images/a.png": png(PHOTO), "masks/a.png": png(MASK)}


def damaged_zip(path: Path) -> Path:
    content = bytearray(archive(path, GOOD).read_bytes())
    content[60] ^= 0xFF
    path.write_bytes(content)
    return path


def truncated_zip(path: Path) -> Path:
    cut(archive(path, GOOD), 0.9)
    return path


def locked_zip(path: Path) -> Path:
    content = bytearray(archive(path, GOOD).read_bytes())
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(signature) + offset] |= 1  # says that a password is needed
    path.write_bytes(content)
    return path


def tar(path: Path) -> Path:
    import tarfile

    with tarfile.open(path, "w") as file:
        file.addfile(tarfile.TarInfo("images"))
    return path


BAD_ARCHIVES: dict[str, tuple[Callable[[Path], Path], str]] = {
    "entry above": (lambda p: archive(p, {**GOOD, "../evil.png": b""}), r"'\.\./evil\.png' leads outside"),
    "entry far above": (lambda p: archive(p, {**GOOD, "a/../../evil": b""}), "leads outside"),
    "absolute entry": (lambda p: archive(p, {**GOOD, "/tmp/evil.png": b""}), "leads outside"),
    "entry of a drive": (lambda p: archive(p, {**GOOD, "C:\\evil.png": b""}), "leads outside"),
    "entry above with the other slash": (lambda p: archive(p, {**GOOD, "..\\evil": b""}), "leads outside"),
    "entry without a name": (lambda p: archive(p, {**GOOD, ".": b""}), "leads outside"),
    "damaged zip": (damaged_zip, "expected a folder or a zip archive .*copy it again"),
    "truncated zip": (truncated_zip, "expected a folder or a zip archive .*copy it again"),
    "zip with a password": (locked_zip, "unpack it by hand"),
    "tar": (tar, "expected a folder or a zip archive .*unpack it"),
    "archive in an archive": (lambda p: archive(p, {"training.zip": b""}), "training.zip is packed: unpack it first"),
    "file and folder of one name": (lambda p: archive(p, {"images": b"", **GOOD}), "images.*cannot be written"),
    "nothing there": (lambda p: p, "raw: expected a folder or a zip archive, found nothing at .*check the path"),
}


@pytest.mark.parametrize("damage", BAD_ARCHIVES)
def test_a_bad_archive_is_one_line_and_writes_nothing(tmp_path: Path, damage: str) -> None:
    make, message = BAD_ARCHIVES[damage]
    path = make(tmp_path / "archive.zip")
    before = listing(tmp_path)
    refused(ImageFolder(), path, tmp_path, message)
    assert listing(tmp_path) == before


def test_an_archive_of_windows_and_one_of_a_mac_are_read(tmp_path: Path) -> None:
    entries = {f"set\\{name.replace('/', chr(92))}": content for name, content in GOOD.items()}
    path = archive(tmp_path / "archive.zip", {**entries, "__MACOSX/images/._a.png": b"junk"})
    assert [image.name for image in prepare(ImageFolder(), path, tmp_path / "data").info.images] == ["a"]


def test_too_large_an_archive_is_refused_before_it_is_unpacked(tmp_path: Path, monkeypatch: Patch) -> None:
    path = archive(tmp_path / "archive.zip", GOOD)
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=100))
    refused(ImageFolder(), path, tmp_path, "needs 0.0 GB to unpack, 0.0 GB are free; make room")
