#!/usr/bin/env bash
# Usage: eng/screenshots.sh - pictures of every page of Studio into out/screenshots, of a server with sample databases
# and some history; those that a page of the documentation shows go to docs/images.
set -euo pipefail
cd "$(dirname "$0")/.."
export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1
dotnet build test/Holdfast.Browser.Tests --nologo -v quiet
pictures=$PWD/out/screenshots
rm -rf "$pictures"
HOLDFAST_SCREENSHOTS="$pictures" artifacts/bin/Holdfast.Browser.Tests/debug/Holdfast.Browser.Tests -class '*.Screenshots'
# A palette is a third of the size, and looks the same.
if command -v pngquant >/dev/null; then pngquant --ext .png --force --skip-if-larger --strip "$pictures"/*.png || [ $? -eq 98 ]; fi
rm -f docs/images/*.png
grep -oh 'images/[a-z-]*\.png' README.md docs/*.md | sort -u | while read -r picture; do cp "$pictures/${picture#images/}" docs/images/; done
du -sh docs/images
