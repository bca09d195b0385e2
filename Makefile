# Sets up a virtual environment in .venv; PYTHON names another interpreter (3.11 or newer).
PYTHON ?= python3
VENV := .venv
BACKENDS := .venv-backends
SCALE := .venv-scale
export PATH := $(CURDIR)/$(VENV)/bin:$(PATH)

.PHONY: demo digits test test-backends test-scale fuzz lint clean
.DEFAULT_GOAL := demo

$(VENV)/ready: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	python -m pip install --quiet --editable ".[train,test]" --constraint constraints.txt
	touch $@

demo: $(VENV)/ready
	dvc repro
	@echo
	@echo "The report:  reports/index.html"
	@echo "Now try:     $(VENV)/bin/brandlens logo detect data/logo/pictures/images/test-000*.jpg"
	@echo "             $(VENV)/bin/brandlens logo detect data/logo/pictures/images --format json --draw drawn"
	@echo "             $(VENV)/bin/brandlens sentiment score --explain \"I don't like it at all.\" \"Not bad at all!\""
	@echo "             $(VENV)/bin/brandlens sentiment score --file data/sentiment/sample.csv --out scored.csv"

# The small pipeline, on written digits; `make demo` leaves it out.
digits: $(VENV)/ready
	dvc repro pipelines/digits/dvc.yaml
	@echo "The page:  reports/digits/index.html"

test: $(VENV)/ready
	pytest

# Every stage, shrunk, on each of Keras' backends; JAX and PyTorch are in no other environment.
$(BACKENDS)/ready: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(BACKENDS)
	$(BACKENDS)/bin/python -m pip install --quiet --editable ".[train,test,backends]" --constraint constraints.txt
	touch $@

test-backends: $(BACKENDS)/ready
	PATH="$(CURDIR)/$(BACKENDS)/bin:$$PATH" BRANDLENS_BACKENDS=tensorflow,jax,torch pytest tests/pipelines/test_backends.py tests/training

# Ray, Spark and S3 for real, on loopback, in an environment of their own; KILLS: random moments at which something is killed.
KILLS ?= 20
$(SCALE)/ready: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(SCALE)
	$(SCALE)/bin/python -m pip install --quiet --editable ".[train,scale]" --constraint constraints.txt
	touch $@

test-scale: $(SCALE)/ready
	PATH="$(CURDIR)/$(SCALE)/bin:$$PATH" BRANDLENS_KILLS=$(KILLS) python -m pytest --numprocesses=0 tests/scale tests/bulk/test_run.py

# Every reader on damaged files, for MINUTES in all; faults are kept in logs/fuzz. Models and reports too, after `make demo`.
MINUTES ?= 10
fuzz: $(VENV)/ready
	python -m pip install --quiet --editable ".[train,test,fuzz]" --constraint constraints.txt
	python tests/fuzz/run.py --minutes $(MINUTES)

lint: $(VENV)/ready
	ruff check
	ruff format --check
	lint-imports
	mypy

clean:
	rm -rf $(VENV) $(BACKENDS) $(SCALE) data/logo/pictures data/logo/crops data/logo/augmented data/logo/trained models reports logs
	rm -rf data/digits data/sentiment/downloads data/sentiment/embedded data/sentiment/reviews.parquet data/sentiment/trained
