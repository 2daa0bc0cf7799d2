#!/usr/bin/env bash
# Install everything the tests need, then lint, types and tests.
set -euo pipefail
cd "$(dirname "$0")/.."

needed() {
  command -v chromium > /dev/null && command -v ogrinfo > /dev/null &&
    /usr/bin/python3 -c 'import qgis.core, osgeo_utils' 2> /dev/null
}
if ! needed && command -v apt-get > /dev/null; then
  sudo=""
  [ "$(id -u)" -eq 0 ] || sudo=sudo
  if [ -z "$sudo" ] || sudo -n true 2> /dev/null; then
    echo "Installation de QGIS, GDAL et Chromium…"
    $sudo apt-get update -qq
    DEBIAN_FRONTEND=noninteractive $sudo apt-get install -qq -y --no-install-recommends \
      qgis python3-qgis qgis-providers gdal-bin python3-gdal chromium chromium-driver \
      poppler-utils fonts-dejavu fonts-liberation xvfb > /dev/null
  else
    echo "QGIS, GDAL ou Chromium manquent : les tests qui en ont besoin seront passés." >&2
  fi
fi

axe=4.14.1
if ! grep -qs "\"version\": \"$axe\"" .npm/node_modules/axe-core/package.json; then
  if command -v npm > /dev/null; then
    echo "Installation d’axe-core…"
    npm install --silent --no-audit --no-fund --prefix .npm "axe-core@$axe" > /dev/null
  else
    echo "npm manque : l’accessibilité des pages n’est pas vérifiée." >&2
  fi
fi

scripts/setup.sh dev
.venv/bin/ruff check .
.venv/bin/ruff format --check .
.venv/bin/mypy
.venv/bin/python -m pytest "$@"
