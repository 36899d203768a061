-- Attached databases: one log per file.

--- scenario attach_not_enabled: an attached file without a log is left alone
CREATE TABLE t(id INTEGER PRIMARY KEY, a);
--- run
ATTACH ':memory:' AS aux;
CREATE TABLE aux.x(id INTEGER PRIMARY KEY, a);
INSERT INTO aux.x VALUES(1, 'x');
BEGIN;
INSERT INTO t VALUES(1, 'x');
INSERT INTO aux.x VALUES(2, 'y');
COMMIT;
DETACH aux;
INSERT INTO t VALUES(2, 'y');
--- transactions 2

--- scenario attach_enabled: each file gets the rows that are its own
--- option aux
CREATE TABLE t(id INTEGER PRIMARY KEY, a);
ATTACH '{path}.aux' AS aux;
CREATE TABLE aux.t(k TEXT PRIMARY KEY, b);
CREATE TABLE aux.only_there(id INTEGER PRIMARY KEY, b);
--- run
ATTACH '{path}.aux' AS aux;
INSERT INTO t VALUES(1, 'main');
INSERT INTO aux.t VALUES('k', 'aux');
BEGIN;
INSERT INTO t VALUES(2, 'both');
INSERT INTO aux.only_there VALUES(1, 'both');
UPDATE aux.t SET b = 'both';
COMMIT;
BEGIN;
INSERT INTO aux.t VALUES('gone', 1);
INSERT INTO t VALUES(3, 'gone');
ROLLBACK;
SAVEPOINT s;
INSERT INTO aux.t VALUES('l', 1);
SAVEPOINT r;
INSERT INTO t VALUES(4, 'gone');
INSERT INTO aux.t VALUES('m', 1);
ROLLBACK TO r;
RELEASE s;
--- transactions 2

--- scenario attach_detach_again: a file that comes and goes under other names
--- option aux
CREATE TABLE t(id INTEGER PRIMARY KEY, a);
ATTACH '{path}.aux' AS aux;
CREATE TABLE aux.x(id INTEGER PRIMARY KEY, b);
--- run
ATTACH '{path}.aux' AS one;
INSERT INTO one.x VALUES(1, 'as one');
DETACH one;
ATTACH '{path}.aux' AS two;
INSERT INTO two.x VALUES(2, 'as two');
ATTACH ':memory:' AS one;
CREATE TABLE one.x(id INTEGER PRIMARY KEY, b);
INSERT INTO one.x VALUES(9, 'elsewhere');
DETACH two;
DETACH one;
INSERT INTO t VALUES(1, 'x');
--- transactions 1
