"""The results of a volume while they are made, in mapped files that a killed prediction leaves to the next one."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cwmi_seg.files.atomic import unfinished_folder
from cwmi_seg.files.json_files import read_json, write_json

_STATE = "state.json"


@dataclass
class Unfinished:
    """Results of which the first slices are done.

    Args:
        folder: Of their files.
        made_of: What they depend on.
        arrays: D H W or D H W C, mapped into memory, by name.
        done: Number of slices that are done.
    """

    folder: Path
    made_of: Mapping[str, object]
    arrays: Mapping[str, NDArray[Any]]
    done: int = 0

    def reached(self, done: int) -> None:
        """Keep that the slices before ``done`` are done: the next call goes on there if this one is killed."""
        for array in self.arrays.values():
            array.flush()  # type: ignore[attr-defined]
        self.done = done
        write_json(self.folder / _STATE, {"made_of": self.made_of, "done": done})


@contextmanager
def unfinished(
    path: Path, made_of: Mapping[str, object], arrays: Mapping[str, tuple[Sequence[int], str]], *, anew: bool
) -> Iterator[Unfinished]:
    """Results to work on, those that a killed process left where they depend on the same; gone when the block ends.

    Args:
        path: The file that they become; they are beside it.
        made_of: What they depend on, as read back from JSON.
        arrays: Shape and type of each, by name.
        anew: Whether to begin with nothing in any case.
    """
    kept = {**made_of, "arrays": {name: [list(shape), dtype] for name, (shape, dtype) in arrays.items()}}
    with unfinished_folder(path, lambda left: not anew and _state(left).get("made_of") == kept) as folder:
        state = _state(folder)
        opened = {
            name: np.lib.format.open_memmap(
                folder / f"{name}.npy", "r+" if state else "w+", np.dtype(dtype), tuple(shape)
            )
            for name, (shape, dtype) in arrays.items()
        }
        yield Unfinished(folder, kept, opened, state.get("done", 0))


def _state(folder: Path) -> Mapping[str, Any]:
    state = read_json(folder / _STATE)
    return state if isinstance(state, dict) else {}
