"""Makes the databases that the benchmarks work on: seeded, so that every run measures the same bytes."""
import os
import random
import sqlite3
import sys


def words(rng, count):
    return ["".join(rng.choice("abcdefghijklmnopqrstuvwxyz") for _ in range(rng.randint(3, 9))) for _ in range(count)]


def size(path):
    return sum(os.path.getsize(p) for p in (path, path + "-wal") if os.path.exists(p))


def large(path, mib):
    """One database of an order desk: text, numbers, dates and small blobs that compress about 2:1, with an index."""
    rng = random.Random(42)
    vocabulary = words(rng, 4000)
    db = sqlite3.connect(path)
    db.executescript("pragma journal_mode=wal; pragma synchronous=off;"
                     "create table orders(id integer primary key, customer text, created text, amount real, note text, data blob);"
                     "create table items(order_id int, sku text, qty int, price real);")
    order = 0
    while size(path) < mib * 1048576 * 0.93:
        orders, items = [], []
        for _ in range(20000):
            order += 1
            created = "2026-%02d-%02d %02d:%02d:%02d" % (rng.randint(1, 12), rng.randint(1, 28), rng.randint(0, 23), rng.randint(0, 59), rng.randint(0, 59))
            orders.append((order, "customer %d" % rng.randint(1, 99999), created, round(rng.random() * 1000, 2),
                           " ".join(rng.choices(vocabulary, k=rng.randint(5, 40))), rng.randbytes(rng.randint(0, 60))))
            for _ in range(rng.randint(1, 4)):
                items.append((order, "SKU-%06d" % rng.randint(1, 50000), rng.randint(1, 9), round(rng.random() * 100, 2)))
        db.executemany("insert into orders values(?,?,?,?,?,?)", orders)
        db.executemany("insert into items values(?,?,?,?)", items)
        db.commit()
        db.execute("pragma wal_checkpoint(truncate)")
    db.execute("create index items_order on items(order_id)")
    db.commit()
    db.execute("pragma wal_checkpoint(truncate)")
    db.close()


def small(folder, count):
    """Many databases of 50 to 200 KiB, in WAL and rollback mode by turns."""
    rng = random.Random(7)
    vocabulary = words(rng, 2000)
    for i in range(count):
        parent = os.path.join(folder, "%02d" % (i % 100))
        os.makedirs(parent, exist_ok=True)
        db = sqlite3.connect(os.path.join(parent, "t%05d.db" % i))
        db.execute("pragma synchronous=off")
        db.execute("pragma journal_mode=%s" % ("wal" if i % 2 else "delete"))
        db.execute("create table n(id integer primary key, a text, b real, c text)")
        rows = [(j, " ".join(rng.choices(vocabulary, k=10)), rng.random(), "user%d@example.org" % rng.randint(1, 9999)) for j in range(rng.randint(450, 1900))]
        db.executemany("insert into n values(?,?,?,?)", rows)
        db.commit()
        db.close()


def touch(path, share, seed):
    """Changes that share of the pages of a database, scattered at random, and nothing else of them. Returns the bytes of the pages."""
    rng = random.Random(seed)
    db = sqlite3.connect(path)
    last = db.execute("select max(id) from orders").fetchone()[0]
    pages = db.execute("pragma page_count").fetchone()[0]
    page_size = db.execute("pragma page_size").fetchone()[0]
    wanted = int(pages * share)
    db.execute("pragma wal_checkpoint(truncate)")
    db.execute("pragma wal_autocheckpoint=0")
    changed = 0
    while changed < wanted:
        ids = [(rng.randint(1, last),) for _ in range(max(1, (wanted - changed) // 2))]
        db.executemany("update orders set amount=amount+1 where id=?", ids)
        db.commit()
        changed = len(wal_pages(path + "-wal", page_size))
    db.execute("pragma wal_checkpoint(truncate)")
    db.close()
    return changed * page_size


def wal_pages(path, page_size):
    """Numbers of the pages in a write-ahead log."""
    pages = set()
    with open(path, "rb") as wal:
        wal.seek(32)
        while len(header := wal.read(24)) == 24:
            pages.add(int.from_bytes(header[:4], "big"))
            wal.seek(page_size, 1)
    return pages


if __name__ == "__main__":
    {"large": large, "small": small}[sys.argv[1]](sys.argv[2], int(sys.argv[3]))
