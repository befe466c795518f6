#!/usr/bin/env bash
# check_gpu.sh [STAGE...]: everything that pleat has to show on a machine with an NVIDIA GPU, from a copy of the tree and
# without a network. Each stage takes less than 9 minutes; stages that passed are not repeated (remove OUT to begin anew).
#
#   build        compiles pleat and its tests, GPU code included
#   instructions the GPU's instructions against their emulation
#   operations   each operation on the GPU against the CPU and its equation; replayed work; a pair in the host's memory
#   golden       whole runs against the reference's results
#   repeat       two runs give the same bytes
#   memcheck racecheck initcheck   compute-sanitizer on the small network
#   bench        operations, block, step and confidence beside the card's peaks, and whole runs from them (bench_*.json)
#   time         seconds of predictions with made-up weights of the official network, 256 to 2,048 tokens
#   reference    the reference's own transition and grid attention on the same card beside pleat's; needs jax and tokamax
#
# PLEAT_TEST_DEVICE: the GPU (cuda:0). OUT: folder of logs and results (build/gpu). MODEL_DIR: weights of the official
# sizes (synthetic:1).
set -euo pipefail
cd "$(dirname "$0")/.."

export PLEAT_TEST_DEVICE=${PLEAT_TEST_DEVICE:-cuda:0}
out=$(realpath -m "${OUT:-build/gpu}")
build=build/release
pleat=$build/pleat
small=tests/golden/jobs/small_network
all_stages=(build instructions operations golden repeat memcheck racecheck initcheck bench time reference)
most_seconds=540
mkdir -p "$out"

stage_build() {
  cmake --preset release -DPLEAT_CUDA=on
  cmake --build $build --target pleat cuda_test
}

stage_instructions() {
  $pleat devices
  $pleat devices --check "$PLEAT_TEST_DEVICE"
}

stage_operations() { $build/cuda_test --gtest_filter='*Operations.*:Replay.*:PairOnHost.*'; }

stage_golden() { python3 tests/cli/golden_test.py $pleat Gpu GpuBfloat16 GpuTf32; }

# infer OUTPUT STEPS [COMMAND...]: the small network, run by a command.
infer() {
  local output=$1 steps=$2
  shift 2
  "$@" $pleat infer --features "$small/features.npz" --model_dir demo --seed 1 --num_recycles 1 \
    --num_diffusion_samples 2 --num_diffusion_steps "$steps" --device "$PLEAT_TEST_DEVICE" --output "$output"
}

stage_repeat() {
  infer "$out/first.npz" 200
  infer "$out/second.npz" 200
  cmp "$out/first.npz" "$out/second.npz"
}

sanitize() { infer "$out/$1.npz" 2 compute-sanitizer --tool "$1" --error-exitcode 1; }
stage_memcheck() { sanitize memcheck; }
stage_racecheck() { sanitize racecheck; }
stage_initcheck() { sanitize initcheck; }

stage_bench() {
  for precision in bfloat16 tf32; do
    $pleat bench --device "$PLEAT_TEST_DEVICE" --precision $precision --tokens 256,512,1024 \
      --parts kernels,block,step,confidence,run --json "$out/bench_$precision.json"
  done
}

# A protein of N residues, alanine and lysine in turn.
job_of() {
  local sequence
  sequence=$(printf 'AK%.0s' $(seq $(($1 / 2))))
  cat <<END
{"name": "tokens_$1", "modelSeeds": [1], "dialect": "alphafold3", "version": 4, "sequences": [{"protein": {"id": "A",
 "sequence": "$sequence", "unpairedMsa": "", "pairedMsa": "", "templates": []}}]}
END
}

# The log has the seconds of each stage of a run.
stage_time() {
  for tokens in 256 512 1024 2048; do
    job_of $tokens >"$out/tokens_$tokens.json"
    $pleat predict --json_path "$out/tokens_$tokens.json" --output_dir "$out/results" --force_output_dir \
      --model_dir "${MODEL_DIR:-synthetic:1}" --norun_data_pipeline --device "$PLEAT_TEST_DEVICE"
  done
}

stage_reference() {
  python3 -c 'import jax, tokamax' || { echo 'Install them: pip install "jax[cuda12]" tokamax'; exit 1; }
  python3 tools/time_reference_layers.py "$out/bench_bfloat16.json"
}

[[ $# -gt 0 ]] || set -- "${all_stages[@]}"
for stage in "$@"; do
  [[ " ${all_stages[*]} " == *" $stage "* ]] || { echo "There is no stage $stage. Stages: ${all_stages[*]}" >&2; exit 2; }
  if [[ -e $out/$stage.passed ]]; then
    echo "== $stage: passed before"
    continue
  fi
  echo "== $stage: log in $out/$stage.log"
  start=$SECONDS
  export -f "stage_$stage" infer sanitize job_of
  export out build pleat small
  if timeout $most_seconds bash -euo pipefail -c "stage_$stage" >"$out/$stage.log" 2>&1; then
    touch "$out/$stage.passed"
    echo "   passed in $((SECONDS - start)) s"
  else
    tail -30 "$out/$stage.log"
    echo "   FAILED after $((SECONDS - start)) s. To run it again: tools/check_gpu.sh $stage" >&2
    exit 1
  fi
done
