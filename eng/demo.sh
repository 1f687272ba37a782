#!/usr/bin/env bash
# Shows Holdfast at work on sample databases, in out/demo. Every step prints its command; all of them can be run again by hand.
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD
demo=out/demo
export PATH="$root/out:$PATH" XDG_DATA_HOME="$root/$demo/home"

bold= dim= green= plain=
if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then bold=$'\e[1m' dim=$'\e[2m' green=$'\e[32m' plain=$'\e[0m'; fi
step() {
  number=$((${number:-0} + 1))
  printf '\n%s%2d  %s%s\n' "$bold" "$number" "$1" "$plain"
}
say() { printf '    %s\n' "$1"; }
show() { printf '%s$ %s%s\n' "$green" "$1" "$plain"; }
run() {
  show "$1"
  eval "$1"
}

started=$SECONDS
rm -rf "$demo"
mkdir -p "$demo"

step "Sample databases: WAL and rollback mode, full-text search, UTF-16, a few small ones, one encrypted"
code=0
eng/samples.sh "$demo/data" || code=$?
show "cd $demo"
cd "$demo"
mkdir -p home restored
hr=$' \\\n    --encrypted \'hr/*\' --database-key \'hr/*=payroll.key\'' listed="--encrypted 'hr/*'" payroll="--key-file payroll.key"
if [ "$code" = 3 ]; then
  hr='' listed='' payroll=''
  say "(SQLite3 Multiple Ciphers is not built here, so the encrypted one is missing. All else works.)"
elif [ "$code" != 0 ]; then
  exit "$code"
fi
run "holdfast databases --source shop=data $listed"

step "A key. The backups are encrypted to it; it belongs in a safe place, not beside them"
run "holdfast keygen --out backup.key"

step "One command backs up every database: as images of their pages ..."
run "holdfast backup --source shop=data --to images --type snapshot --key-file backup.key$hr"

step "... or as SQL scripts; the encrypted database's is encrypted with its own key"
run "holdfast backup --source shop=data --to scripts --type backup --key-file backup.key$hr"

step "Life goes on"
run "sqlite3 data/orders.db \"INSERT INTO orders SELECT NULL, 1, '2026-11-23', 9.5, 'new' FROM orders LIMIT 2000\""
run "sqlite3 data/tenants/ash.db \"UPDATE settings SET value = 2025 WHERE key = 'since'\""

step "An incremental stores what changed, and nothing for a database that did not change"
run "holdfast backup --source shop=data --to images --type snapshot --kind incremental --key-file backup.key$hr"

step "What can be restored of the orders"
run "holdfast points images/shop/orders.db"

step "Restore the newest point, as a new database"
run "holdfast restore images/shop/orders.db --to restored/orders.db --key-file backup.key"
for file in data/orders.db restored/orders.db; do run "sqlite3 $file 'SELECT count(*), round(sum(total), 1) FROM orders'"; done

if [ -n "$payroll" ]; then
  step "The encrypted one, from its script: what opens the archive is the database's own key, and the new database is encrypted again"
  run "holdfast restore scripts/shop/hr%2Fpayroll.db --to restored/payroll.db $payroll"
  run "head -c 16 restored/payroll.db | od -An -tx1"
fi

step "Read and check every byte of every archive"
run "holdfast verify images scripts --key-file backup.key $payroll | tail -n 4"

step "Without Holdfast: a full archive is tar in zstd in age"
mkdir by-hand
run "age -d -i backup.key images/shop/orders.db/*/*.snapshot.tar.zst.age | zstd -dq | tar xv -C by-hand"
run "sqlite3 by-hand/database.sqlite 'PRAGMA integrity_check; SELECT count(*) FROM orders'"

if [ -s images/restore.py ]; then
  step "Without Holdfast: a chain needs the script that lies beside the backups"
  run "python3 images/restore.py -i backup.key images/shop/orders.db/* by-script"
  run "sqlite3 by-script/database.sqlite 'PRAGMA integrity_check; SELECT count(*) FROM orders'"
fi

printf '\n%sDone in %d s.%s Everything lies in %s. Try next:\n' "$bold" $((SECONDS - started)) "$plain" "$demo"
show "out/holdfast backup --source mine=/path/to/your/databases --to /tmp/backups"
say "and then docs/cli.md for the other verbs, docs/restore.md for the worst day."
