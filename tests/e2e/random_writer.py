"""An application that does random SQL until it is told to stop (a line, or the end, on its standard input) or killed.

    random_writer.py DATABASE EXTENSION SEED

The tables are those of test_random.SCHEMA. What collides on a UNIQUE key or with another writer is rolled back, as an
application would. Ends with one line: how many transactions were committed.
"""
import random
import select
import sqlite3
import sys

KEYS = 60  # few, so that nodes write the same rows


def value(r):
    return r.choice([None, r.randint(-2**63, 2**63 - 1), r.random() * 10 ** r.randint(-300, 300), "", "text\0nul",
                     "ä" * r.randint(0, 50), r.randbytes(r.randint(0, 300)), r.randint(0, 9), float("inf")])


def insert(c, r):
    c.execute(f"{r.choice(['INSERT', 'INSERT OR REPLACE', 'INSERT OR IGNORE', 'REPLACE'])} INTO plain VALUES (?,?,?)",
              (r.randint(1, KEYS), value(r), value(r)))


def insert_many(c, r):
    rows = [(r.randint(1, KEYS), r.choice("abc"), value(r)) for _ in range(r.randint(1, 6))]
    c.execute("INSERT OR REPLACE INTO pair VALUES " + ",".join(["(?,?,?)"] * len(rows)), [x for row in rows for x in row])


def upsert(c, r):
    c.execute("INSERT INTO pair VALUES (?,?,?) ON CONFLICT(a, b) DO UPDATE SET body = excluded.body",
              (r.randint(1, KEYS), r.choice("abc"), value(r)))


def update_some(c, r):
    low = r.randint(1, KEYS)
    c.execute("UPDATE plain SET body = ?, more = more WHERE id BETWEEN ? AND ?", (value(r), low, low + r.randint(0, 8)))


def change_key(c, r):
    c.execute("UPDATE OR REPLACE plain SET id = ? WHERE id = ?", (r.randint(1, KEYS), r.randint(1, KEYS)))


def delete_some(c, r):
    low = r.randint(1, KEYS)
    c.execute("DELETE FROM plain WHERE id BETWEEN ? AND ?", (low, low + r.randint(0, 3)))


def delete_pair(c, r):
    c.execute("DELETE FROM pair WHERE b = ? AND a % 7 = ?", (r.choice("abc"), r.randint(0, 6)))


def text_key(c, r):
    c.execute("INSERT INTO named VALUES (?, ?) ON CONFLICT(name) DO UPDATE SET n = n + 1",
              (r.choice(["a", "b", "ä", "", "long " * 20, f"k{r.randint(0, 20)}"]), r.randint(0, 100)))


def undone(c, r):
    c.execute("SAVEPOINT s")
    for _ in range(r.randint(1, 3)):
        r.choice(STEPS[:-1])(c, r)
    if r.random() < 0.7:
        c.execute("ROLLBACK TO s")
    c.execute("RELEASE s")


def blob(c, r):
    c.execute("INSERT OR REPLACE INTO plain VALUES (?, zeroblob(?), ?)", (r.randint(1, KEYS), r.randint(0, 20_000), value(r)))


def unique(c, r):
    c.execute(r.choice(["INSERT OR REPLACE INTO account VALUES (?, ?, ?)", "INSERT OR IGNORE INTO account VALUES (?, ?, ?)",
                        "INSERT INTO account VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET n = excluded.n"]),
              (r.randint(1, KEYS), r.choice([None, f"m{r.randint(0, 30)}"]), r.randint(0, 100)))


def move_unique(c, r):
    c.execute("UPDATE OR REPLACE account SET mail = ? WHERE id = ?", (f"m{r.randint(0, 30)}", r.randint(1, KEYS)))


def by_trigger(c, r):
    c.execute("INSERT OR REPLACE INTO entry VALUES (?, ?, ?)", (r.randint(1, KEYS), r.randint(1, KEYS), value(r)))


STEPS = [insert, insert_many, upsert, update_some, change_key, delete_some, delete_pair, text_key, blob, unique, move_unique, by_trigger, undone]


def main():
    database, extension, seed = sys.argv[1:4]
    r = random.Random(seed)
    c = sqlite3.connect(database, isolation_level=None, timeout=30)
    c.execute("PRAGMA synchronous=NORMAL")
    c.enable_load_extension(True)
    c.load_extension(extension)
    committed = 0
    while not select.select([sys.stdin], [], [], r.choice([0, 0.002, 0.01]))[0]:
        try:
            c.execute("BEGIN IMMEDIATE")
            for _ in range(r.randint(1, 5)):
                r.choice(STEPS)(c, r)
            c.execute(r.choice(["COMMIT"] * 9 + ["ROLLBACK"]))
            committed += 1
        except (sqlite3.IntegrityError, sqlite3.OperationalError) as error:
            if "murmel" in str(error):
                raise  # capture must not be what fails
            if c.in_transaction:
                c.execute("ROLLBACK")
    print(committed)


if __name__ == "__main__":
    main()
