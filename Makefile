# Everything a person or CI runs. `make help` lists it.
#
# Each target makes what it needs in a virtual environment of its own (VENV=...), from the ranges in
# pyproject.toml, and does nothing twice. Wants: Python >= 3.10, a Rust toolchain, make.

VENV ?= .venv-dev
PIP_FLAGS ?= --quiet --disable-pip-version-check
PYTEST_FLAGS ?=
TEST_FLAGS ?= --no-skips
SPHINX_FLAGS ?= -W --keep-going
BENCH_FLAGS ?=

comma := ,
PY := $(VENV)/bin/python
PIP := $(PY) -m pip
NATIVE := python/hyperopt/_native.abi3.so
RUST_SOURCES := Cargo.toml Cargo.lock $(shell find rust/*/src rust/*/Cargo.toml -name '*.rs' -o -name Cargo.toml)
PARALLEL_TESTS := parallel or spark
# Spark needs a Java runtime: the machine's own, or else one from a Python package.
TEST_EXTRAS := test,test-parallel$(shell command -v java >/dev/null 2>&1 || echo ,test-jvm)

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo test test-slow test-long test-rust test-python test-parallel test-spark-3 test-cpu-levels lint lint-rust lint-python format docs \
        bench bench-quality bench-quality-long bench-scaling bench-storage bench-report bench-rust bench-instructions native wheel sdist shim check-wheel clean

help: ## list the targets
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | sort | awk -F ':.*## ' '{printf "  make %-20s %s\n", $$1, $$2}'

demo: $(VENV)/.installed-demo $(NATIVE) ## tune a random forest on real data (under 2 minutes)
	$(PY) examples/demo.py

test: test-rust test-python ## the tests that are quick to answer (5 minutes of one core)

test-rust:
	cargo test --locked -p parzen

test-python: $(VENV)/.installed-$(TEST_EXTRAS) $(NATIVE)
	scripts/install-browser $(PY)
	$(PY) -m pytest -m "not slow and not long" $(TEST_FLAGS) $(PYTEST_FLAGS)

test-slow: $(VENV)/.installed-$(TEST_EXTRAS) $(NATIVE) ## the tests that take more than five seconds, and properties with many more examples
	scripts/install-browser $(PY)
	$(PY) -m pytest -m "slow and not long" $(TEST_FLAGS) $(PYTEST_FLAGS)
	$(PY) -m pytest -m hypothesis --hypothesis-profile=many $(TEST_FLAGS) $(PYTEST_FLAGS) tests/unit

test-long: test test-slow ## all tests, those that take minutes too: a million spaces, a thousand kills (an hour)
	cargo test --locked -p parzen -- --ignored
	$(PY) -m pytest -m long $(TEST_FLAGS) $(PYTEST_FLAGS)

test-parallel: $(VENV)/.installed-$(TEST_EXTRAS) $(NATIVE) ## only the tests of executors and Spark
	$(PY) -m pytest -m "$(PARALLEL_TESTS)" $(TEST_FLAGS) $(PYTEST_FLAGS)

test-spark-3: ## the tests of Spark with pyspark 3.5, in an environment of its own
	$(MAKE) VENV=.venv-spark-3 PIP_FLAGS="$(PIP_FLAGS) --constraint tests/integration/spark/pyspark-3.txt" \
		PYTEST_FLAGS="$(PYTEST_FLAGS)" PARALLEL_TESTS=spark test-parallel

# Not those of processes, executors and Spark: what differs is arithmetic.
test-cpu-levels: $(VENV)/.installed-$(TEST_EXTRAS) $(NATIVE) ## the tests of what is computed, as older processors compute it
	$(PY) scripts/test-cpu-levels $(TEST_FLAGS) $(PYTEST_FLAGS) -m "not slow and not long and not parallel" \
		tests/unit tests/parity

lint: lint-rust lint-python ## formatters, linters and type checkers, changing nothing

lint-rust:
	cargo fmt --all --check
	cargo clippy --locked --workspace --all-targets -- -D warnings
	scripts/check-rust-modules

lint-python: $(VENV)/.installed-lint,$(TEST_EXTRAS) $(NATIVE)
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	PYTHONPATH=python $(VENV)/bin/lint-imports --no-cache .importlinter
	PYTHONPATH=python $(VENV)/bin/lint-imports --no-cache .importlinter-modules
	$(PY) -m mypy.stubtest --mypy-config-file pyproject.toml hyperopt._native

format: $(VENV)/.installed-lint,$(TEST_EXTRAS) ## rewrite the sources in house style
	cargo fmt --all
	$(VENV)/bin/ruff check --fix-only .
	$(VENV)/bin/ruff format .

docs: $(VENV)/.installed-docs $(NATIVE) ## build the documentation site into site/
	$(PY) docs/pictures.py --if-missing
	$(PY) docs/example_report.py
	$(PY) -m sphinx $(SPHINX_FLAGS) -q -b html docs site
	@echo "open site/index.html"

