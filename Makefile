# Every verb sets up what it needs: a virtual environment in .venv with the locked packages, again when the lock changes.
# Needs Python 3.11 to 3.13 and make, nothing else.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.installed
TOOLS := .venv-tools
TOOLS_READY := $(TOOLS)/.installed
UV_VERSION := 0.13.9
LOCAL := PYTHONUNBUFFERED=1 $(BIN)/python -m local
PYTEST_ARGS ?=
BENCH_ARGS ?=
STORMS_ARGS ?=
LOCK_ARGS ?=
MWAA_VERSIONS := 3.3.1 3.2.1
HEALTH_ARGS ?=

# What a caller may set, as arguments of the command line.
scale = $(if $(SCALE),--scale "$(SCALE)")
systems = $(if $(SYSTEMS),--systems "$(SYSTEMS)")
dry_run = $(if $(filter-out 0 false no off,$(DRY_RUN)),--dry-run)
ENVIRONMENT ?= dev
wanted = $(filter-out 0 false no off,$(1))
wishes = $(if $(call wanted,$(APPLY)),--apply) $(if $(call wanted,$(UPDATE)),--update) $(if $(call wanted,$(ADOPT)),--adopt) \
	$(if $(call wanted,$(TAKE_OVER)),--take-over) $(if $(call wanted,$(NOW)),--now)

# Every verb with a help text.
.PHONY: $(shell sed -n 's/^\([a-z0-9-]*\):.*\#\# .*/\1/p' $(MAKEFILE_LIST))
.DEFAULT_GOAL := help

help: ## show this list
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z0-9-]+):.*## /\1\t/' | awk -F'\t' '{printf "  make %-17s %s\n", $$1, $$2}'

run: $(READY) ## run the pipeline once on sample data: SCALE=1 SYSTEMS=bookkeeper DRY_RUN=1; files in exports/
	@$(LOCAL) run $(scale) $(systems) $(dry_run)

test: $(READY) ## run the tests on a PostgreSQL and an S3 server of their own: PYTEST_ARGS="-k export"
	@$(BIN)/pytest --numprocesses 2 --dist loadfile $(PYTEST_ARGS)

test-unit: $(READY) ## run the tests that need no server
	@$(BIN)/pytest -m "not servers" $(PYTEST_ARGS)

test-bdd: $(READY) ## run the scenarios of tests/features, which are in German
	@$(BIN)/pytest tests/features $(PYTEST_ARGS)

test-tools: $(READY) ## run the tests of what developers use: the commands behind these verbs, and the measurements
	@$(BIN)/pytest --numprocesses 2 --dist loadfile tests/local/commands tests/benchmarks $(PYTEST_ARGS)

e2e: $(READY) ## run the tests in a browser, on an Airflow of their own; screenshots in build/e2e/
	@$(BIN)/pytest tests/e2e $(PYTEST_ARGS)

test-scheduler: $(READY) ## run the tests of re-runs, backfills and kills, on an Airflow with its scheduler
	@$(BIN)/pytest tests/scheduler $(PYTEST_ARGS)

test-mwaa: $(READY) ## run the package in Amazon MWAA's environments, emulated without Docker
	@$(BIN)/pytest tests/mwaa $(PYTEST_ARGS)

matrix: $(READY) ## the same on all available versions of Airflow and Python: AIRFLOWS=ci for a few
	@$(BIN)/pytest tests/mwaa --airflows "$(or $(AIRFLOWS),all)" $(PYTEST_ARGS)

# What decides about settings, scripts and money is covered more fully than the rest.
coverage: $(READY) ## run the tests of `make test` and show what they cover; pages in build/coverage/
	@$(BIN)/pytest --numprocesses 2 --dist loadfile --cov --cov-report= $(PYTEST_ARGS)
	@$(BIN)/coverage html
	@$(BIN)/coverage report --fail-under=90
	@$(BIN)/coverage report --fail-under=95 --include="*/settings/*,*/scripts/*,*/postgres/*,*/s3/*,*/manifest.py"

lint: $(READY) ## check style, types and SQL; changes nothing
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	PYTHONPATH=plugins $(BIN)/lint-imports
	$(BIN)/sqlfluff lint --disable-progress-bar include/sql

