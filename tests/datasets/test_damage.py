"""What goes wrong with a download: each kind of damage is handled, or is one line that names file and repair.

Nothing but the target folder is ever written, and nothing at all when a preparation fails.
"""

import os
import shutil
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from cwmi_seg.datasets.drive import DRIVE
from cwmi_seg.datasets.folder import ImageFolder
from cwmi_seg.datasets.preparation import check, prepare
from cwmi_seg.datasets.snemi3d import SNEMI3D
from tests.support import fake_data
from tests.support.damage import MASK, PHOTO, cut, refused
from tests.support.listing import listing

Patch = pytest.MonkeyPatch


@pytest.fixture(autouse=True)
def _quick_disk(monkeypatch: Patch) -> None:
    monkeypatch.setattr(os, "fsync", lambda _: None)


def replace(path: Path, suffix: str, pixels: np.ndarray, **options: Any) -> Path:
    """The image ``path`` in another format."""
    path.unlink()
    Image.fromarray(pixels).save(path.with_suffix(suffix), **options)
    return path.with_suffix(suffix)


def truncated(suffix: str) -> Callable[[Path], None]:
    return lambda raw: cut(replace(raw / "images/b.png", suffix, PHOTO))


def swapped(raw: Path) -> None:
    (raw / "images").rename(raw / "other")
    (raw / "masks").rename(raw / "images")
    (raw / "other").rename(raw / "masks")


def animated(raw: Path) -> None:
    frames = [Image.fromarray(fake_data.photograph(seed, 20, 28)) for seed in range(3)]
    (raw / "images/b.png").unlink()
    frames[0].save(raw / "images/b.gif", save_all=True, append_images=frames[1:])


