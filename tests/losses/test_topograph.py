"""Topograph beside its goldens, its authors' package, and a graph made with networkx."""

from collections.abc import Iterator
from itertools import product
from typing import Any, Literal

import networkx as nx
import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from scipy import ndimage
from torch.nn import functional as F

from cwmi_seg.losses import TopographLoss
from cwmi_seg.topology.error_graph import critical_regions
from tests.support.authors_package import authors_losses
from tests.support.loss_configs import make_loss
from tests.support.masks import random_pairs
from tests.support.modern_goldens import Golden

CORNERS = ((-4, 1, 2, 16), (16, 1, 2, -4))  # of 8- and 4-connected structures


@pytest.mark.parametrize("case", ["membranes", "multi"])
@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("mean_8c", {}),
        ("sum_8c", {"aggregation": "sum"}),
        ("max_8c", {"aggregation": "max"}),
        ("rms_8c", {"aggregation": "rms"}),
        ("mean_4c", {"connectivity": 4}),
        ("mean_8c_bg", {"include_background": True}),
    ],
)
def test_goldens(case: str, name: str, arguments: dict[str, Any]) -> None:
    Golden(case).check(f"topograph_{name}", TopographLoss(**arguments))


def test_critical_regions_of_the_golden() -> None:
    golden = Golden("membranes").arrays
    codes = (golden["prob"] > 0.5).astype(np.uint8) + 2 * golden["target"]
    regions = np.stack([critical_regions(image) for image in codes])
    assert regions.max(axis=(1, 2)).tolist() == [42, 56]
    assert np.array_equal(regions > 0, golden["topograph_critical_8c"][:, 0] > 0)


def by_networkx(codes: NDArray[np.uint8], connectivity: Literal[4, 8]) -> set[frozenset[tuple[int, int]]]:
    """The critical regions as sets of pixels, node by node."""
    labels = np.zeros(codes.shape, int)
    for code in range(4):
        found, _ = ndimage.label(codes == code)
        labels += np.where(found > 0, found + labels.max(), 0)
    code_of = {int(label): int(codes[labels == label][0]) for label in np.unique(labels)}
    graph = nx.Graph()
    graph.add_nodes_from(code_of)
    height, width = codes.shape
    for i, j in product(range(height), range(width)):
        graph.add_edges_from(
            (labels[i, j], labels[p]) for p in ((i + 1, j), (i, j + 1)) if p[0] < height and p[1] < width
        )
    special, value = set(), np.array(CORNERS[connectivity == 4])[codes]
    for i, j in product(range(height - 1), range(width - 1)):
        falling, rising = (labels[i, j], labels[i + 1, j + 1]), (labels[i, j + 1], labels[i + 1, j])
        difference = value[i, j] + value[i + 1, j + 1] - value[i, j + 1] - value[i + 1, j]
        if abs(difference) > 7:
            graph.add_edge(*(falling if difference > 0 else rising))
        if abs(difference) in (4, 7):
            special.add(frozenset(falling if difference > 0 else rising))
    graph.remove_edges_from([edge for edge in graph.edges if edge[0] == edge[1] or frozenset(edge) in special])
    everything = nx.Graph([*graph.edges, *(tuple(pair) for pair in special if len(pair) == 2)])
    everything.add_nodes_from(graph)
    same = nx.Graph([(a, b) for a, b in graph.edges if code_of[a] == code_of[b] != 0])
    same.add_nodes_from(graph)
    critical = set()
    for region in nx.connected_components(same):
        code = code_of[next(iter(region))]
        if code not in (1, 2):
            continue
        structure = everything.subgraph([n for n in graph if code_of[n] in ((2, 3) if code == 1 else (1, 3))])
        beside = {n for member in region for n in graph[member]} - region
        backgrounds = [n for n in beside if code_of[n] == 0]
        clusters = {frozenset(nx.node_connected_component(structure, n)) for n in beside if code_of[n] != 0}
        if len(backgrounds) != 1 or len(clusters) != 1:
            critical.add(frozenset(zip(*np.nonzero(np.isin(labels, list(region))), strict=True)))
    return critical


def some_codes() -> Iterator[NDArray[np.uint8]]:
    """Of smooth masks, and any: in noise, regions meet at corners of every kind, often at more than one."""
    for prediction, target in random_pairs(15, largest=13):
        yield prediction.astype(np.uint8) + 2 * target.astype(np.uint8)
    generator = np.random.default_rng(0)
    for _ in range(80):
        share = generator.dirichlet([1.5, 1, 1, 0.7])
        yield generator.choice(4, (5, 6), p=share).astype(np.uint8)


@pytest.mark.parametrize("connectivity", [4, 8])
def test_by_networkx(connectivity: Literal[4, 8]) -> None:
    for codes in some_codes():
        found = critical_regions(codes, connectivity)
        ours = {frozenset(zip(*np.nonzero(found == number), strict=True)) for number in range(1, found.max() + 1)}
        assert ours == by_networkx(codes, connectivity)


@pytest.mark.parametrize("connectivity", [4, 8])
def test_the_package_of_the_authors(connectivity: Literal[4, 8]) -> None:
    theirs = authors_losses().TopographLoss(
        alpha=1, softmax=True, use_base_loss=False, eight_connectivity=connectivity == 8
    )
    generator = torch.Generator().manual_seed(0)
    for _ in range(3):
        logits = F.avg_pool2d(torch.randn(1, 3, 66, 66, generator=generator), 3, 1)
        target = F.avg_pool2d(torch.randn(1, 3, 66, 66, generator=generator), 3, 1).argmax(1)
        expected = theirs(logits, F.one_hot(target, 3).movedim(-1, 1))
        torch.testing.assert_close(TopographLoss(connectivity)(logits, target), expected, rtol=1e-5, atol=0)


def test_an_image_of_one_wrong_region_costs() -> None:
    logits = torch.tensor([0.0, 3.0]).view(1, 2, 1, 1).expand(1, 2, 5, 6)
    value = TopographLoss()(logits, torch.zeros(1, 5, 6).long())
    torch.testing.assert_close(value, torch.tensor(3.0).sigmoid())


def test_equal_probabilities_are_the_lowest_class() -> None:
    assert TopographLoss()(torch.zeros(1, 3, 8, 8), torch.zeros(1, 8, 8).long()) == 0


def test_arguments_are_one_clear_line() -> None:
    with pytest.raises(ValueError, match=r"^connectivity: expected 8 or 4, got 6; "):
        TopographLoss(6)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"^aggregation: expected one of mean, sum, max, rms, got ce; "):
        TopographLoss(aggregation="ce")


def test_a_prediction_that_is_no_number_shows() -> None:
    logits = torch.zeros(1, 2, 8, 8)
    logits[0, 0, 3, 3] = torch.nan
    assert TopographLoss()(logits, torch.zeros(1, 8, 8).long()).isnan()


@pytest.mark.parametrize("case", ["membranes", "multi"])
def test_the_total_of_the_authors(case: str) -> None:
    Golden(case).check("topograph_total", make_loss("dice_topograph"))
