# The front door. `make` with no target builds all PDFs and the README's index.
.DEFAULT_GOAL := pdf
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules

PYTHON  ?= python3
VENV    := .venv/bin
NOTES   := $(VENV)/python build.py
# Arguments for build.py: make pdf ARGS="-j1 notes/01-…"
ARGS    ?=

.PHONY: pdf test watch serve lint index check doctor fonts cover bench clean commands lock setup help

pdf: .venv/ready              ## build every PDF that is out of date, then the README's index
	@$(NOTES) pdf $(ARGS)
	@$(MAKE) --silent assets/cover.png

# What the cover is drawn from. Times only say when to look: whether it has changed, its digest says.
assets/cover.png: notes.yaml templates/cover.tex.j2 templates/style.tex.j2 $(wildcard templates/theme-*.tex.j2)
	@$(VENV)/python -m setup.cover && touch $@

test: .venv/ready-dev         ## run the tests, as CI does
	@$(VENV)/pytest -n 2 $(ARGS)

lint: .venv/ready-dev         ## ruff and mypy --strict
	@$(VENV)/ruff check . && $(VENV)/ruff format --check . && $(VENV)/mypy

watch: .venv/ready            ## build, then build again what is saved, at once; Ctrl-C stops
	@$(NOTES) watch $(ARGS)

serve: .venv/ready            ## watch, and show PDFs and mistakes in a browser (ARGS="--port 9000")
	@$(NOTES) serve $(ARGS)

index: .venv/ready            ## write the README's index only (ARGS=--check: compare)
	@$(NOTES) index $(ARGS)

check: .venv/ready            ## lint the notes and fonts, typeset nothing
	@$(NOTES) check $(ARGS)

doctor: .venv/ready           ## show tools, fonts, versions and coverage
	@$(NOTES) doctor

fonts: .venv/ready            ## fetch the Chinese fonts into fonts/ where no system package has them
	@$(NOTES) fonts

cover: .venv/ready            ## draw assets/cover.png if the book's cover has changed (ARGS=--check: only say so)
	@$(VENV)/python -m setup.cover $(ARGS)

bench: .venv/ready-bench      ## measure against pandoc, latexmk and Typst: docs/bench.md (an hour; ARGS=--quick: minutes)
	@$(VENV)/python -m bench.bench $(ARGS)

clean:                        ## remove output/ and the cache, keep .venv
	@rm -rf output .notepress

commands: .venv/ready         ## ask TeX anew which commands a note may use: notepress/data/commands.txt
	@$(VENV)/python -m setup.commands

lock:                         ## resolve requirements*.in into requirements*.txt anew
	@$(PYTHON) -m venv .venv-lock && .venv-lock/bin/pip install --quiet uv
	@for name in requirements requirements-dev requirements-bench; do \
	  .venv-lock/bin/uv pip compile --quiet --upgrade --universal --generate-hashes --python-version 3.11 \
	    --no-header --no-emit-index-url $$name.in -o $$name.txt; done
	@rm -rf .venv-lock

setup: .venv/ready            ## install what is needed, build nothing

help:                         ## list these targets
	@grep -hE '^[a-z]+:.*## ' Makefile | sed -E 's/^([a-z]+):.*## /  make \1\t/' | expand -t 18

# What a stamp depends on is all that can change what is installed, so a second call goes straight to work.
.venv/ready: setup/bootstrap.py setup/packages.txt requirements.txt
	@$(PYTHON) setup/bootstrap.py requirements.txt $@

.venv/ready-dev: setup/bootstrap.py setup/packages.txt requirements-dev.txt
	@$(PYTHON) setup/bootstrap.py requirements-dev.txt $@

.venv/ready-bench: setup/bootstrap.py setup/packages.txt requirements-bench.txt
	@$(PYTHON) setup/bootstrap.py requirements-bench.txt $@
