# The names are the documentation: `make` prints them.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help run demo build test test-fast soak bench screenshots format check

help: ## Print these lines
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: build ## Set everything up and start a node on sample databases (out/demo)
	@eng/setup.sh demo
	@eng/run.sh

demo: build ## Show the command at work on sample databases, without a server (out/demo)
	@eng/setup.sh demo
	@eng/demo.sh

build: ## Set up what the build needs and leave a runnable out/holdfast
	@eng/setup.sh build
	@eng/build-sqlite3mc.sh || [ $$? -eq 3 ]
	@eng/publish.sh

test: ## Set up what the tests need and run the whole suite
	@eng/setup.sh build test
	@eng/build-sqlite3mc.sh || [ $$? -eq 3 ]
	@eng/postgresql-servers.sh || [ $$? -eq 3 ]
	@eng/s3rver.sh install || [ $$? -eq 3 ]
	@eng/test.sh

test-fast: ## Unit tests only, under a minute
	@eng/test.sh --fast

soak: ## The same suites, long, and fuzzing: hours
	@eng/setup.sh build test
	@eng/build-sqlite3mc.sh || [ $$? -eq 3 ]
	@eng/postgresql-servers.sh || [ $$? -eq 3 ]
	@eng/s3rver.sh install || [ $$? -eq 3 ]
	@HOLDFAST_SOAK=1 eng/test.sh
	@if [ -x eng/fuzz.sh ]; then eng/fuzz.sh; fi

bench: build ## Timings beside cat, zstd, age, restic and borg; results under bench/results
	@eng/setup.sh bench
	@bench/run.sh

screenshots: ## Pictures of every page into out/screenshots; those that the documentation shows into docs/images
	@eng/setup.sh build screenshots
	@eng/build-sqlite3mc.sh || [ $$? -eq 3 ]
	@eng/screenshots.sh

format: ## Format the C# code
	@dotnet tool restore >/dev/null
	@dotnet csharpier format src test

check: ## Exactly what CI runs
	@.ci/run
