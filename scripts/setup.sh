#!/usr/bin/env bash
# Make .venv and install cartoallier in it, once: a second call with nothing changed is instant.
# Usage: scripts/setup.sh [run|dev]
set -euo pipefail
cd "$(dirname "$0")/.."
kind=${1:-run}

python=""
for candidate in python3.13 python3.12 python3.11 python3 python; do
  if command -v "$candidate" > /dev/null 2>&1 &&
    "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2> /dev/null; then
    python=$candidate
    break
  fi
done
if [ -z "$python" ]; then
  echo "Python 3.11 ou plus récent est nécessaire : https://www.python.org/downloads/" >&2
  exit 1
fi

if [ ! -x .venv/bin/python ]; then
  echo "Préparation de l’environnement (.venv)…"
  "$python" -m venv .venv
fi

case $kind in
  run) target=. ;;
  dev) target=".[dev]" ;;
  *) echo "usage : scripts/setup.sh [run|dev]" >&2; exit 2 ;;
esac
stamp=".venv/.cartoallier-$kind"
wanted=$(cat pyproject.toml requirements/*.txt | cksum)
if [ "$(cat "$stamp" 2> /dev/null)" != "$wanted" ]; then
  echo "Installation (une à trois minutes la première fois)…"
  .venv/bin/python -m pip install --quiet --disable-pip-version-check \
    --constraint "requirements/$kind.txt" --editable "$target"
  echo "$wanted" > "$stamp"
fi
