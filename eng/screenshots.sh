#!/usr/bin/env bash
# Usage: eng/screenshots.sh - pictures of every page of Studio into docs/images, of a server with sample databases and some history.
set -euo pipefail
cd "$(dirname "$0")/.."
export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1
dotnet build test/Holdfast.Browser.Tests --nologo -v quiet
HOLDFAST_SCREENSHOTS="$PWD/docs/images" artifacts/bin/Holdfast.Browser.Tests/debug/Holdfast.Browser.Tests -class '*.Screenshots'
# A palette is a third of the size, and looks the same.
if command -v pngquant >/dev/null; then pngquant --ext .png --force --skip-if-larger --strip docs/images/*.png || [ $? -eq 98 ]; fi
du -sh docs/images