# Tests make up passwords everywhere; keys that have the form of a real one are looked for in them, too.
security: $(READY) $(TOOLS_READY) ## look for secrets, and for holes in workflows, infrastructure and shell scripts
	git ls-files -z ':!tests' | xargs -0 $(BIN)/detect-secrets-hook --baseline .secrets.baseline
	git ls-files -z tests | xargs -0 $(BIN)/detect-secrets-hook --disable-plugin KeywordDetector \
		--disable-plugin BasicAuthDetector --disable-plugin Base64HighEntropyString
	$(TOOLS)/bin/zizmor --offline --quiet .github
	$(TOOLS)/bin/checkov --directory terraform --framework terraform --skip-download --quiet --compact
	git ls-files -z '*.sh' .ci/run | xargs -0 $(TOOLS)/bin/shellcheck
	git ls-files -z '*.yml' '*.yaml' | xargs -0 $(TOOLS)/bin/yamllint --strict
	git ls-files -z '*Dockerfile*' | xargs -0 --no-run-if-empty $(TOOLS)/bin/hadolint

# Hashes of locked packages look like secrets and are none.
security-baseline: $(READY) ## take all that looks like a secret just now for none; read the diff of .secrets.baseline
	@$(BIN)/detect-secrets scan --slim --exclude-files '^(\.secrets\.baseline|tests/)' --exclude-lines '(--hash=sha256|"(h1|zh)):' > build/secrets.baseline
	@mv build/secrets.baseline .secrets.baseline

# Without a network pip-audit finds nothing and says that all is well, so it has to find the holes of an old release first.
audit: $(READY) $(TOOLS_READY) ## ask PyPI for known holes in the locked packages; needs a network
	@mkdir -p build && echo "jinja2==2.10" > build/known-holes.txt
	@$(TOOLS)/bin/pip-audit --no-deps --disable-pip -r build/known-holes.txt 2>&1 | grep -qE '(PYSEC|CVE|GHSA)-' || { \
		echo "pip-audit found nothing in a release with known holes: it cannot have asked anybody"; exit 1; }
	$(TOOLS)/bin/pip-audit --disable-pip --require-hashes -r local/requirements.lock
	$(TOOLS)/bin/pip-audit --disable-pip --require-hashes -r local/tools.lock

infra: $(READY) $(TOOLS_READY) ## check Terraform (on an AWS server, too), Flux, compose and workflows
	@$(BIN)/pytest tests/infra $(PYTEST_ARGS)

guide: $(READY) $(TOOLS_READY) ## type every command of docs/deployment.md on an AWS server, and name what that cannot run
	@$(BIN)/pytest tests/infra/test_guide.py --capture=no $(PYTEST_ARGS)

infra-plan: ## show what Terraform would change: ENVIRONMENT=dev
	terraform -chdir=terraform init -input=false -backend-config=environments/$(ENVIRONMENT).s3.tfbackend
	terraform -chdir=terraform plan -input=false -var-file=environments/$(ENVIRONMENT).tfvars -out=$(ENVIRONMENT).tfplan

infra-apply: ## change it as `make infra-plan` has shown: ENVIRONMENT=dev
	terraform -chdir=terraform init -input=false -backend-config=environments/$(ENVIRONMENT).s3.tfbackend
	terraform -chdir=terraform apply -input=false $(ENVIRONMENT).tfplan

commits: $(READY) ## check the messages of the commits since another one: SINCE=origin/main
	@git rev-parse --verify --quiet "$(SINCE)^{commit}" >/dev/null || { echo "SINCE must name a commit, found '$(SINCE)'"; exit 1; }
	@mkdir -p build
	@for commit in $$(git rev-list --no-merges "$(SINCE)..HEAD"); do \
		git log -1 --format=%B $$commit > build/message && \
		$(BIN)/pre-commit run commit-message --hook-stage commit-msg --commit-msg-filename build/message || exit 1; done

test-summary: $(READY) ## show the results of `make test PYTEST_ARGS=--junitxml=build/tests.xml` as Markdown
	@$(LOCAL) summary build/tests.xml

