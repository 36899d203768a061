"""phpMyAdmin (Debian's package) on PHP's own server: log in, make a table, browse, edit a row, run SQL, look at it, export."""
import html
import json
import os
import re
import shutil
import tempfile
import urllib.parse
from pathlib import Path

from scene import arrives, check, place
from web import Browser, PhpServer

PORTS, DATABASE = place()
CONFIG = """<?php
$cfg['blowfish_secret'] = 'thirty-two characters of secrets';
$cfg['TempDir'] = '%(temp)s';
$cfg['VersionCheck'] = false;
$cfg['SendErrorReports'] = 'never';
foreach ([%(ports)s] as $index => $port) {
    $cfg['Servers'][$index + 1] = ['auth_type' => 'cookie', 'host' => '127.0.0.1', 'port' => (string) $port, 'AllowNoPassword' => true];
}
"""


class Walk:
    def __init__(self, folder):
        site, temp, config = folder / "site", folder / "temp", folder / "config.inc.php"
        temp.mkdir()
        shutil.copytree("/usr/share/phpmyadmin", site, symlinks=False, ignore=shutil.ignore_patterns("doc", "locale"))
        config.write_text(CONFIG % {"temp": temp, "ports": ", ".join(map(str, PORTS))})
        vendor = site / "libraries" / "vendor_config.php"  # it names the configuration
        vendor.write_text(vendor.read_text().replace("/etc/phpmyadmin/config.inc.php", str(config))
                          .replace("/var/lib/phpmyadmin/tmp/", f"{temp}/"))
        self.server = PhpServer(site, folder / "php.log", workers=3)
        self.log, self.browsers, self.tokens = folder / "php.log", [Browser() for _ in PORTS], {}

    def log_in(self, node):
        page = self.browsers[node].open(f"{self.server.url}/index.php?server={node + 1}")
        page = self.browsers[node].submit(page, page.form("login_form"), {"pma_username": "root", "pma_password": "", "server": str(node + 1)})
        self.tokens[node] = page.find(r'name="token" value="([^"]+)"') or page.find(r'token:"([^"]+)"')
        check("Navigation tree" in page.plain() and bool(self.tokens[node]), f"logged in on node {node + 1}")

    def page(self, node, route, **more):
        """A page as a person sees it."""
        words = "&".join(f"{key}={value}" for key, value in {"route": route, "server": node + 1, **more}.items())
        page = self.browsers[node].open(f"{self.server.url}/index.php?{words}")
        error = page.find(r"(#\d{4} - [^<]*)")
        if page.status != 200 or error:
            raise SystemExit(f"FAIL {route} on node {node + 1}: {page.status} {re.sub('<[^>]*>', ' ', error or page.plain())[:700]}")
        return page

    def post(self, node, route, **fields):
        """A form as its JavaScript sends it; what the page says."""
        page = self.browsers[node].open(f"{self.server.url}/index.php?route={route}", {
            "server": str(node + 1), "ajax_request": "true", "token": self.tokens[node], "db": DATABASE, **fields})
        told = json.loads(page.text) if page.text.startswith("{") else {}
        if page.status != 200 or not told.get("success"):
            raise SystemExit(f"FAIL {route} on node {node + 1}: {page.status} {re.sub('<[^>]*>', ' ', str(told.get('error')) or page.plain())[:700]}")
        return json.dumps(told, ensure_ascii=False)

    def rows(self, node):
        return self.post(node, "/sql", table="goods", sql_query="SELECT * FROM goods", is_js_confirmed="0", pos="0", session_max_rows="25")


