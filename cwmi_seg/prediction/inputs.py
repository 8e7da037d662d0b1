"""The images to predict: found on disk, checked, read page by page."""

import glob
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from cwmi_seg.config.arguments import listed
from cwmi_seg.config.error_lines import error_line
from cwmi_seg.datasets.file_kinds import IMAGES, of_kinds
from cwmi_seg.datasets.image_files import num_pages, read_image
from cwmi_seg.datasets.info import Pixels
from cwmi_seg.files.printable import printable
from cwmi_seg.mistakes import Mistake
from cwmi_seg.prediction.conversion import Conversion, OtherKind
from cwmi_seg.prediction.georeference import Tags, georeference


class UnusableImage(Mistake):
    """An image that cannot be read, or is not what the network expects; the others can still be predicted."""


@dataclass(frozen=True)
class ImageFile:
    """One file to predict; ``name`` is its place under the output folders, without suffix."""

    path: Path
    name: str

    def root(self) -> Path:
        """The folder that ``name`` starts from."""
        return self.path.absolute().parents[len(Path(self.name).parts) - 1]

    def num_pages(self) -> int:
        """The number of pages of a tif; 1 for every other file.

        Raises:
            UnusableImage: The file is no image.
        """
        try:
            return num_pages(self.path)
        except (OSError, ValueError) as error:
            raise self._unusable(error) from error

    def georeference(self) -> Tags:
        """Where a GeoTIFF lies, as tags for its results; nothing of other files.

        Raises:
            UnusableImage: The file is no image.
        """
        try:
            return georeference(self.path)
        except (OSError, ValueError) as error:
            raise self._unusable(error) from error

    def pages(self, num_pages: int, conversion: Conversion) -> Iterator[Pixels]:
        """Yield each page H W I, as the network expects it.

        Raises:
            UnusableImage: The file is damaged, or has other channels or another pixel type than the network expects.
        """
        for page in range(num_pages):
            try:
                image = read_image(self.path, page if num_pages > 1 else None)
            except (OSError, ValueError) as error:
                raise self._unusable(error) from error
            try:
                image = conversion(image)
            except OtherKind as error:
                raise UnusableImage(str(error)) from error
            yield image

    def _unusable(self, error: Exception) -> UnusableImage:
        return UnusableImage(error_line(error).removeprefix(printable(f"{self.path}: ")))


def find_images(where: str | Sequence[str]) -> list[ImageFile]:
    """Find image files.

    Args:
        where: Folders (without the folders in them), glob patterns (``**`` for any depth) and paths of files.

    Raises:
        FileNotFoundError: Nothing is found for one of them.
        ValueError: Nothing is asked for, or the results of two images would have the same name.
    """
    return found_files(
        where, lambda paths: of_kinds(paths, IMAGES), lambda path: path.with_suffix(""), f"{', '.join(IMAGES[0])} files"
    )


def found_files(
    where: str | Sequence[str],
    chosen: Callable[[Sequence[Path]], list[Path]],
    without_ending: Callable[[Path], Path],
    kinds: str,
) -> list[ImageFile]:
    """Find files of some kinds, each under a name of its own.

    Args:
        where: As for :func:`find_images`.
        chosen: The files of these kinds among others.
        without_ending: The path of a file without the ending of its kind.
        kinds: The kinds in words.

    Raises:
        FileNotFoundError, ValueError: As for :func:`find_images`.
    """
    asked = listed("images", where)
    if not asked:
        raise Mistake("images: expected a folder, a file or a pattern, got nothing; add images=FOLDER.")
    found = [file for one in asked for file in _find(one, chosen, without_ending, kinds)]
    unique = list({file.path.absolute(): file for file in found}.values())
    for longer in (_with_folder, _with_suffix):
        unique = [f if len(group) == 1 else longer(f, group) for f, group in _same_names(unique)]
    for file, group in _same_names(unique):
        if len(group) > 1:
            raise Mistake(
                f"images: expected images of different names, got {file.name} for {group[0].path} and {group[1].path}; "
                "predict them in two calls with different out=FOLDER."
            )
    return unique


def _same_names(files: Sequence[ImageFile]) -> list[tuple[ImageFile, list[ImageFile]]]:
    """Each file with all that have its name, itself included."""
    groups: dict[str, list[ImageFile]] = {}
    for file in files:
        groups.setdefault(file.name, []).append(file)
    return [(file, groups[file.name]) for file in files]


def _with_folder(file: ImageFile, group: Sequence[ImageFile]) -> ImageFile:
    """``a/1`` and ``b/1`` for ``1.png`` of the folders ``a`` and ``b``; as it is where all are of one folder."""
    if len({other.root() for other in group}) == 1:
        return file
    return ImageFile(file.path, f"{file.root().name}/{file.name}")


def _with_suffix(file: ImageFile, _: Sequence[ImageFile]) -> ImageFile:
    """``a_png`` and ``a_tif`` for ``a.png`` and ``a.tif``."""
    return ImageFile(file.path, f"{file.name}_{file.path.suffix[1:].lower()}")


def _find(
    where: str,
    chosen: Callable[[Sequence[Path]], list[Path]],
    without_ending: Callable[[Path], Path],
    kinds: str,
) -> list[ImageFile]:
    path = Path(where).expanduser()
    if path.is_dir() and not _is_zarr(path):
        root, paths = path, sorted(path.iterdir())
    else:
        root = _fixed_part(path)
        paths = [path] if path.exists() else sorted(Path(p) for p in glob.glob(str(path), recursive=True))
    # a broken link is told as failed
    files = [p for p in paths if p.is_file() or _is_zarr(p) or (p.is_symlink() and not p.exists())]
    images = chosen(files)
    if above := [p for p in images if ".." in p.relative_to(root).parts]:
        raise Mistake(f"images: expected wildcards behind every .., got {where} for {above[0]}; name the folder.")
    if not images:
        raise FileNotFoundError(f"images: expected {kinds}, found none in {where}; check the path.")
    return [ImageFile(p, str(without_ending(p.relative_to(root)))) for p in images]


def _is_zarr(path: Path) -> bool:
    """Whether the path is a folder that stands for one file."""
    return path.suffix.lower() == ".zarr" and path.is_dir()


def _fixed_part(pattern: Path) -> Path:
    """The folder of a file; of a pattern, the folder above its first wildcard."""
    parents = [parent for parent in pattern.parents if not glob.has_magic(str(parent))]
    return parents[0]
