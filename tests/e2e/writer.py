"""An application that knows nothing but SQLite: inserts rows in small transactions and notes each key in a file once
its COMMIT has returned. Ends at `count` or when it is killed.

    writer.py DATABASE EXTENSION TABLE FIRST COUNT PAUSE_MS SHARED ACKNOWLEDGED

With SHARED > 0 each transaction also updates one of the rows 1..SHARED of the table `shared`.
"""
import os
import sqlite3
import sys
import time


def main():
    database, extension, table = sys.argv[1:4]
    first, count, pause_ms, shared = (int(word) for word in sys.argv[4:8])
    noted = os.open(sys.argv[8], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    connection = sqlite3.connect(database, isolation_level=None, timeout=30)
    connection.execute("PRAGMA synchronous=NORMAL")
    connection.enable_load_extension(True)
    connection.load_extension(extension)
    for number in range(count):
        key = first + number
        connection.execute("BEGIN IMMEDIATE")
        connection.execute(f"INSERT INTO {table} VALUES (?, ?)", (key, "x" * (key % 200)))
        if shared:
            connection.execute("UPDATE shared SET value = ? WHERE id = ?", (f"{first}:{number}", key % shared + 1))
        connection.execute("COMMIT")
        os.write(noted, f"{key}\n".encode())
        if pause_ms:
            time.sleep(pause_ms / 1000)


if __name__ == "__main__":
    main()
