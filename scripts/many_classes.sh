#!/usr/bin/env bash
# Companions of the mutual information with eight classes: the losses of experiment=many_classes, then other weights and
# class weights, each with three seeds, in one study; the same command again goes on where it was interrupted.
#
#     bash scripts/many_classes.sh OUTPUT
#
# 42 runs of a minute or two on one core; python -m scripts.many_classes OUTPUT prints the table at any time.
set -eu
output=${1:?usage: bash scripts/many_classes.sh OUTPUT}
python=${PYTHON:-python}
train() { "$python" -m cwmi_seg.commands.train experiment=many_classes paths.output="$output" logger=none "$@" || true; }

train
train loss=cwmi +loss.class_mean=present
train loss=cwmi '+loss.cross_entropy=plain' loss.cross_entropy_weight=10
train loss=dice_cwmi loss.weights.dice=10,160
train loss=dice_cwmi loss.losses.cwmi.class_mean=present
train loss=cross_entropy_cwmi "loss.losses.cross_entropy.class_weights=$("$python" -m scripts.many_classes --weights)"
"$python" -m scripts.many_classes "$output"
