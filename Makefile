# Each target sets up what it needs. `make help` lists them.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
# cargo already works in parallel; two cargo commands at once would only wait for each other.
.NOTPARALLEL:

# Commands that scripts/setup.sh installed come first.
export PATH := $(CURDIR)/.tools/bin:$(PATH)

# Everything except enhancer-wasm, which needs the wasm toolchain; from enhancer-edge it includes
# only a test. All builds for tests use this selection, including examples: another selection would
# change the features of dependencies, and tract would be built again.
NATIVE := --locked --workspace --exclude enhancer-wasm
BUILD_NATIVE := cargo build $(NATIVE) --bins --examples
WASM   := scripts/wasm-env.sh enhancer-wasm
EDGE   := scripts/wasm-env.sh enhancer-edge
# For lint: both crates together. With only one, dependencies would have other features and be
# checked again.
WASM_CRATES := --locked --release -p enhancer-wasm -p enhancer-edge
# The profile dist is smaller and a little faster, but takes minutes longer to link.
WASM_PROFILE ?= release
WASM_OUT := target/wasm/wasm32-unknown-unknown/$(WASM_PROFILE)
# A module of the npm package; the features follow.
BUILD_MODULE := $(WASM) cargo build --locked --profile $(WASM_PROFILE) --no-default-features

EDGE_MODULE := target/edge/wasm32-unknown-unknown/release/enhancer_edge.wasm
COMPONENT := target/edge/enhancer_audio.wasm
HTTP_COMPONENT := target/edge/enhancer_http.wasm

# Runs Python tests in parallel, because each mostly waits for a process that it started.
PYTEST := .tools/venv/bin/python -m pytest -q -n 2

SAMPLE   := audio_samples/audio_file_48k.raw
ENHANCED := target/enhanced/audio_file_48k.raw

.PHONY: help
help: ## list these targets
	@sed -nE 's/^([a-z-]+):.*## (.*)/\1\t\2/p' $(MAKEFILE_LIST) | expand -t 14

.PHONY: setup
setup: ## install what is missing to build and test everything
	@scripts/setup.sh

.PHONY: run
run: page setup-native ## build everything, and serve the page and the API at http://127.0.0.1:8080
	@echo "Building the server: several minutes on two cores, once."
	cargo build --release --locked -p enhancer-cli
	target/release/enhancer serve --page web/dist

.PHONY: enhance
# The result of FILE is written beside it. The result of the sample goes to target/.
enhance: setup-native ## remove the noise from FILE=…, or from a sample
	@echo "Building the command without the server: several minutes on two cores, once."
	cargo build --release --locked -p enhancer-cli --no-default-features
ifdef FILE
	target/release/enhancer -- "$(FILE)"
else
	@mkdir -p $(dir $(ENHANCED))
	target/release/enhancer $(SAMPLE) -o $(ENHANCED) -y
	@echo "The enhanced sample is $(ENHANCED) (mono, 32-bit float, 48 kHz)."
endif

# RUSTC_BOOTSTRAP lets a released compiler use the sanitizer too. The standard library is not rebuilt:
# the kernels only work on slices from their callers.
SANITIZER := RUSTC_BOOTSTRAP=1 RUSTFLAGS=-Zsanitizer=address cargo test --locked --lib \
    --manifest-path tests/sanitizer/Cargo.toml --target-dir target/sanitizer
HOST = $(shell rustc -vV | sed -n 's/^host: //p')

.PHONY: test test-quick test-native test-sanitizer test-features test-api test-parity test-formats test-fuzz test-wasm test-browser test-engines test-runtimes test-edge
test: test-native test-sanitizer test-api test-parity test-formats test-fuzz test-wasm test-browser test-runtimes test-edge ## run all tests, the quick ones first
test-quick: setup-native setup-python setup-api setup-formats ## a few minutes for daily work: the native tests, and the main ones of the API and the formats
	cargo test $(NATIVE) --exclude enhancer-fuzz
	$(BUILD_NATIVE)
	$(PYTEST) --dist loadfile tests/api/test_{contract,docs,enhance,forms,models,http}.py
	$(PYTEST) tests/formats/test_{docs,refused,tags}.py
test-native: setup-native ## test the native crates, including doctests
	cargo test $(NATIVE) --exclude enhancer-fuzz
test-sanitizer: setup-native ## test the kernels, which have unsafe code, with AddressSanitizer
	@# Not every compiler includes the sanitizer's library.
	@if compgen -G "$$(rustc --print sysroot)/lib/rustlib/$(HOST)/lib/*asan*" >/dev/null; then \
	    $(SANITIZER) --target $(HOST); \
	else \
	    echo "sanitizer: skipped, this compiler has no AddressSanitizer"; \
	    [ -z "$${CI:-}" ]; \
	fi
