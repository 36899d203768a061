"""An application that commits at a quorum, and begins again when it is told to: busy, or something newer was there.

    quorum_writer.py DATABASE EXTENSION WORK FIRST COUNT ACKNOWLEDGED

WORK is `insert` (rows FIRST, FIRST+1, ... into t), or `count` (reads counter, writes it back plus one). What was
acknowledged is noted in a file, a line each; so is what nobody could tell, as `? key token`.
"""
import os
import random
import sqlite3
import sys
import time

BUSY = 5  # SQLITE_BUSY and its kin


def transaction(connection, work, key):
    connection.execute("BEGIN IMMEDIATE")
    if work == "insert":
        connection.execute("INSERT INTO t VALUES (?, ?)", (key, f"body {key}"))
    else:
        value, = connection.execute("SELECT value FROM counter WHERE id = 1").fetchone()
        connection.execute("UPDATE counter SET value = ? WHERE id = 1", (value + 1,))
    connection.execute("COMMIT")


def main():
    database, extension, work = sys.argv[1:4]
    first, count = int(sys.argv[4]), int(sys.argv[5])
    noted = os.open(sys.argv[6], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    connection = sqlite3.connect(database, isolation_level=None, timeout=10)
    connection.execute("PRAGMA synchronous=NORMAL")
    connection.enable_load_extension(True)
    connection.load_extension(extension)
    connection.execute("SELECT murmel_consistency('quorum')")
    key = first
    while key < first + count:
        try:
            transaction(connection, work, key)
            os.write(noted, f"{key}\n".encode())
            key += 1
        except sqlite3.OperationalError as error:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            if error.sqlite_errorcode & 0xff != BUSY:
                os.write(noted, f"? {key} {error}\n".encode())
                key += 1
            time.sleep(random.uniform(0.0005, 0.005))
        except sqlite3.IntegrityError:  # it was there: an outcome that nobody could tell, or the agent's own commit
            connection.execute("ROLLBACK")
            key += 1


if __name__ == "__main__":
    main()
