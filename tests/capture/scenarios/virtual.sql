-- Virtual tables and their shadow tables.

--- scenario fts5: a full-text table of its own content
CREATE VIRTUAL TABLE f USING fts5(title, body);
INSERT INTO f VALUES('base', 'row one');
--- run
INSERT INTO f VALUES('hello', 'quick brown fox'), ('again', 'lazy dog');
UPDATE f SET body = 'quick red fox' WHERE title = 'hello';
DELETE FROM f WHERE title = 'again';
INSERT INTO f(rowid, title, body) VALUES(50, 'far', 'away fox');
SELECT title FROM f WHERE f MATCH 'fox' ORDER BY rowid;

--- scenario fts5_rollback: a full-text table whose changes are rolled back
CREATE VIRTUAL TABLE f USING fts5(body);
CREATE TABLE t(id INTEGER PRIMARY KEY, a);
--- run
BEGIN;
INSERT INTO f VALUES('gone');
INSERT INTO t VALUES(1, 'gone');
ROLLBACK;
BEGIN;
INSERT INTO t VALUES(1, 'stays');
SAVEPOINT s;
INSERT INTO f VALUES('gone');
INSERT INTO t VALUES(2, 'gone');
ROLLBACK TO s;
INSERT INTO f VALUES('stays');
COMMIT;
SELECT * FROM f;

--- scenario fts5_external_content: triggers of the application keep an index over a table
CREATE TABLE docs(id INTEGER PRIMARY KEY, body);
CREATE VIRTUAL TABLE f USING fts5(body, content='docs', content_rowid='id');
CREATE TRIGGER ai AFTER INSERT ON docs BEGIN INSERT INTO f(rowid, body) VALUES(new.id, new.body); END;
CREATE TRIGGER ad AFTER DELETE ON docs BEGIN INSERT INTO f(f, rowid, body) VALUES('delete', old.id, old.body); END;
CREATE TRIGGER au AFTER UPDATE ON docs BEGIN INSERT INTO f(f, rowid, body) VALUES('delete', old.id, old.body); INSERT INTO f(rowid, body) VALUES(new.id, new.body); END;
--- run
INSERT INTO docs VALUES(1, 'quick fox'), (2, 'lazy dog');
UPDATE docs SET body = 'slow fox' WHERE id = 1;
DELETE FROM docs WHERE id = 2;
SELECT rowid FROM f WHERE f MATCH 'fox';

--- scenario fts4: the older full-text module
CREATE VIRTUAL TABLE f USING fts4(title, body);
--- run
INSERT INTO f VALUES('hello', 'quick brown fox'), ('again', 'lazy dog');
UPDATE f SET body = 'red fox' WHERE title = 'hello';
DELETE FROM f WHERE title = 'again';
SELECT title FROM f WHERE f MATCH 'fox';

--- scenario fts5_savepoint_in_first_statement: many full-text rows in the transaction that enlists us
CREATE VIRTUAL TABLE f USING fts5(body);
CREATE TABLE t(id INTEGER PRIMARY KEY, a UNIQUE);
--- run
BEGIN;
INSERT INTO f VALUES('one'), ('two'), ('three');
INSERT INTO t VALUES(1, 'x'), (2, 'y');
INSERT INTO t VALUES(3, 'z'), (4, 'x');
INSERT INTO f SELECT body || ' more' FROM f;
DELETE FROM t WHERE id = 1;
COMMIT;
SELECT count(*) FROM f WHERE f MATCH 'more';

--- scenario rtree: index of boxes beside a table
CREATE VIRTUAL TABLE r USING rtree(id, x0, x1);
CREATE TABLE t(id INTEGER PRIMARY KEY, a);
--- run
INSERT INTO r VALUES(1, 0, 10), (2, 5, 15);
INSERT INTO t VALUES(1, 'x');
UPDATE r SET x1 = 20 WHERE id = 1;
DELETE FROM r WHERE id = 2;
SELECT id FROM r WHERE x1 > 10;

--- scenario virtual_named_in_status: what is not captured is named
CREATE TABLE t(id INTEGER PRIMARY KEY, a);
CREATE VIRTUAL TABLE boxes USING rtree(id, x0, x1);
--- run
INSERT INTO t VALUES(1, 'x');
--- status boxes

--- scenario virtual_created_later: a virtual table made while capture runs
CREATE TABLE t(id INTEGER PRIMARY KEY, a);
--- run
CREATE VIRTUAL TABLE f USING fts5(body);
INSERT INTO f VALUES('hello');
INSERT INTO t VALUES(1, 'x');
--- extension SELECT murmel_enable()
INSERT INTO f VALUES('again');
SELECT * FROM f;
DROP TABLE f;
INSERT INTO t VALUES(2, 'y');
