# The two that a newcomer needs: `make demo` shows the gateway at work, `make test` checks everything.
# Both make what they need in .venv and .cache and want nothing but git, make, Python 3.10 or newer and, for the real
# coding tools, npm.

PYTHON ?= python3
BIN := .venv/bin
JUDGES := .cache/judges/bin
TOOLS := .cache/tools
RELEASE := .cache/release
# What the tests were last tried with. For the newest: rm -r .cache/tools; make e2e CLAUDE_CODE=latest CODEX=latest …
CLAUDE_CODE := 2.1.197
OPENCODE := 1.18.33
CODEX := 0.169.0
GEMINI_CLI := 0.61.0
KILO := 7.7.7
AIDER := 0.86.2
OPEN_WEBUI := 0.12.4
AXE := 4.14.1
# The applications of `make e2e-apps`, from npm and from PyPI; LangChain, LlamaIndex and Jupyter AI apart from the others.
APPS_NPM := @qwen-code/qwen-code@0.24.4 @continuedev/cli@1.5.47 cline@3.0.65 ollama@0.6.4
APPS_PY := llm==0.36 openai-agents==0.24.0 claude-agent-sdk==0.2.189 pydantic-ai-slim[openai,anthropic]==2.68.0
APPS_LC := langchain-openai==1.7.4 langchain-ollama==1.1.0
APPS_LI := llama-index-llms-openai-like==0.8.1 llama-index-llms-ollama==0.11.0
APPS_JA := jupyter-ai-magic-commands==0.0.4 litellm==1.110.2
# In which mode of the gateway the applications run: make e2e-apps SETTINGS='force_conversion: true'
SETTINGS ?=
# How many tests run at a time.
JOBS ?= 2
# How many mutants, and which.
COUNT ?= 300
SEED ?= 1
# By how much more than usual `make laws` draws.
TIMES ?= 30
# How long `make fuzz` looks, in seconds.
SECONDS ?= 3600
# How many streams `make soak` keeps under way, and for how long.
STREAMS ?= 200
SOAK_SECONDS ?= 600
# How long `make group` goes on, in seconds.
GROUP_SECONDS ?= 600
# How often `make bench` gives each work to each peer, and more that tests/benchmarks/compare.py takes: BENCH='--only W1,W6'.
ROUNDS ?= 5
BENCH ?=
PUBLISHED := 3.3.3
PORTKEY := 1.15.2
HONO := 1.13.8
CCR := 2.0.0
LITELLM := 1.100.0
LAWS := $(shell grep -rlE '^@law.|spread[[:punct:]]' tests --include='test_*.py' | grep -v '^tests/judged/' | sort)
PIP := -m pip --disable-pip-version-check --quiet

.DEFAULT_GOAL := help
.PHONY: help demo test test-all lint unit laws pythons pythons-all e2e e2e-all e2e-ten e2e-aider e2e-open-webui e2e-apps e2e-latest e2e-shells e2e-modes bench bench-recording fuzz soak mutants
.PHONY: built sbom audit newcomer howtos group simulate-day held instructions pauses release-check docs format clean

help: ## Show this list
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "make %-14s %s\n", $$1, $$2}'

demo: .venv/installed ## Start the gateway on the built-in ARGO simulator and send a streamed request in each dialect
	$(BIN)/python tests/demo.py

# What the second line needs is fetched while the first is at work.
test: .venv/ready ## Run everything of the short form: lint, types, the tests on three Pythons, the SDKs and real coding tools
	+$(MAKE) --no-print-directory --jobs=5 lint unit .cache/tools/ready .cache/pythons/ready
	+$(MAKE) --no-print-directory pythons e2e