# Not a part of `test`: it compiles all once for each selection, since dependencies have other features.
test-features: setup-native ## test the core without codecs, and with Opus alone; by hand, it compiles much
	cargo test --locked -p enhancer-core --no-default-features --features tflite --target-dir target/features --test samples
	cargo test --locked -p enhancer-core --no-default-features --features opus,tflite --target-dir target/features --test samples
test-api: setup-native setup-python setup-api ## test the server from outside, with PostgreSQL and S3, killed and attacked
	$(BUILD_NATIVE)
	@# Tests of one file share a server.
	$(PYTEST) --dist loadfile tests/api
test-parity: setup-native weights ## compare the models with other runtimes and the published networks
	$(BUILD_NATIVE)
	$(PYTEST) -rP tests/parity audio_samples
test-formats: setup-native setup-python setup-formats ## compare reading and writing with ffmpeg, also for damaged and malformed files
	$(BUILD_NATIVE)
	$(PYTEST) tests/formats
test-fuzz: setup-native ## run the fuzz targets over their seeds and a fixed set of mutations
	cargo test $(NATIVE) --lib --test decode --test model --test description mutat
test-wasm: setup-wasm-pack setup-browser ## test the wasm binding in headless Chromium
	WASM_BINDGEN_TEST_TIMEOUT=300 $(WASM) wasm-pack test --headless --chrome \
	    --chromedriver "$$(command -v chromedriver)" --mode no-install --release -- --locked

test-browser: page setup-native setup-browser setup-engines setup-formats ## test the page's computations in Node.js, the npm package and the page in Chromium, the page in Firefox and WebKit too
	npm test --workspace enhancer-web
	$(BUILD_NATIVE)
	npm test --workspace enhancer-browser-tests

test-engines: page setup-native setup-engines ## test the page only in Firefox and WebKit
	$(BUILD_NATIVE)
	npm test --workspace enhancer-browser-tests -- --project=firefox --project=webkit

test-runtimes: wasm setup-native setup-runtimes ## test the npm package in Node.js, Deno, Bun and workerd
	$(BUILD_NATIVE)
	npm test --prefix tests/runtimes

test-edge: edge setup-native setup-edge-tests ## test the component in wasmtime and in Node.js
	$(BUILD_NATIVE)
	node --test tests/edge/component.test.mjs tests/edge/http.test.mjs

# For .ci/run, which sets up everything before it tests.
.PHONY: setup-tests build-native build-wasm
setup-tests: weights
	@scripts/setup.sh wasm-pack browser engines api formats web runtimes edge edge-tests
build-native: setup-native
	$(BUILD_NATIVE) --lib --tests
build-wasm: setup-wasm
	$(WASM) cargo test --locked --release --no-run

# Documents the crates as JSON, which lists their public interfaces. Includes the examples: without them,
# dependencies would have other features than in the clippy run.
DOCUMENT := RUSTDOC="$(CURDIR)/scripts/rustdoc-json.sh" RUSTDOCFLAGS="-D warnings" \
    cargo doc $(NATIVE) --no-deps --lib --bin enhancer --examples

.PHONY: lint lint-native lint-wasm lint-web lint-dependencies lint-scripts
lint: lint-scripts lint-native lint-dependencies lint-wasm lint-web ## check format, clippy on both targets, types, docs, dependencies, scripts
lint-native: setup-native
	cargo fmt --all -- --check
	cargo clippy $(NATIVE) --all-targets -- -D warnings
	@# Checks without the reader of .tflite files: the networks with their tests, and the core without codecs,
	@# with only one, and as the page has it.
	cargo clippy --locked -p enhancer-networks --no-default-features --lib --tests -- -D warnings
	cargo clippy --locked -p enhancer-core --no-default-features -- -D warnings
	cargo clippy --locked -p enhancer-core --no-default-features --features opus -- -D warnings
	cargo clippy --locked -p enhancer-core --no-default-features --features audio -- -D warnings
	$(DOCUMENT)
	scripts/check-api.sh
lint-wasm: setup-wasm
	@# This lints the core for that target too. In release, because the tests and the page need
	@# its build scripts and procedural macros anyway. The component is linted with threads,
	@# although it is compiled without, so that nothing is checked twice.
	$(WASM) cargo clippy $(WASM_CRATES) --all-targets -- -D warnings
	$(WASM) cargo clippy $(WASM_CRATES) --lib --bins --no-default-features --features enhancer-wasm/single,enhancer-edge/http \
	    -- -D warnings
	RUSTDOCFLAGS="-D warnings" $(WASM) cargo doc $(WASM_CRATES) --no-deps
