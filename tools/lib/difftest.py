"""tools/difftest: the same statements on MariaDB and on Murmel, and what differs.

    tools/difftest [--seed N] [--count N] [--only TEXT]   a MariaDB server is started, nothing is kept
    tools/difftest --record          the same, and what MariaDB said is kept in tests/difftest/recorded.xz
    tools/difftest --recorded        against what is kept, without a server; fails if a statement that gave the same no longer does
    --sample N                       every Nth scene

Statements are those of the generators (difftest_generate.py: expressions; difftest_queries.py, difftest_wide.py: whole queries and writes) and of
tests/difftest/*.sql, in scenes that have a database of their own. Two answers are equal if the rows are (those of a query
that does not end with ORDER BY in any order), or the count of changed rows, or the error's number. MariaDB 10.11 is not MySQL 8: where the manual of MySQL 8 says something else, that is what Murmel does.
"""
import argparse
import collections
import json
import lzma
import re
import subprocess
import sys
import tempfile
import time

import build
import cluster as clusters
import difftest_generate
import difftest_queries
import difftest_wide
import mariadb

FOLDER = build.ROOT / "tests" / "difftest"
RECORDED = FOLDER / "recorded.xz"
SHOWN = 4  # examples of each reason
SESSION = ("SET NAMES utf8mb4 COLLATE utf8mb4_general_ci", "SET time_zone = '+00:00'", "SET timestamp = 1700000000",
           "SET sql_mode = 'STRICT_TRANS_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION'")


def hand_made():
    """Each file is a scene; a statement ends with ; at the end of a line."""
    found = []
    for file in sorted(FOLDER.glob("*.sql")):
        text = "\n".join(line for line in file.read_text().splitlines() if not line.startswith("--"))
        found.append((file.stem, [each.strip() for each in re.split(r";[ \t]*(?:\n|$)", text) if each.strip()]))
    return found


def plain(value):
    if value is None:
        return None
    if isinstance(value, bytes):
        return value.decode("utf-8") if is_utf8(value) else "x" + value.hex()
    return str(value)


def is_utf8(value):
    try:
        value.decode("utf-8")
        return True
    except UnicodeDecodeError:
        return False


class Session:
    """A connection that gives all values as the texts that are sent."""

    def __init__(self, port, database):
        import pymysql
        self.errors = pymysql.err.MySQLError
        self.connection = pymysql.connect(host="127.0.0.1", port=port, user="root", database=database, autocommit=True, conv={}, charset="utf8mb4",
                                          connect_timeout=20, read_timeout=60)
        self.cursor = self.connection.cursor()
        for statement in SESSION:
            self.cursor.execute(statement)

    def answer(self, sql):
        """{"rows": [[...]]}, {"changed": N} or {"error": N, "text": ...}."""
        for again in range(40):
            try:
                self.cursor.execute(sql)
                if self.cursor.description is None:
                    return {"changed": self.cursor.rowcount}
                rows = [[plain(value) for value in row] for row in self.cursor.fetchall()]
                if "ORDER BY" not in sql.upper().rpartition(")")[2]:
                    rows.sort(key=repr)
                return {"rows": rows}
            except self.errors as error:
                number = error.args[0] if error.args else 0
                if number == 1213 and again < 39:  # a new database is taken in
                    time.sleep(0.1)
                    continue
                return {"error": number, "text": str(error.args[1]) if len(error.args) > 1 else ""}
            except UnicodeDecodeError:
                return {"rows": "not UTF-8"}


def make_database(port, name):
    subprocess.run(["mariadb", "--no-defaults", "-h", "127.0.0.1", "-P", str(port), "-u", "root", "-e", f"CREATE DATABASE {name}"], check=True,
                   capture_output=True, timeout=60)


def run_scene(port, number, statements, make):
    database = f"d{number}"
    if make:
        make_database(port, database)
    session = Session(port, database)
    try:
        return [session.answer(statement) for statement in statements]
    finally:
        session.connection.close()


def same(ours, theirs):
    if "error" in ours and "error" in theirs:
        return ours["error"] == theirs["error"]
    return {key: value for key, value in ours.items() if key != "text"} == {key: value for key, value in theirs.items() if key != "text"}


def reason(statement, ours, theirs):
    if "error" in ours:
        if ours["error"] == 1235:
            found = re.search(r"support '(.*)'", ours["text"])
            return f"refused: {found.group(1) if found else ours['text']}"
        if "error" in theirs:
            return f"error {ours['error']} for {theirs['error']}"
        return f"error {ours['error']}: {re.sub(chr(39) + '.*', '...', ours['text'])[:50]}"
    if "error" in theirs:
        return f"no error, theirs is {theirs['error']}"
    if "changed" in ours:
        return "count of changed rows"
    word = re.match(r"SELECT (\w+)\(", statement)
    return f"rows: {word.group(1)}" if word else "rows"


def murmel(folder, count):
    cluster = clusters.Cluster(folder, databases=[f"d{number}" for number in range(count)])
    cluster.extra = {"limits": {"databases": count + 10}}
    cluster.add_nodes(1)
    cluster.launch()
    if not cluster.wait_members(30):
        raise clusters.ClusterError("the node did not become a member")
    return cluster