def scene(walk):
    walk.log_in(0)
    said = walk.post(0, "/import", sql_query="""CREATE TABLE goods (id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
        name VARCHAR(60) NOT NULL, price DECIMAL(12,3), kind ENUM('a','b'), made DATETIME, note TEXT, UNIQUE KEY by_name (name)) COMMENT='things';
        INSERT INTO goods (name, price, kind) VALUES ('one', 1.5, 'a'), ('żółć 😀', 2.25, 'b'), ('three', NULL, NULL)""", is_js_confirmed="0")
    check("2 queries executed" in said or "3 rows inserted" in said, "SQL makes a table and inserts")
    walk.log_in(1)
    arrives(lambda: "goods" in walk.page(1, "/database/structure", db=DATABASE).text, "node 2 lists the table")
    page = walk.page(1, "/table/structure", db=DATABASE, table="goods")
    check(all(word in page.plain() for word in ("decimal(12,3)", "AUTO_INCREMENT", "by_name", "enum('a', 'b')")), "its structure")
    page = walk.page(1, "/sql", db=DATABASE, table="goods", pos=0)
    check("żółć 😀" in page.text and "2.250" in page.text and "3 total" in page.plain(), "its rows")
    said = walk.post(1, "/sql", table="goods", sql_query="SELECT name, price * 2 AS twice FROM goods WHERE price > 2 ORDER BY 2", is_js_confirmed="0",
                     pos="0", session_max_rows="25")
    check("4.500" in said, "a query")
    fields = next(each for each in re.findall(r'data-post="(route=/table/change[^"]*)"', page.text) if "default_action=update" in each)
    browser = walk.browsers[1]
    page = browser.open(f"{walk.server.url}/index.php", urllib.parse.parse_qsl(html.unescape(fields)) + [("token", walk.tokens[1])])
    form = page.form("insertForm")
    changes = {name: value for name, value in form.fields}
    price = next(name for name, value in form.fields if name.startswith("fields[multi_edit]") and value.endswith("00"))
    name = next(each for each, value in form.fields if each.startswith("fields[multi_edit]") and value in ("one", "żółć 😀"))
    changes |= {name: "edited", price: "99.125", "submit_type": "save", "after_insert": "back"}
    page = browser.submit(page, form, changes)
    check("1 row affected" in page.plain(), "a row is edited")
    arrives(lambda: "99.125" in walk.rows(0), "node 1 has what was edited")
    for route, word in (("/server/databases", DATABASE), ("/server/variables", "autocommit"), ("/server/engines", "InnoDB"),
                        ("/server/collations", "utf8mb4_0900_ai_ci"), ("/server/privileges", "rivileges"), ("/server/status/processes", "Query"),
                        ("/server/sql", "Run SQL"), ("/server/plugins", "Plugins"), ("/server/export", "Export")):
        text = walk.page(0, route).plain()
        check(word in text, f"the page {route}{'' if word in text else ': ' + text[-300:]}")
    for route in ("/database/operations", "/database/search", "/database/export", "/database/triggers", "/database/routines", "/database/events"):
        walk.page(0, route, db=DATABASE)
    for route in ("/table/operations", "/table/search", "/table/export", "/table/triggers", "/table/relation", "/table/change"):
        walk.page(0, route, db=DATABASE, table="goods")
    check(True, "pages about the database and the table")
    page = walk.page(0, "/table/export", db=DATABASE, table="goods")
    form = page.form("dump")
    page = walk.browsers[0].submit(page, form, {"what": "sql", "quick_or_custom": "quick", "output_format": "sendit", "sql_structure_or_data": "structure_and_data",
                                                  "sql_create_table": "1", "sql_auto_increment": "1", "sql_insert_syntax": "both", "sql_type": "INSERT",
                                                  "sql_max_query_size": "50000", "table": "goods", "db": DATABASE, "single_table": "1", "export_type": "table"})
    check("CREATE TABLE `goods`" in page.text and "99.125" in page.text and "ADD PRIMARY KEY" in page.text, "an export as SQL")
    dump = page.text
    walk.post(0, "/import", sql_query="DROP TABLE goods", is_js_confirmed="1")
    arrives(lambda: "goods" not in walk.page(1, "/database/structure", db=DATABASE).find(r"<body.*?(id=.structureTable.*|No tables found)"), "dropped on node 2 too")
    said = walk.post(0, "/import", sql_query=dump, is_js_confirmed="1")
    check("99.125" in walk.rows(0) and "edited" in walk.rows(0), "and read back")


def main():
    with tempfile.TemporaryDirectory(prefix="murmel-phpmyadmin-") as folder:
        walk = Walk(Path(folder))
        try:
            scene(walk)
        finally:
            walk.server.close()
            if os.environ.get("MURMEL_KEEP"):
                print(walk.log.read_text()[-3000:])


main()
