"""What the metrics of the package measure, in the words of a reader who does not know their names."""

MEANINGS = {
    "miou": "overlap: mean IoU of the classes",
    "dataset_iou": "overlap: mean IoU of the classes, over the pixels of all test images together",
    "mdice": "overlap: mean Dice of the classes",
    "cldice": "overlap of the centrelines",
    "vi": "objects split or run together, in bits (variation of information)",
    "vi_split": "true objects in pieces, in bits",
    "vi_merge": "true objects run together, in bits",
    "ari": "agreement of the objects (adjusted Rand index)",
    "adapted_rand_error": "disagreement of the objects (1 - F of pairs of pixels)",
    "hd": "mean distance of the structures (modified Hausdorff), in pixels or the unit of volumes",
    "hd95": "95th percentile of the distances of the boundaries, in pixels or the unit of volumes",
    "betti_0_error": "error in the number of components",
    "betti_1_error": "error in the number of holes",
    "betti_2_error": "error in the number of cavities",
    "betti_error": "errors in the numbers of components and holes",
    "betti_0_error_64": "error in the number of components in patches of 64 x 64",
    "betti_1_error_64": "error in the number of holes in patches of 64 x 64",
    "betti_error_64": "errors in the numbers of components and holes in patches of 64 x 64",
    "betti_matching_error": "components and holes without a partner at their place",
}


def meaning(metric: str) -> str:
    """What a metric measures, "" for one that is not the package's."""
    return MEANINGS.get(metric, "")


def superlative(metric: str, way: str) -> str:
    """The best value of a metric as a part of a sentence: ``the highest miou``.

    Args:
        metric: Its name.
        way: "higher" or "lower", whichever is better.
    """
    words = meaning(metric)
    if words.startswith("error"):
        return f"the smallest {words} ({metric})"
    return f"the {'highest' if way == 'higher' else 'lowest'} {metric}"


def listed(parts: list[str], most: int = 6) -> str:
    """Write ``a, b and c``; what goes beyond ``most`` is counted."""
    shown = parts if len(parts) <= most else [*parts[: most - 1], f"{len(parts) - most + 1} more"]
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}" if shown else ""
