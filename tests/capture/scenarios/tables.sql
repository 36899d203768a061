-- Kinds of tables and keys.

--- scenario without_rowid: a primary key is the table
CREATE TABLE t(a TEXT, b INT, c, PRIMARY KEY(b, a)) WITHOUT ROWID;
INSERT INTO t VALUES('x', 1, 'base');
--- run
INSERT INTO t VALUES('y', 1, 'new'), ('x', 2, NULL);
UPDATE t SET c = 'changed' WHERE a = 'x';
DELETE FROM t WHERE b = 2;
UPDATE t SET a = 'moved', b = 9 WHERE a = 'y';
--- transactions 4

--- scenario no_primary_key: rows are found by their whole image
CREATE TABLE t(a, b);
INSERT INTO t VALUES(1, 'x'), (1, 'x'), (2, 'y');
--- run
INSERT INTO t VALUES(1, 'x'), (3, NULL);
DELETE FROM t WHERE rowid = 2;
UPDATE t SET b = 'z' WHERE a = 3;
UPDATE t SET rowid = 50 WHERE a = 2;
DELETE FROM t WHERE a = 2;
--- transactions 5

--- scenario no_primary_key_named_rowid: columns that hide the names of the rowid
CREATE TABLE t(rowid TEXT, oid TEXT, _rowid_ TEXT, a);
CREATE TABLE u(rowid TEXT, a);
INSERT INTO t VALUES('r', 'o', 'u', 1);
INSERT INTO u VALUES('r', 1);
--- run
INSERT INTO t VALUES('r2', 'o2', 'u2', 2);
UPDATE t SET a = a + 1;
DELETE FROM t WHERE a = 2;
INSERT INTO u VALUES('r', 1);
UPDATE u SET a = 5 WHERE _rowid_ = 1;
DELETE FROM u WHERE a = 1;

--- scenario primary_key_change: an update of the key
CREATE TABLE t(id INTEGER PRIMARY KEY, a);
CREATE TABLE k(k TEXT PRIMARY KEY, a);
INSERT INTO t VALUES(1, 'a'), (2, 'b'), (3, 'c');
INSERT INTO k VALUES('one', 1), ('two', 2);
--- run
UPDATE t SET id = 10 WHERE id = 1;
UPDATE t SET id = -id;
UPDATE k SET k = k || '!', a = a + 1;
BEGIN;
UPDATE k SET k = 'tmp' WHERE k = 'one!';
UPDATE k SET k = 'one!' WHERE k = 'two!';
UPDATE k SET k = 'two!' WHERE k = 'tmp';
COMMIT;
--- transactions 4

--- scenario null_in_primary_key: SQLite lets NULL into a key that is not INTEGER
CREATE TABLE t(a TEXT, b TEXT, c, PRIMARY KEY(a, b));
INSERT INTO t VALUES(NULL, 'x', 1), (NULL, 'x', 2);
--- run
INSERT INTO t VALUES(NULL, 'x', 3), ('k', NULL, 4);
UPDATE t SET c = 20 WHERE c = 2;
DELETE FROM t WHERE c = 1;
UPDATE t SET a = 'now' WHERE c = 3;
--- transactions 4

--- scenario autoincrement: ids are never used again
CREATE TABLE t(id INTEGER PRIMARY KEY AUTOINCREMENT, a);
INSERT INTO t(a) VALUES('base');
--- run
INSERT INTO t(a) VALUES('x'), ('y');
DELETE FROM t WHERE id = 3;
INSERT INTO t(a) VALUES('z');
SELECT * FROM sqlite_sequence;
--- transactions 3

--- scenario rowid_alias_forms: INTEGER PRIMARY KEY and what only looks like it
CREATE TABLE a(x, id INTEGER PRIMARY KEY DESC);
CREATE TABLE b(x, id INT PRIMARY KEY);
CREATE TABLE c(x, id INTEGER, PRIMARY KEY(id DESC));
--- run
INSERT INTO a(x) VALUES('no id');
INSERT INTO b(x) VALUES('no id');
INSERT INTO c(x) VALUES('no id');
INSERT INTO a VALUES('id', 7);
INSERT INTO b VALUES('id', 7);
INSERT INTO c VALUES('id', 7);
UPDATE a SET x = 'changed';
UPDATE b SET x = 'changed';
UPDATE c SET x = 'changed';

