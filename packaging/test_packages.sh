#!/usr/bin/env bash
# test_packages.sh ROOT: installs the packages of build/packages and folds ubiquitin with each: the wheel in a fresh virtual
# environment, with HMMER for a search, and the Debian package in ROOT, a bare Debian 12 (debootstrap --variant=minbase
# bookworm ROOT). It needs root and a network.
set -euo pipefail
cd "$(dirname "$0")/.."

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
root=$1

# fold PLEAT FOLDER [COMMAND...]: the demo, by a program that a command starts; fails where the model is not ubiquitin's.
fold() {
  local pleat=$1 folder=$2
  shift 2
  "$@" "$pleat" predict --json_path "$folder/ubiquitin_demo.json" --output_dir "$folder/out" --model_dir demo \
    --num_diffusion_samples 1 --num_recycles 1 --norun_data_pipeline
}

check() {
  local rmsd
  rmsd=$(python3 tools/calpha_rmsd.py "$1/out/ubiquitin/ubiquitin_model.cif" data/1ubi_calpha.tsv | grep -oE '[0-9]+\.[0-9]+' | head -1)
  echo "RMSD to 1UBI: $rmsd"
  awk -v rmsd="$rmsd" 'BEGIN { exit !(rmsd < 2) }'
}

echo "== the wheel, in a fresh virtual environment"
python3 -m venv "$work/venv"
wheel=$(ls build/packages/*.whl)
"$work/venv/bin/pip" install -q "$wheel[search]"
mkdir "$work/wheel"
cp examples/ubiquitin_demo.json "$work/wheel"
env -i HOME="$work" PATH=/usr/bin:/bin "$work/venv/bin/pleat" --version
fold "$work/venv/bin/pleat" "$work/wheel" env -i HOME="$work" PATH=/nowhere
check "$work/wheel"
databases=$PWD/tests/golden/databases
env -i HOME="$work" PATH=/nowhere "$work/venv/bin/pleat" search --json_path tests/golden/pipeline/rna_db0/input.json --output_dir "$work/search" \
  --ntrna_database_path "$databases/nt_rna_2023_02_23_clust_seq_id_90_cov_80_rep_seq__subsampled_1000.fasta" \
  --rfam_database_path "$databases/rfam_14_4_clustered_rep_seq__subsampled_1000.fasta" \
  --rna_central_database_path "$databases/rnacentral_active_seq_id_90_cov_80_linclust__subsampled_1000.fasta"
cmp tests/golden/pipeline/rna_db0/expected_data.json "$work"/search/*/*_data.json

echo "== the Debian package, in $root"
rm -rf "$root/demo" && mkdir "$root/demo"
cp build/packages/*.deb examples/ubiquitin_demo.json "$root/demo"
chroot "$root" apt-get update -qq
chroot "$root" sh -c 'DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --reinstall --no-install-recommends /demo/*.deb' >/dev/null 2>&1
fold pleat /demo chroot "$root"
check "$root/demo"
chroot "$root" sh -c 'test -s /usr/share/man/man1/pleat.1.gz -o ! -d /usr/share/man && test -s /usr/share/bash-completion/completions/pleat && test -s /usr/share/zsh/vendor-completions/_pleat && test -s /usr/share/doc/pleat/copyright'
echo "Both packages fold ubiquitin."
