# Pulse: build, run, test. `make help` lists the targets.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

GO       ?= go
VERSION  ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
LDFLAGS  := -s -w -X main.version=$(VERSION)
BIN      := bin
WEB      := hub/web
TOOLS    := scripts/tools
NODE_EXAMPLE := plugins/examples/node-hello
# What agents are built for: those the hub serves by name (/download/pulse-agent?arch=…).
AGENT_TARGETS := linux-amd64 linux-arm64 linux-armv7 linux-armv6 linux-386 darwin-amd64 darwin-arm64 \
	windows-amd64 windows-arm64 windows-386 freebsd-amd64 freebsd-arm64
# agent_env turns the name of a target into the environment of the compiler.
agent_env = os=$${target%%-*} arch=$${target\#*-} arm=; case $$arch in armv*) arm=$${arch\#armv} arch=arm;; esac; \
	export CGO_ENABLED=0 GOOS=$$os GOARCH=$$arch GOARM=$$arm
# The race detector needs a C compiler; everything else is built without one.
export CGO_ENABLED ?= 0

.PHONY: help run demo build agents agents-check page plugins test test-go test-page test-e2e check static bench bench-writes bench-kills bench-siege vulncheck gosec proto openapi screenshots fmt lint tools-go tools-node tools-browser tools-cc tools-python tools-stores tools-channels clean

help: ## list the targets
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

run: build ## build everything, start the hub and an agent for this machine
	@scripts/run.sh

demo: build ## the same with made-up infrastructure
	@PULSE_MOCK_MODE=true scripts/run.sh

build: tools-go page ## bin/pulse, bin/pulse-agent, bin/pulse-plugins and the page
	$(GO) build -trimpath -ldflags '$(LDFLAGS)' -o $(BIN)/pulse-plugins ./plugins/cmd/pulse-plugins
	rm -rf $(BIN)/plugins
	$(BIN)/pulse-plugins manifests $(BIN)/plugins
	$(GO) build -trimpath -ldflags '$(LDFLAGS) '" -X main.pluginsSHA256=$$(sha256sum $(BIN)/pulse-plugins | cut -d' ' -f1)" -o $(BIN)/pulse ./hub/cmd/pulse
	$(GO) build -trimpath -ldflags '$(LDFLAGS)' -o $(BIN)/pulse-agent ./agent/cmd/pulse-agent

agents: tools-go ## bin/agents: the agent for every system, with its checksum; the hub serves them from there
	@rm -rf $(BIN)/agents && mkdir -p $(BIN)/agents
	@for target in $(AGENT_TARGETS); do ( $(agent_env); file=$(BIN)/agents/pulse-agent-$$target; \
	  [ $$os != windows ] || file=$$file.exe; echo "$$file"; \
	  $(GO) build -trimpath -ldflags '$(LDFLAGS)' -o $$file ./agent/cmd/pulse-agent ); done
	@cd $(BIN)/agents && for file in pulse-agent-*; do sha256sum $$file >$$file.sha256; done

agents-check: tools-go ## compile and link the agent for every system it is built for
	@for target in $(AGENT_TARGETS); do ( $(agent_env); echo "build pulse-agent for $$target"; \
	  $(GO) build -trimpath -o /dev/null ./agent/cmd/pulse-agent ); done

page: $(WEB)/dist/app/index.html ## build the page into hub/web/dist/app

PAGE_SOURCES := $(shell find $(WEB)/src $(WEB)/public $(WEB)/scripts -type f 2>/dev/null) $(wildcard $(WEB)/*.ts $(WEB)/*.json $(WEB)/*.html $(WEB)/*.js $(WEB)/*.mjs)
$(WEB)/dist/app/index.html: $(WEB)/node_modules/.package-lock.json $(PAGE_SOURCES)
	cd $(WEB) && npm run build
	@touch $@

$(WEB)/node_modules/.package-lock.json: $(WEB)/package-lock.json | tools-node
	cd $(WEB) && npm ci --no-audit --no-fund
	@touch $@

$(NODE_EXAMPLE)/node_modules/.package-lock.json: $(NODE_EXAMPLE)/package-lock.json | tools-node
	cd $(NODE_EXAMPLE) && npm ci --no-audit --no-fund
	@touch $@

test: test-go test-page test-e2e ## install what tests need and run all of them

test-go: tools-go tools-cc tools-python tools-stores tools-channels $(NODE_EXAMPLE)/node_modules/.package-lock.json ## Go tests with the race detector
	CGO_ENABLED=1 $(GO) test -race -timeout 15m ./...

test-page: $(WEB)/node_modules/.package-lock.json ## the page's unit tests
	cd $(WEB) && npm test

test-e2e: build tools-browser ## journeys in Chromium, against a simulated and against the real hub
	cd $(WEB) && npm run e2e

check: static test ## what CI runs: format, vet, lint, generated code, API description, then all tests

static: tools-go $(WEB)/node_modules/.package-lock.json ## the checks that run no product code
	@unformatted=$$(gofmt -l $$(git ls-files '*.go' | grep -v '^proto/gen/')); if [ -n "$$unformatted" ]; then echo "not formatted (make fmt): $$unformatted"; exit 1; fi
	$(GO) vet ./...
	$(MAKE) --no-print-directory agents-check
	$(MAKE) --no-print-directory lint
	$(MAKE) --no-print-directory proto openapi
	@git diff --exit-code -- proto hub/api $(WEB)/src/api || { echo "generated files are out of date: commit what 'make proto openapi' made"; exit 1; }
	cd $(WEB) && npm run check

lint: $(BIN)/golangci-lint ## golangci-lint with the rules of .golangci.yml
	$(BIN)/golangci-lint run ./...

$(BIN)/golangci-lint: $(TOOLS)/go.mod $(TOOLS)/go.sum
	cd $(TOOLS) && $(GO) build -o ../../$@ github.com/golangci/golangci-lint/v2/cmd/golangci-lint

# It fails in two ways that are not alike: 3 is what it found, 4 that it could not look.
vulncheck: $(BIN)/govulncheck ## known vulnerabilities that our code can reach; needs the database (GOVULNDB, by default on the Internet)
	@status=0; output=$$($(BIN)/govulncheck ./... 2>&1) || status=$$?; printf '%s\n' "$$output"; \
	  if [ $$status = 0 ]; then exit 0; fi; \
	  if [ $$status != 3 ] && grep -q 'fetching vulnerabilities' <<<"$$output"; then \
	    echo "NOT CHECKED: the vulnerability database cannot be reached. This says nothing about the code: try again with a network, or set GOVULNDB to a copy."; exit 4; fi; \
	  if [ $$status = 3 ]; then echo "VULNERABLE: the code reaches what is listed above."; fi; exit $$status

$(BIN)/govulncheck: $(TOOLS)/go.mod $(TOOLS)/go.sum | tools-go
	cd $(TOOLS) && $(GO) build -o ../../$@ golang.org/x/vuln/cmd/govulncheck

gosec: $(BIN)/golangci-lint ## only the security rules of lint
	$(BIN)/golangci-lint run --enable-only gosec ./...

fmt: ## format the Go code
	gofmt -w $$(git ls-files '*.go' | grep -v '^proto/gen/')

bench: tools-go ## benchmarks, and the ratios that the goals are stated in
	$(GO) test -run '^$$' -bench . -benchtime 1s ./hub/... ./sdk/... ./agent/... ./plugins/...
	$(GO) run ./scripts/bench

bench-writes: tools-go ## what a day of 50 agents writes to disk (a minute or two)
	PULSE_BENCH_WRITES=1 $(GO) test -count=1 -timeout 15m -run '^TestWritesOfADay$$' -v ./hub/internal/metrics

bench-kills: tools-go ## kill the metrics store 50 times and the settings 100 times while they write, and look for what was acknowledged
	PULSE_TEST_METRICS_KILLS=50 $(GO) test -count=1 -timeout 20m -run '^TestNothingIsLostByKill$$' -v ./hub/internal/metrics
	PULSE_TEST_STORE_KILLS=100 $(GO) test -count=1 -timeout 20m -run '^TestKilled' -v ./hub/internal/store

bench-siege: tools-go ## 10,000 wrong passwords a minute and 10,000 half-open connections at a hub that people use
	ulimit -n "$$(ulimit -Hn)"; PULSE_BENCH_SIEGE=1 $(GO) test -count=1 -timeout 10m -run '^TestSiege$$' -v ./hub/internal/app

proto: tools-go ## generate proto/gen from proto/pulse (needs no protoc)
	$(GO) generate ./proto/...

openapi: tools-go $(WEB)/node_modules/.package-lock.json ## write the API description and the page's types from the declared routes
	$(GO) generate ./hub/api/...
	cd $(WEB) && npm run types

screenshots: build tools-browser ## docs/images from the demo
	cd $(WEB) && npm run screenshots

tools-go:
	@command -v $(GO) >/dev/null || { echo "Go is missing: install Go 1.26 or newer from https://go.dev/dl/"; exit 1; }

tools-node:
	@command -v npm >/dev/null || { echo "node is missing: install Node.js 20 or newer, on Debian with: apt-get install nodejs npm"; exit 1; }

tools-cc:
	@command -v cc >/dev/null || command -v gcc >/dev/null || { echo "a C compiler is missing (the race detector needs one): apt-get install gcc libc6-dev"; exit 1; }

# Without its modules the Python example is not tested, which is no reason to test nothing.
tools-python:
	@/usr/bin/python3 -c 'import grpc, google.protobuf, cryptography' 2>/dev/null || { \
	  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then apt-get update -qq && apt-get install -y -qq --no-install-recommends python3-grpcio python3-protobuf python3-cryptography; \
	  else echo "not tested: the plugin in Python; on Debian: sudo apt-get install python3-grpcio python3-protobuf python3-cryptography"; fi; }

# Without them the tests against real servers are skipped.
tools-stores:
	@command -v promtool >/dev/null && command -v victoria-metrics >/dev/null || { \
	  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then apt-get update -qq && apt-get install -y -qq --no-install-recommends prometheus victoria-metrics; \
	  else echo "not tested: Prometheus and VictoriaMetrics; on Debian: sudo apt-get install prometheus victoria-metrics"; fi; }

tools-channels:
	@command -v mosquitto >/dev/null && command -v apprise >/dev/null || { \
	  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then apt-get update -qq && apt-get install -y -qq --no-install-recommends mosquitto apprise; \
	  else echo "not tested: MQTT and Apprise; on Debian: sudo apt-get install mosquitto apprise"; fi; }

tools-browser:
	@command -v chromium >/dev/null || command -v chromium-browser >/dev/null || { \
	  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium fonts-dejavu-core; \
	  else echo "Chromium is missing: sudo apt-get install chromium"; exit 1; fi; }

clean: ## remove what was built
	rm -rf $(BIN) $(WEB)/dist/app coverage bench-results
