"""Runs and the studies they make up: what a run is, where it lies, who trains it, how a sweep goes through many.

``identity`` tells runs apart, ``run_state`` and ``saved_run`` read and write a run folder, ``members`` are the runs of
a study. ``job`` and ``claimed_run`` train one of them, ``child`` does so in a process of its own, ``plan`` leads a
sweep through all, ``progress`` lists how far it is. But for ``saved_run``, nothing here imports torch before a training
starts.
"""
