"""Loggers: Lightning loggers, given the config and identity of the run by ``log_hyperparams`` before anything else.

A logger may have ``log_overlay(name, image, prediction, target)`` to be given test images, ``name_classes(names)`` to
be told what their classes are called, ``log_table(name, columns, rows)`` to be given the scores of more than two
classes, and ``finish(exit_code)`` to be told how the run ended.
"""