--- scenario rowid_edges: the smallest and the largest rowid
CREATE TABLE t(id INTEGER PRIMARY KEY, a);
--- run
INSERT INTO t VALUES(9223372036854775807, 'max'), (-9223372036854775808, 'min'), (0, 'zero'), (-1, 'minus');
UPDATE t SET a = a || '!';
DELETE FROM t WHERE id < 0;
DELETE FROM t WHERE id NOT IN (0, 9223372036854775807);

--- scenario generated_columns: virtual and stored columns are not captured but come out right
CREATE TABLE t(id INTEGER PRIMARY KEY, v AS (a * 2) VIRTUAL, a INT, s TEXT AS ('<' || b || '>') STORED, b TEXT, w AS (length(b)), r REAL);
INSERT INTO t(id, a, b, r) VALUES(1, 1, 'base', 1.0);
--- run
INSERT INTO t(id, a, b, r) VALUES(2, 5, 'x', 5.0), (3, NULL, NULL, NULL);
UPDATE t SET a = a + 1, r = 7;
UPDATE t SET b = 'changed' WHERE id = 2;
DELETE FROM t WHERE id = 1;
SELECT * FROM t;
--- transactions 4

--- scenario generated_in_key: a stored generated column with a unique index
--- limit trigger replay: a row that is evicted through this kind of index is not seen
CREATE TABLE t(id INTEGER PRIMARY KEY, a TEXT, low TEXT AS (lower(a)) STORED UNIQUE);
INSERT INTO t(id, a) VALUES(1, 'A');
--- run
INSERT INTO t(id, a) VALUES(2, 'B');
REPLACE INTO t(id, a) VALUES(3, 'a');
--- transactions 2

--- scenario strict: STRICT tables
CREATE TABLE t(id INTEGER PRIMARY KEY, i INT, r REAL, x TEXT, b BLOB, n ANY) STRICT;
--- run
INSERT INTO t VALUES(1, 1, 1, 'x', x'00', 1), (2, -1, 2.5, '', x'', 'text'), (3, NULL, 5, NULL, NULL, 5.0);
UPDATE t SET n = x'ff', r = 10 WHERE id = 1;
INSERT INTO t VALUES(4, 'not a number', 1, 1, 1, 1);
DELETE FROM t WHERE id = 2;
--- transactions 3

--- scenario strict_without_rowid: both at once
CREATE TABLE t(k REAL PRIMARY KEY, v ANY) STRICT, WITHOUT ROWID;
--- run
INSERT INTO t VALUES(1, 1), (2.5, 2.0), (-0.0, 'zero');
UPDATE t SET k = k * 2;
DELETE FROM t WHERE k = 5;

--- scenario temp_tables: temporary tables are not captured
CREATE TABLE t(id INTEGER PRIMARY KEY, a);
--- run
CREATE TEMP TABLE tmp(id INTEGER PRIMARY KEY, a);
INSERT INTO tmp VALUES(1, 'x');
BEGIN;
INSERT INTO tmp VALUES(2, 'y');
UPDATE tmp SET a = 'z';
COMMIT;
INSERT INTO t SELECT * FROM tmp;
DROP TABLE tmp;
--- transactions 1

--- scenario temp_table_hides_main: a TEMP table with the name of a captured one
CREATE TABLE t(id INTEGER PRIMARY KEY, a);
--- run
CREATE TEMP TABLE t(x, y, z);
INSERT INTO t VALUES(1, 2, 3);
INSERT INTO main.t VALUES(1, 'captured');
DROP TABLE temp.t;
INSERT INTO t VALUES(2, 'captured');
--- transactions 2

