"""Checkpoints of PyTorch, of a stranger too: tensors and plain values, in no more memory than their file has bytes."""

import zipfile
from pathlib import Path
from typing import Any

from cwmi_seg.mistakes import Mistake


def load_checkpoint(path: Path) -> dict[str, Any]:
    """Read the content of a checkpoint, on the CPU.

    Raises:
        ValueError: it is damaged, a bomb, no checkpoint of a training, or holds other objects, which could run anything
            when they are read.
        FileNotFoundError: no such file.
    """
    import torch

    refuse_bomb(path)
    try:
        checkpoint: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
    except OSError:
        raise
    except Exception as error:  # a damaged pickle raises whatever it likes
        raise Mistake(
            f"{path}: expected tensors and plain values, got others, or a damaged file; train the run again."
        ) from error
    if not isinstance(checkpoint, dict) or not isinstance(checkpoint.get("state_dict"), dict):
        raise Mistake(f"{path}: expected the checkpoint of a training, got one without weights; train the run again.")
    return checkpoint


def refuse_bomb(path: Path) -> None:
    """Refuse a checkpoint that would take more memory than its file has bytes, before torch reads it.

    PyTorch writes a zip archive without compression, but reads one with it: a thousandfold of the file.

    Raises:
        ValueError: It would take more, or is no zip archive.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            content = sum(entry.file_size for entry in archive.infolist())
    except (zipfile.BadZipFile, EOFError, ValueError, NotImplementedError) as error:
        raise Mistake(f"{path}: cannot be read as a checkpoint ({error}); copy it again, or train again.") from error
    if content > (size := path.stat().st_size):
        raise Mistake(
            f"{path}: expected a checkpoint as PyTorch writes it, uncompressed, got a file of {size:,} bytes that "
            f"become {content:,}; do not trust it."
        )
