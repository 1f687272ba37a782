#!/usr/bin/env bash
# Usage: eng/samples.sh DIR [small] - makes DIR with sample databases of different kinds and sizes, and beside it DIR/../payroll.key, the key of the
# encrypted one. Exit 3: all but the encrypted one, which this machine cannot make. The demo and the tests of the docs use them.
set -euo pipefail
dir=$(realpath -m "$1")
cd "$(dirname "$0")/.."
rows=120000
[ "${2:-}" = small ] && rows=2000
mkdir -p "$dir/tenants" "$dir/hr"

# The shop's orders: WAL mode, the one that is written to all day.
sqlite3 "$dir/orders.db" >/dev/null <<SQL
PRAGMA journal_mode=WAL;
CREATE TABLE customers (id INTEGER PRIMARY KEY, name TEXT NOT NULL, town TEXT);
CREATE TABLE orders (id INTEGER PRIMARY KEY, customer INTEGER REFERENCES customers, placed TEXT, total REAL, note TEXT);
CREATE INDEX orders_by_customer ON orders (customer);
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $rows / 20)
  INSERT INTO customers SELECT i, 'Customer ' || i, 'Town ' || i % 97 FROM n;
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $rows)
  INSERT INTO orders SELECT i, i * 7919 % ($rows / 20) + 1, date('2026-01-01', '+' || i % 300 || ' days'), i * 31 % 9973 / 10.0, hex(randomblob(20)) FROM n;
SQL

# Last year's orders: rollback mode, larger, no longer written to.
sqlite3 "$dir/orders-2025.db" <<SQL
PRAGMA page_size=8192;
CREATE TABLE orders (id INTEGER PRIMARY KEY, placed TEXT, total REAL, document BLOB);
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $rows / 3)
  INSERT INTO orders SELECT i, date('2025-01-01', '+' || i % 365 || ' days'), i * 37 % 9973 / 10.0, randomblob(400) || zeroblob(400) FROM n;
SQL

# Full-text search.
sqlite3 "$dir/articles.db" <<SQL
CREATE VIRTUAL TABLE articles USING fts5 (title, body);
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $rows / 20)
  INSERT INTO articles SELECT 'Article ' || i, 'A backup that was never restored is a hope, not a backup. Number ' || i || ' of ' || hex(randomblob(30)) FROM n;
SQL

# UTF-16 text, strict and without rowid.
sqlite3 "$dir/dictionary.db" <<SQL
PRAGMA encoding='UTF-16le';
CREATE TABLE words (word TEXT PRIMARY KEY, meaning TEXT) STRICT, WITHOUT ROWID;
INSERT INTO words VALUES ('Sicherung', 'backup'), ('バックアップ', 'backup'), ('sauvegarde', 'backup'), ('záloha', 'backup');
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $rows / 60) INSERT INTO words SELECT 'Wort ' || i, hex(randomblob(8)) FROM n;
SQL

# Small ones, as applications with a database for each customer have them.
for name in ash birch cedar; do
  sqlite3 "$dir/tenants/$name.db" "CREATE TABLE settings (key TEXT PRIMARY KEY, value); INSERT INTO settings VALUES ('name', '$name'), ('since', 2024);"
done

# Encrypted in SQLCipher's format, with a raw key.
eng/sqlcipher.sh || exit 3
[ -f "$dir/../payroll.key" ] || (umask 077 && head -c 32 /dev/urandom | od -An -v -tx1 | tr -d ' \n' >"$dir/../payroll.key" && echo >>"$dir/../payroll.key")
out/native/sqlcipher "$dir/hr/payroll.db" "$dir/../payroll.key" >/dev/null <<SQL
PRAGMA journal_mode=WAL;
CREATE TABLE salaries (id INTEGER PRIMARY KEY, person TEXT, amount REAL);
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $rows / 10) INSERT INTO salaries SELECT i, 'Person ' || i, 2000 + i * 13 % 4000 FROM n;
SQL