--- scenario wide_table: more columns than a function may have arguments
CREATE TABLE t(id INTEGER PRIMARY KEY,c1,c2,c3,c4,c5,c6,c7,c8,c9,c10,c11,c12,c13,c14,c15,c16,c17,c18,c19,c20,c21,c22,c23,c24,c25,c26,c27,c28,c29,c30,c31,c32,c33,c34,c35,c36,c37,c38,c39,c40,c41,c42,c43,c44,c45,c46,c47,c48,c49,c50,c51,c52,c53,c54,c55,c56,c57,c58,c59,c60,c61,c62,c63,c64,c65,c66,c67,c68,c69,c70,c71,c72,c73,c74,c75,c76,c77,c78,c79,c80,c81,c82,c83,c84,c85,c86,c87,c88,c89,c90,c91,c92,c93,c94,c95,c96,c97,c98,c99,c100,c101,c102,c103,c104,c105,c106,c107,c108,c109,c110,c111,c112,c113,c114,c115,c116,c117,c118,c119,c120,c121,c122,c123,c124,c125,c126,c127,c128,c129,c130,c131,c132,c133,c134,c135,c136,c137,c138,c139,c140);
INSERT INTO t(id, c1, c140) VALUES(1, 'first', 'last');
--- run
INSERT INTO t(id, c2, c139) VALUES(2, 'a', 'b');
UPDATE t SET c140 = 'changed', c70 = 7.5;
DELETE FROM t WHERE id = 1;
--- transactions 3

--- scenario hostile_names: quotes, spaces, keywords, newlines and other letters in names
CREATE TABLE "a ""quoted"" table"("select" INTEGER PRIMARY KEY, "it's" TEXT, "a ""b""", [c d], `e f`);
CREATE TABLE "table"("order" TEXT PRIMARY KEY, "group" INT);
CREATE TABLE "Größe'); DROP TABLE x; --"("键" INTEGER PRIMARY KEY, "значение");
CREATE TABLE ""("" INTEGER PRIMARY KEY, a);
CREATE TABLE "two
lines"("x
y" INTEGER PRIMARY KEY, b);
INSERT INTO "table" VALUES('base', 1);
--- run
INSERT INTO "a ""quoted"" table" VALUES(1, 'x', 'y', 'z', 'w');
UPDATE "a ""quoted"" table" SET "it's" = 'changed', [c d] = NULL;
INSERT OR REPLACE INTO "table" VALUES('base', 2);
DELETE FROM "table";
INSERT INTO "Größe'); DROP TABLE x; --" VALUES(1, 'ü');
UPDATE "Größe'); DROP TABLE x; --" SET "键" = 2;
INSERT INTO "" VALUES(1, 'no name');
INSERT INTO "two
lines" VALUES(1, 'x');
--- transactions 8

--- scenario case_of_names: statements may write names in other letters
CREATE TABLE MixedCase(Id INTEGER PRIMARY KEY, Value);
--- run
INSERT INTO mixedcase(ID, VALUE) VALUES(1, 'x');
UPDATE MIXEDCASE SET value = 'y';
--- transactions 2

--- scenario names_like_ours: an application's tables may begin with murmel
CREATE TABLE murmel(id INTEGER PRIMARY KEY, a);
CREATE TABLE _murmel_x(id INTEGER PRIMARY KEY, a);
--- run
INSERT INTO murmel VALUES(1, 'x');
INSERT INTO _murmel_x VALUES(1, 'x');
--- transactions 2

--- scenario custom_collation_key: keys that are equal although their bytes differ
CREATE TABLE t(k TEXT PRIMARY KEY COLLATE NOCASE, a) WITHOUT ROWID;
CREATE TABLE r(k TEXT PRIMARY KEY COLLATE RTRIM, a);
INSERT INTO t VALUES('Key', 1);
INSERT INTO r VALUES('key  ', 1);
--- run
UPDATE t SET k = 'KEY' WHERE k = 'key';
UPDATE r SET k = 'key' WHERE k = 'key';
INSERT INTO t VALUES('key', 2) ON CONFLICT DO UPDATE SET a = excluded.a;
DELETE FROM t WHERE k = 'kEy';
--- transactions 4

--- scenario index_changes_nothing: indexes of all kinds beside the rows
CREATE TABLE t(id INTEGER PRIMARY KEY, a, b);
CREATE INDEX i1 ON t(a, b DESC);
CREATE INDEX i2 ON t(a || b) WHERE a > 0;
--- run
INSERT INTO t VALUES(1, 1, 'x'), (2, -1, 'y');
UPDATE t SET a = -a;
REINDEX;
DELETE FROM t WHERE a < 0;
--- transactions 3
