# hetu: `make run` starts it, `make test` proves it. Both install what they need and can be run again at any time.

SHELL := /bin/bash
.DEFAULT_GOAL := help

WEB := api/web
WEB_SOURCES := $(shell find $(WEB) -type f -not -path '*/node_modules/*' -not -path '*/dist/*' -not -path '*/e2e/*' 2>/dev/null)

.PHONY: help run build web test lint soak clean

help: ## say what can be made
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /\1\t/' | expand -t 10

run: deps-run build ## install what is missing, build, load the sample and serve it on http://127.0.0.1:8080 (another address: make run ARGS='--listen 127.0.0.1:8090')
	@exec bin/hetu serve --sample --data-dir .run/data $(ARGS)

build: web ## build the pages and the binary bin/hetu
	@.ci/step 'build the binary' env CGO_ENABLED=0 go build -trimpath -o bin/hetu ./cmd/hetu

web: $(WEB)/dist/.built ## build the pages

test: deps-test build ## check and test everything, in Go, in the pages and in a browser
	@.ci/test

lint: deps-test build ## the checks of make test and golangci-lint (its first build takes ten minutes)
	@.ci/lint

soak: deps-test build ## long fault, fuzz and soak runs
	@.ci/soak

clean: ## remove what was built; data in .run stay
	@rm -rf bin $(WEB)/dist/* $(WEB)/dist/.built $(WEB)/node_modules

.PHONY: deps-run deps-test
deps-run:
	@.ci/deps run
deps-test:
	@.ci/deps test

$(WEB)/node_modules/.installed: $(WEB)/package.json $(WEB)/package-lock.json
	@.ci/step 'install the page builder' npm --prefix $(WEB) ci --no-audit --no-fund
	@touch $@

$(WEB)/dist/.built: $(WEB)/node_modules/.installed $(WEB_SOURCES)
	@.ci/step 'build the pages' npm --prefix $(WEB) run build
	@touch $@
