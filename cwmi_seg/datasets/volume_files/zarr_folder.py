"""Zarr and OME-Zarr (``NAME.zarr``, a folder) by zarr: axes and spacing from the OME metadata.

Only the folder itself is read, through a store of local files, and only codecs that unpack numbers are let in: zarr
finds others by the name in the file, among them one that runs what it unpacks.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import zarr
from zarr.storage import LocalStore

from cwmi_seg.datasets.size_limit import refuse_huge_volume
from cwmi_seg.datasets.stored_pixels import UnfitImage
from cwmi_seg.datasets.volume_files.letters import letters
from cwmi_seg.datasets.volume_files.ome_metadata import Multiscale, multiscale
from cwmi_seg.datasets.volume_files.stored import Step, StoredVolume
from cwmi_seg.files.json_files import parse_json
from cwmi_seg.mistakes import Mistake

_FILTERS = (
    "blosc", "zlib", "gzip", "zstd", "lz4", "lzma", "bz2", "shuffle", "delta", "bitround", "packbits", "quantize",
    "fixedscaleoffset", "crc32", "crc32c", "adler32", "fletcher32",
)  # fmt: skip
_CODECS = {"bytes", "transpose", "sharding_indexed", *_FILTERS, *(f"numcodecs.{name}" for name in _FILTERS)}
_REPAIR = "name it by dataset.preparer.image_key=PATH, of masks mask_key=PATH"
_MOST_LISTED = 6
Described = tuple[str, tuple[Step, ...], str]
"""Axes, steps and unit."""


@contextmanager
def open_zarr(path: Path, key: str | None) -> Iterator[StoredVolume]:
    """Open the array at ``key`` in the folder, the full resolution of an OME image there, or the only array."""
    folder, described = _array_folder(path, key)
    _check_codecs(folder)
    array = zarr.open_array(LocalStore(folder, read_only=True), mode="r")
    refuse_huge_volume(path, array.shape, array.chunks)
    axes, steps, unit = described if described and len(described[0]) == array.ndim else _named(array)
    yield StoredVolume(
        array.shape,
        array.dtype,
        lambda index: np.asarray(array[index]),
        axes,
        steps,
        unit,
        array.chunks,
        _missing(array),
    )


def _array_folder(path: Path, key: str | None) -> tuple[Path, Described | None]:
    """The folder of an array, and what the OME metadata of the image that it belongs to say."""
    place = _inside(path, key or "")
    if _is_array(place):
        return place, None if place == path else _described(place.parent, place.name)
    if not _is_group(place):
        raise Mistake(f"no zarr array or group {key}" if key else "no zarr array: neither zarr.json nor .zarray in it")
    image = _image(place)
    if image is not None:
        folder = _inside(place, image.paths[0])
        if not _is_array(folder):
            raise Mistake(f"no array {image.paths[0]}, which its OME metadata name")
        return folder, (image.axes, *image.scales[0])
    arrays = sorted(entry.name for entry in place.iterdir() if _is_array(entry))
    if len(arrays) != 1:
        shown = ", ".join(arrays[:_MOST_LISTED]) + (", ..." if len(arrays) > _MOST_LISTED else "")
        raise UnfitImage(f"expected one array or the metadata of an OME image, got {shown or 'none'}; {_REPAIR}")
    return place / arrays[0], None


def _described(group: Path, name: str) -> Described | None:
    """What the metadata of a group say about one of its arrays."""
    image = _image(group) if _is_group(group) else None
    return (image.axes, *image.scales[image.paths.index(name)]) if image and name in image.paths else None


def _image(group: Path) -> Multiscale | None:
    store = LocalStore(group, read_only=True)
    return multiscale(zarr.open_group(store, mode="r", use_consolidated=False).attrs.asdict())


def _inside(path: Path, key: str) -> Path:
    parts = [part for part in key.split("/") if part]
    if any(part in (".", "..") or "\\" in part or ":" in part for part in parts):
        raise UnfitImage(f"expected the path of an array in the folder, got {key}; {_REPAIR}")
    return path.joinpath(*parts)


def _is_array(folder: Path) -> bool:
    return (folder / ".zarray").is_file() or _node_type(folder) == "array"


def _is_group(folder: Path) -> bool:
    return (folder / ".zgroup").is_file() or _node_type(folder) == "group"


def _node_type(folder: Path) -> object:
    return _json(folder / "zarr.json").get("node_type") if (folder / "zarr.json").is_file() else None


def _json(path: Path) -> Mapping[str, Any]:
    content = parse_json(path.read_text(encoding="utf-8"))
    if not isinstance(content, Mapping):
        raise Mistake(f"{path.name} holds no metadata")
    return content


def _check_codecs(folder: Path) -> None:
    first = folder / ".zarray"
    metadata = _json(first if first.is_file() else folder / "zarr.json")
    unknown = sorted(set(_codecs(metadata)) - _CODECS)
    if unknown:
        raise UnfitImage(f"expected zarr's own codecs, got {unknown[0]}; save it with blosc, zstd or gzip")


def _codecs(metadata: Mapping[str, Any]) -> Iterator[str]:
    """Names of all codecs of an array of version 2 or 3; those of a shard lie in the configuration of another."""
    version_2 = [metadata.get("compressor"), *(metadata.get("filters") or [])]
    for codec in (*version_2, *(metadata.get("codecs") or []), *(metadata.get("index_codecs") or [])):
        if isinstance(codec, str):
            yield codec
        elif isinstance(codec, Mapping):
            yield str(codec.get("id", codec.get("name")))
            configuration = codec.get("configuration")
            yield from _codecs(configuration) if isinstance(configuration, Mapping) else ()


def _named(array: Any) -> Described:
    """The names that zarr (version 3) or xarray give the axes."""
    names = getattr(array.metadata, "dimension_names", None) or array.attrs.get("_ARRAY_DIMENSIONS")
    axes = letters(names) if isinstance(names, list | tuple) and len(names) == array.ndim else ""
    return axes, (None,) * array.ndim, ""


def _missing(array: Any) -> tuple[str, ...]:
    """Chunks without a file stand for a value: writers leave out those that hold it alone, but a copy may lose some."""
    stored, expected = array.nchunks_initialized, array.nchunks
    if stored >= expected:
        return ()
    return (f"{expected - stored} of {expected} chunks have no file and are read as {array.fill_value}",)