format: $(READY) ## repair what can be repaired
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/sqlfluff fix --disable-progress-bar include/sql

docs: $(READY) ## write the tables of the documents that follow from the code
	@PYTHONPATH=plugins $(BIN)/python -m docs.generate

bench: $(READY) ## measure the export next to other ways, and the scripts: BENCH_ARGS="--rows 1000000 --ways psql,ours"
	@PYTHONPATH=plugins PYTHONUNBUFFERED=1 $(BIN)/python -m benchmarks $(BENCH_ARGS)

storms: $(READY) ## export while neighbours attach, replace, grant and rename all the time: STORMS_ARGS="--seconds 5 --exports 12"
	@PYTHONPATH=plugins PYTHONUNBUFFERED=1 $(BIN)/python -m benchmarks.storm_run $(STORMS_ARGS)

ui: $(READY) ## start Airflow with its UI on the sample data; Ctrl-C ends it
	@$(LOCAL) ui $(scale)

airflow: $(READY) ## run any Airflow command: ARGS="dags list"
	@$(LOCAL) airflow $(scale) -- $(ARGS)

compare: $(READY) ## compare two exports row by row: ARGS="old/ exports/new.manifest.json --key id"
	@$(LOCAL) compare $(ARGS)

package: $(READY) ## write dist/ as Amazon MWAA wants it, with deployment/environments/dev.env: ENVIRONMENT=dev
	@$(BIN)/python -m deployment package --environment "$(ENVIRONMENT)" $(if $(ARCHIVE),--archive "$(ARCHIVE)")

deploy: $(READY) ## show what the package would change on MWAA; do it: ENVIRONMENT=dev APPLY=1 UPDATE=1
	@$(BIN)/python -m deployment deploy --environment "$(ENVIRONMENT)" $(wishes)

health-check: $(READY) ## check settings, scripts, warehouse, bucket, lock, last exports: of your BDA_*, or embedded: HEALTH_ARGS="--json"
	@$(LOCAL) health $(HEALTH_ARGS)

validate-config: $(READY) ## check your BDA_* variables and the script tree, without servers: HEALTH_ARGS="--json"
	@$(LOCAL) health --validate-config $(HEALTH_ARGS)

stop: ## end what `make ui` or a killed run left behind
	@if [ -x $(BIN)/python ]; then $(LOCAL) stop; fi

clean: ## remove everything that was built: .venv, .local, exports, caches
	@if [ -x $(BIN)/python ]; then $(LOCAL) clean; fi
	rm -rf $(VENV) $(TOOLS) .local exports build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

lock: $(READY) ## resolve local/requirements.in again; what is locked stays, unless LOCK_ARGS="--upgrade-package ruff"
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate \
		--custom-compile-command "make lock" $(LOCK_ARGS) local/requirements.in -o local/requirements.lock
	for version in $(MWAA_VERSIONS); do echo "apache-airflow==$$version" | \
		$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate \
		--custom-compile-command "make lock" --constraints deployment/mwaa/constraints-$$version.txt \
		deployment/mwaa/image.in - -o deployment/mwaa/lock-$$version.txt || exit 1; done
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate \
		--custom-compile-command "make lock" $(LOCK_ARGS) local/tools.in -o local/tools.lock

$(TOOLS_READY): local/tools.lock | $(READY)
	@echo "Installing the tools of make security and make infra into $(TOOLS) ..."
	@$(PYTHON) -m venv --clear $(TOOLS)
	@$(BIN)/uv pip install --quiet --python $(TOOLS)/bin/python --require-hashes -r local/tools.lock
	@touch $@

$(READY): local/requirements.lock
	@echo "Installing the locked packages into $(VENV) ..."
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))' || { \
		echo "Python 3.11 to 3.13 is needed, '$(PYTHON)' is $$($(PYTHON) --version 2>&1): set PYTHON=<another>"; exit 1; }
	@$(PYTHON) -m venv --clear $(VENV)
	@uv --version >/dev/null 2>&1 && ln -sf "$$(command -v uv)" $(BIN)/uv || $(BIN)/pip install --quiet uv==$(UV_VERSION)
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r local/requirements.lock
	@touch $@
