#!/usr/bin/env bash
# Measures Holdfast beside its peers; see run.py.
exec python3 "$(dirname "$0")/run.py" "$@"
