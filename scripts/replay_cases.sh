#!/usr/bin/env bash
# Replays the inputs of bug reports, one folder a case with case.py or case.sh, in a copy, and prints what each says last:
#
#     bash scripts/replay_cases.sh CASES SCRATCH [NAME ...]
#
# The commands cwmi-* and python have to be those of the environment to try; a case may take a run as its argument.
set -uo pipefail
cases=$(realpath "$1") scratch=$(realpath -m "$2")
shift 2
mkdir -p "$scratch"
for case in "${@:-$(ls "$cases")}"; do
  for name in $case; do
    [ -d "$cases/$name" ] || continue
    rm -rf "${scratch:?}/$name" && cp -r "$cases/$name" "$scratch/$name"
    echo "== $name"
    (
      cd "$scratch/$name" || exit
      if [ -f case.py ]; then timeout 300 python case.py; elif [ -f case.sh ]; then timeout 300 bash case.sh; fi
    ) 2>&1 | tail -n 12
  done
done
