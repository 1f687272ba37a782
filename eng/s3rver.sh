#!/usr/bin/env bash
# Usage: eng/s3rver.sh install - puts the npm package s3rver, an S3 server that ignores much of what it is sent, into out/s3rver, for tests: the versions of
# eng/s3rver/package-lock.json, checked by their SHA-512. Does nothing where it is there.
#        eng/s3rver.sh run DIR - runs it on loopback, with its data in DIR, which must exist. Prints its port when it is ready. Ends at the end of its input.
# Its only user is S3RVER / S3RVER; the bucket "backups" exists. Exit 3: not possible here, and why.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
target="$root/out/s3rver"
case "${1:-}" in
  install)
    wanted=$(sha256sum <"$root/eng/s3rver/package-lock.json")
    [ "$(cat "$target/version" 2>/dev/null)" = "$wanted" ] && exit
    for tool in node npm; do command -v "$tool" >/dev/null || { echo "s3rver: $tool is missing." >&2; exit 3; }; done
    rm -rf "$target"
    mkdir -p "$target"
    cp "$root"/eng/s3rver/package*.json "$target"
    (cd "$target" && npm ci --ignore-scripts --omit=dev --no-audit --no-fund --silent) || { rm -rf "$target"; echo "s3rver: its npm packages cannot be fetched." >&2; exit 3; }
    echo "$wanted" >"$target/version"
    ;;
  run)
    command -v node >/dev/null || { echo "node is missing." >&2; exit 3; }
    [ -f "$target/version" ] || { echo "s3rver is not installed: eng/s3rver.sh install" >&2; exit 3; }
    dir=$(realpath "$2")
    port=$(python3 -c 'import socket; print(socket.create_server(("127.0.0.1", 0)).getsockname()[1])')
    node "$target/node_modules/s3rver/bin/s3rver.js" -s -d "$dir" -a 127.0.0.1 -p "$port" --no-vhost-buckets --configure-bucket backups </dev/null >"$dir.out" 2>&1 &
    pid=$!
    trap 'kill -KILL $pid 2>/dev/null || true' EXIT
    for _ in $(seq 300); do
      if (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
        echo "$port"
        cat >/dev/null # until the end of the input
        exit
      fi
      kill -0 $pid 2>/dev/null || break
      sleep 0.1
    done
    cat "$dir.out" >&2
    exit 1
    ;;
  *) echo "usage: eng/s3rver.sh install | run DIR" >&2; exit 2 ;;
esac