lint-web: wasm
	npm run check --workspaces --if-present
	npx prettier --check .
lint-dependencies: setup-lint
	cargo deny --locked check bans licenses sources
	scripts/check-packages.sh
	@# The advisories are in another repository; without a network, lint skips them.
	@if timeout 120 cargo deny --locked fetch db >/dev/null 2>&1; then \
	    cargo deny --locked check --disable-fetch advisories; \
	else \
	    echo "advisories: skipped, their database could not be fetched"; \
	fi
lint-scripts: setup-lint
	shellcheck -x scripts/*.sh .ci/run
	scripts/check-words.sh
	scripts/check-order.sh

.PHONY: fmt
fmt: setup-native setup-web ## format the code
	cargo fmt --all
	npx prettier --write --log-level warn .

.PHONY: models
models: setup-native weights ## make the files in models/ again
	$(BUILD_NATIVE)
	target/debug/model-exporter passthrough-model
	target/debug/model-exporter export-to-tflite
	target/debug/model-exporter deepfilternet3
	target/debug/model-exporter dtln
	target/debug/model-exporter dnsmos
	target/debug/model-exporter import --onnx .tools/weights/gtcrn/gtcrn_simple.onnx \
	    --description crates/model-exporter/descriptions/gtcrn.json models/gtcrn
	for model in deepfilternet3 dnsmos gtcrn; do \
	    target/debug/model-exporter compile "models/$$model" "models/compiled/$$model"; \
	done

.PHONY: openapi
openapi: setup-native ## write the document of the API, which a test compares with the server's
	$(BUILD_NATIVE)
	target/debug/examples/openapi >crates/enhancer-server/openapi.json

.PHONY: public-api
public-api: setup-native ## list the public interfaces of the library crates, which lint compares
	$(DOCUMENT)
	scripts/check-api.sh write

.PHONY: types
types: setup-native ## write the TypeScript types of the npm package from the Rust types; a test compares them
	ENHANCER_WRITE_TYPES=1 cargo test $(NATIVE) --exclude enhancer-fuzz --lib typescript

.PHONY: weights
weights: setup-python
	@scripts/fetch-weights.sh

# One selection for all that is measured: with another, dependencies would be built again. Some of them
# have features here that only benchmarks need.
MEASURED := --locked -p enhancer-core -p enhancer-cli
BUILD_MEASURED := cargo build --release $(MEASURED) --bin enhancer --example step_time

.PHONY: bench bench-native bench-wasm bench-page bench-edge bench-table
bench: bench-native bench-wasm bench-page bench-edge bench-table ## measure speed and memory against other programs, and write the table of docs/performance.md
bench-native: setup-native setup-api setup-peers weights
	$(BUILD_MEASURED)
	cargo bench $(MEASURED) --bench pipeline --bench models
	.tools/venv/bin/python tests/bench/bars.py
	.tools/venv/bin/python tests/bench/steps.py
	.tools/venv/bin/python tests/bench/sizes.py
	.tools/venv/bin/python tests/bench/codecs.py
	.tools/venv/bin/python tests/bench/score.py
	.tools/venv/bin/python tests/bench/memory.py
	ENHANCER=target/release/enhancer .tools/venv/bin/python tests/bench/load.py
bench-wasm: setup-wasm setup-browser
	@# Without wasm-pack, which would also build all tests.
	WASM_BINDGEN_TEST_TIMEOUT=7200 CHROMEDRIVER="$$(command -v chromedriver)" \
	    CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER=wasm-bindgen-test-runner \
	    $(WASM) cargo test --locked --release --bench memory -- --nocapture
bench-page: page setup-browser setup-peers weights
	$(BUILD_MEASURED)
	ENHANCER=$(CURDIR)/target/release/enhancer npx playwright test -c tests/browser/tools.config.ts \
	    bench models peers
	.tools/venv/bin/python tests/bench/sizes.py

bench-edge: edge setup-native setup-edge-tests
	$(BUILD_NATIVE)
	.tools/venv/bin/python tests/bench/edge_wasmtime.py
	node tests/bench/edge.mjs

# Writes the figures that the targets above have measured.
bench-table: setup-python
	.tools/venv/bin/python tests/bench/rows.py --write

.PHONY: bench-engines
bench-engines: page edge setup-native setup-engines setup-runtimes setup-edge-tests setup-browser ## enhance the same ten seconds in every engine, and print the table of docs/edge.md
	$(BUILD_NATIVE)
	node tests/bench/engines.mjs

.PHONY: page-sample
page-sample: page setup-native ## make the enhanced sample that the page plays on its first screen again
	$(BUILD_NATIVE)
	target/debug/enhancer enhance-file --force --source-file web/dist/sample.wav \
	    --destination-file web/sample/sample.enhanced.flac

.PHONY: screenshot
screenshot: page setup-native setup-browser ## take the README's picture of the page again
	$(BUILD_NATIVE)
	npx playwright test -c tests/browser/tools.config.ts screenshot

.PHONY: screens
screens: page setup-browser setup-formats ## take pictures of the page in all states on all kinds of screens, into target/screens
	npx playwright test -c tests/browser/tools.config.ts screens.tool

.PHONY: quality
quality: setup-native weights ## print how much better the samples get with each model
	$(BUILD_NATIVE)
	@.tools/venv/bin/python tests/parity/quality.py

# Seconds for each target.
FUZZ_SECONDS ?= 600
.PHONY: fuzz fuzz-asan fuzz-seeds
fuzz: setup-fuzz ## fuzz everything that reads files, FUZZ_SECONDS (600) for each target; continues the last run
	@scripts/fuzz.sh $(FUZZ_SECONDS)
fuzz-asan: setup-fuzz ## fuzz the decoders with unsafe code with AddressSanitizer, FUZZ_SECONDS (600) each
	@scripts/fuzz.sh $(FUZZ_SECONDS) asan
fuzz-seeds: setup-native setup-python ## make the seeds of the fuzz targets again; needs ffmpeg
	$(BUILD_NATIVE)
	.tools/venv/bin/python fuzz/seeds.py
	target/debug/examples/he_aac

.PHONY: wasm edge page
wasm: setup-wasm setup-web ## build the npm package crates/enhancer-wasm
	@echo "Building the page's modules: several minutes on two cores, once."
	$(BUILD_MODULE) --bin enhancer_wasm_threads --features threads
	$(BUILD_MODULE) --bin enhancer_wasm_single --features single
	$(BUILD_MODULE) --bin enhancer_wasm_tflite --features single,tflite
	for module in single tflite; do \
	    node scripts/unshare-memory.mjs $(WASM_OUT)/enhancer_wasm_$$module.wasm $(WASM_OUT)/unshared.wasm; \
	    wasm-bindgen --target web --out-dir crates/enhancer-wasm/pkg/$$module \
	        --out-name enhancer_wasm_$$module $(WASM_OUT)/unshared.wasm; \
	done
	wasm-bindgen --target web --out-dir crates/enhancer-wasm/pkg/threads \
	    --out-name enhancer_wasm $(WASM_OUT)/enhancer_wasm_threads.wasm
	npm run build --workspace enhancer-wasm --workspace enhancer-model-deepfilternet3 \
	    --workspace enhancer-model-dnsmos
# The components are not needed for the page.
edge: setup-edge ## build the WebAssembly components, target/edge/enhancer_audio.wasm and enhancer_http.wasm
	@echo "Building the components: several minutes on two cores, once."
	$(EDGE) cargo build --locked --release
	node crates/enhancer-edge/build.mjs $(EDGE_MODULE) $(COMPONENT)
	$(EDGE) cargo build --locked --release --no-default-features --features http
	node crates/enhancer-edge/build.mjs $(EDGE_MODULE) $(HTTP_COMPONENT) wasi:http wasi:io wasi:clocks
# The port is 8081 because `make run` uses 8080.
.PHONY: run-edge
run-edge: edge ## serve the component of the world http in Node.js, at http://127.0.0.1:8081
	node crates/enhancer-edge/serve.mjs $(HTTP_COMPONENT) target/edge/served 8081
# ENHANCER_REPOSITORY sets the address that the footer links.
page: wasm ## build the page in web/dist
	npm run build --workspace enhancer-web

.PHONY: sbom
sbom: setup-sbom ## list the crates in the programs, the component and the WebAssembly modules, as CycloneDX in target/sbom
	rm -rf target/sbom && mkdir -p target/sbom
	cargo cyclonedx --quiet --format json --spec-version 1.5 --describe binaries --target all
	@# cargo cyclonedx writes its files beside each Cargo.toml.
	find crates -name '*.cdx.json' -exec mv -t target/sbom {} +
	find fuzz -name '*.cdx.json' -delete

.PHONY: clean
clean: ## remove all build results; keeps .tools/
	rm -rf target crates/enhancer-wasm/pkg crates/enhancer-wasm/dist web/dist

SETUP_PARTS := setup-native setup-wasm setup-wasm-pack setup-browser setup-engines setup-lint setup-python setup-api setup-formats setup-fuzz setup-sbom setup-web setup-runtimes setup-edge setup-edge-tests setup-peers
.PHONY: $(SETUP_PARTS)
$(SETUP_PARTS): setup-%:
	@scripts/setup.sh $*
