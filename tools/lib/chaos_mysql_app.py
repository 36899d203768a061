"""An application of tools/chaos --mysql: the workloads at QUORUM through a driver of MySQL, on the agent's Unix socket.

    chaos_mysql_app.py JSON     as chaos_app.py, and "socket"

The database itself is committed at QUORUM, so nothing is said about it here.
"""
import json
import re
import sys

import pymysql

import chaos_workloads as workloads
from chaos_app import SLOT, Application
from chaos_history import FAILED, OK, REFUSED, UNKNOWN

# COMMIT says with these that the transaction did not and will not happen.
SURE = (1020, 1062, 1180, 1205, 1213, 1290, 1792)
LOST = (2006, 2013, 2014, 0)
ALONE_SHARE = 0.05  # of the transactions: one INSERT
SECONDS = 10  # for an answer; an agent may be paused


def of_mysql(text, values):
    """A statement of the workloads in MySQL's words, and its values in the order of the marks."""
    text = re.sub(r"ON CONFLICT\(\w+\) DO UPDATE SET", "ON DUPLICATE KEY UPDATE", text)
    text = re.sub(r"\bkey\b", "`key`", text)
    order = []

    def mark(found):
        order.append(values[int(found.group(1)) - 1] if found.group(1) else values[len(order)])
        return "%s"
    return re.sub(r"\?(\d*)", mark, text), order


class MysqlApplication(Application):
    def open(self):
        # The key 0 is a key, as the table was made by SQLite.
        self.connection = pymysql.connect(unix_socket=self.options["socket"], user="root", database="app", autocommit=True,
                                          sql_mode="STRICT_TRANS_TABLES,NO_AUTO_VALUE_ON_ZERO",
                                          connect_timeout=SECONDS, read_timeout=SECONDS, write_timeout=SECONDS)

    def close(self):
        if self.connection:
            self.connection._force_close()  # without a word to an agent that may be gone
        self.connection = None

    def sql(self, text, *values):
        if text == workloads.LAST_ID:
            return [(self.connection.insert_id(),)]
        statement, ordered = of_mysql(text, values)
        with self.connection.cursor() as cursor:
            cursor.execute(statement, ordered or None)
            # Texts of tables that SQLite made may come as bytes.
            return [tuple(value.decode() if isinstance(value, bytes) else value for value in row) for row in cursor.fetchall()]

    def transaction(self, work, level, body, write, want=None):
        noted, begin = False, self.now()
        about = {"work": work, "level": level, "begin": begin, "fresh": None, "want": want}
        try:
            if (work, write) in workloads.SERIALIZABLE:
                self.sql("SET TRANSACTION ISOLATION LEVEL SERIALIZABLE")
                self.sql("START TRANSACTION READ ONLY")
            else:
                self.sql("BEGIN")
            reads, writes = body(self.sql)
            self.recorder.begun(about | {"reads": reads, "writes": writes})
            noted = True
            self.sql("COMMIT")
            self.recorder.ended(self.now(), OK)
            return True
        except (pymysql.err.MySQLError, OSError) as error:
            if not noted:
                self.recorder.begun(about | {"reads": {}, "writes": []})
            self.failed(error, noted)
            return False

    def failed(self, error, committing):
        """Notes what is known of a transaction that got an error, and is ready for the next one."""
        code = error.args[0] if error.args and isinstance(error.args[0], int) else 0
        slot = SLOT.search(str(error))
        sure = code in SURE or "not committed:" in str(error)
        result = REFUSED if not committing else FAILED if sure else UNKNOWN
        self.recorder.ended(self.now(), result, f"{code} {error}", slot and slot.group(1))
        self.give_up(code)

    def give_up(self, code):
        """Rolls back, or leaves a connection of which nobody knows what is under way."""
        try:
            if code in LOST or code >= 2000:
                self.close()
            else:
                self.sql("ROLLBACK")
        except (pymysql.err.MySQLError, OSError):
            self.close()

    def insert_alone(self):
        """A row whose key the server chooses, without a transaction around it: the driver is told the key with the answer."""
        table, value = self.chance.choice(workloads.ID_TABLES), self.unique()
        self.recorder.begun({"work": "ids", "level": "quorum", "begin": self.now(), "reads": {}, "writes": [[table, None, value]]})
        try:
            self.sql(f"INSERT INTO {table}(value) VALUES (?)", value)
            self.recorder.ended(self.now(), OK, writes=[[table, self.sql(workloads.LAST_ID)[0][0], value]])
            return True
        except (pymysql.err.MySQLError, OSError) as error:
            self.failed(error, True)
            return False

    def quorum_step(self):
        if self.chance.random() < ALONE_SHARE:
            return self.insert_alone()
        (work, write), = self.chance.choices(list(workloads.QUORUM_MIX), workloads.QUORUM_MIX.values())
        now = self.now()
        return self.transaction(work, "quorum", lambda sql: workloads.QUORUM[work](sql, self.chance, self.unique, now, write), write)

    def step(self):
        try:
            return super().step()
        except (pymysql.err.MySQLError, OSError) as error:  # no connection
            self.nothing_began(error)
            self.close()
            return False


if __name__ == "__main__":
    MysqlApplication(json.loads(sys.argv[1])).run()
