"""Statements for tools/difftest by generator: the same for the same seed. A scene is a list of statements on tables of its own."""
import random

TABLES = """CREATE TABLE a (id INT PRIMARY KEY, i INT, u INT UNSIGNED, b BIGINT, d DECIMAL(10,3), f DOUBLE, c CHAR(8), v VARCHAR(20), t TEXT, dt DATE,
  tm TIME, ts DATETIME(3), y YEAR, e ENUM('red','green','blue'), s SET('x','y','z'), bl VARBINARY(10), ti TINYINT, KEY by_i (i), KEY by_v (v)) ENGINE=InnoDB
CREATE TABLE o (id INT PRIMARY KEY, a_id INT, n INT NOT NULL DEFAULT 7, name VARCHAR(15) NOT NULL DEFAULT 'none', price DECIMAL(8,2), UNIQUE KEY by_name (name, n)) ENGINE=InnoDB"""
A_ROWS = """INSERT INTO a VALUES
 (1,5,5,9000000000,1.5,0.25,'abc','Hello','some text','2024-02-29','10:11:12','2024-02-29 10:11:12.345',2024,'red','x,y',x'00ff',1),
 (2,-3,0,-1,-2.125,-1e10,'ABC','hello','other','1999-12-31','-01:00:00','1999-12-31 23:59:59',1999,'blue','z',x'41',-128),
 (3,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL),
 (4,0,4294967295,0,0,0,'','','','2000-01-01','00:00:00','2000-01-01 00:00:00',2000,'green','',x'',0),
 (5,100,7,123456789012,99999.999,3.14159,'z z','12abc','10%','2024-12-31','838:59:59','2038-01-19 03:14:07.999',2155,'red','x,y,z',x'61626364',127),
 (6,5,5,5,5,5,'5','5','5','2005-05-05','05:05:05','2005-05-05 05:05:05',2005,'blue','y',x'35',5),
 (7,2147483647,1,-9000000000,0.001,1e-5,'under_s','per%cent','a_b','2023-01-31','23:59:59','2023-01-31 12:00:00',1970,'green','x,z',x'7f',10)"""
O_ROWS = """INSERT INTO o VALUES (1,1,1,'one',1.00),(2,1,2,'two',2.50),(3,2,3,'three',NULL),(4,5,4,'four',4.75),(5,9,5,'five',10.00),(6,NULL,6,'six',0.01)"""
NUMBERS = ["0", "1", "-1", "2", "7", "10", "255", "-128", "3.5", "-0.5", "1.005", "123.456", "1e3", "2.5e-3", "9223372036854775807", "18446744073709551615", "NULL", "TRUE",
           "0.1", "99999999.99"]
STRINGS = ["''", "'a'", "'abc'", "'ABC'", "'Hello World'", "'  pad  '", "'12'", "'12abc'", "'1.5e2x'", "'%'", "'a_c'", "'żółć'", "'x,y,z'", "NULL", "'0'", "'-7'", "'aaa'",
           "'it''s'", "'日本'"]
DATES = ["'2024-02-29'", "'2023-12-31 23:59:59'", "'2000-01-01 00:00:00.123456'", "'1999-1-5'", "'20240315'", "20240315", "NULL", "DATE '2024-03-10'",
         "TIMESTAMP '2024-03-10 04:05:06'", "'2024-02-30'", "'nonsense'"]
