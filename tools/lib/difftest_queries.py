"""Queries for tools/difftest by generator: joins, subqueries, groups, windows, unions and WITH over four tables, and writes that are made
of them. The same for the same seed; rows come in an order that the query says, or in any."""
import random

TABLES = """CREATE TABLE customer (id INT PRIMARY KEY, name VARCHAR(20) NOT NULL, city VARCHAR(20), score DECIMAL(6,2), since DATE) ENGINE=InnoDB
CREATE TABLE orders (id INT PRIMARY KEY, customer_id INT, status ENUM('new','paid','sent') NOT NULL, total DECIMAL(8,2), placed DATETIME, KEY by_customer (customer_id)) ENGINE=InnoDB
CREATE TABLE item (order_id INT, line INT, code CHAR(4), amount INT, price DOUBLE, PRIMARY KEY (order_id, line)) ENGINE=InnoDB
CREATE TABLE product (code CHAR(4) PRIMARY KEY, title VARCHAR(30), price DECIMAL(6,2), stock BIGINT UNSIGNED) ENGINE=InnoDB
INSERT INTO customer VALUES (1,'Anna','Rome',10.5,'2020-01-31'),(2,'Bert','Oslo',NULL,'2021-02-28'),(3,'Cleo',NULL,-3.25,NULL),(4,'Dora','Rome',99,'2019-12-31'),(5,'Emil','Bonn',0,'2024-02-29')
INSERT INTO orders VALUES (10,1,'new',12.5,'2024-01-01 10:00:00'),(11,1,'paid',7,'2024-01-02 00:00:00'),(12,2,'sent',NULL,NULL),(13,4,'paid',100.25,'2023-12-31 23:59:59'),(14,NULL,'new',1,'2024-03-01 12:00:00'),(15,4,'sent',7,'2024-01-02 00:00:00'),(16,9,'new',0,'2022-06-15 06:30:00')
INSERT INTO item VALUES (10,1,'ab',2,1.5),(10,2,'cd',1,9.5),(11,1,'ab',3,1.25),(11,2,'zz',1,NULL),(13,1,'ef',10,10),(15,1,'cd',NULL,3.5),(12,1,'ab',1,0.1)
INSERT INTO product VALUES ('ab','Apple',1.5,100),('cd','Candle',9.5,0),('ef','Elf',10,18446744073709551615),('gh',NULL,NULL,7)"""
COLUMNS = {
    "customer": {"id": "n", "name": "s", "city": "s", "score": "n", "since": "d"},
    "orders": {"id": "n", "customer_id": "n", "status": "e", "total": "n", "placed": "d"},
    "item": {"order_id": "n", "line": "n", "code": "s", "amount": "n", "price": "f"},
    "product": {"code": "s", "title": "s", "price": "n"},
}
LINKS = [("customer", "id", "orders", "customer_id"), ("orders", "id", "item", "order_id"), ("item", "code", "product", "code")]
NUMBERS = ["0", "1", "2", "7", "10", "-3.25", "12.5", "NULL", "100"]
TEXTS = ["'Rome'", "'a'", "'ab'", "'paid'", "'%'", "''", "NULL", "'Elf'"]
DATES = ["'2024-01-02'", "'2024-01-01 10:00:00'", "DATE '2020-01-31'", "NULL", "'2023-06-01'"]
ROWS_BEFORE = ["", " ROWS UNBOUNDED PRECEDING", " ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING", " ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING"]


class Scope:
    """Tables that a query sees: {alias: {column: kind}}."""

    def __init__(self, tables=None, outer=None):
        self.tables = tables or {}
        self.outer = outer

    def columns(self, kinds, deep=True):
        found = [f"{alias}.{column}" for alias, columns in self.tables.items() for column, kind in columns.items() if kind in kinds]
        return found + (self.outer.columns(kinds) if deep and self.outer else [])


