# Pare: see README.md. `make run` and `make test` are all a newcomer needs.
SHELL := /bin/bash
.DEFAULT_GOAL := build

# Debian packages that the build needs, and neovim, which tests the language server, each with a file that tells whether
# it is there.
PACKAGES := libyaml-dev:yaml.h libdnnl-dev:oneapi/dnnl/dnnl.h libpcre2-dev:pcre2.h libsimdjson-dev:simdjson.h \
  libutf8proc-dev:utf8proc.h libxxhash-dev:xxhash.h libcurl4-openssl-dev:curl/curl.h libssl-dev:openssl/evp.h \
  ca-certificates:../share/ca-certificates neovim:../bin/nvim
PARE := .build/release/pare
MODEL := models/tiny-stories
OUT := out

.PHONY: setup build run test lint benchmark fuzz format clean

setup:
	@command -v swift > /dev/null || { echo "Pare needs Swift 6.3: https://www.swift.org/install"; exit 1; }
	@missing=""; \
	for entry in $(PACKAGES); do \
	  header=$${entry#*:}; \
	  [ -e /usr/include/$$header ] || [ -e /usr/include/$$(uname -m)-linux-gnu/$$header ] || missing="$$missing $${entry%%:*}"; \
	done; \
	if [ -n "$$missing" ]; then \
	  echo "installing$$missing"; \
	  sudo=""; [ "$$(id -u)" = 0 ] || sudo=sudo; \
	  $$sudo apt-get update -qq && $$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq $$missing; \
	fi

build: setup
	swift build -c release --product pare

# Compresses the bundled model with GPTQ and shows the difference.
run: build
	@rm -rf $(OUT)/tiny-stories-w4a16 && mkdir -p $(OUT)
	@echo "== $(MODEL) as it is"
	@$(PARE) inspect $(MODEL)
	@$(PARE) eval $(MODEL) --text $(MODEL)/evaluation.txt --sequence-length 256
	@echo && echo "== what recipes/gptq-w4a16.yaml will do"
	@$(PARE) plan recipes/gptq-w4a16.yaml --model $(MODEL) --samples 128 --sequence-length 256
	@echo && echo "== running it"
	@$(PARE) run recipes/gptq-w4a16.yaml --model $(MODEL) --output $(OUT)/tiny-stories-w4a16 \
	  --calibration $(MODEL)/calibration.jsonl --samples 128 --sequence-length 256
	@echo && echo "== $(OUT)/tiny-stories-w4a16 beside $(MODEL)"
	@$(PARE) compare $(MODEL) $(OUT)/tiny-stories-w4a16 --limit 5
	@$(PARE) eval $(OUT)/tiny-stories-w4a16 --text $(MODEL)/evaluation.txt --sequence-length 256 --against $(MODEL)

lint:
	swift format lint --strict -r Sources Tests Package.swift

# Everything that must pass. Warnings are errors, and so is an import that Package.swift does not declare.
test: export CI := true
test: setup lint
	swift build -c release --build-tests --explicit-target-dependency-import-check error
	$(PARE) check recipes/*.yaml --model $(MODEL)
	$(PARE) fmt --check recipes/*.yaml
	$(MAKE) --no-print-directory fuzz SECONDS=30
	swift test -c release --skip-build --disable-xctest

# Coverage-guided fuzzing of everything that reads bytes from outside, from the seeds in Tests/Fuzz, two readers at a
# time. What is found stays in .build-fuzz: inputs that reach new code in corpus, those that fail as <reader>-crash-….
SECONDS ?= 60
FUZZ := .build-fuzz/release/pare-fuzz
fuzz: setup
	PARE_FUZZ=1 swift build -c release --scratch-path .build-fuzz --product pare-fuzz -Xswiftc -sanitize=fuzzer
	@set -o pipefail; $(FUZZ) | xargs -P 2 -I{} $(MAKE) --no-print-directory fuzz-{} SECONDS=$(SECONDS)

# Swift's backtraces are off because they keep libFuzzer from writing down the input.
fuzz-%:
	@echo "fuzzing the $* reader for $(SECONDS) s"
	@mkdir -p .build-fuzz/corpus/$*
	@SWIFT_BACKTRACE=enable=no PARE_FUZZ_READER=$* $(FUZZ) .build-fuzz/corpus/$* Tests/Fuzz/$* \
	  $(addprefix -dict=,$(wildcard Tests/Fuzz/$*.dict)) -artifact_prefix=.build-fuzz/$*- \
	  -max_total_time=$(SECONDS) -max_len=4096 -timeout=10 -verbosity=0 -rss_limit_mb=2048 \
	  2> .build-fuzz/$*.log || { cat .build-fuzz/$*.log; exit 1; }

# Pare and llm-compressor side by side, and kernels beside the machine: see docs/benchmarks.md.
benchmark: build
	swift build -c release --product pare-benchmark
	tools/benchmark/run.sh
	.build/release/pare-benchmark

format:
	swift format -i -r Sources Tests Package.swift

clean:
	rm -rf .build .build-fuzz $(OUT)