bench: $(VENV)/.installed-docs $(NATIVE) ## compare with the peers; rewrites docs/benchmarks.md (about 20 minutes)
	$(PY) benches/compare/run.py $(BENCH_FLAGS)

bench-quality: $(VENV)/.installed-docs $(NATIVE) ## compare search quality; rewrites docs/quality.md (about 40 minutes)
	$(PY) benches/quality/run.py $(BENCH_FLAGS)

bench-quality-long: $(VENV)/.installed-docs $(NATIVE) ## compare searches of up to 5,000 trials; rewrites docs/long-searches.md (about 15 minutes)
	$(PY) benches/quality/long.py $(BENCH_FLAGS)

bench-scaling: $(VENV)/.installed-$(TEST_EXTRAS) $(NATIVE) ## measure parallel evaluation, and Spark beside hyperopt (about 6 minutes)
	$(PY) benches/scaling/run.py $(BENCH_FLAGS)

bench-storage: $(VENV)/.installed-$(TEST_EXTRAS) $(NATIVE) ## compare studies in databases with Optuna's; rewrites docs/storage-benchmarks.md (about 5 minutes)
	$(PY) benches/storage/run.py $(BENCH_FLAGS)

bench-report: $(VENV)/.installed-$(TEST_EXTRAS) $(NATIVE) ## measure importance, reports and the live page; rewrites a part of docs/report.md (about 2 minutes)
	scripts/install-browser $(PY)
	$(PY) benches/report/run.py $(BENCH_FLAGS)

bench-rust: ## criterion benches of the core
	cargo bench --locked -p parzen

.PHONY: bench-pruning
bench-pruning: $(VENV)/.installed-docs,test $(NATIVE) ## measure stopping trials early; rewrites docs/pruning-benchmark.md (hours, nearly all of them Optuna's; goes on where it was stopped)
	$(PIP) install $(PIP_FLAGS) 'optuna>=5,<6'
	$(PY) benches/pruning/run.py $(BENCH_FLAGS)
	$(PY) benches/pruning/folds.py

bench-instructions: $(VENV)/.created ## counted instructions against the committed baseline
	$(PY) benches/instructions/check.py

native: $(NATIVE) ## build the extension module (release) in place

# On Linux linked by zig against an old C library, so that the wheel installs where glibc is 2.17 or later.
ifeq ($(shell uname -s),Linux)
WHEEL_TOOLS := ziglang auditwheel
WHEEL_FLAGS ?= --zig --compatibility manylinux2014
endif

wheel: $(VENV)/.installed-build ## build one abi3 wheel into dist/
	$(if $(WHEEL_TOOLS),$(PIP) install $(PIP_FLAGS) $(WHEEL_TOOLS))
	PATH=$(abspath $(VENV))/bin:$$PATH maturin build --release --locked --out dist $(WHEEL_FLAGS)
	$(if $(WHEEL_TOOLS),$(VENV)/bin/auditwheel show dist/hyperopt_rs-*-cp310-abi3-manylinux*.whl)

sdist: $(VENV)/.installed-build ## build the source distribution into dist/
	$(VENV)/bin/maturin sdist --out dist

shim: $(VENV)/.installed-build ## build wheels into dist/ that satisfy requirements of the distribution hyperopt
	$(PY) scripts/build-shim dist

check-wheel: wheel sdist shim ## install the wheel and the sdist in fresh environments and run them
	scripts/check-wheel dist

clean: ## remove what the other targets made
	rm -rf $(VENV) .venv-bench-* .venv-spark-3 dist site target docs/_generated
	rm -rf .pytest_cache .mypy_cache .ruff_cache .hypothesis
	rm -f $(NATIVE)
	find python tests examples benches docs -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/.created:
	@python=$$(scripts/find-python) && echo "creating $(VENV) with $$python" && "$$python" -m venv $(VENV)
	@touch $@

# What builds this package, setuptools for the dependencies that come as sources (pyspark does), and a pip that knows
# dependency groups.
$(VENV)/.installed-build: $(VENV)/.created
	$(PIP) install $(PIP_FLAGS) 'pip>=25.1' 'maturin>=1.9.4,<2' 'setuptools>=77'
	@touch $@

# The sources are built in place, and the environment points at them (an editable install).
$(NATIVE): $(RUST_SOURCES) | $(VENV)/.installed-build
	VIRTUAL_ENV=$(abspath $(VENV)) $(VENV)/bin/maturin develop --release --locked --skip-install
	@touch $@

$(VENV)/.installed-%: pyproject.toml | $(VENV)/.installed-build
	$(PIP) install $(PIP_FLAGS) --no-build-isolation --editable . $(patsubst %,--group %,$(subst $(comma), ,$*))
	@touch $@
