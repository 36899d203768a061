"""The workloads of tools/chaos: which tables there are and what one transaction does. Each leaves a trace from which the
checkers (chaos_checkers.py) can tell what it saw and what it overwrote.

At QUORUM:
    list     reads some lists and appends numbers that nobody else writes
    bank     moves money between two accounts; or adds all of them up
    counter  reads a number and writes one more
    name     takes a name, for which applications of all nodes compete
    ids      adds rows whose keys the database chooses: SQLite's next rowid, or MySQL's AUTO_INCREMENT, wide and narrow
    family   looks for children without a parent; gives a parent one more child, or takes it away with all its children
    fork     adds one row that nobody else adds; or reads, as a serializable transaction, a small group of such rows
At ONE:
    stream   one more row in each of two tables, and the number of rows in a third; only one node writes these
    hot      overwrites a row that all nodes write
Schema, at QUORUM:
    schema   makes a table, with a row, for whose name applications of all nodes compete
    alter    adds a column to the rows that all nodes overwrite at ONE, or drops one
A body gets `sql` (runs a statement, returns its rows) and returns (reads, writes). Times are seconds since the run began.
"""
import zlib

TABLES = """
CREATE TABLE lists(key INTEGER PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE accounts(id INTEGER PRIMARY KEY, balance INTEGER NOT NULL);
CREATE TABLE counters(id INTEGER PRIMARY KEY, value INTEGER NOT NULL);
CREATE TABLE names(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE forks(id INTEGER PRIMARY KEY, value INTEGER NOT NULL);
CREATE TABLE parents(id INTEGER PRIMARY KEY, value INTEGER NOT NULL);
CREATE TABLE children(id INTEGER PRIMARY KEY, parent INTEGER NOT NULL REFERENCES parents(id));
CREATE TABLE heads(stream INTEGER PRIMARY KEY, n INTEGER NOT NULL);
CREATE TABLE odd(id INTEGER PRIMARY KEY, body TEXT);
CREATE TABLE even(id INTEGER PRIMARY KEY, body TEXT);
CREATE TABLE hot(id INTEGER PRIMARY KEY, value INTEGER NOT NULL);
"""
MAKE_IDS = """
CREATE TABLE wide_ids(id INTEGER PRIMARY KEY, value INTEGER NOT NULL);
CREATE TABLE narrow_ids(id INTEGER PRIMARY KEY, value INTEGER NOT NULL);
"""
MAKE_MYSQL_IDS = ("CREATE TABLE wide_ids(id BIGINT AUTO_INCREMENT PRIMARY KEY, value BIGINT NOT NULL)",
                   "CREATE TABLE narrow_ids(id INT AUTO_INCREMENT PRIMARY KEY, value BIGINT NOT NULL)")
LAST_ID = "SELECT last_insert_rowid()"  # a client of MySQL takes what its driver was told
ACCOUNTS, BALANCE = 8, 100
COUNTERS = 4
LISTS_AT_ONCE, LIST_SECONDS = 3, 2  # so many lists are appended to at a time, for so long
NAMES_PER_SECOND = 4
PARENTS = 3
ORPHANS = "SELECT children.id FROM children LEFT JOIN parents ON parents.id = children.parent WHERE parents.id IS NULL"
FORK_GROUPS_PER_SECOND, FORK_GROUP = 2, 6  # rows of a group
STREAM_ROWS = 10_000_000  # ids of a stream's rows begin at stream * STREAM_ROWS
WINDOW = 30  # rows of a stream that a reader looks at
HOT_ROWS = 5
MADE_SECONDS = 3  # a table is made so often
EXTRA_COLUMNS = 3
ID_TABLES = ("wide_ids", "narrow_ids")
QUORUM_TABLES = ("lists", "accounts", "counters", "names", "parents", "children", "forks", *ID_TABLES)
STREAM_TABLES = ("heads", "odd", "even")


def first_rows():
    """Statements that make the content a run begins with."""
    yield from (f"INSERT INTO accounts VALUES ({number}, {BALANCE})" for number in range(ACCOUNTS))
    yield from (f"INSERT INTO counters VALUES ({number}, 0)" for number in range(COUNTERS))
    yield from (f"INSERT INTO hot VALUES ({number}, 0)" for number in range(HOT_ROWS))


def summary(text):
    """What a read of a list leaves in the history: length, last number, and a checksum of the whole."""
    numbers = text.split()
    return [len(numbers), int(numbers[-1]) if numbers else 0, zlib.crc32(text.encode())]


def lists(sql, chance, unique, now, write):
    first = int(now / LIST_SECONDS) * LISTS_AT_ONCE
    keys = chance.sample(range(first, first + LISTS_AT_ONCE), chance.randint(1, LISTS_AT_ONCE))
    values = {key: next(iter(sql("SELECT value FROM lists WHERE key = ?", key)), ("",))[0] for key in keys}
    reads, writes = {key: summary(value) for key, value in values.items()}, []
    if write:
        for key in chance.choices(keys, k=chance.randint(1, 3)):  # a list may get several
            number = unique()
            values[key] = f"{values[key]} {number}".lstrip()
            writes.append([key, number])
            sql("INSERT INTO lists VALUES (?1, ?2) ON CONFLICT(key) DO UPDATE SET value = ?2", key, values[key])
    return reads, writes


