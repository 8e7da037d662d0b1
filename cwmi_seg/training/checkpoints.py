"""Checkpoints that a reader never sees half written."""

from pathlib import Path
from typing import Any

import torch
from lightning_fabric.plugins.io.torch_io import TorchCheckpointIO

from cwmi_seg.files.atomic import cannot_write, replacing


class AtomicCheckpoints(TorchCheckpointIO):
    """Writes beside the file, then renames, so that a kill at any moment leaves the old checkpoint or the new one.

    Lightning itself writes into the folder for temporary files and moves: where that is another file system, a kill
    during the move leaves half a checkpoint, and the run can neither be resumed nor retried.
    """

    def save_checkpoint(self, checkpoint: dict[str, Any], path: Any, storage_options: Any | None = None) -> None:
        """``storage_options`` has no meaning for files."""
        # beside the file, because a rename is atomic within one file system only
        with replacing(Path(path)) as temporary:
            try:
                torch.save(checkpoint, temporary)
            except RuntimeError as error:  # of the zip writer, which hides that the disk is full
                raise cannot_write(path, error) from error
