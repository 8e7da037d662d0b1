"""Runs and the studies they make up: what a run is, where it lies, how a sweep goes through many.

``run_spec`` is what a config says of a run, ``identity`` tells runs apart, ``run_folder`` reads and writes the files of
one, ``refusals`` say when it may not be trained there. ``job`` puts these together. ``members`` are the runs of a
study, ``plan`` leads a sweep through all, ``progress`` lists how far it is. But for the weights of a run, nothing here
imports torch.
"""