TIMES = ["'10:11:12'", "'-01:30:00'", "'100:00:00'", "TIME '23:59:50.25'", "'7'", "NULL", "'12:61:00'", "101112"]
NUMERIC_COLUMNS = ["i", "u", "b", "d", "f", "y", "ti", "id"]
TEXT_COLUMNS = ["c", "v", "t", "e", "s"]
DATE_COLUMNS = ["dt", "ts"]
COLUMNS = [*NUMERIC_COLUMNS, *TEXT_COLUMNS, *DATE_COLUMNS, "tm", "bl"]
FUNCTIONS = [
    ("n", "ABS CEILING FLOOR SIGN SQRT EXP LN LOG2 LOG10 SIN COS TAN ATAN DEGREES RADIANS ROUND TRUNCATE0 HEX BIN OCT CRC32 BIT_COUNT CHAR_LENGTH SPACE0 ISNULL"),
    ("nn", "POW MOD ROUND TRUNCATE ATAN2 LOG GREATEST LEAST IFNULL NULLIF COALESCE FORMAT0 CONV0"),
    ("s", "LENGTH CHAR_LENGTH BIT_LENGTH UPPER LOWER REVERSE TRIM LTRIM RTRIM HEX MD5 SHA1 CRC32 QUOTE ASCII ORD SOUNDEX TO_BASE64 ISNULL ABS BIN"),
    ("ss", "CONCAT INSTR LOCATE STRCMP FIND_IN_SET IFNULL NULLIF COALESCE GREATEST LEAST FIELD"),
    ("sn", "LEFT RIGHT REPEAT0 SUBSTRING MID0 CONCAT ELT0"),
    ("snn", "SUBSTRING"),
    ("sns", "LPAD RPAD"),
    ("sss", "REPLACE CONCAT CONCAT_WS FIELD SUBSTRING_INDEX0"),
    ("d", "YEAR MONTH DAY DAYOFWEEK DAYOFYEAR WEEK WEEKDAY QUARTER DAYNAME MONTHNAME LAST_DAY TO_DAYS DATE TIME HOUR MINUTE SECOND MICROSECOND UNIX_TIMESTAMP YEARWEEK"),
    ("dd", "DATEDIFF TIMEDIFF GREATEST LEAST"),
    ("t", "HOUR MINUTE SECOND TIME_TO_SEC MICROSECOND TIME"),
    ("tt", "ADDTIME SUBTIME TIMEDIFF"),
]
UNITS = ["MICROSECOND", "SECOND", "MINUTE", "HOUR", "DAY", "WEEK", "MONTH", "QUARTER", "YEAR"]
COMPARE = ["=", "<>", "<", "<=", ">", ">=", "<=>"]
ARITHMETIC = ["+", "-", "*", "/", "DIV", "MOD", "%", "&", "|", "^", "<<", ">>"]


