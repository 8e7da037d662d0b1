"""Networks: images B I H W to logits B C H W of the same height and width, for any size.

The constructor takes ``in_channels`` and ``num_classes``, which the train command fills in from the dataset,
and whatever ``conf/model/NAME.yaml`` sets.
"""
