# make          builds build/release/pleat
# make demo     predicts a small protein with made-up parameters
# make test     builds and runs all tests
# make fuzz     feeds the parsers damaged inputs under the address and undefined-behaviour sanitizers
# make bench    builds pleat and measures this machine (BENCH_FLAGS: see pleat bench --help)
# make bench-onednn  the same products by pleat and by oneDNN (Debian's libdnnl-dev), on one thread and on all
# make format   formats the sources with clang-format
# Each installs what is missing first, or says how to.

BUILD := build/release
PLEAT := $(BUILD)/pleat
BENCH_FLAGS :=
DEMO_FLAGS := --num_diffusion_samples 1 --num_recycles 1 --num_diffusion_steps 200

.PHONY: build demo test fuzz bench bench-onednn format dependencies

build: dependencies
	cmake --preset release
	cmake --build $(BUILD) --target pleat

dependencies:
	@tools/install_dependencies.sh

demo: build
	@echo
	@echo "Demo: ubiquitin with made-up parameters (synthetic:1). They have learnt nothing, so the predicted"
	@echo "coordinates and confidences mean nothing; every step of a real prediction is done, and takes as long."
	@echo "Flags: $(DEMO_FLAGS)"
	@echo
	$(PLEAT) predict --json_path examples/ubiquitin.json --output_dir demo_output --model_dir synthetic:1 \
	  $(DEMO_FLAGS) --force_output_dir
	@echo
	@echo "The predicted structure is demo_output/ubiquitin/ubiquitin_model.cif, its confidences stand beside it."

test: dependencies
	cmake --preset release
	cmake --build $(BUILD)
	ctest --test-dir $(BUILD) --output-on-failure

fuzz: dependencies
	cmake --preset asan
	cmake --build build/asan --target fuzz_json fuzz_mmcif fuzz_a3m fuzz_smiles
	ctest --test-dir build/asan -L fuzz --output-on-failure

bench: dependencies
	cmake --preset release
	cmake --build $(BUILD) --target pleat
	$(PLEAT) bench $(BENCH_FLAGS)

bench-onednn: dependencies
	@test -e /usr/include/oneapi/dnnl/dnnl.hpp || { echo "libdnnl-dev is missing: apt-get install libdnnl-dev"; exit 1; }
	cmake --preset release
	cmake --build $(BUILD) --target onednn_bench
	OMP_WAIT_POLICY=passive $(BUILD)/onednn_bench 1
	OMP_WAIT_POLICY=passive $(BUILD)/onednn_bench $$(nproc)

format:
	@command -v clang-format >/dev/null || { echo "clang-format is missing: apt-get install clang-format"; exit 1; }
	git ls-files '*.cc' '*.h' | xargs clang-format -i
