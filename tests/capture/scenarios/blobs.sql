-- Incremental blob writes: SQLite reports them as a delete without the new image.

--- scenario blob_write: bytes written in place
--- limit trigger replay: sqlite3_blob_write fires no trigger
--- limit trigger extension: as above
CREATE TABLE t(id INTEGER PRIMARY KEY, b BLOB, c);
INSERT INTO t VALUES(1, zeroblob(8), 'x'), (2, x'0102030405', 'y');
--- run
--- blob_write t b 1 2 414243
--- blob_write t b 2 0 ff
--- transactions 2

--- scenario blob_write_in_transaction: beside other changes of the same row
--- limit trigger replay: as below, for the row that no other change follows
--- limit trigger before: sqlite3_blob_write fires no trigger
CREATE TABLE t(id INTEGER PRIMARY KEY, b BLOB, c);
INSERT INTO t VALUES(1, zeroblob(8), 'x');
--- run
BEGIN;
UPDATE t SET c = 'before' WHERE id = 1;
--- blob_write t b 1 0 41
--- blob_write t b 1 7 5a
UPDATE t SET c = 'after' WHERE id = 1;
INSERT INTO t VALUES(2, zeroblob(3), 'new');
--- blob_write t b 2 1 42
COMMIT;
--- transactions 1

--- scenario blob_write_rolled_back: a write that is taken back
CREATE TABLE t(id INTEGER PRIMARY KEY, b BLOB);
INSERT INTO t VALUES(1, zeroblob(8));
--- run
BEGIN;
SAVEPOINT s;
--- blob_write t b 1 0 41
ROLLBACK TO s;
INSERT INTO t VALUES(2, x'');
COMMIT;

--- scenario blob_write_text: a text column, and a table without a primary key
--- limit trigger before: sqlite3_blob_write fires no trigger
--- limit trigger replay: the old image, by which such a row is found, is not that of the copy
CREATE TABLE t(a TEXT, n);
INSERT INTO t VALUES('hello', 1), ('world', 2);
--- run
--- blob_write t a 1 0 48
--- blob_write t a 2 4 44
UPDATE t SET n = n + 1;

--- scenario blob_written_then_deleted: the row goes in the same transaction
CREATE TABLE t(id INTEGER PRIMARY KEY, b BLOB);
INSERT INTO t VALUES(1, zeroblob(4)), (2, zeroblob(4));
--- limit trigger before: sqlite3_blob_write fires no trigger
--- run
BEGIN;
--- blob_write t b 1 0 41
DELETE FROM t WHERE id = 1;
COMMIT;
