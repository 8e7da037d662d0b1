"""Metrics computed by other processes: worker processes that score, and the processes of a distributed run."""

import socket
from collections.abc import Iterator
from datetime import timedelta

import pytest
import torch
from torch import distributed, multiprocessing

from cwmi_seg.loading.samplers import EpochSampler
from cwmi_seg.metrics.betti import BettiError
from cwmi_seg.metrics.clustering import Clustering
from cwmi_seg.metrics.hausdorff import Hausdorff
from cwmi_seg.metrics.overlap import Overlap
from cwmi_seg.metrics.per_image import PerImageMetric
from cwmi_seg.metrics.scoring import Scoring

IMAGES = 5
Values = dict[str, list[float] | float]


def scored(scoring: Scoring, indices: list[int]) -> Values:
    """Per-image values and means of the images with these indices, two a batch."""
    fields = torch.nn.functional.avg_pool2d(
        torch.rand(2, IMAGES, 30, 40, generator=torch.Generator().manual_seed(0)), 3
    )
    predictions, targets = (fields > 0.5).long()
    metrics: list[PerImageMetric] = [Overlap(), Clustering(), Hausdorff(), BettiError(patch_size=16)]
    for batch in torch.tensor(indices).split(2):
        scoring.update(metrics, predictions[batch], targets[batch], batch)
    scoring.collect()
    values: Values = {}
    for metric in metrics:
        with metric.sync_context():
            values |= {name: each.tolist() for name, each in metric.per_image()[1].items()}
        values |= {f"mean {name}": mean.item() for name, mean in metric.compute().items()}
    return values


def one_of_two(rank: int, port: int) -> tuple[list[int], Values]:
    """Shard and scores of one of two processes."""
    limit = timedelta(minutes=2)
    distributed.init_process_group("gloo", f"tcp://127.0.0.1:{port}", limit, rank=rank, world_size=2)
    try:
        shard = [position for _, position in EpochSampler(range(IMAGES), seed=0, shuffle=False)]
        return shard, scored(Scoring(), shard)
    finally:
        distributed.destroy_process_group()


@pytest.fixture(scope="module")
def with_worker() -> Iterator[Scoring]:
    """One process for all tests; it is gone after :meth:`Scoring.close`."""
    scoring = Scoring(num_workers=1)
    yield scoring
    workers = multiprocessing.active_children()
    scoring.close()
    assert not any(worker.is_alive() for worker in workers)


@pytest.fixture(scope="module")
def alone() -> Values:
    return scored(Scoring(), list(range(IMAGES)))


@pytest.mark.slow
def test_a_worker_process_gives_the_same_values(with_worker: Scoring, alone: Values) -> None:
    assert scored(with_worker, [3, 0, 4, 1, 2]) == alone
    assert multiprocessing.active_children()


@pytest.mark.slow
def test_two_processes_equal_one_bit_for_bit(with_worker: Scoring, alone: Values) -> None:
    """An odd number of images: the sampler hands the first one out twice."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    other = with_worker._started().submit(one_of_two, 1, port)
    shard, values = one_of_two(0, port)
    other_shard, other_values = other.result()
    assert sorted([*shard, *other_shard]) == [0, 0, 1, 2, 3, 4]
    assert values == alone
    assert other_values == alone


def test_a_negative_number_of_workers() -> None:
    with pytest.raises(ValueError, match=r"metrics.num_workers: expected at least 0, got -1"):
        Scoring(-1)


@pytest.mark.slow
def test_ignored_pixels_may_have_the_largest_value_of_16_bit() -> None:
    prediction = torch.tensor([[[0, 1], [1, 1]]])
    target = torch.tensor([[[0, 1], [1, 65535]]])
    metric = Overlap(ignore_index=65535)
    Scoring().update([metric], prediction, target, torch.tensor([0]))
    assert metric.compute()["miou"] == 1
