"""The files of pictures beside the page of a report."""

from dataclasses import dataclass, field
from pathlib import Path

from cwmi_seg.files.atomic import replacing
from cwmi_seg.reporting.album import Picture
from cwmi_seg.reporting.pictures import webp

FOLDER = "viewer"
"""Folder of the files, beside the page."""
WEBP, COUNTS = ".webp", ".json"
"""Endings of pictures, and of the numbers that were counted while they were drawn."""


@dataclass
class PictureFiles:
    """The files that a report uses, so that those of an earlier one can be removed.

    Args:
        folder: Folder of the page.
    """

    folder: Path
    _used: set[Path] = field(default_factory=set)

    def path(self, part: str, name: str, ending: str = WEBP) -> Path:
        """The file of one picture in the folder ``part``, which is used from now on."""
        path = self.folder / FOLDER / part / f"{name}{ending}"
        self._used.add(path)
        return path

    def address(self, path: Path) -> str:
        """How the page calls a file."""
        return path.relative_to(self.folder).as_posix()

    def remove_stale(self) -> None:
        """Remove what an earlier report has written and this one does not use."""
        for ending in (WEBP, COUNTS):
            for path in (self.folder / FOLDER).rglob(f"*{ending}"):
                if path not in self._used:
                    path.unlink()


def save_picture(path: Path, picture: Picture) -> None:
    """Write a picture; a reader never sees half of it."""
    content = webp(picture)
    with replacing(path) as temporary:
        temporary.write_bytes(content)


def is_newer(file: Path, than: Path) -> bool:
    """Whether a file is there, and not from before another one."""
    return file.is_file() and file.stat().st_mtime >= than.stat().st_mtime
