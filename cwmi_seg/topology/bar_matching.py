"""Betti matching: which bars of two images mean the same structure at the same place, by the authors' C++."""

import sys
from collections.abc import Iterator, Sequence
from importlib.machinery import PathFinder
from importlib.util import find_spec, module_from_spec
from pathlib import Path
from threading import Lock
from types import ModuleType
from typing import NamedTuple, Protocol, cast, overload

import numpy as np
from numpy.typing import NDArray

from cwmi_seg.mistakes import Mistake

Values = NDArray[np.float64]
Bars = NDArray[np.int64]
_ENGINE = "topolosses.losses.betti_matching.src.betti_matching"
_LOADING = Lock()


class Matching(NamedTuple):
    """Bars of the sublevel filtrations of two images, all dimensions, as pixels (birth, death) in the flattened array.

    The bar that never dies is left out, and so are bars without length.
    """

    first: Bars  # K 2, of the first image, matched with
    second: Bars  # K 2, those of the second
    first_alone: Bars  # K' 2
    second_alone: Bars  # K'' 2


class EngineMatching(Protocol):
    """The result of the C++ extension for two images: coordinates K x axes and numbers of bars, for each dimension."""

    input1_matched_birth_coordinates: Sequence[Bars]
    input1_matched_death_coordinates: Sequence[Bars]
    input2_matched_birth_coordinates: Sequence[Bars]
    input2_matched_death_coordinates: Sequence[Bars]
    input1_unmatched_birth_coordinates: Sequence[Bars]
    input1_unmatched_death_coordinates: Sequence[Bars]
    input2_unmatched_birth_coordinates: Sequence[Bars]
    input2_unmatched_death_coordinates: Sequence[Bars]
    num_unmatched_input1: Sequence[int]
    num_unmatched_input2: Sequence[int]


class Engine(Protocol):
    """The part of the C++ extension that is used here."""

    @overload
    def compute_matching(self, first: Values, second: Values) -> EngineMatching: ...
    @overload
    def compute_matching(self, first: list[Values], second: list[Values]) -> list[EngineMatching]: ...


def match_bars(first: Values, second: Values, threads: int) -> Iterator[Matching]:
    """Yield the matchings of images ``first[i]`` and ``second[i]``, ``threads`` of them at a time.

    Pixels are the vertices of the cubical complex: structures are 4-connected (6-connected in volumes).

    Args:
        first, second: M H W or M D H W, no NaN.
        threads: Number of matchings at a time, at least 1.

    Reference: N. Stucki, V. Bürgin et al., Efficient Betti matching, arXiv:2407.04683; package topolosses.
    """
    shape, engine = first.shape[1:], load_engine()
    for start in range(0, len(first), threads):
        some = slice(start, start + threads)
        for found in engine.compute_matching(list(first[some]), list(second[some])):
            yield Matching(
                _bars(found.input1_matched_birth_coordinates, found.input1_matched_death_coordinates, shape),
                _bars(found.input2_matched_birth_coordinates, found.input2_matched_death_coordinates, shape),
                _bars(found.input1_unmatched_birth_coordinates, found.input1_unmatched_death_coordinates, shape),
                _bars(found.input2_unmatched_birth_coordinates, found.input2_unmatched_death_coordinates, shape),
            )


def _bars(birth: Sequence[Bars], death: Sequence[Bars], shape: tuple[int, ...]) -> Bars:
    """Join the coordinates of all dimensions to one array of positions in the flattened image.

    Dimensions without bars are left out: their arrays have no useful strides.
    """
    found = [np.stack(ends, axis=1) for ends in zip(birth, death, strict=True) if ends[0].size]  # K 2 axes
    coordinates = np.concatenate([np.empty((0, 2, len(shape)), np.int64), *found])
    return np.ravel_multi_index(tuple(np.moveaxis(coordinates, -1, 0)), shape)


def load_engine() -> Engine:
    """Import the C++ extension of ``topolosses`` by its file, under its own name.

    An import of the package takes seconds and asks for OpenCV, with the graphics libraries that servers do not have.

    Raises:
        ModuleNotFoundError: The package ``topolosses`` is not installed.
    """
    with _LOADING:
        return cast(Engine, sys.modules.get(_ENGINE) or _load())


def _load() -> ModuleType:
    package = find_spec("topolosses")
    if package is None or package.origin is None:
        raise ModuleNotFoundError("No module named 'topolosses'; run pip install 'cwmi-seg[topology]'.")
    spec = PathFinder.find_spec(_ENGINE, [str(Path(package.origin).parent / "losses/betti_matching/src")])
    assert spec is not None
    assert spec.loader is not None
    sys.modules[_ENGINE] = module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def check_engine(name: str) -> None:
    """Refuse what ``name`` is asked for where the package that computes it is missing.

    Raises:
        ValueError: one line, with the command that installs it.
    """
    if find_spec("topolosses") is None:
        raise Mistake(f"{name}: expected the package topolosses, got none; run pip install 'cwmi-seg[topology]'.")
