"""More queries for tools/difftest by generator: JOIN ... USING and NATURAL, views, window frames, JSON functions over columns, prepared
statements, and writes through joins, in an order, with LIMIT, and upon duplicate keys. The same for the same seed."""
import random

TABLES = """CREATE TABLE dept (dept INT PRIMARY KEY, city VARCHAR(20), budget DECIMAL(10,2), opened DATE) ENGINE=InnoDB
CREATE TABLE emp (id INT PRIMARY KEY, dept INT, city VARCHAR(20), salary DECIMAL(8,2), hired DATE, doc JSON, UNIQUE KEY (dept, city)) ENGINE=InnoDB
CREATE TABLE log (n INT PRIMARY KEY, id INT, city CHAR(6), at DATETIME, v DECIMAL(6,2), w DOUBLE, u INT UNSIGNED) ENGINE=InnoDB
INSERT INTO dept VALUES (1,'Rome',1000.50,'2020-01-31'),(2,'oslo',0,'2021-02-28'),(3,NULL,NULL,NULL),(4,'Bonn',99.99,'2024-02-29')
INSERT INTO emp VALUES (1,1,'ROME',10.5,'2020-02-01','{"a": 1, "name": "Ann", "tags": ["x", "y"]}'),(2,1,'Oslo',2000,'2021-03-01','{"a": 2.5, "name": "bob", "tags": []}'),(3,2,'oslo',0,NULL,NULL),(4,NULL,'Bonn',-3.25,'2024-02-29','[1, 2, 3]'),(5,4,NULL,99.99,'2019-12-31','{"a": null, "name": "ann", "tags": ["X"]}'),(7,9,'rome',NULL,'2020-01-31','"text"')
INSERT INTO log VALUES (1,1,'rome','2024-01-01 10:00:00',1.5,1.5,1),(2,1,'Oslo','2024-01-01 12:30:00',-2.25,2.5,7),(3,2,'bonn','2024-01-02 00:00:00',10,NULL,0),(4,3,NULL,NULL,NULL,1e10,4000000000),(5,8,'x','2023-12-31 23:59:59',1.5,-0.5,NULL),(6,4,'ROME','2024-02-29 00:00:00',100.75,0,3)
CREATE VIEW pay AS SELECT id, dept, salary * 12 AS yearly, hired FROM emp WHERE salary IS NOT NULL
CREATE VIEW by_city (city, people, total) AS SELECT city, COUNT(*), SUM(salary) FROM emp GROUP BY city
CREATE VIEW busy AS SELECT emp.id, dept.city, log.at, log.v FROM emp JOIN dept USING (dept) LEFT JOIN log ON log.id = emp.id"""
COLUMNS = {
    "dept": {"dept": "n", "city": "s", "budget": "n", "opened": "d"},
    "emp": {"id": "n", "dept": "n", "city": "s", "salary": "n", "hired": "d", "doc": "j"},
    "log": {"n": "n", "id": "n", "city": "s", "at": "d", "v": "n", "w": "n", "u": "n"},
    "pay": {"id": "n", "dept": "n", "yearly": "n", "hired": "d"},
    "by_city": {"city": "s", "people": "n", "total": "n"},
    "busy": {"id": "n", "city": "s", "at": "d", "v": "n"},
}
WRITTEN = {"dept": ("budget", "city", "dept"), "emp": ("salary", "city", "id"), "log": ("v", "city", "n")}
NUMBERS = ["0", "1", "2", "3", "10", "-2.25", "99.99", "NULL", "1.5"]
TEXTS = ["'rome'", "'Oslo'", "''", "'b'", "NULL", "'bonn'", "'1'"]
DATES = ["'2024-01-01'", "DATE '2020-01-31'", "'2024-01-01 12:30:00'", "NULL"]
FRAMES = ["", " ROWS 1 PRECEDING", " ROWS BETWEEN 2 PRECEDING AND 1 FOLLOWING", " ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW",
          " RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW", " ROWS BETWEEN CURRENT ROW AND 1 FOLLOWING"]
