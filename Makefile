# Vigie. `make demo` needs Go, Node and make; `make test` installs what it lacks.

VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
LDFLAGS := -s -w -X main.version=$(VERSION)

# One setting for building, vetting and testing, so that the AWS clients are compiled once: CGO is part of the build cache's key.
export CGO_ENABLED := 0

.DEFAULT_GOAL := help
.PHONY: help setup generate build demo test lint check bench clean

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-9s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## install what the tests need: PostgreSQL, Chromium, moto, npm packages
	@scripts/setup

generate: ## make the Go of the templates and the front-end assets, where sources are newer
	@scripts/generate

build: generate ## build bin/vigie, one static binary with all assets inside
	go build -ldflags '$(LDFLAGS)' -o bin/vigie ./cmd/vigie

demo: build ## build, then run a sample estate on http://127.0.0.1:8080
	bin/vigie demo

lint: generate ## gofmt, vet, staticcheck, the rules of the house
	@scripts/lint

test: setup lint ## everything: unit, property, SQLite, PostgreSQL, AWS emulator, browser
	@scripts/test

check: lint ## lint, then all tests, without installing anything
	@scripts/test

bench: generate ## run the benchmarks; figures go to the terminal
	@scripts/bench

clean: ## remove what was built, downloaded packages included
	rm -rf bin .cache .venv node_modules internal/kit/ui/dist
	find internal test -name '*_templ.go' -delete
