"""Metrics of segmentations: a function on the masks of one image, and a torchmetrics class that keeps every image.

A metric is a :class:`~cwmi_seg.metrics.per_image.PerImageMetric` with ``names`` and ``score``; its constructor takes
``num_classes`` and ``ignore_index`` (filled in from the dataset) and whatever ``conf/metrics`` sets.
Class 1 is the structure, class 0 the objects between.
"""
