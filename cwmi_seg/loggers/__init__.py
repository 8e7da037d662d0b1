"""Loggers: Lightning loggers, given the config and identity of the run by ``log_hyperparams`` before anything else.

A logger may have ``log_overlay(name, image, prediction, target)`` to be given test images, and
``finish(exit_code)`` to be told how the run ended.
"""