lint: .venv/ready .cache/judges/ready ## Check style, types and who imports whom
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(JUDGES)/mypy --strict --python-version 3.10 tests/e2e/*.py tests/judged/*.py
	$(JUDGES)/mypy --strict --python-version 3.10 --explicit-package-bases examples --exclude examples/frameworks
	$(BIN)/lint-imports

# With one more than the others: many of these tests wait for processes.
unit: .venv/ready .cache/axe/ready ## Run the tests of the project itself on this Python, or those of one ROOM: make unit ROOM=dialects
	$(BIN)/pytest -n $$(($(JOBS) + 1)) --dist worksteal $(if $(ROOM),tests/$(ROOM),--ignore=tests/e2e --ignore=tests/judged)

laws: .venv/ready .cache/judges/ready ## Draw thousands of new examples for each law
	ARGO_PROXY_LAWS=$(TIMES) $(BIN)/pytest -q -n $(JOBS) --dist worksteal $(LAWS)
	ARGO_PROXY_LAWS=$(TIMES) $(JUDGES)/pytest -q -n $(JOBS) --dist worksteal tests/judged/test_laws.py

pythons: .cache/judges/ready .cache/pythons/ready ## Run the tests on the oldest Python, and with the SDKs on one that has another mitmproxy
	JOBS=$(JOBS) $(BIN)/nox --reuse-venv=yes --no-install --session pythons

pythons-all: .venv/ready .cache/judges/ready ## Run all tests, and the SDKs, on each other Python from 3.10 to 3.13 that is here
	ARGO_PROXY_PYTHONS=all JOBS=$(JOBS) $(BIN)/nox --session pythons

test-all: lint unit laws pythons-all e2e-all release-check docs instructions ## Run the long form of everything: more than an hour

e2e: .venv/ready .cache/judges/ready .cache/tools/ready ## Run the official SDKs and the real coding tools through the gateway
	$(JUDGES)/pytest -n $(JOBS) --dist worksteal tests/e2e
	$(JUDGES)/pytest -n $(JOBS) --dist worksteal tests/judged

e2e-all: .venv/ready .cache/judges/ready .cache/tools/ready ## The same with all that is repeated: forced conversion, stream modes, examples
	ARGO_PROXY_E2E=all $(JUDGES)/pytest -n $(JOBS) --dist worksteal tests/e2e
	$(JUDGES)/pytest -n $(JOBS) --dist worksteal tests/judged

e2e-ten: .venv/ready .cache/judges/ready .cache/tools/ready ## The same, the coding tools ten times in a row
	ARGO_PROXY_E2E_REPEAT=10 $(JUDGES)/pytest -n $(JOBS) --dist worksteal tests/e2e/test_coding_tools*.py \
		tests/e2e/test_codex.py tests/e2e/test_gemini_cli.py

e2e-aider: .venv/ready .cache/judges/ready .cache/aider/ready ## The real Aider, set up by `argo-proxy env`
	$(JUDGES)/pytest tests/e2e/test_env.py -k aider

e2e-open-webui: .venv/ready .cache/judges/ready .cache/open-webui/ready ## The real Open WebUI, by OpenAI's API and by Ollama's; it brings 7 GB
	$(JUDGES)/pytest tests/e2e/test_open_webui.py

e2e-apps: .venv/ready .cache/judges/ready .cache/apps/ready ## Applications and frameworks that researchers use, and the table of what they did
	@rm -f .cache/apps/table.txt
	ARGO_PROXY_SETTINGS='$(SETTINGS)' $(JUDGES)/pytest -n $(JOBS) --dist worksteal tests/e2e/test_apps.py; code=$$?; sort .cache/apps/table.txt; exit $$code

e2e-latest: .venv/ready .cache/judges/ready ## The newest coding tools and SDKs, and what changed since those that are pinned
	rm -rf .cache/latest && mkdir -p .cache/latest
	echo '{"private":true,"allowScripts":{"@anthropic-ai/claude-code":true,"opencode-ai":true,"@kilocode/cli":true}}' > .cache/latest/package.json
	for tool in @anthropic-ai/claude-code opencode-ai @openai/codex @google/gemini-cli @kilocode/cli; do \
		npm install --prefix .cache/latest --no-fund --no-audit --loglevel=error $$tool@latest || echo "$$tool is not to be had"; done
	$(PYTHON) -m venv .cache/latest/sdks
	.cache/latest/sdks/bin/python $(PIP) install --upgrade 'pip>=25.1'
	.cache/latest/sdks/bin/python $(PIP) install --group judges
	$(BIN)/python -m tests.e2e.latest Makefile .cache/judges .cache/latest
	ARGO_PROXY_TOOLS=.cache/latest .cache/latest/sdks/bin/pytest -n $(JOBS) --dist worksteal tests/e2e --ignore=tests/e2e/test_apps.py

e2e-shells: .venv/ready .cache/judges/ready .cache/tools/ready ## Every tool set up by `argo-proxy env` in every shell, quoted and not
	ARGO_PROXY_E2E_SHELLS=all $(JUDGES)/pytest -n $(JOBS) --dist worksteal tests/e2e/test_env.py

e2e-modes: .venv/ready .cache/judges/ready .cache/tools/ready ## Every tool on every model in the other stream modes, forced and not
	ARGO_PROXY_E2E=all ARGO_PROXY_E2E_MODES=all $(JUDGES)/pytest -n $(JOBS) --dist worksteal tests/e2e/test_stream_modes.py

bench: .venv/ready .cache/peers/ready ## Measure what a streamed event, a request and recording cost, alone and beside argo-proxy 3 and others
	$(BIN)/python -m tests.benchmarks.run
	$(BIN)/python -m tests.benchmarks.recording
	$(BIN)/python -m tests.benchmarks.compare --rounds $(ROUNDS) $(BENCH)

bench-recording: .venv/ready ## Measure what recording costs the first byte of streams, recorded and not, turn by turn, and what is noise
	$(BIN)/python -m tests.benchmarks.recording $(ROUNDS)

soak: .venv/ready ## 200 streams for ten minutes over TLS, a fault a second, with a restart and a kill: nothing lost, memory flat
	$(BIN)/python -m tests.soak.run $(STREAMS) $(SOAK_SECONDS)

group: .venv/ready ## 50 users for GROUP_SECONDS (ten minutes) on two gateways behind nginx, one killed: nothing else lost, no limit overrun
	$(BIN)/python -m tests.deploy.run $(GROUP_SECONDS)

simulate-day: .venv/ready ## What a working day of 200 and of 5,000 people asks of gateways and Redis, by simulation
	$(BIN)/python -m tests.benchmarks.day

held: .venv/ready ## Measure what memory a stream takes while it is under way
	$(BIN)/python -m tests.benchmarks.held_streams

fuzz: .venv/ready ## Have atheris look for bytes that break what reads them, for SECONDS (an hour), all or one TARGET
	$(BIN)/python $(PIP) install --group fuzz
	JOBS=$(JOBS) $(BIN)/python -m tests.fuzz.run $(SECONDS) $(TARGET)

pauses: .venv/ready ## Measure how late the events of fifty streams come while ten requests of 10 MB arrive
	$(BIN)/python -m tests.benchmarks.beside_big_bodies

instructions: .venv/ready ## Count the instructions of each reader, writer and decoder (valgrind); fail where one is a tenth dearer
	$(BIN)/python -m tests.benchmarks.instructions

mutants: .venv/ready ## Change the code in COUNT small ways, one by one, and see whether a test falls for each
	$(BIN)/python $(PIP) install --group mutation
	rm -rf .cache/mutation
	JOBS=$(JOBS) $(BIN)/python -m tests.mutation.run $(COUNT) $(SEED)

release-check: .venv/ready .cache/judges/ready built ## Build wheel and sdist, check them, and try the wheel in an empty environment
	$(RELEASE)/bin/twine check --strict $(RELEASE)/dist/*.whl $(RELEASE)/dist/*.tar.gz
	$(BIN)/python -m tests.sbom $(RELEASE)/bin/cyclonedx-py $(RELEASE)/installed/bin/python $(RELEASE)/dist/argo-proxy.cdx.json
	ARGO_PROXY_DIST=$(RELEASE)/dist $(BIN)/pytest -q tests/test_release.py
	$(RELEASE)/bin/python $(PIP) --python $(RELEASE)/installed/bin/python check
	ARGO_PROXY_COMMAND=$(RELEASE)/installed/bin/argo-proxy $(JUDGES)/pytest -q -n $(JOBS) --dist worksteal tests/e2e/test_examples.py

sbom: built ## Write what an installed argo-proxy consists of, as CycloneDX, to .cache/release/dist/argo-proxy.cdx.json
	$(PYTHON) -m tests.sbom $(RELEASE)/bin/cyclonedx-py $(RELEASE)/installed/bin/python $(RELEASE)/dist/argo-proxy.cdx.json

audit: built ## Look up known vulnerabilities of what is installed with it; fail where there are any, or where it cannot be found out
	$(PYTHON) -m tests.audit $(RELEASE)/bin/pip-audit $(RELEASE)/installed/lib/python*/site-packages

