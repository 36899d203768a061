"""Host test: Python's sqlite3 module. Arguments: database, extension, file with one statement a line."""
import json
import sqlite3
import sys

path, extension, workload = sys.argv[1:]
db = sqlite3.connect(path, isolation_level=None)
db.enable_load_extension(True)
db.load_extension(extension)
db.execute("SELECT murmel_enable()").fetchall()
errors = 0
for statement in open(workload, encoding="utf-8"):
    try:
        db.execute(statement).fetchall()
    except sqlite3.Error:
        errors += 1
status = json.loads(db.execute("SELECT murmel_status()").fetchone()[0])
db.close()
print(json.dumps({"errors": errors, "status": status}))
