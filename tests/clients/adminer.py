"""Adminer (Debian's package) on PHP's own server: log in, make and browse a table, edit a row, run SQL, export; on two nodes."""
import os
import re
import tempfile
import urllib.parse
from pathlib import Path

from scene import arrives, check, place
from web import Browser, PhpServer

PORTS, DATABASE = place()
INDEX = """<?php
// Adminer refuses accounts without a password unless it is told otherwise.
function adminer_object() {
    class NoPassword extends Adminer {
        function login($login, $password) { return true; }
    }
    return new NoPassword;
}
include '/usr/share/adminer/adminer.php';
"""


class Walk:
    def __init__(self, folder):
        (folder / "index.php").write_text(INDEX)
        self.server = PhpServer(folder, folder / "php.log", workers=2)
        self.log, self.browser = folder / "php.log", Browser()

    def address(self, node, **more):
        return f"{self.server.url}/index.php?" + urllib.parse.urlencode(
            {"server": f"127.0.0.1:{PORTS[node]}", "username": "root", "db": DATABASE, **more})

    def open(self, node, **more):
        page = self.browser.open(self.address(node, **more))
        error = page.find(r"<p class='error'>(.*?)\n")
        if page.status != 200 or error:
            raise SystemExit(f"FAIL {page.url}: {page.status} {error or page.plain()[:500]}")
        return page

    def log_in(self, node):
        page = self.browser.open(f"{self.server.url}/index.php")
        page = self.browser.submit(page, page.form("auth[username]"), {
            "auth[driver]": "server", "auth[server]": f"127.0.0.1:{PORTS[node]}", "auth[username]": "root", "auth[db]": DATABASE})
        check("MySQL version" in page.plain() or "Tables and views" in page.plain(), f"logged in on node {node + 1}")

    def post(self, page, wanted, changes, button=None):
        page = self.browser.submit(page, page.form(wanted), changes, button)
        error = page.find(r"<p class='error'>(.*?)\n")
        if page.status != 200 or error:
            raise SystemExit(f"FAIL {page.url}: {page.status} {error or page.plain()[:500]}")
        return page

    def sql(self, node, text):
        return self.post(self.open(node, sql=""), "query", {"query": text})


def scene(walk):
    walk.log_in(0)
    page = walk.sql(0, """CREATE TABLE goods (id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY, name VARCHAR(60) NOT NULL, price DECIMAL(12,3),
        kind ENUM('a','b'), made DATETIME, note TEXT, UNIQUE KEY by_name (name), KEY by_kind (kind, made)) COMMENT='things';
        INSERT INTO goods (name, price, kind) VALUES ('one', 1.5, 'a'), ('żółć 😀', 2.25, 'b'), ('three', NULL, NULL);
        SELECT name, price * 2 AS twice FROM goods ORDER BY id""")
    check("3 rows affected" in page.plain() and "4.500" in page.text, "SQL commands make a table, insert and select")
    walk.log_in(1)
    arrives(lambda: "goods" in walk.open(1).text, "node 2 lists the table")
    page = walk.open(1, table="goods")
    check(all(word in page.plain() for word in ("decimal(12,3)", "int unsigned", "PRIMARY", "Auto Increment", "enum('a','b')")),
          "its structure")
    page = walk.open(1, select="goods")
    check("żółć 😀" in page.text and "3 rows" in page.plain().replace("(3 rows)", "3 rows"), "its rows")
    page = walk.open(1, **{"select": "goods", "where[0][col]": "price", "where[0][op]": ">", "where[0][val]": "2", "order[0]": "name"})
    check("żółć" in page.text and ">one<" not in page.text, "rows by a condition")
    link = next(each for each in re.findall(r"href=['\"]([^'\"]*edit=goods[^'\"]*)", walk.open(1, select="goods").text) if "where" in each)
    page = walk.browser.open(urllib.parse.urljoin(walk.server.url + "/index.php", link.replace("&amp;", "&")))
    page = walk.post(page, "fields[name]", {"fields[name]": "edited", "fields[price]": "99.125", "fields[note]": "a\nnote"})
    check("Item has been updated" in page.plain(), "a row is edited")
    page = walk.post(walk.open(1, edit="goods"), "fields[name]", {"fields[name]": "new", "fields[price]": "7"})
    check("has been inserted" in page.plain(), "a row is inserted")
    arrives(lambda: "99.125" in walk.open(0, select="goods").text and ">new<" in walk.open(0, select="goods").text, "node 1 has both")
    page = walk.open(0, create="goods")
    check("by_name" not in page.form("Comment").fields and page.form("fields[1][field]") is not None, "the form to change the table")
    page = walk.post(walk.open(0, indexes="goods"), "indexes[1][type]", {})
    check("Indexes" in page.plain(), "the form of indexes")
    page = walk.open(0, dump="goods")
    page = walk.post(page, "output", {"output": "text", "format": "sql", "table_style": "DROP+CREATE", "data_style": "INSERT", "tables[]": "goods",
                                      "data[]": "goods"})
    check("CREATE TABLE `goods`" in page.text and "99.125" in page.text and "żółć 😀" in page.text, "an export as SQL")
    walk.sql(0, "CREATE DATABASE IF NOT EXISTS adminer_copy")
    page = walk.browser.open(walk.address(0, dump="", db=DATABASE))
    csv = walk.post(page, "output", {"output": "text", "format": "csv", "data[]": "goods", "tables[]": "goods"})
    check("99.125" in csv.text, "and as CSV")
    page = walk.sql(1, "EXPLAIN SELECT * FROM goods WHERE name = 'one'")
    check("goods" in page.text, "EXPLAIN")
    for what in ("variables", "status", "processlist", "privileges"):
        check(len(walk.open(0, **{what: "", "db": ""}).text) > 1500, f"the page of {what}")
    page = walk.open(0)
    walk.post(page, "drop", {"tables[]": "goods"}, "drop")
    arrives(lambda: "No tables." in walk.open(1).plain(), "a dropped table is gone on node 2")


def main():
    with tempfile.TemporaryDirectory(prefix="murmel-adminer-") as folder:
        walk = Walk(Path(folder))
        try:
            scene(walk)
        finally:
            walk.server.close()
            if os.environ.get("MURMEL_KEEP"):
                print(walk.log.read_text()[-3000:])


main()