def flipped_byte(raw: Path) -> None:
    content = bytearray((raw / "images/b.png").read_bytes())
    content[len(content) // 2] ^= 0xFF
    (raw / "images/b.png").write_bytes(content)


def linked_to_itself(raw: Path) -> None:
    (raw / "images/b.png").unlink()
    (raw / "images/b.png").symlink_to("b.png")


def dangling_link(raw: Path) -> None:
    (raw / "images/b.png").unlink()
    (raw / "images/b.png").symlink_to(raw / "nowhere.png")


def transparent(raw: Path) -> None:
    pixels = np.dstack([PHOTO, MASK])
    fake_data.save(raw / "images/b.png", pixels)


def float_tif(raw: Path) -> None:
    replace(raw / "images/b.png", ".tif", PHOTO[..., 0].astype(np.float32))


def print_colours(raw: Path) -> None:
    (raw / "images/b.png").unlink()
    Image.fromarray(PHOTO).convert("CMYK").save(raw / "images/b.jpg")


def deep(raw: Path) -> None:
    replace(raw / "images/b.png", ".png", PHOTO[..., 0].astype(np.uint16) * 200)


BROKEN: dict[str, tuple[Callable[[Path], object], str]] = {
    "missing mask": (lambda raw: (raw / "masks/b.png").unlink(), "images/b.png: no mask .*masks/b.png"),
    "missing image": (lambda raw: (raw / "images/b.png").unlink(), "masks/b.png: a mask without an image"),
    "no masks": (lambda raw: shutil.rmtree(raw / "masks"), "images/a.png: no mask"),
    "no images": (lambda raw: shutil.rmtree(raw / "images"), "raw: expected images/NAME.png.* found none"),
    "missing mask in another folder": (
        lambda raw: (raw / "masks").rename(raw / "labels").joinpath("b.png").unlink(),
        r"images/b.png: no mask labels/\{name\}; add it, or list the pairs",
    ),
    "missing image in another folder": (
        lambda raw: (raw / "images").rename(raw / "pictures").joinpath("b.png").unlink(),
        "masks/b.png: a mask without an image",
    ),
    "swapped folders": (swapped, "masks/a.png: expected a mask of one channel, .*are images and masks swapped"),
    "truncated png": (truncated(".png"), "images/b.png: cannot be read as an image"),
    "truncated tif": (truncated(".tif"), "images/b.tif: cannot be read as an image"),
    "truncated bmp": (truncated(".bmp"), "images/b.bmp: cannot be read as an image"),
    "truncated jpg": (truncated(".jpg"), "images/b.jpg: cannot be read as an image"),
    "truncated gif": (truncated(".gif"), "images/b.gif: cannot be read as an image"),
    "flipped byte": (flipped_byte, "images/b.png: cannot be read as an image"),
    "zero bytes": (lambda raw: (raw / "masks/b.png").write_bytes(b""), "masks/b.png: cannot be read as an image"),
    "text": (lambda raw: (raw / "images/b.png").write_text("<html>404"), "images/b.png: cannot be read as an image"),
    "transparent image": (transparent, "images/b.png: .*transparent pixels; save it without transparency"),
    "float image": (float_tif, "images/b.tif: .*pixel format F"),
    "image for print": (print_colours, "images/b.jpg: .*pixel format CMYK"),
    "animated image": (animated, "images/b.gif: expected a single image, got 3 pages; save each page"),
    "grey among colour": (
        lambda raw: fake_data.save(raw / "images/b.png", PHOTO[..., 0]),
        "images/b.png: expected 3 channels of uint8 as in a.png, got 1 of uint8",
    ),
    "16 bit among 8": (deep, "images/b.png: expected 3 channels of uint8 as in a.png, got 1 of uint16"),
    "mask of three values": (
        lambda raw: fake_data.save(raw / "masks/b.png", MASK // 2 + np.eye(20, 28, dtype=np.uint8)),
        "masks/b.png: expected a mask of 0 and 1 or 0 and 255, got 0, 1, 127, 128",
    ),
    "mask of grey levels": (
        lambda raw: fake_data.save(raw / "masks/b.png", PHOTO[..., 0]),
        r"masks/b.png: expected a mask of 0 and 1 or 0 and 255, got \d+ values \(",
    ),
    "mask in colours": (
        lambda raw: fake_data.save(raw / "masks/b.png", PHOTO),
        "masks/b.png: expected a mask of one channel",
    ),
    "mask of another size": (
        lambda raw: fake_data.save(raw / "masks/b.png", MASK[:-1]),
        "images/b.png: expected the size of its mask b.png, 19 x 28, got 20 x 28",
    ),
    "duplicate stems": (
        lambda raw: fake_data.save(raw / "images/b.tif", PHOTO),
        "images/b.tif: expected names that differ .*, got that of images/b.png; rename one",
    ),
    "stems alike but for case": (
        lambda raw: fake_data.save(raw / "images/B.png", PHOTO),
        "images/b.png: expected names that differ .*, got that of images/B.png; rename one",
    ),
    "link to nowhere": (dangling_link, "images/b.png: cannot be read .*No such file"),
    "link to itself": (linked_to_itself, "images/b.png: cannot be read .*symbolic links"),
}


@pytest.mark.parametrize("damage", BROKEN)
def test_damage_is_one_line_and_writes_nothing(tmp_path: Path, damage: str) -> None:
    raw = fake_data.write_folder(tmp_path / "raw")
    harm, message = BROKEN[damage]
    harm(raw)
    before = listing(tmp_path)
    refused(ImageFolder(), raw, tmp_path, message)
    assert listing(tmp_path) == before


def loop(raw: Path) -> None:
    (raw / "images/again").symlink_to(raw, target_is_directory=True)


def palette_image(raw: Path) -> None:
    colours = np.array(Image.fromarray(PHOTO).quantize(64).convert("RGB"))
    fake_data.save(raw / "images/b.png", colours)
    Image.fromarray(colours).quantize(64).save(raw / "images/b.png")


def palette_mask(raw: Path) -> None:
    image = Image.fromarray(MASK // 255).convert("P")
    image.putpalette([0, 0, 0, 255, 0, 0])
    image.save(raw / "masks/b.png")


def junk(raw: Path) -> None:
    for name in ("images/.DS_Store", "images/._b.png", "__MACOSX/images/b.png", "images/Thumbs.db", "notes (1).txt"):
        (raw / name).parent.mkdir(parents=True, exist_ok=True)
        (raw / name).write_bytes(b"junk")


def other_accents(raw: Path) -> None:
    (raw / "images/b.png").rename(raw / "images" / f"{unicodedata.normalize('NFC', 'bü')}.png")
    (raw / "masks/b.png").rename(raw / "masks" / f"{unicodedata.normalize('NFD', 'bü')}.png")


def rename_all(raw: Path) -> None:
    for folder in ("images", "masks"):
        (raw / folder / "b.png").rename(raw / folder / "a b\n(ß) 'x' [1].PNG")


HARMLESS: dict[str, Callable[[Path], object]] = {
    "nothing": lambda raw: None,
    "mask of 16 bit": lambda raw: fake_data.save(raw / "masks/b.png", MASK.astype(np.uint16) * 257),
    "mask of 1 bit": lambda raw: fake_data.save(raw / "masks/b.png", MASK > 0),
    "mask of 0 and 1": lambda raw: fake_data.save(raw / "masks/b.png", MASK // 255),
    "mask as grey RGB": lambda raw: fake_data.save(raw / "masks/b.png", np.dstack([MASK] * 3)),
    "mask with opaque alpha": lambda raw: fake_data.save(raw / "masks/b.png", np.dstack([MASK] * 3 + [MASK | 255])),
    "mask with a palette": palette_mask,
    "RGBA image": lambda raw: fake_data.save(raw / "images/b.png", np.dstack([PHOTO, MASK | 255])),
    "image as bmp": lambda raw: replace(raw / "images/b.png", ".bmp", PHOTO),
    "folders in a loop": loop,
    "junk of other programs": junk,
    "accents in two encodings": other_accents,
    "strange names": rename_all,
}


@pytest.mark.parametrize("oddity", HARMLESS)
def test_an_oddity_is_handled_and_only_the_target_is_written(tmp_path: Path, oddity: str) -> None:
    raw = fake_data.write_folder(tmp_path / "raw")
    fake_data.save(raw / "images/b.png", PHOTO)
    fake_data.save(raw / "masks/b.png", MASK)
    plain = prepare(ImageFolder(), raw, tmp_path / "plain").info
    HARMLESS[oddity](raw)
    before = listing(tmp_path)
    odd = prepare(ImageFolder(), raw, tmp_path / "data" / "set").info
    after = listing(tmp_path)
    assert {path: after[path] for path in before} == before
    assert all(path.startswith("data") for path in set(after) - set(before))
    checksums = [{(image.image_sha256, image.mask_sha256) for image in info.images} for info in (plain, odd)]
    assert checksums[0] == checksums[1]
    check(tmp_path / "data" / "set")


def test_a_stack_cut_short_is_named(tmp_path: Path) -> None:
    raw = fake_data.write_snemi3d(tmp_path / "raw")
    cut(raw / "train-labels.tif", 0.7)
    refused(SNEMI3D(), raw, tmp_path, r"train-labels\.tif")


def test_a_missing_mask_of_drive_is_named_with_its_folder(tmp_path: Path) -> None:
    raw = fake_data.write_drive(tmp_path / "raw")
    (raw / "training/1st_manual/22_manual1.gif").unlink()
    refused(DRIVE(), raw, tmp_path, r"22_training\.tif: no mask 22_manual1\.gif in .*training/1st_manual; copy it")