class Queries:
    def __init__(self, seed):
        self.random = random.Random(seed)
        self.aliases = 0
        self.named = {}  # of WITH

    def pick(self, choices):
        return self.random.choice(choices)

    def chance(self, percent):
        return self.random.randrange(100) < percent

    def alias(self):
        self.aliases += 1
        return f"t{self.aliases}"

    # --- expressions
    def number(self, scope, depth):
        columns = scope.columns("n")
        if depth <= 0 or self.chance(35):
            return self.pick(columns) if columns and self.chance(75) else self.pick(NUMBERS)
        how = self.random.randrange(12)
        if how < 3:
            return f"({self.number(scope, depth - 1)} {self.pick('+-*')} {self.number(scope, depth - 1)})"
        if how == 3:
            return f"LENGTH({self.text(scope, depth - 1)})"
        if how == 4:
            return f"YEAR({self.date(scope, depth - 1)})"
        if how == 5:
            return f"COALESCE({self.number(scope, depth - 1)}, {self.number(scope, depth - 1)})"
        if how == 6:
            return f"CASE WHEN {self.condition(scope, depth - 1)} THEN {self.number(scope, depth - 1)} ELSE {self.number(scope, depth - 1)} END"
        if how == 7:
            return f"IF({self.condition(scope, depth - 1)}, {self.number(scope, depth - 1)}, {self.number(scope, depth - 1)})"
        if how == 8:
            return f"DATEDIFF({self.date(scope, depth - 1)}, {self.date(scope, depth - 1)})"
        return self.scalar(scope, depth - 1, "n")

    def text(self, scope, depth):
        columns = scope.columns("se")
        if depth <= 0 or self.chance(45):
            return self.pick(columns) if columns and self.chance(75) else self.pick(TEXTS)
        how = self.random.randrange(6)
        if how == 0:
            return f"CONCAT({self.text(scope, depth - 1)}, '-', {self.text(scope, depth - 1)})"
        if how == 1:
            return f"UPPER({self.text(scope, depth - 1)})"
        if how == 2:
            return f"LEFT({self.text(scope, depth - 1)}, 2)"
        if how == 3:
            return f"COALESCE({self.text(scope, depth - 1)}, {self.text(scope, depth - 1)})"
        if how == 4:
            return f"CASE WHEN {self.condition(scope, depth - 1)} THEN {self.text(scope, depth - 1)} END"
        return self.scalar(scope, depth - 1, "s")

    def date(self, scope, depth):
        columns = scope.columns("d")
        if columns and self.chance(70):
            column = self.pick(columns)
            return f"{column} + INTERVAL {self.pick(['1 DAY', '1 MONTH', '90 MINUTE'])}" if depth > 0 and self.chance(30) else column
        return self.pick(DATES)

    def value(self, scope, depth):
        return self.pick([self.number, self.number, self.text, self.date])(scope, depth)

    def scalar(self, scope, depth, kind):
        """A query that is a value: an aggregate, or one that may have several rows."""
        own, tables = self.tables(depth, scope)
        inner = Scope(own, scope)
        where = f" WHERE {self.condition(inner, depth)}" if self.chance(80) else ""
        if self.chance(90):  # of own rows: an aggregate over columns of a query around is that one's
            columns = Scope(own).columns("n" if kind == "n" else "s")
            return f"(SELECT {self.pick(['MAX', 'MIN', 'COUNT'])}({self.pick(columns) if columns else '1'}) FROM {tables}{where})"
        return f"(SELECT {self.number(inner, depth) if kind == 'n' else self.text(inner, depth)} FROM {tables}{where})"

    def condition(self, scope, depth):
        how = self.random.randrange(16)
        if depth > 0 and how < 3:
            return f"({self.condition(scope, depth - 1)} {self.pick(['AND', 'OR', 'AND'])} {self.condition(scope, depth - 1)})"
        if depth > 0 and how == 3:
            return f"NOT ({self.condition(scope, depth - 1)})"
        if depth > 0 and how in (4, 5, 6):
            return self.of_query(scope, depth - 1)
        if how == 7:
            return f"{self.value(scope, depth - 1)} IS {self.pick(['', 'NOT '])}NULL"
        if how == 8:
            return f"{self.text(scope, depth - 1)} {self.pick(['', 'NOT '])}LIKE {self.pick([chr(39) + '%o%' + chr(39), chr(39) + 'a_' + chr(39), chr(39) + 'R%' + chr(39)])}"
        if how == 9:
            return f"{self.number(scope, depth - 1)} {self.pick(['', 'NOT '])}BETWEEN {self.number(scope, 0)} AND {self.number(scope, 0)}"
        if how == 10:
            return f"{self.number(scope, depth - 1)} {self.pick(['', 'NOT '])}IN ({', '.join(self.number(scope, 0) for _ in range(3))})"
        compare = self.pick(["=", "<>", "<", "<=", ">", ">=", "<=>"])
        kind = self.pick([self.number, self.number, self.text, self.date])
        return f"{kind(scope, depth - 1)} {compare} {kind(scope, depth - 1)}"

    def of_query(self, scope, depth):
        own, tables = self.tables(depth, scope)
        inner = Scope(own, scope)
        where = f" WHERE {self.condition(inner, depth)}" if self.chance(75) else ""
        how = self.random.randrange(5)
        if how == 0:
            return f"{self.pick(['', 'NOT '])}EXISTS (SELECT 1 FROM {tables}{where})"
        kind = self.pick([self.number, self.text])
        if how in (1, 2):
            return f"{kind(scope, depth)} {self.pick(['', 'NOT '])}IN (SELECT {kind(inner, depth)} FROM {tables}{where})"
        if how == 3:
            return f"{kind(scope, depth)} {self.pick(['=', '<', '>=', '<>'])} {self.pick(['ANY', 'ALL'])} (SELECT {kind(inner, depth)} FROM {tables}{where})"
        return f"({self.number(scope, 0)}, {self.text(scope, 0)}) {self.pick(['', 'NOT '])}IN (SELECT {self.number(inner, 0)}, {self.text(inner, 0)} FROM {tables}{where})"

    # --- tables
    def table(self, depth):
        """(alias, columns, text)"""
        alias = self.alias()
        if self.named and self.chance(40):
            name = self.pick(sorted(self.named))
            return alias, self.named[name], f"{name} AS {alias}"
        if depth > 0 and self.chance(20):
            kinds = [self.pick("nns") for _ in range(self.random.randrange(1, 4))]
            text = self.select(Scope(), depth - 1, kinds)
            return alias, {f"c{i}": kind for i, kind in enumerate(kinds)}, f"({text}) AS {alias}"
        name = self.pick(sorted(COLUMNS))
        return alias, COLUMNS[name], f"{name} AS {alias}"

    def tables(self, depth, scope):
        if self.chance(50):
            left, from_column, right, to_column = self.pick(LINKS)
            if self.chance(50):
                left, from_column, right, to_column = right, to_column, left, from_column
            a, b = self.alias(), self.alias()
            own = {a: COLUMNS[left], b: COLUMNS[right]}
            text = f"{left} AS {a} {self.pick(['JOIN', 'LEFT JOIN', 'RIGHT JOIN', 'INNER JOIN', 'LEFT JOIN'])} {right} AS {b} ON {a}.{from_column} = {b}.{to_column}"
            if self.chance(20):
                text += f" AND {self.condition(Scope(own, scope), 0)}"
            return own, text
        alias, columns, text = self.table(depth)
        if depth > 0 and self.chance(25):
            other, more, join = self.table(0)
            own = {alias: columns, other: more}
            return own, f"{text} {self.pick(['JOIN', 'LEFT JOIN', 'CROSS JOIN'])} {join}" + (f" ON {self.condition(Scope(own, scope), 0)}" if "CROSS" not in text else "")
        return {alias: columns}, text

    # --- queries
    def select(self, outer, depth, kinds, plain=False):
        own, tables = self.tables(depth, outer)
        scope = Scope(own, outer)
        where = f" WHERE {self.condition(scope, depth)}" if self.chance(60) else ""
        make = {"n": self.number, "s": self.text, "d": self.date}
        if not plain and self.chance(30):
            return self.grouped(scope, tables, where, kinds, depth)
        items = [make[kind](scope, depth) for kind in kinds]
        if not plain and self.chance(15):
            items[-1] = self.window(scope, own)
        text = ", ".join(f"{item} AS c{i}" for i, item in enumerate(items))
        return f"SELECT {self.pick(['', '', 'DISTINCT '])}{text} FROM {tables}{where}"

    def window(self, scope, own):
        columns = scope.columns("nse", deep=False)
        everything = ", ".join(f"{alias}.{column}" for alias, columns in own.items() for column in columns)
        call = self.pick(["ROW_NUMBER()", "RANK()", "DENSE_RANK()", "COUNT(*)", f"SUM({self.pick(scope.columns('n', deep=False) or ['1'])})",
                          f"LAG({self.pick(columns or ['1'])}, 1)", f"LEAD({self.pick(columns or ['1'])}, 2)", f"FIRST_VALUE({self.pick(columns or ['1'])})",
                          f"MAX({self.pick(columns or ['1'])})", "NTILE(2)"])
        frame = self.pick(ROWS_BEFORE) if call.split("(")[0] in ("SUM", "MAX", "COUNT", "FIRST_VALUE") else ""
        partition = f"PARTITION BY {self.pick(columns)} " if columns and self.chance(50) else ""
        return f"{call} OVER ({partition}ORDER BY {everything}{frame})"

    def grouped(self, scope, tables, where, kinds, depth):
        keys = [self.pick(scope.columns("nse", deep=False)) for _ in range(self.pick([0, 1, 1, 2]))] if scope.columns("nse", deep=False) else []
        items = []
        for kind in kinds:
            if keys and self.chance(40):
                items.append(self.pick(keys))
            elif kind == "n":
                items.append(self.pick(["COUNT(*)", f"SUM({self.number(scope, depth - 1)})", f"MIN({self.number(scope, depth - 1)})", f"COUNT(DISTINCT {self.text(scope, 0)})",
                                        f"MAX({self.number(scope, 0)}) + 1", f"COUNT({self.value(scope, 0)})"]))
            else:
                items.append(self.pick([f"MAX({self.text(scope, depth - 1)})", f"GROUP_CONCAT(DISTINCT {self.text(scope, 0)} ORDER BY 1)", f"MIN({self.text(scope, 0)})"]))
        text = ", ".join(f"{item} AS c{i}" for i, item in enumerate(items))
        group = f" GROUP BY {', '.join(keys)}" if keys else ""
        having = f" HAVING {self.pick(['COUNT(*) > 1', 'MAX(' + self.number(scope, 0) + ') IS NOT NULL', 'c0 IS NOT NULL'])}" if self.chance(30) else ""
        return f"SELECT {text} FROM {tables}{where}{group}{having}"

    def query(self):
        self.aliases, self.named = 0, {}
        kinds = [self.pick("nnsd") for _ in range(self.random.randrange(1, 5))]
        with_text = ""
        if self.chance(20):
            inner = [self.pick("ns") for _ in range(2)]
            with_text = f"WITH w AS ({self.select(Scope(), 1, inner)}) "
            self.named = {"w": {f"c{i}": kind for i, kind in enumerate(inner)}}
        text = self.select(Scope(), 2, kinds)
        if self.chance(15):
            text = f"{text} {self.pick(['UNION', 'UNION ALL', 'EXCEPT', 'INTERSECT'])} {self.select(Scope(), 1, kinds, plain=True)}"
        if self.chance(40):
            text += " ORDER BY " + ", ".join(f"{i + 1}{self.pick(['', ' DESC'])}" for i in range(len(kinds)))
            if self.chance(40):
                text += f" LIMIT {self.pick(['1', '2', '3', '2 OFFSET 1'])}"
        return with_text + text

    def write(self):
        """A write of rows that exist, and what is there then."""
        self.aliases, self.named = 0, {}
        table = self.pick(["customer", "orders", "item"])
        scope = Scope({table: COLUMNS[table]})
        how = self.random.randrange(5)
        target = {"customer": ("score", self.number), "orders": ("total", self.number), "item": ("amount", self.number)}[table]
        if how < 2:
            text = f"UPDATE {table} SET {target[0]} = {target[1](scope, 1)} WHERE {self.condition(scope, 1)}"
        elif how == 2:
            left, from_column, right, to_column = self.pick(LINKS)
            both = Scope({"x": COLUMNS[left], "y": COLUMNS[right]})
            column = {"customer": "score", "orders": "total", "item": "amount"}[left]
            text = f"UPDATE {left} AS x {self.pick(['JOIN', 'LEFT JOIN'])} {right} AS y ON x.{from_column} = y.{to_column} SET x.{column} = {self.number(both, 0)} WHERE {self.condition(both, 1)}"
            table = left
        elif how == 3:
            text = f"DELETE FROM {table} WHERE {self.condition(scope, 1)}"
        else:
            text = f"INSERT INTO customer (id, name, score) SELECT id + 100, CONCAT('o', id), total FROM orders WHERE {self.condition(Scope({'orders': COLUMNS['orders']}), 1)}"
            table = "customer"
        return ["BEGIN", text, f"SELECT * FROM {table} ORDER BY 1, 2", "ROLLBACK"]


def scenes(seed, count):
    queries = Queries(seed)
    statements = TABLES.splitlines()
    while len(statements) < count:
        statements += queries.write() if queries.chance(12) else [queries.query()]
    return [(f"queries {seed}", statements)]