def ask_mariadb(scenes):
    """What MariaDB answers: a list for each scene."""
    with tempfile.TemporaryDirectory(prefix="murmel-difftest-") as folder:
        server = mariadb.start_one(folder, {"collation_server": "utf8mb4_general_ci"})
        try:
            return [run_scene(server.port, number, statements, True) for number, (_, statements) in enumerate(scenes)]
        finally:
            server.stop()


def ask_murmel(scenes):
    with tempfile.TemporaryDirectory(prefix="murmel-difftest-") as folder:
        cluster = murmel(folder, len(scenes))
        try:
            port = cluster.nodes[0].mysql_port
            return [run_scene(port, number, statements, False) for number, (_, statements) in enumerate(scenes)]
        finally:
            cluster.stop(grace=5)


def compare(scenes, ours, theirs):
    """(statements, {reason: [(scene, index, statement, ours, theirs)]})."""
    total, different = 0, collections.defaultdict(list)
    for (name, statements), mine, other in zip(scenes, ours, theirs):
        for index, (statement, a, b) in enumerate(zip(statements, mine, other)):
            total += 1
            if not same(a, b):
                different[reason(statement, a, b)].append((name, index, statement, a, b))
    return total, different


def short(answer):
    if "rows" in answer:
        return json.dumps(answer["rows"], ensure_ascii=False)[:160]
    return f"error {answer['error']} {answer['text'][:90]}" if "error" in answer else f"{answer['changed']} rows"


def show(different, examples=SHOWN):
    for why, cases in sorted(different.items(), key=lambda item: -len(item[1])):
        print(f"{len(cases):5}  {why}")
        for _, _, statement, ours, theirs in cases[:examples]:
            print(f"         {' '.join(statement.split())[:170]}\n           Murmel  {short(ours)}\n           MariaDB {short(theirs)}")


def share(total, different):
    count = sum(len(each) for each in different.values())
    print(f"{total - count} of {total} statements have the same result: {100 * (total - count) / max(1, total):.1f} %")


def record(scenes, theirs, different):
    known = sorted([name, index] for cases in different.values() for name, index, *_ in cases)
    kept = {"scenes": [{"name": name, "statements": statements, "answers": [{key: value for key, value in answer.items() if key != "text"} for answer in answers]}
                       for (name, statements), answers in zip(scenes, theirs)], "different": known}
    FOLDER.mkdir(exist_ok=True)
    with lzma.open(RECORDED, "wt", encoding="utf-8", preset=9) as file:
        json.dump(kept, file, ensure_ascii=False, separators=(",", ":"))


def check_recorded(options):
    with lzma.open(RECORDED, "rt", encoding="utf-8") as file:
        kept = json.load(file)
    chosen = [scene for index, scene in enumerate(kept["scenes"]) if index % options.sample == 0 and options.only in scene["name"]]
    scenes = [(scene["name"], scene["statements"]) for scene in chosen]
    theirs = [[{"text": "", **answer} for answer in scene["answers"]] for scene in chosen]
    total, different = compare(scenes, ask_murmel(scenes), theirs)
    known = {tuple(each) for each in kept["different"]}
    news = {why: [case for case in cases if (case[0], case[1]) not in known] for why, cases in different.items()}
    news = {why: cases for why, cases in news.items() if cases}
    show(different if options.verbose else news)
    share(total, different)
    worse = sum(len(cases) for cases in news.values())
    print(f"{total - worse} passed, {worse} failed")
    return 1 if worse else 0


def main():
    parser = argparse.ArgumentParser(prog="tools/difftest", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=5500, help="of the generators' statements about expressions")
    parser.add_argument("--only", default="", metavar="TEXT", help="scenes whose name contains TEXT")
    parser.add_argument("--sample", type=int, default=1, metavar="N")
    parser.add_argument("--record", action="store_true")
    parser.add_argument("--recorded", action="store_true")
    parser.add_argument("--verbose", action="store_true", help="with --recorded, show known differences too")
    parser.add_argument("--no-build", action="store_true")
    options = parser.parse_args()
    if not options.no_build:
        build.build(targets=["agent/murmel", "extension/murmel.so"])
    if options.recorded:
        return check_recorded(options)
    subprocess.run([str(build.ROOT / "tools/setup"), "packages", *mariadb.PACKAGES, "python3-pymysql"], check=True, stdout=sys.stderr)
    scenes = [*hand_made(), *difftest_generate.scenes(options.seed, options.count)]
    for seed in range(options.seed, options.seed + 5):
        scenes += difftest_queries.scenes(seed, options.count // 11)
    for seed in range(options.seed, options.seed + 3):
        scenes += difftest_wide.scenes(seed, options.count // 11)
    scenes = [scene for index, scene in enumerate(scenes) if index % options.sample == 0 and options.only in scene[0]]
    theirs = ask_mariadb(scenes)
    total, different = compare(scenes, ask_murmel(scenes), theirs)
    show(different)
    share(total, different)
    if options.record:
        record(scenes, theirs, different)
        print(f"recorded in {RECORDED.relative_to(build.ROOT)}")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except clusters.ClusterError as error:
        print(f"difftest: {error}", file=sys.stderr)
        sys.exit(1)
