#!/usr/bin/env bash
# Install if needed, run the demonstration (or the arguments given), say where to click.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/setup.sh run
.venv/bin/cartoallier diagnostic "$@"
echo "Pour vos propres fichiers : .venv/bin/cartoallier nouveau MON_PROJET"
