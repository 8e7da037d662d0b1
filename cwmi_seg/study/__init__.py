"""Runs and the studies they make up: what a run is, where it lies, how a sweep goes through many.

``identity`` tells runs apart, ``run_folder`` reads and writes the files of one, ``members`` are the runs of a study.
``job`` is what one of them is to train, ``plan`` leads a sweep through all, ``progress`` lists how far it is. But for
the weights of a run, nothing here imports torch.
"""
