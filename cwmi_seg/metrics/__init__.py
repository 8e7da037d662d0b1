"""Metrics of segmentations: functions on the masks of one image, and torchmetrics classes that keep every image.

A metric is a :class:`~cwmi_seg.metrics.per_image.PerImageMetric` with ``names`` and ``score`` (class indices of one
image), or a :class:`~cwmi_seg.metrics.per_class.PerClassMetric` with ``score_masks`` (one structure against the rest).
Its constructor takes ``num_classes`` and ``ignore_index`` (filled in from the dataset) and whatever ``conf/metrics``
sets. Class 1 is the structure, class 0 the objects between. Images H W and volumes D H W go through the same code.
``docs/metrics.md`` has all definitions.
"""
