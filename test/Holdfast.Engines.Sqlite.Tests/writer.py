"""Another process that uses a database, for tests: it opens the given SQLite library itself, so it can write encrypted databases too.

writer.py LIBRARY DATABASE KEYHEX|- COMMAND [SQL...]
  move SQL...      runs the SQL, prints "ready", then moves money between accounts until its input ends;
                   prints commits and the longest transaction in ms
  grow SQL         prints "ready", then runs the SQL again and again until its input ends;
                   prints commits and the longest transaction in ms
  hold SQL...      runs the SQL, prints "ready", waits for its input to end without committing
  try SQL          runs the SQL without waiting for locks, prints the result code
"""
import ctypes, random, select, sys, time

library, path, key, command, *statements = sys.argv[1:]
lib = ctypes.CDLL(library)
db = ctypes.c_void_p()
lib.sqlite3_open_v2(path.encode(), ctypes.byref(db), 2 | 4, None)


def run(sql, check=True):
    code = lib.sqlite3_exec(db, sql.encode(), None, None, None)
    if check and code:
        lib.sqlite3_errmsg.restype = ctypes.c_char_p
        print("error", code, lib.sqlite3_errmsg(db), sql, flush=True)
        sys.exit(1)
    return code


lib.sqlite3_busy_timeout(db, 0 if command == "try" else 20000)
if key != "-":
    run("PRAGMA cipher='sqlcipher'; PRAGMA legacy=4; PRAGMA key=\"x'%s'\"" % key)
if command == "try":
    print(run(statements[0], False), flush=True)
    sys.exit(0)
for sql in statements:
    if command != "grow":
        run(sql)
print("ready", flush=True)
commits, worst, chance = 0, 0.0, random.Random(7)
while not select.select([sys.stdin], [], [], 0 if command in ("move", "grow") else 60)[0]:
    if command not in ("move", "grow"):
        continue
    start = time.monotonic()
    if command == "grow":
        run(statements[0])
        worst = max(worst, time.monotonic() - start)
        commits += 1
        continue
    run("BEGIN IMMEDIATE")
    for _ in range(4):
        amount = chance.randint(1, 50)
        run("UPDATE account SET balance=balance-%d WHERE id=%d" % (amount, chance.randint(1, 5000)))
        run("UPDATE account SET balance=balance+%d WHERE id=%d" % (amount, chance.randint(1, 5000)))
        run("INSERT INTO log(text) VALUES(hex(randomblob(100)))")
    run("COMMIT")
    worst = max(worst, time.monotonic() - start)
    commits += 1
print(commits, int(worst * 1000), flush=True)
if command == "move":
    lib.sqlite3_close_v2(db)