def bank(sql, chance, _unique, _now, write):
    if not write:
        return dict(sql("SELECT id, balance FROM accounts")), []
    giver, taker = chance.sample(range(ACCOUNTS), 2)
    reads = {number: sql("SELECT balance FROM accounts WHERE id = ?", number)[0][0] for number in (giver, taker)}
    amount = chance.randint(0, min(20, reads[giver]))
    writes = [[giver, reads[giver] - amount], [taker, reads[taker] + amount]]
    for number, balance in writes:
        sql("UPDATE accounts SET balance = ? WHERE id = ?", balance, number)
    return reads, writes


def counter(sql, chance, _unique, _now, write):
    number = chance.randrange(COUNTERS)
    value = sql("SELECT value FROM counters WHERE id = ?", number)[0][0]
    if write:
        sql("UPDATE counters SET value = ? WHERE id = ?", value + 1, number)
    return {number: value}, [[number, value + 1]] if write else []


def name(sql, _chance, unique, now, write):
    wanted = f"name{int(now * NAMES_PER_SECOND)}"
    reads = {wanted: [row[0] for row in sql("SELECT id FROM names WHERE name = ?", wanted)]}
    if not write or reads[wanted]:
        return reads, []
    number = unique()
    sql("INSERT INTO names VALUES (?, ?)", number, wanted)
    return reads, [[wanted, number]]


def family(sql, chance, unique, _now, write):
    parent = chance.randrange(PARENTS)
    reads = {"orphans": [row[0] for row in sql(ORPHANS)]}
    if not write:
        return reads, []
    if not sql("SELECT id FROM parents WHERE id = ?", parent):
        sql("INSERT INTO parents VALUES (?, ?)", parent, unique())
    elif chance.random() < 0.6:
        sql("INSERT INTO children VALUES (?, ?)", unique(), parent)
    else:
        sql("DELETE FROM children WHERE parent = ?", parent)
        sql("DELETE FROM parents WHERE id = ?", parent)
    return reads, []


def ids(sql, chance, unique, _now, _write):
    writes = []
    for table in chance.choices(ID_TABLES, k=chance.randint(1, 3)):
        value = unique()
        sql(f"INSERT INTO {table}(value) VALUES (?)", value)
        writes.append([table, sql(LAST_ID)[0][0], value])
    return {}, writes


def fork(sql, chance, unique, now, write):
    group = int(now * FORK_GROUPS_PER_SECOND)
    first = group * FORK_GROUP
    if not write:
        rows = sql("SELECT id, value FROM forks WHERE id >= ? AND id < ?", first, first + FORK_GROUP)
        return {group: [list(row) for row in rows]}, []
    row, number = first + chance.randrange(FORK_GROUP), unique()
    sql("INSERT INTO forks VALUES (?, ?)", row, number)
    return {}, [[row, number]]


def stream_write(sql, stream):
    n = next(iter(sql("SELECT n FROM heads WHERE stream = ?", stream)), (0,))[0] + 1
    for table in ("odd", "even"):
        sql(f"INSERT INTO {table} VALUES (?, ?)", stream * STREAM_ROWS + n, f"{table} {n}")
    sql("INSERT INTO heads VALUES (?1, ?2) ON CONFLICT(stream) DO UPDATE SET n = ?2", stream, n)
    return {stream: n - 1}, [[stream, n]]


def stream_read(sql, stream):
    """The head of a stream and, of each table, how many rows of its end are there and the last one."""
    n = next(iter(sql("SELECT n FROM heads WHERE stream = ?", stream)), (0,))[0]
    first = stream * STREAM_ROWS
    ends = [sql(f"SELECT count(*), coalesce(max(id), ?) - ? FROM {table} WHERE id > ? AND id < ?", first, first,
                first + max(0, n - WINDOW), first + STREAM_ROWS)[0] for table in ("odd", "even")]
    return {stream: [n, *(list(end) for end in ends)]}, []


def hot(sql, chance, unique, _now, _write):
    row, value = chance.randrange(HOT_ROWS), unique()
    sql("UPDATE hot SET value = ? WHERE id = ?", value, row)
    return {}, [[row, value]]


def schema(sql, _chance, unique, now, _write):
    wanted = f"made{int(now / MADE_SECONDS)}"
    there = [row[0] for row in sql("SELECT name FROM sqlite_schema WHERE name = ?", wanted)]
    if there:
        return {wanted: there}, []
    number = unique()
    sql(f"CREATE TABLE {wanted}(by_{number} INTEGER PRIMARY KEY)")
    sql(f"INSERT INTO {wanted} VALUES ({number})")
    return {wanted: []}, [[wanted, number]]


def alter(sql, chance, unique, _now, _write):
    extra = [row[1] for row in sql("PRAGMA table_info(hot)")][2:]
    if len(extra) > EXTRA_COLUMNS:
        sql(f"ALTER TABLE hot DROP COLUMN {chance.choice(extra)}")
    else:
        sql(f"ALTER TABLE hot ADD COLUMN x{unique()} DEFAULT 'x'")
    return {}, []


SCHEMA = {"schema": schema, "alter": alter}
QUORUM = {"list": lists, "bank": bank, "counter": counter, "name": name, "family": family, "ids": ids, "fork": fork}
SERIALIZABLE = {("fork", False)}  # work, and whether it writes
# work and whether it writes, with its share
QUORUM_MIX = {("list", True): 6, ("list", False): 3, ("bank", True): 3, ("bank", False): 2, ("counter", True): 2,
              ("name", True): 1, ("family", True): 2, ("family", False): 1, ("ids", True): 1, ("fork", True): 1, ("fork", False): 2}