built: .cache/release/ready
	rm -rf $(RELEASE)/dist/*.whl $(RELEASE)/dist/*.tar.gz $(RELEASE)/installed
	$(RELEASE)/bin/python -m build --outdir $(RELEASE)/dist . > $(RELEASE)/build.log || { cat $(RELEASE)/build.log; exit 1; }
	$(PYTHON) -m venv --without-pip $(RELEASE)/installed
	$(RELEASE)/bin/python $(PIP) --python $(RELEASE)/installed/bin/python install $(RELEASE)/dist/*.whl

newcomer: .cache/newcomer/ready .cache/tools/ready ## Type the README's lines into an empty home, by each way to install, up to Claude Code's answer; take the time
	$(PYTHON) -m tests.newcomer $(WAYS)

howtos: .venv/ready .cache/tools/ready ## Type every block of commands of the tutorial and the how-tos, with all installed anew and the real coding tools
	rm -rf .cache/howtos
	$(PYTHON) -m venv .cache/howtos
	.cache/howtos/bin/python $(PIP) install ".[otel]"
	ARGO_PROXY_HOWTOS=real ARGO_PROXY_COMMAND=.cache/howtos/bin/argo-proxy $(BIN)/pytest -q tests/howto

docs: .cache/docs/ready ## Make the documentation a site in .cache/site; fail where a link leads nowhere or a page is in no menu
	NO_MKDOCS_2_WARNING=1 .cache/docs/bin/mkdocs build --quiet
	@echo 'The site begins at .cache/site/index.html'

format: .venv/ready ## Put the code into its form
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean: ## Remove the environments and caches
	rm -rf .venv .cache .nox .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

.venv/installed: pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' \
		|| { echo 'Python 3.10 or newer is needed: make PYTHON=/path/to/python3 …'; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/python $(PIP) install --upgrade 'pip>=25.1'
	$(BIN)/python $(PIP) install --editable .
	@touch $@

.venv/ready: .venv/installed
	$(BIN)/python $(PIP) install --editable . --group test --group lint
	@touch $@

.cache/pythons/ready: .venv/ready
	$(BIN)/nox --install-only --session pythons
	@mkdir -p .cache/pythons && touch $@

# The newest official SDKs live apart from mitmproxy, which holds their dependencies down.
.cache/judges/ready: pyproject.toml
	$(PYTHON) -m venv .cache/judges
	$(JUDGES)/python $(PIP) install --upgrade 'pip>=25.1'
	$(JUDGES)/python $(PIP) install --group judges
	@touch $@

.cache/release/ready: pyproject.toml
	$(PYTHON) -m venv $(RELEASE)
	$(RELEASE)/bin/python $(PIP) install --upgrade 'pip>=25.1'
	$(RELEASE)/bin/python $(PIP) install --group release
	@touch $@

.cache/newcomer/ready: pyproject.toml
	$(PYTHON) -m venv .cache/newcomer
	.cache/newcomer/bin/python $(PIP) install --upgrade 'pip>=25.1'
	.cache/newcomer/bin/python $(PIP) install --group newcomer
	@touch $@

.cache/docs/ready: pyproject.toml
	$(PYTHON) -m venv .cache/docs
	.cache/docs/bin/python $(PIP) install --upgrade 'pip>=25.1'
	.cache/docs/bin/python $(PIP) install --group docs
	@touch $@

# What `make bench` compares with.
.cache/peers/ready: Makefile
	$(PYTHON) -m venv .cache/peers
	.cache/peers/bin/python $(PIP) install argo-proxy==$(PUBLISHED)
	@mkdir -p .cache/peers/portkey .cache/peers/ccr
	@echo '{"private":true,"overrides":{"@hono/node-server":"$(HONO)"}}' > .cache/peers/portkey/package.json
	@echo '{"private":true}' > .cache/peers/ccr/package.json
	@if command -v npm >/dev/null; then \
		npm install --prefix .cache/peers/portkey --no-fund --no-audit --loglevel=error @portkey-ai/gateway@$(PORTKEY) \
			&& touch .cache/peers/portkey/ready; \
		npm install --prefix .cache/peers/ccr --no-fund --no-audit --loglevel=error @musistudio/claude-code-router@$(CCR) \
			&& touch .cache/peers/ccr/ready; \
	else echo 'npm is not here: Portkey and claude-code-router are not compared with'; fi
	$(PYTHON) -m venv .cache/peers/litellm
	.cache/peers/litellm/bin/python $(PIP) install 'litellm[proxy]==$(LITELLM)' && touch .cache/peers/litellm/ready \
		|| echo 'litellm is not to be had: it is not compared with'
	@touch $@

# Aider brings 700 MB, and wants a Python of its own that is older than 3.13.
.cache/aider/ready: Makefile
	$(PYTHON) -m venv .cache/aider
	.cache/aider/bin/python $(PIP) install aider-chat==$(AIDER)
	@touch $@

# Open WebUI wants Python 3.11 or 3.12.
.cache/open-webui/ready: Makefile
	$(PYTHON) -m venv .cache/open-webui
	.cache/open-webui/bin/python $(PIP) install open-webui==$(OPEN_WEBUI)
	@touch $@

.cache/apps/ready: Makefile
	@mkdir -p .cache/apps
	@echo '{"private":true,"allowScripts":{"cline":true}}' > .cache/apps/package.json
	npm install --prefix .cache/apps --no-fund --no-audit --loglevel=error $(APPS_NPM)
	for one in py lc li ja; do $(PYTHON) -m venv .cache/apps/$$one; done
	.cache/apps/py/bin/python $(PIP) install $(APPS_PY)
	.cache/apps/lc/bin/python $(PIP) install $(APPS_LC)
	.cache/apps/li/bin/python $(PIP) install $(APPS_LI)
	.cache/apps/ja/bin/python $(PIP) install $(APPS_JA)
	@touch $@

# The coding tools themselves. Without npm the tests that need them say so and are skipped.
.cache/axe/ready: Makefile
	@mkdir -p .cache/axe
	@if command -v npm >/dev/null; then npm install --prefix .cache/axe --no-fund --no-audit --loglevel=error axe-core@$(AXE); \
	else echo 'npm is not here: whether the page at / can be used by all is not looked at'; fi
	@touch $@

.cache/tools/ready: Makefile
	@mkdir -p $(TOOLS)
	@echo '{"private":true,"allowScripts":{"@anthropic-ai/claude-code":true,"opencode-ai":true,"@kilocode/cli":true}}' > $(TOOLS)/package.json
	@if command -v npm >/dev/null; then \
		npm install --prefix $(TOOLS) --no-fund --no-audit --loglevel=error \
			@anthropic-ai/claude-code@$(CLAUDE_CODE) opencode-ai@$(OPENCODE) \
			@openai/codex@$(CODEX) @google/gemini-cli@$(GEMINI_CLI); \
		npm install --prefix $(TOOLS) --no-fund --no-audit --loglevel=error @kilocode/cli@$(KILO) \
			|| echo 'Kilo CLI is not to be had: its test will be skipped'; \
	else echo 'npm is not here: the tests of the real coding tools will be skipped'; fi
	@touch $@
