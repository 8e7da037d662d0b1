#!/usr/bin/env bash
# Evidence at the paper's scale on one GPU, in visits of some minutes: trains what is missing and fits, then reports.
#
#     bash scripts/evidence_cuda.sh DATA OUTPUT SECONDS
#
# DATA holds the prepared chase_db1, OUTPUT gets the run folders; the same command again, with the same OUTPUT, goes on.
# The first run of all is timed and tells how many fit. A run is begun only if it fits, one that was interrupted always:
# it goes on from its last epoch. From the root of a checkout; PYTHON is the interpreter, EXTRA holds overrides for a
# trial, such as "trainer.max_epochs=1 model.width=2 trainer=cpu".
set -euo pipefail
data=$(realpath "$1") output=$(realpath -m "$2") limit=$3
python=${PYTHON:-python}
read -ra extra <<<"${EXTRA:-}"
export PYTHONPATH=$PWD${PYTHONPATH:+:$PYTHONPATH}
begun=$(date +%s) report_seconds=60
times=$output/paper_scale.seconds # loss, fold and seconds of each finished run, 0 if it was interrupted
mkdir -p "$output" && touch "$times"

if [[ -z ${EXTRA:-} ]] && ! "$python" -c 'import sys, torch; sys.exit(not torch.cuda.is_available())'; then
  echo "evidence_cuda: no GPU here, nothing to do."
  exit 0
fi

left() { echo $((limit - report_seconds - ($(date +%s) - begun))); }
longest() { awk '$3 > most { most = $3 } END { print int(most + 0) }' "$times"; }
finished() { grep -q "^$1 $2 " "$times"; }
interrupted() { compgen -G "$output/runs/*-$1-f$2-s0-*/last.ckpt" >/dev/null; }

train() { # loss, fold; whatever it takes, no longer than what is left
  local start status=0 whole=1
  start=$(date +%s)
  if interrupted "$1" "$2"; then whole=0; fi
  timeout -s INT -k 20 "$(left)" "$python" -m cwmi_seg.commands.train experiment=paper_scale hydra.mode=RUN logger=none \
    metrics.num_workers=8 "loss=$1" "fold=$2" "paths.data=$data" "paths.output=$output" "${extra[@]}" || status=$?
  if ((status == 0)); then
    echo "$1 $2 $((whole * ($(date +%s) - start)))" >>"$times" # 0 tells nothing of how long a whole run takes
    rm -f "$output"/runs/*-"$1"-f"$2"-s0-*/last.ckpt # of no more use, and large
  fi
}

visit() { # losses separated by spaces: fold by fold, so that what is there can be compared
  for fold in 0 1 2; do
    for loss in $1; do
      finished "$loss" "$fold" && continue
      if (($(left) < 20)) || { (($(left) < $(longest))) && ! interrupted "$loss" "$fold"; }; then
        waiting=$((waiting + 1))
        continue
      fi
      train "$loss" "$fold"
      if ((timed == 0 && $(longest) > 0)); then
        timed=1
        echo "a run takes up to $(longest) s: $(($(left) / ($(longest) + 1))) more fit into this visit"
      fi
    done
  done
}

waiting=0 timed=0
first="cwmi cross_entropy dice_cross_entropy rmi cldice"
visit "$first"
visit "dice balanced_cross_entropy focal jaccard tversky unet_weighted abw skea_topo cwmi_real dice_cldice
  dice_cross_entropy_skeleton_recall dice_cbdice nnunet_dice_cross_entropy"
echo "$(wc -l <"$times") runs finished, $waiting wait for the same command again"

if [[ -s $times ]]; then
  "$python" -m cwmi_seg.commands.report study=paper_scale baseline=cwmi wandb=false "paths.output=$output" \
    "out=${REPORT:-results/paper_scale}"
fi
