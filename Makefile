# Everything that one does with a clone. `make` alone says what there is.

.DEFAULT_GOAL := help
.PHONY: help setup demo test lint docs picture bench lock clean

# Paths are relative and the recipes quote them, so the clone may stand anywhere.
run_in_venv := PATH="$(CURDIR)/.venv/bin:$$PATH"
say := @printf '==> %s\n'

help:  ## say what there is to make
	@echo 'teamvoice: hold a key, talk to the coding agents in your tmux panes.'
	@echo
	@sed -n 's/^\([a-z]*\):[ a-z]*## \(.*\)/  make \1|\2/p' Makefile | awk -F'|' '{ printf "%-14s %s\n", $$1, $$2 }'
	@echo
	@echo 'Each sets up what it needs first. make PYTHON=/path/to/python3 chooses the Python.'

setup:  ## install everything that running and testing need
	@scripts/setup.sh test

demo:  ## talk to two stand-in agents; make demo ARGS='--say "tell the developer to run the tests"'
	@scripts/setup.sh run
	@$(run_in_venv) teamvoice demo $(ARGS)

test: setup  ## run the linters, then every test; make test ARGS=tests/unit for a part
	@$(MAKE) --no-print-directory lint
ifeq ($(ARGS),)
	$(say) 'pytest: what needs no desk'
	@$(run_in_venv) pytest -m 'not desk' --numprocesses 4 --dist loadfile --no-loadscope-reorder
	$(say) 'pytest: what hears, speaks and shows, at the pace of life'
	@$(run_in_venv) pytest -m 'desk and not alone' --numprocesses 2 --dist loadfile
	$(say) 'pytest: what leaves no room beside it'
	@$(run_in_venv) pytest -m alone
else
	$(say) 'pytest'
	@$(run_in_venv) pytest $(ARGS)
endif

lint: setup  ## ruff, mypy and shellcheck
	$(say) 'ruff check'
	@$(run_in_venv) ruff check .
	$(say) 'ruff format --check'
	@$(run_in_venv) ruff format --check .
	$(say) 'mypy'
	@$(run_in_venv) mypy
	$(say) 'shellcheck'
	@$(run_in_venv) shellcheck -x scripts/*.sh .ci/run

docs: setup  ## write the pages of reference anew, from the settings and the command line
	@PYTHONPATH=. .venv/bin/python scripts/reference.py

picture: setup  ## draw the picture of talk that the README shows, from the real thing
	@PYTHONPATH=. .venv/bin/python scripts/picture.py

bench: setup  ## measure what we claim
	@for bench in bench/*.py; do \
		case "$$bench" in bench/report.py) continue ;; bench/idle.py) short='--minutes 1' ;; bench/soak.py) short='--turns 300' ;; *) short= ;; esac; \
		PYTHONPATH=. .venv/bin/python "$$bench" $$short || exit 1; \
	done

lock:  ## resolve the pins anew; make lock UPGRADE=1 takes the newest of everything
	@scripts/lock.sh

clean:  ## remove the virtual environment and every cache
	@rm -rf .venv .cache .hypothesis .mypy_cache .pytest_cache .ruff_cache build dist
