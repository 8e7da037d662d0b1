#!/usr/bin/env bash
# Everything behind results/: trains the runs, reports on them and writes the tables. From the root of a clone:
#
#     bash scripts/mini_tables.sh DATA OUTPUT
#
# DATA holds the prepared chase_db1, topomortar, snemi3d and snemi3d_volume, OUTPUT gets the run folders. Each run takes about two
# minutes on one core, two run at a time. The same command again goes on where it was interrupted.
set -euo pipefail
export OMP_NUM_THREADS=1 # as the published runs: other numbers of threads add in another order
paths=("paths.data=$(realpath "$1")" "paths.output=$(realpath -m "$2")")
few=cross_entropy,balanced_cross_entropy,dice,rmi,cldice,cwmi_real,cwmi

train() { cwmi-train experiment=mini_table launcher=parallel logger=none "${paths[@]}" "$@" || true; } # failed: a hole

report() { # study, folder in results: the records, the report and the test images
  cwmi-report "study=$1" "out=results/$2" baseline=cwmi "${paths[1]}"
  find "results/$2" -type f ! -name runs.csv ! -name images.csv.gz ! -name report.md ! -name '*-panels.png' -delete
}

# The comparison: vessels, all losses; membranes and mortar, seven
train
train study=mini_membranes dataset=snemi3d split.groups=false data.crops_per_image=3 "loss=$few"
train study=mini_mortar dataset=topomortar split.groups=false "loss=$few" fold=0 seed=0,1,2

# Learning rate and clipping for the best losses, one fold
best=tversky,jaccard,cwmi_real,cwmi,dice_cross_entropy,cldice
train study=mini_sensitivity "loss=$best" fold=0 optimizer.lr=1e-3,3e-3,9e-3
train study=mini_sensitivity "loss=$best" fold=0 trainer.gradient_clip_val=null

# Ablation, one fold; the defaults are N = 4, K = 4, lambda = 0.9, complex, one epoch of warm-up
ablate() { train study=mini_ablation fold=0 "$@"; }
ablate loss=cwmi,cwmi_real,cwmi_l1,cwmi_l2,cwmi_ssim
ablate loss=cwmi loss.num_scales=1,2,3,5
ablate loss=cwmi loss.num_orientations=2,6,8,12
ablate loss=cwmi loss.cross_entropy_weight=0,0.1,0.5,2
ablate loss=cwmi 'loss.scales=[1],[2],[3],[4]'
ablate loss=cwmi loss.warmup_epochs=0

# Newer losses and the sums that their authors train, one fold
modern=cwmi,dice_cross_entropy,nnunet_dice_cross_entropy,scnp,scnp_cwmi,dice_cldice,dice_cross_entropy_cldice
modern+=,dice_cross_entropy_skeleton_recall,dice_cbdice,dice_topograph,dice_betti_matching,spw,dice_boundary
modern+=,dice_hausdorff,focal_tversky,unified_focal,lovasz,cross_entropy_clce,supervoxel,hu_topo
train study=modern "loss=$modern" fold=0

# The equivariant form of CWMI, whose two other forms are losses of the comparison
train study=covariance loss=cwmi_augmented
train study=covariance dataset=snemi3d split.groups=false data.crops_per_image=3 loss=cwmi_augmented

# The membranes as a volume, in three blocks, by a 3D network and by a 2D one; prepared with dataset.preparer.block_size=7
# and dataset.preparer.spacing=[50,4.6,4.6]
volumes() {
  cwmi-train "experiment=$1" dataset=snemi3d_volume dataset.test_block=null split.num_folds=3 fold=0,1,2 seed=0 \
    launcher=parallel logger=none "${paths[@]}" "${@:2}" || true
}
forms=cross_entropy,dice_cross_entropy,cwmi,cwmi_augmented,cwmi_plain
volumes volumes study=membrane_volumes 'dataset.crop_size=[6,64,64]' "loss=$forms"
volumes '[volumes,volumes_slices]' study=membrane_slices 'dataset.crop_size=[6,48,48]' "loss=$forms"

report mini_table vessels
report mini_membranes membranes
report mini_mortar mortar
report mini_sensitivity sensitivity
report mini_ablation ablation
report modern modern
report covariance covariance
report membrane_volumes membrane_volumes
report membrane_slices membrane_slices
rm -r results/{sensitivity,ablation,modern,covariance,membrane_*}/{report.md,figures} # the tables of results/README.md say it
python -m scripts.results_tables
python -m scripts.results_reports
