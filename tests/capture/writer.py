"""One writing process of run_writers.py: random transactions until it is killed, or `count` of them.

Arguments: database, extension (empty: none is loaded), number of this writer, count (0: without end).
"""
import random
import sqlite3
import sys

path, extension, number, count = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
db = sqlite3.connect(path, isolation_level=None, timeout=60)
if extension:
    db.enable_load_extension(True)
    db.load_extension(extension)
chance = random.Random(number)
done = 0
while count == 0 or done < count:
    done += 1
    db.execute("BEGIN IMMEDIATE")
    for _ in range(chance.randint(1, 30)):
        key = chance.randint(1, 500)
        match chance.randint(0, 6):
            case 0 | 1:
                db.execute("INSERT INTO t(a, b, c) VALUES(?, ?, ?)", (number, chance.random(), chance.randbytes(20)))
            case 2:
                db.execute("UPDATE t SET b = b + 1, c = ? WHERE id = ?", (chance.randbytes(300), key))
            case 3:
                db.execute("REPLACE INTO t(id, a, c) VALUES(?, ?, ?)", (key, number, b""))
            case 4:
                db.execute("DELETE FROM t WHERE id = ?", (key,))
            case 5:
                db.execute("INSERT OR REPLACE INTO u VALUES(?, ?, ?)", (f"k{key}", key % 50, number))
            case 6:
                db.execute("SAVEPOINT s")
                db.execute("UPDATE u SET n = n + 1 WHERE k > ?", (f"k{key}",))
                db.execute("ROLLBACK TO s" if chance.random() < 0.5 else "RELEASE s")
    db.execute("ROLLBACK" if chance.random() < 0.1 else "COMMIT")
db.close()