REACHES = [" RANGE BETWEEN 1 PRECEDING AND 1 FOLLOWING", " RANGE BETWEEN CURRENT ROW AND 10 FOLLOWING"]
REACHES_OF_DECIMALS = [*REACHES, " RANGE BETWEEN 1.75 PRECEDING AND CURRENT ROW", " RANGE BETWEEN 0.5 PRECEDING AND 12.5 FOLLOWING"]
DECIMALS = ("budget", "salary", "v")
UNSIGNED = ("u", "total")  # a sum's digits, and what MariaDB won't subtract from
PATHS = ["'$.a'", "'$.tags[0]'", "'$.name'", "'$.tags'", "'$[1]'", "'$'", "'$.none'"]


class Wide:
    def __init__(self, seed):
        self.random = random.Random(seed)

    def pick(self, choices):
        return self.random.choice(choices)

    def chance(self, percent):
        return self.random.randrange(100) < percent

    # --- values of one row; `scope` is {name as written: kind}
    def of(self, scope, kind):
        names = [name for name, found in scope.items() if found == kind]
        return self.pick(names) if names and self.chance(80) else self.pick({"n": NUMBERS, "s": TEXTS, "d": DATES, "j": ["'[1]'"]}[kind])

    def number(self, scope):
        how = self.random.randrange(12)
        n, s, d = (lambda: self.of(scope, "n")), (lambda: self.of(scope, "s")), (lambda: self.of(scope, "d"))
        if how < 4:
            return n()
        if how < 9:
            return [f"({n()} {self.pick('+-*')} {n()})", f"ROUND({n()}, 1)", f"LENGTH({s()})", f"COALESCE({n()}, {n()})", f"DATEDIFF({d()}, {d()})"][how - 4]
        return [f"IF({self.condition(scope)}, {n()}, {n()})", f"GREATEST({n()}, {n()})", f"NULLIF({n()}, {n()})"][how - 9]

    def text(self, scope):
        s = lambda: self.of(scope, "s")  # noqa: E731
        documents = [name for name, kind in scope.items() if kind == "j"]
        if documents and self.chance(40):
            document = self.pick(documents)
            return self.pick([f"JSON_UNQUOTE(JSON_EXTRACT({document}, {self.pick(PATHS)}))", f"JSON_VALUE({document}, {self.pick(PATHS[:3])})", f"JSON_TYPE({document})",
                              f"JSON_LENGTH({document})", f"JSON_KEYS({document})", f"JSON_CONTAINS({document}, '1')", f"JSON_DEPTH({document})",
                              f"JSON_CONTAINS_PATH({document}, 'one', '$.a', '$[1]')", f"JSON_SEARCH({document}, 'one', 'x')", f"JSON_UNQUOTE(JSON_SET({document}, '$.a', 7))",
                              f"JSON_VALID({document})", f"JSON_OVERLAPS({document}, '[1]')"])
        return self.pick([s, s, s, lambda: f"CONCAT({s()}, {s()})", lambda: f"UPPER({s()})", lambda: f"TRIM({s()})", lambda: f"SUBSTRING({s()}, 2)",
                          lambda: f"IFNULL({s()}, {s()})", lambda: f"REPLACE({s()}, 'o', 0)"])()

    def date(self, scope):
        d = lambda: self.of(scope, "d")  # noqa: E731
        return self.pick([d, d, lambda: f"DATE({d()})", lambda: f"LAST_DAY({d()})", lambda: f"DATE_FORMAT({d()}, '%Y-%m')", lambda: f"{d()} + INTERVAL 1 MONTH",
                          lambda: f"TIMESTAMPDIFF(DAY, {d()}, {d()})"])()

    def value(self, scope):
        return self.pick([self.number, self.number, self.text, self.date])(scope)

    def condition(self, scope, depth=1):
        how = self.random.randrange(9)
        if depth and how < 2:
            return f"({self.condition(scope, 0)} {self.pick(['AND', 'OR'])} {self.condition(scope, 0)})"
        if how == 2:
            return f"{self.of(scope, 's')} LIKE {self.pick([repr('%o%'), repr('r%'), repr('_')])}"
        if how == 3:
            return f"{self.of(scope, 'n')} IS {self.pick(['', 'NOT '])}NULL"
        if how == 4:
            return f"{self.of(scope, 's')} {self.pick(['', 'NOT '])}IN ({self.pick(TEXTS)}, {self.pick(TEXTS)})"
        if how == 5:
            return f"{self.of(scope, 'd')} BETWEEN {self.pick(DATES)} AND {self.pick(DATES)}"
        kind = self.pick("nnsd")
        return f"{self.of(scope, kind)} {self.pick(['=', '<', '>=', '<>', '<=>'])} {self.of(scope, kind)}"

    # --- tables
    def joined(self):
        """(text, {name: kind}, `*` is certain): tables that share columns, and what names without a table are there."""
        names = self.random.sample(sorted(COLUMNS), self.pick([1, 2, 2, 2, 3]))
        text, seen = names[0], dict(COLUMNS[names[0]])
        for name in names[1:]:
            common = [column for column in COLUMNS[name] if column in seen]
            kind = self.pick(["JOIN", "LEFT JOIN", "RIGHT JOIN", "INNER JOIN"])
            if common and self.chance(45):
                text += f" NATURAL {kind} {name}"
            elif common and self.chance(80):
                using = self.random.sample(common, self.random.randrange(1, len(common) + 1))
                text += f" {kind} {name} USING ({', '.join(using)})"
                seen = {column: found for column, found in seen.items() if column not in common or column in using}
                seen.update({column: found for column, found in COLUMNS[name].items() if column not in common or column in using})
                continue
            else:
                text += f" {self.pick(['CROSS JOIN', ','])} {name}"
                seen = {column: found for column, found in seen.items() if column not in common}
                seen.update({column: found for column, found in COLUMNS[name].items() if column not in common})
                break
            seen.update(COLUMNS[name])
        return text, seen

    def query(self):
        text, scope = self.joined()
        where = f" WHERE {self.condition(scope)}" if self.chance(50) else ""
        how = self.random.randrange(10)
        if how < 2:
            return f"SELECT * FROM {text}{where}"
        if how < 4:
            return f"SELECT {self.window(scope)} AS x, {self.value(scope)} AS y FROM {text}{where}"
        if how < 6:
            key = self.pick([name for name, kind in scope.items() if kind in "nsd"] or ["1"])
            items = [self.pick([f"SUM({self.number(scope)})", f"AVG({self.of(scope, 'n')})", f"MIN({self.value(scope)})", f"MAX({self.value(scope)})", "COUNT(*)",
                                f"COUNT(DISTINCT {self.of(scope, 's')})", f"GROUP_CONCAT(DISTINCT {self.of(scope, 's')} ORDER BY 1)"]) for _ in range(2)]
            having = f" HAVING {self.pick(['COUNT(*) > 1', 'x0 IS NOT NULL', 'x1 > 1'])}" if self.chance(30) else ""
            rollup = " WITH ROLLUP" if not where and self.chance(20) else ""
            return f"SELECT {key}, {', '.join(f'{item} AS x{i}' for i, item in enumerate(items))} FROM {text}{where} GROUP BY {key}{rollup}{having}"
        items = [self.value(scope) for _ in range(self.random.randrange(1, 4))]
        end = f" ORDER BY {', '.join(str(i + 1) + self.pick(['', ' DESC']) for i in range(len(items)))}" if self.chance(50) else ""
        return f"SELECT {self.pick(['', 'DISTINCT '])}{', '.join(f'{item} AS x{i}' for i, item in enumerate(items))} FROM {text}{where}{end}"

    def window(self, scope):
        numbers = [name for name, kind in scope.items() if kind == "n" and name not in UNSIGNED]
        plain = [name for name, kind in scope.items() if kind in "nsd"]
        call = self.pick([f"SUM({self.of(scope, 'n')})", "COUNT(*)", f"AVG({self.of(scope, 'n')})", f"MAX({self.of(scope, 'n')})", f"MIN({self.of(scope, 'd')})"])
        if numbers and self.chance(35):
            key = self.pick(numbers)
            return f"{call} OVER (ORDER BY {key}{self.pick(['', ' DESC'])}{self.pick(REACHES_OF_DECIMALS if key in DECIMALS else REACHES)})"
        partition = f"PARTITION BY {self.pick(plain)} " if self.chance(40) else ""
        return f"{call} OVER ({partition}ORDER BY {', '.join(plain)}{self.pick(FRAMES)})"

    # --- prepared
    def prepared(self):
        text, scope = self.joined()
        kinds = [self.pick("nsd") for _ in range(2)]
        values = [self.pick({"n": NUMBERS, "s": TEXTS, "d": DATES[:1] + DATES[2:]}[kind]) for kind in kinds]
        compare = " AND ".join(f"({self.of(scope, kind)} {self.pick(['=', '<', '>=', '<>'])} ? OR ? IS NULL)" for kind in kinds)
        sql = f"SELECT {self.value(scope)} AS x, ? AS y FROM {text} WHERE {compare}"
        using = [values[0]] + [value for value in values for _ in range(2)]
        quoted = sql.replace("'", "''")
        return [f"PREPARE p FROM '{quoted}'", "SET " + ", ".join(f"@p{i} = {value}" for i, value in enumerate(using)),
                "EXECUTE p USING " + ", ".join(f"@p{i}" for i in range(len(using)))]

    # --- writes
    def write(self):
        table = self.pick(sorted(WRITTEN))
        number, word, key = WRITTEN[table]
        scope = COLUMNS[table]
        how = self.random.randrange(8)
        where = f" WHERE {self.condition(scope)}" if self.chance(70) else ""
        order = f" ORDER BY {self.pick(['', word + ', '])}{key}{self.pick(['', ' DESC'])} LIMIT {self.pick('123')}"
        other = self.pick([name for name in COLUMNS if name != table])
        common = [column for column in COLUMNS[other] if column in scope]
        both = {f"{table}.{column}": kind for column, kind in scope.items()} | {f"{other}.{column}": kind for column, kind in COLUMNS[other].items()}
        on = f"USING ({self.pick(common)})" if common and self.chance(60) else f"ON {self.condition(both)}"
        if how == 0:
            text = f"UPDATE {table} SET {number} = {self.number(scope)}, {word} = {self.text(scope)}{where}"
        elif how == 1:
            text = f"UPDATE {table} SET {number} = {self.number(scope)}{where}{order}"
        elif how == 2:
            text = f"UPDATE {table} {self.pick(['JOIN', 'LEFT JOIN'])} {other} {on} SET {table}.{number} = {table}.{number} + 1, {table}.{word} = {self.pick(TEXTS)} WHERE {self.condition(both)}"
        elif how == 3:
            text = f"DELETE FROM {table}{where}{order}"
        elif how == 4:
            text = f"DELETE {table} FROM {table} {self.pick(['JOIN', 'LEFT JOIN'])} {other} {on} WHERE {self.condition(both)}"
        elif how == 5:
            text = (f"INSERT INTO emp (id, dept, city, salary) SELECT n, id, city, v FROM log{f' WHERE {self.condition(COLUMNS[chr(108) + chr(111) + chr(103)])}' if self.chance(50) else ''}"
                    f" ORDER BY n ON DUPLICATE KEY UPDATE salary = {self.pick(['VALUES(salary) + 1', 'salary + 1', 'COALESCE(VALUES(salary), 0) + COALESCE(salary, 0)'])}, city = CONCAT(VALUES(city), '!')")
            table = "emp"
        elif how == 6:
            text = f"REPLACE INTO dept SELECT id, city, salary, hired FROM emp{f' WHERE {self.condition(COLUMNS[chr(101) + chr(109) + chr(112)])}' if self.chance(50) else ''}"
            table = "dept"
        else:
            text = (f"INSERT {self.pick(['', 'IGNORE '])}INTO log (n, id, city, v) VALUES ({self.pick('1789')}, 1, {self.pick(TEXTS)}, {self.pick(NUMBERS)}), "
                    f"({self.pick('2680')}, NULL, {self.pick(TEXTS)}, {self.pick(NUMBERS)})")
            table = "log"
        return ["BEGIN", text, f"SELECT * FROM {table} ORDER BY {WRITTEN[table][2]}", "ROLLBACK"]


def scenes(seed, count):
    wide = Wide(seed)
    statements = TABLES.splitlines()
    while len(statements) < count:
        how = wide.random.randrange(100)
        statements += wide.write() if how < 15 else wide.prepared() if how < 25 else [wide.query()]
    return [(f"wide {seed}", statements)]
