"""Zip archives as raw folders; an entry can never land outside the folder it is unpacked into."""

import os
import shutil
import zipfile
import zlib
from pathlib import Path, PurePosixPath

from cwmi_seg.mistakes import Mistake

RATIO, ALWAYS = 100, 100 * 2**20
"""Largest ratio of the unpacked size to that of the archive, and bytes that are unpacked whatever the ratio."""


def unpacked(raw: Path, folder: Path) -> Path:
    """The folder ``raw`` itself, or the content of the zip archive ``raw``, unpacked into ``folder``.

    Raises:
        FileNotFoundError: There is neither a folder nor an archive.
        ValueError: no zip archive, a damaged one, one with a password, one with entries such as ``../x``, or one that
            becomes more than ``RATIO`` times its own size, and more than ``ALWAYS``.
        OSError: not enough space.
    """
    if raw.is_dir():
        return raw
    if not raw.exists():
        raise FileNotFoundError(f"raw: expected a folder or a zip archive, found nothing at {raw}; check the path.")
    if not os.access(raw, os.R_OK):
        raise PermissionError(f"{raw}: may not be read; run chmod u+r on it.")
    try:
        with zipfile.ZipFile(raw) as archive:
            _unpack(archive, raw, folder)
    except (zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise Mistake(f"{raw}: expected a folder or a zip archive ({error}); unpack it, or copy it again.") from error
    except (RuntimeError, NotImplementedError) as error:  # password, rare compression
        raise Mistake(f"{raw}: cannot be unpacked here ({error}); unpack it by hand.") from error
    return folder


def _unpack(archive: zipfile.ZipFile, raw: Path, folder: Path) -> None:
    members = [member for member in archive.infolist() if not member.is_dir() and not _is_hidden(member)]
    for member in members:
        member.filename = member.filename.replace("\\", "/")  # some Windows programs write the other slash
        _check(member, raw)
    folder.mkdir()
    needed, free = sum(member.file_size for member in members), shutil.disk_usage(folder).free
    _refuse_bomb(raw, needed)
    if needed > free:
        raise OSError(f"{raw}: needs {needed / 1e9:.1f} GB to unpack, {free / 1e9:.1f} GB are free; make room.")
    for member in members:
        archive.extract(member, folder)


def _refuse_bomb(raw: Path, needed: int) -> None:
    """Images take up to about 30 times the size of their archive; a file made to fill a disk, 1000 times and more."""
    limit = max(ALWAYS, RATIO * raw.stat().st_size)
    if needed > limit:
        raise Mistake(
            f"{raw}: expected an archive that unpacks to at most {limit / 1e6:,.0f} MB, {RATIO} times its size, got "
            f"{needed / 1e6:,.0f} MB; if you trust it, unpack it by hand and give the folder."
        )


def _is_hidden(member: zipfile.ZipInfo) -> bool:
    return any(part.startswith("__MACOSX") for part in PurePosixPath(member.filename).parts)


def _check(member: zipfile.ZipInfo, raw: Path) -> None:
    path = PurePosixPath(member.filename)
    if path.is_absolute() or not path.parts or ".." in path.parts or ":" in path.parts[0]:
        raise Mistake(f"{raw}: the entry {member.filename!r} leads outside the archive; do not trust this file.")
