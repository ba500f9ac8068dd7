PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: install demo test lint types check soak generated docs kafka lock clean

install: $(STAMP)

$(STAMP): requirements/dev.txt pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements/dev.txt
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation -e .
	touch $@

demo: install
	$(BIN)/lrs demo $(DEMO)

test: lint types check

lint: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: install
	$(BIN)/mypy

check: install
	$(BIN)/pytest -m "not soak" -n 3 --dist loadfile --no-loadscope-reorder $(CHECK)

soak: install
	PACER_PROFILE=soak $(BIN)/pytest -m "soak or not soak"

# Whatever in docs/ is made of the code; tests say when it is no longer current.
generated: install
	$(BIN)/lrs schemas
	$(BIN)/python -m lrs.cli.reference > docs/reference/commands.md
	for page in tests.docs.http tests.docs.tables tests.processors.meaning.page; do $(BIN)/python -m $$page || exit 1; done

docs: install
	$(BIN)/sphinx-build --quiet --fail-on-warning --keep-going -b dirhtml docs build/docs
	@echo "the docs site: build/docs/index.html"

kafka:
	infra/kafka/start.sh .kafka/data 9092 9093

# For Python 3.11 to 3.13; base is what `pip install pacer-lrs` needs, server adds Kafka and object stores.
LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11.5 --generate-hashes --no-emit-index-url --no-header --no-strip-extras

lock: install
	$(LOCK) --upgrade --extra dev pyproject.toml -o requirements/dev.txt
	$(LOCK) --constraint requirements/dev.txt pyproject.toml -o requirements/base.txt
	$(LOCK) --constraint requirements/dev.txt --extra kafka --extra s3 pyproject.toml -o requirements/server.txt

clean:
	rm -rf $(VENV) build *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