class Generator:
    def __init__(self, seed):
        self.random = random.Random(seed)

    def pick(self, choices):
        return self.random.choice(choices)

    def of(self, kind):
        return self.pick({"n": NUMBERS, "s": STRINGS, "d": DATES, "t": TIMES}[kind])

    def literal(self):
        return self.of(self.pick("nnssdt"))

    def call(self):
        kinds, names = self.pick(FUNCTIONS)
        name = self.pick(names.split())
        arguments = [self.of(kind) for kind in kinds]
        if name in ("CONV0", "FORMAT0", "REPEAT0", "SPACE0", "MID0", "ELT0", "TRUNCATE0", "SUBSTRING_INDEX0"):
            number = str(self.random.randint(0, 6))
            name, arguments = {
                "CONV0": ("CONV", [arguments[0], "10", self.pick(["2", "16", "36", "8"])]), "FORMAT0": ("FORMAT", [arguments[0], number]),
                "REPEAT0": ("REPEAT", [arguments[0], number]), "SPACE0": ("SPACE", [number]),
                "MID0": ("MID", [arguments[0], number, "2"]), "ELT0": ("ELT", [number, arguments[0], "'two'", "'three'"]),
                "TRUNCATE0": ("TRUNCATE", [arguments[0], number]), "SUBSTRING_INDEX0": ("SUBSTRING_INDEX", ["'www.mysql.com'", "'.'", self.pick(["1", "-1", "2", "0"])]),
            }[name]
        if name in ("LPAD", "RPAD", "LEFT", "RIGHT"):
            arguments[1] = str(self.random.randint(-1, 12))
        return f"{name}({', '.join(arguments)})"

    def expression(self):
        kind = self.random.randrange(12)
        if kind < 5:
            return self.call()
        if kind == 5:
            return f"{self.of('n')} {self.pick(ARITHMETIC)} {self.of('n')}"
        if kind == 6:
            return f"{self.literal()} {self.pick(COMPARE)} {self.literal()}"
        if kind == 7:
            return f"{self.of('s')} {self.pick(['LIKE', 'NOT LIKE'])} {self.pick([chr(39) + each + chr(39) for each in ('a%', '%c', '_bc', '%', 'A%', '1_%', '')])}"
        if kind == 8:
            return f"CAST({self.literal()} AS {self.pick(['SIGNED', 'UNSIGNED', 'CHAR', 'CHAR(2)', 'DECIMAL(8,2)', 'DATE', 'DATETIME', 'TIME', 'DOUBLE', 'BINARY'])})"
        if kind == 9:
            return f"{self.pick(['DATE_ADD', 'DATE_SUB'])}({self.of('d')}, INTERVAL {self.random.randint(-40, 400)} {self.pick(UNITS)})"
        if kind == 10:
            return f"CASE WHEN {self.literal()} {self.pick(COMPARE)} {self.literal()} THEN {self.literal()} ELSE {self.literal()} END"
        return f"{self.of('n')} {self.pick(['BETWEEN', 'NOT BETWEEN'])} {self.of('n')} AND {self.of('n')}"

    # -- over the tables

    def value(self):
        kind = self.random.randrange(6)
        if kind < 3:
            return self.pick(COLUMNS)
        if kind == 3:
            return f"{self.pick(NUMERIC_COLUMNS)} {self.pick(['+', '-', '*', '/', '%', 'DIV'])} {self.pick([*NUMERIC_COLUMNS, '2', '0.5'])}"
        if kind == 4:
            return f"{self.pick(['UPPER', 'LENGTH', 'REVERSE', 'HEX'])}({self.pick(TEXT_COLUMNS)})"
        return f"{self.pick(['YEAR', 'DAYOFYEAR', 'DATE', 'TO_DAYS'])}({self.pick(DATE_COLUMNS)})"

    def condition(self, depth=0):
        kind = self.random.randrange(10)
        if kind < 3:
            return f"{self.pick(NUMERIC_COLUMNS)} {self.pick(COMPARE)} {self.pick([*NUMBERS, *NUMERIC_COLUMNS])}"
        if kind == 3:
            return f"{self.pick(TEXT_COLUMNS)} {self.pick(COMPARE)} {self.pick([*STRINGS, *TEXT_COLUMNS, '5', '0'])}"
        if kind == 4:
            return f"{self.pick(COLUMNS)} IS {self.pick(['', 'NOT '])}NULL"
        if kind == 5:
            return f"{self.pick(['c', 'v', 't'])} LIKE {self.pick([chr(39) + each + chr(39) for each in ('h%', '%L%', '%|%%', 'a', '_____', '%5%')])}"
        if kind == 6:
            return f"{self.pick(NUMERIC_COLUMNS)} IN ({', '.join(self.pick(NUMBERS) for _ in range(3))})"
        if kind == 7 and depth < 2:
            return f"({self.condition(depth + 1)} {self.pick(['AND', 'OR', 'XOR'])} {self.condition(depth + 1)})"
        if kind == 8:
            return f"id {self.pick(['IN', 'NOT IN'])} (SELECT a_id FROM o WHERE {self.pick(['n > 1', 'price IS NOT NULL', 'a_id IS NOT NULL', '1 = 0'])})"
        return f"{self.pick(DATE_COLUMNS)} {self.pick(COMPARE)} {self.pick(DATES)}"

    def query(self):
        kind = self.random.randrange(11)
        if kind < 4:
            items = ", ".join(self.value() for _ in range(self.random.randint(1, 4)))
            return f"SELECT id, {items} FROM a WHERE {self.condition()} ORDER BY {self.pick(['id', 'id DESC'])}{self.pick(['', '', ' LIMIT 3', ' LIMIT 2, 3'])}"
        if kind == 4:
            aggregate = self.pick(["COUNT(*)", "COUNT({})", "SUM({})", "AVG({})", "MIN({})", "MAX({})", "COUNT(DISTINCT {})", "GROUP_CONCAT({} ORDER BY id)",
                                   "BIT_OR({})", "STD({})"]).format(self.pick([*NUMERIC_COLUMNS, "c", "v"]))
            return f"SELECT e, {aggregate} AS x FROM a GROUP BY e{self.pick(['', ' HAVING COUNT(*) > 1', ' WITH ROLLUP', ' ORDER BY e'])}"
        if kind == 5:
            join = self.pick(["JOIN", "LEFT JOIN", "RIGHT JOIN", "INNER JOIN"])
            return f"SELECT a.id, o.id, {self.pick(['name', 'price', 'v', 'i + n'])} FROM a {join} o ON a.id = o.a_id WHERE {self.pick(['1', 'n > 2', 'price > 1', 'a.i = 5'])} ORDER BY a.id, o.id"
        if kind == 6:
            return f"SELECT {self.pick(['id', 'i', 'v'])} AS x FROM a WHERE {self.condition()} {self.pick(['UNION', 'UNION ALL', 'EXCEPT', 'INTERSECT'])} SELECT {self.pick(['n', 'name', 'a_id'])} FROM o ORDER BY x LIMIT 20"
        if kind == 7:
            window = self.pick(["ROW_NUMBER()", "RANK()", "DENSE_RANK()", "SUM(i)", "COUNT(*)", "LAG(i)", "LEAD(v)", "FIRST_VALUE(id)", "NTILE(2)"])
            return f"SELECT id, {window} OVER ({self.pick(['', 'PARTITION BY e '])}ORDER BY id) AS w FROM a ORDER BY id"
        if kind == 8:
            return f"SELECT {self.pick(['DISTINCT ', ''])}{self.pick(TEXT_COLUMNS)} AS x FROM a ORDER BY x, id" if self.random.random() < 0.3 else \
                f"SELECT id, (SELECT {self.pick(['COUNT(*)', 'MAX(n)', 'SUM(price)'])} FROM o WHERE o.a_id = a.id) AS x FROM a WHERE {self.condition()} ORDER BY id"
        if kind == 9:
            return f"WITH w AS (SELECT id, {self.pick(NUMERIC_COLUMNS)} AS x FROM a WHERE {self.condition()}) SELECT COUNT(*), SUM(x), MIN(x) FROM w"
        return f"SELECT {self.pick(['EXISTS', 'NOT EXISTS'])} (SELECT 1 FROM a WHERE {self.condition()}) AS x"

    def write(self):
        kind = self.random.randrange(9)
        number = self.random.randint(1, 12)
        column = self.pick([each for each in COLUMNS if each != "id"])
        if kind < 3:
            return f"INSERT INTO a (id, {column}) VALUES ({number}, {self.literal()})"
        if kind == 3:
            return f"UPDATE a SET {column} = {self.pick([self.literal(), self.value()])} WHERE {self.pick(['id = ' + str(number), self.condition()])}"
        if kind == 4:
            return f"DELETE FROM a WHERE {self.pick(['id = ' + str(number), self.condition() + ' LIMIT 1'])}" if self.random.random() < 0.4 else \
                f"REPLACE INTO o VALUES ({number}, 1, {number % 4}, 'n{number % 5}', {self.of('n')})"
        if kind == 5:
            return f"INSERT INTO o (id, n, name) VALUES ({number}, {number}, 'n{number}') ON DUPLICATE KEY UPDATE {self.pick(['n = n + 1', 'name = CONCAT(name, id)', 'price = VALUES(n) * 1.5'])}"
        if kind == 6:
            return f"INSERT IGNORE INTO o (id, a_id, name, price) VALUES ({number}, {self.of('n')}, 'i{number}', {self.of('n')})"
        if kind == 7:
            return f"INSERT INTO o (id, a_id, name) SELECT id + 20, id, {self.pick(['v', 'CONCAT(id, c)', 'NULL', 'COALESCE(v, id)'])} FROM a WHERE {self.condition()}"
        return f"UPDATE o SET price = {self.of('n')}, n = n + {self.of('n')} ORDER BY id LIMIT 1"

    # -- scenes

    def expressions(self, count):
        return [f"SELECT {self.expression()} AS x" for _ in range(count)]

    def queries(self, count):
        return [*TABLES.split("\nCREATE"), A_ROWS, O_ROWS, *(self.query() for _ in range(count))]

    def writes(self, count):
        found = [*TABLES.split("\nCREATE"), A_ROWS, O_ROWS]
        for _ in range(count):
            statement = self.write()
            table = "o" if " o " in statement or " o(" in statement else "a"
            found += [statement, f"SELECT * FROM {table} ORDER BY id"]
        return found


def fixed(statements):
    return [("CREATE" + each if each.startswith(" TABLE") else each) for each in statements]


def scenes(seed=1, count=5500):
    """Names and statements, `count` in all or a little more."""
    made, number = [], 0
    while sum(len(statements) for _, statements in made) < count:
        generator = Generator(seed * 1000 + number)
        kind = ("expressions", "queries", "expressions", "writes")[number % 4]
        statements = {"expressions": lambda g: g.expressions(60), "queries": lambda g: g.queries(60), "writes": lambda g: g.writes(25)}[kind](generator)
        made.append((f"{kind} {number}", fixed(statements)))
        number += 1
    return made
