#!/usr/bin/env python3
"""Creates a small state of one version: make.py HOLDFAST NAME

HOLDFAST is the command of that version, NAME names the result, NAME.tar.gz next to this file. The archive contains the data folder of a
server that was killed, its sources, and what its API returned before (answers/). README.md one folder up describes its use.
"""
import json
import os
import pathlib
import shutil
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
HOLDFAST = pathlib.Path(sys.argv[1]).resolve()
NAME = sys.argv[2]
WORK = pathlib.Path("/tmp/holdfast-state")  # messages in the state contain it
ROOT = WORK / "state"
PORT = 18439
TOKEN = "token-of-the-test-data-0123456789abcdef"


def start(sources):
    # Everything is relative to the working folder, so that the archive can be unpacked anywhere.
    (ROOT / "holdfast.json").write_text(json.dumps({
        "listen": f"http://127.0.0.1:{PORT}", "localRoots": ["backups"],
        "sources": [{"name": s, "engine": "sqlite", "path": s} for s in sources],
        "limits": {"discoverySeconds": 1}}))
    process = subprocess.Popen(
        [HOLDFAST, "serve", "--config", "holdfast.json", "--data", "node", "--admin-token-file", WORK / "token"],
        cwd=ROOT, stdout=open(WORK / "log", "a"), stderr=subprocess.STDOUT)
    until(lambda: ask("GET", "session", quiet=True))
    return process


def ask(method, path, body=None, quiet=False):
    request = urllib.request.Request(
        f"http://127.0.0.1:{PORT}/api/v1/{path}", method=method, data=None if body is None else json.dumps(body).encode(),
        headers={"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.loads(answer.read() or b"{}")
    except urllib.error.HTTPError as e:
        raise SystemExit(f"{method} {path}: {e.code} {e.read().decode()}")
    except OSError:
        if quiet:
            return None
        raise


def until(condition):
    for _ in range(600):
        if found := condition():
            return found
        time.sleep(0.1)
    raise SystemExit(f"timed out; see {WORK}/log")


def databases():
    return {d["id"]: d for d in ask("GET", "databases?limit=1000")["items"]}


def create(*names):
    for name in names:
        connection = sqlite3.connect(ROOT / name)
        connection.executescript("CREATE TABLE t(id INTEGER PRIMARY KEY, v TEXT); INSERT INTO t VALUES (1, 'one');")
        connection.close()


def main():
    shutil.rmtree(WORK, ignore_errors=True)
    for folder in ("local", "away", "backups/nas"):
        (ROOT / folder).mkdir(parents=True)
    with open(os.open(WORK / "token", os.O_CREAT | os.O_WRONLY, 0o600), "w") as file:
        file.write(TOKEN)
    create("local/a.db", "local/b.db", "local/gone.db", "local/old-name.db", "local/broken.db", "away/x.db", "away/y.db")

    server = start(["local", "away"])
    until(lambda: len(databases()) == 7)
    ask("PUT", "destinations/nas", {"kind": "local", "path": "/proc/self/cwd/backups/nas"})
    ask("PUT", "server-wide-backups/nightly", {
        "type": "Snapshot", "fullBackup": "0 2 * * 0", "timeZone": "UTC", "destinations": ["nas"], "excluded": ["local/b.db"]})
    (ROOT / "local/gone.db").unlink()
    (ROOT / "local/old-name.db").rename(ROOT / "local/new-name.db")
    (ROOT / "local/broken.db").write_bytes(b"overwritten\n" * 400)
    until(lambda: (d := databases())["local/gone.db"].get("dropped") and d["local/old-name.db"].get("dropped") and d["local/broken.db"].get("problem"))
    server.terminate()
    server.wait(60)

    # Without a source in the configuration its databases are missing.
    server = start(["local"])
    until(lambda: all(databases()[d]["state"] == "Missing" for d in ("away/x.db", "away/y.db")))
    time.sleep(3)
    (ROOT / "answers").mkdir()
    for name in ("databases?limit=1000", "sources", "alerts", "server-wide-backups"):
        (ROOT / "answers" / f"{name.split('?')[0]}.json").write_text(json.dumps(ask("GET", name), indent=1))
    server.kill()
    server.wait()
    subprocess.run(["tar", "--sort=name", "--owner=0", "--group=0", "--numeric-owner", "-czf", HERE / f"{NAME}.tar.gz", "-C", WORK, "state"], check=True)
    print(HERE / f"{NAME}.tar.gz", (HERE / f"{NAME}.tar.gz").stat().st_size, "bytes; work in", WORK)


main()
