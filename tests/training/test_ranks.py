"""Several processes: who may write, and scores that do not depend on how the images were shared out."""

import json
import multiprocessing
from pathlib import Path
from typing import Any

import pytest
import torch

from cwmi_seg.metrics.overlap import Overlap
from cwmi_seg.training.ranks import is_first_process
from cwmi_seg.training.results import metric_rows


@pytest.mark.parametrize(
    ("variables", "first"),
    [
        ({}, True),
        ({"LOCAL_RANK": "0", "RANK": "0"}, True),
        ({"LOCAL_RANK": "1"}, False),
        ({"SLURM_PROCID": "3"}, False),
    ],
)
def test_rank_zero_alone_is_first(monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], first: bool) -> None:
    for name in ("RANK", "LOCAL_RANK", "NODE_RANK", "SLURM_PROCID"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert is_first_process() == first


def rows_of(indices: list[int]) -> list[dict[str, Any]]:
    """What is reported where this process has scored the images of these indices."""
    metric = Overlap()
    for index in indices:
        masks = torch.rand((2, 1, 8, 8), generator=torch.Generator().manual_seed(index)) > 0.5
        metric.update(masks[0].long(), masks[1].long(), torch.tensor([index]))
    metric.compute()
    return metric_rows([metric], [{"name": f"image {index}", "group": f"{index}"} for index in range(5)])


def _process(rank: int, shares: list[list[int]], folder: Path) -> None:
    store = f"file://{folder / 'store'}"
    torch.distributed.init_process_group("gloo", init_method=store, rank=rank, world_size=len(shares))
    (folder / f"{rank}.json").write_text(json.dumps(rows_of(shares[rank])))
    torch.distributed.destroy_process_group()


@pytest.mark.parametrize("shares", [[[0, 2, 4], [1, 3, 0]], [[4, 1, 0, 2], [3]]], ids=["padded", "unequal"])
def test_two_processes_report_every_image_once_with_the_scores_of_one(tmp_path: Path, shares: list[list[int]]) -> None:
    context = multiprocessing.get_context("fork")
    processes = [context.Process(target=_process, args=(rank, shares, tmp_path)) for rank in range(2)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    expected = rows_of([0, 1, 2, 3, 4])
    assert [json.loads((tmp_path / f"{rank}.json").read_text()) for rank in range(2)] == [expected, expected]
