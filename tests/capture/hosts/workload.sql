INSERT INTO t(a, b) VALUES('x', 1.5), ('y', 2), ('z', NULL)
UPDATE t SET a = a || '!', b = 5 WHERE id <= 2
BEGIN
INSERT INTO t(a, b) VALUES('in a transaction', 1e300)
INSERT INTO w VALUES('k', X'00FF'), ('l', 9223372036854775807)
SAVEPOINT s
DELETE FROM t
ROLLBACK TO s
COMMIT
REPLACE INTO t(id, a) VALUES(1, 'evicts')
REPLACE INTO w VALUES('k', 'evicts')
INSERT INTO t(id, a) VALUES(1, 'upsert') ON CONFLICT(id) DO UPDATE SET a = excluded.a
INSERT INTO t(id, a) VALUES(1, 'this fails')
BEGIN
INSERT INTO t(a) VALUES('is rolled back')
ROLLBACK
DELETE FROM t WHERE id = 2
CREATE TABLE later(id INTEGER PRIMARY KEY, a)
SELECT murmel_enable()
INSERT INTO later VALUES(1, 'a table made later')
DELETE FROM w
