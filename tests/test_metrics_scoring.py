"""Metrics computed by other processes: worker processes that score, and the processes of a distributed run."""

import socket
from datetime import timedelta
from pathlib import Path

import pytest
import torch
from torch import Tensor, distributed, multiprocessing

from cwmi_seg.datamodule import EpochSampler
from cwmi_seg.metrics.betti import BettiError
from cwmi_seg.metrics.clustering import Clustering
from cwmi_seg.metrics.hausdorff import Hausdorff
from cwmi_seg.metrics.overlap import Overlap
from cwmi_seg.metrics.per_image import PerImageMetric
from cwmi_seg.metrics.scoring import Scoring

IMAGES = 5
Values = list[dict[str, Tensor]]


def all_metrics() -> list[PerImageMetric]:
    return [Overlap(), Clustering(), Hausdorff(), BettiError(patch_size=16)]


def scored(scoring: Scoring, indices: list[int]) -> Values:
    """Per-image values and means of the images with these indices, two a batch."""
    fields = torch.nn.functional.avg_pool2d(
        torch.rand(2, IMAGES, 30, 40, generator=torch.Generator().manual_seed(0)), 3
    )
    predictions, targets = (fields > 0.5).long()
    metrics = all_metrics()
    for batch in torch.tensor(indices).split(2):
        scoring.update(metrics, predictions[batch], targets[batch], batch)
    scoring.collect()
    values = []
    for metric in metrics:
        with metric.sync_context():
            each = metric.per_image()[1]
        values.append({**each, **{f"mean_{name}": value for name, value in metric.compute().items()}})
    return values


def equal(left: Values, right: Values) -> bool:
    pairs = list(zip(left, right, strict=True))
    return all(a.keys() == b.keys() and all(torch.equal(a[k], b[k]) for k in a) for a, b in pairs)


def test_worker_processes_give_the_same_values_and_end() -> None:
    scoring = Scoring(num_workers=1)
    try:
        assert equal(scored(scoring, [3, 0, 4, 1, 2]), scored(Scoring(), list(range(IMAGES))))
    finally:
        workers = multiprocessing.active_children()
        scoring.close()
    assert workers
    assert not any(worker.is_alive() for worker in workers)


def test_a_negative_number_of_workers() -> None:
    with pytest.raises(ValueError, match=r"metrics.num_workers: expected at least 0, got -1"):
        Scoring(-1)


def one_of_two(rank: int, port: int) -> tuple[list[int], Values]:
    """Shard and scores of one of two processes."""
    limit = timedelta(minutes=2)
    distributed.init_process_group("gloo", f"tcp://127.0.0.1:{port}", limit, rank=rank, world_size=2)
    try:
        shard = [position for _, position in EpochSampler(range(IMAGES), seed=0, shuffle=False)]
        return shard, scored(Scoring(), shard)
    finally:
        distributed.destroy_process_group()


def save_second(port: int, path: str) -> None:
    torch.save(one_of_two(1, port), path)


def test_two_processes_equal_one_bit_for_bit(tmp_path: Path) -> None:
    """An odd number of images: the sampler hands the first one out twice."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    other = multiprocessing.get_context("spawn").Process(target=save_second, args=(port, str(tmp_path / "1.pt")))
    other.start()
    first, values = one_of_two(0, port)
    other.join()
    second, other_values = torch.load(tmp_path / "1.pt")
    assert sorted([*first, *second]) == [0, 0, 1, 2, 3, 4]
    alone = scored(Scoring(), list(range(IMAGES)))
    assert equal(values, alone)
    assert equal(other_values, alone)
