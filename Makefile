# make          builds build/release/pleat
# make demo     folds ubiquitin with a small network that knows ubiquitin alone
# make test     builds and runs all tests; those of other people's programs need packages of PyPI, and skip without them
# make fuzz     feeds damaged inputs to the parsers, under the address and undefined-behaviour sanitizers
# make bench    builds pleat and measures this machine (BENCH_FLAGS: see pleat bench --help)
# make bench-onednn  times the same products in pleat and in oneDNN (Debian's libdnnl-dev), on one thread and on all
# make format   formats the sources with clang-format
# make install  installs pleat below PREFIX (/usr/local)
# make package  builds a Debian package and a Python wheel in build/packages
# make docs     writes docs/commands.md anew
# As root, each first installs missing packages; otherwise it prints the command that installs them.

BUILD := build/release
PLEAT := $(BUILD)/pleat
PREFIX := /usr/local
BENCH_FLAGS :=
DEMO_FLAGS := --num_diffusion_samples 1 --num_recycles 1 --num_diffusion_steps 200

.PHONY: build demo package docs test fuzz bench bench-onednn format install dependencies ci-dependencies

build: dependencies
	cmake --preset release
	cmake --build $(BUILD) --target pleat

dependencies:
	@tools/install_dependencies.sh

ci-dependencies:
	@tools/install_dependencies.sh --ci

install: build
	cmake --install $(BUILD) --prefix $(PREFIX)

demo: build
	@echo
	@echo "Demo: folds ubiquitin with a small network that was trained on ubiquitin alone, to show the program;"
	@echo "it knows nothing else and is no predictor."
	@echo
	$(PLEAT) predict --json_path examples/ubiquitin_demo.json --output_dir demo_output --model_dir demo \
	  $(DEMO_FLAGS) --norun_data_pipeline --force_output_dir
	@echo
	@$(PLEAT) view demo_output/ubiquitin
	@echo
	@echo "The predicted structure is demo_output/ubiquitin/ubiquitin_model.cif. RMSD of its C-alpha atoms to the"
	@echo "crystal structure (PDB entry 1UBI), in angstroms:"
	@python3 tools/calpha_rmsd.py demo_output/ubiquitin/ubiquitin_model.cif data/1ubi_calpha.tsv
	@echo
	@echo "Open the report in a browser: demo_output/ubiquitin/ubiquitin_report.html (docs/demo.md tells what it shows)"

package:
	packaging/package.sh

docs: build
	$(PLEAT) help --format markdown > docs/commands.md

test: dependencies
	-@tools/install_test_packages.sh
	cmake --preset release
	cmake --build $(BUILD)
	ctest --test-dir $(BUILD) --output-on-failure

fuzz: ci-dependencies
	cmake --preset asan
	cmake --build build/asan --target fuzz_json fuzz_mmcif fuzz_a3m fuzz_smiles
	ctest --test-dir build/asan -L fuzz --output-on-failure

bench: dependencies
	cmake --preset release
	cmake --build $(BUILD) --target pleat
	$(PLEAT) bench $(BENCH_FLAGS)

bench-onednn: dependencies
	@test -e /usr/include/oneapi/dnnl/dnnl.hpp || { echo "libdnnl-dev is missing. Install it: apt-get install libdnnl-dev"; exit 1; }
	cmake --preset release
	cmake --build $(BUILD) --target onednn_bench
	OMP_WAIT_POLICY=passive $(BUILD)/onednn_bench 1
	OMP_WAIT_POLICY=passive $(BUILD)/onednn_bench $$(nproc)

format: ci-dependencies
	git ls-files '*.cc' '*.h' | xargs clang-format -i
