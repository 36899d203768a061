"""MediaWiki (Debian's package) on three nodes, each with a PHP server of its own: installed on the first, used on all.

Pages are written through its forms and its api.php on one node and read on the others; maintenance scripts run on any of
them. MediaWiki itself notes each error of its database: there must be none in the end.
"""
import json
import os
import re
import subprocess
import tempfile
import threading
import urllib.parse
from pathlib import Path

from scene import arrives, check, place
from web import Browser, PhpServer

PORTS, DATABASE = place()
DEBIAN = Path("/usr/share/mediawiki")
PASSWORD = "correct horse battery staple 7"
SECONDS = 120  # that a maintenance script may take
SETTINGS = """
$wgServer = 'http://' . ($_SERVER['HTTP_HOST'] ?? 'localhost');
$wgDBserver = '127.0.0.1:' . getenv('MURMEL_PORT');
$wgDBerrorLog = getenv('MURMEL_LOG');
$wgShowExceptionDetails = true;
$wgJobRunRate = 0;
$wgRateLimits = [];
$wgMainCacheType = CACHE_DB;
$wgCacheDirectory = getenv('MURMEL_CACHES');
$wgGroupPermissions['sysop']['deleterevision'] = true;
"""
EXTENSIONS = ("AbuseFilter", "CategoryTree", "CiteThisPage", "Gadgets", "Interwiki", "Nuke", "OATHAuth", "ParserFunctions", "Renameuser", "ReplaceText")


class Wiki:
    """The MediaWiki of one node."""

    def __init__(self, number, folder):
        self.log, caches = folder / f"errors-{number}.log", folder / f"caches-{number}"
        caches.mkdir()
        self.environment = {"MURMEL_PORT": str(PORTS[number]), "MURMEL_LOG": str(self.log), "MURMEL_CACHES": str(caches),
                            "MW_CONFIG_FILE": str(folder / "LocalSettings.php"), "MW_INSTALL_PATH": str(DEBIAN)}
        self.server = PhpServer(DEBIAN, folder / f"php-{number}.log", settings=("opcache.enable_cli=1", "memory_limit=256M"), **self.environment)
        self.url = self.server.url

    def script(self, name, *options, words=None):
        """A maintenance script; what it says."""
        done = subprocess.run(["php", str(DEBIAN / "maintenance" / f"{name}.php"), *options], env={**os.environ, **self.environment},
                              input=words, capture_output=True, text=True, errors="replace", timeout=SECONDS)
        if done.returncode:
            raise SystemExit(f"FAIL {name}.php: {(done.stdout + done.stderr)[-1500:]}")
        return done.stdout + done.stderr

    def page(self, title, browser=None, **more):
        return (browser or Browser()).open(f"{self.url}/index.php?{urllib.parse.urlencode({'title': title, **more})}")


class Editor:
    """Somebody logged in through api.php, who may use it on every node."""

    def __init__(self, walk, name, password=PASSWORD, node=0):
        self.walk, self.browser, self.tokens = walk, Browser(), {}
        said = self.api(node, action="clientlogin", username=name, password=password, logintoken=self.token(node, "login"),
                        loginreturnurl="http://127.0.0.1/")
        self.status = said["clientlogin"]["status"]
        self.tokens = {}

    def api(self, node, good=True, **fields):
        page = self.browser.open(f"{self.walk.wikis[node].url}/api.php", {"format": "json", "formatversion": "2", **fields})
        if page.status != 200:
            raise SystemExit(f"FAIL {fields} on node {node + 1}: {page.status} {page.plain()[:2000]}")
        said = json.loads(page.text)
        if good and "error" in said:
            raise SystemExit(f"FAIL {fields} on node {node + 1}: {said['error']}")
        return said

    def token(self, node, kind="csrf"):
        if kind not in self.tokens:
            self.tokens[kind] = self.api(node, action="query", meta="tokens", type=kind)["query"]["tokens"][f"{kind}token"]
        return self.tokens[kind]

    def act(self, node, action, good=True, **fields):
        return self.api(node, good, action=action, token=self.token(node), **fields)

    def edit(self, node, title, text, **more):
        return self.act(node, "edit", title=title, text=text, **more)["edit"]

    def query(self, node, **fields):
        return self.api(node, action="query", **fields)["query"]

    def titles(self, node, what, **fields):
        return sorted(each["title"] for each in self.query(node, list=what, **fields)[what])


class Walk:
    def __init__(self, folder):
        self.folder, self.wikis = folder, []

    def close(self):
        for wiki in self.wikis:
            wiki.server.close()

    def everywhere(self, what, condition):
        for node in range(3):
            arrives(lambda n=node: condition(n), f"node {node + 1}: {what}")

    def shown(self, what, title, *words, **more):
        self.everywhere(what, lambda node: all(word in self.wikis[node].page(title, **more).plain() for word in words))

    def jobs(self, node):
        return self.wikis[node].script("runJobs")

    # -- the walk

    def install(self):
        done = subprocess.run(["php", str(DEBIAN / "maintenance/install.php"), "--dbtype=mysql", f"--dbserver=127.0.0.1:{PORTS[0]}",
                               f"--dbname={DATABASE}", "--dbuser=root", "--dbpass=", f"--pass={PASSWORD}", "--scriptpath=",
                               "--server=http://localhost", f"--confpath={self.folder}", "Three nodes żółć", "Editor"],
                              capture_output=True, text=True, timeout=SECONDS)
        check("successfully installed" in done.stdout, f"installed on node 1: {(done.stdout + done.stderr)[-600:]}")
        with open(self.folder / "LocalSettings.php", "a") as settings:
            settings.write(SETTINGS)
        self.wikis = [Wiki(number, self.folder) for number in range(3)]
        self.shown("the main page", "Main_Page", "MediaWiki has been installed")

    def log_in(self):
        self.browser = Browser()
        page = self.wikis[1].page("Special:UserLogin", self.browser)
        page = self.browser.submit(page, page.form("userlogin"), {"wpName": "Editor", "wpPassword": "guess"}, "wploginattempt")
        check("Incorrect username or password" in page.plain(), f"not with another password: {page.plain()[:300]}")
        page = self.browser.submit(page, page.form("userlogin"), {"wpName": "Editor", "wpPassword": PASSWORD}, "wploginattempt")
        check("Log out" in page.plain(), "logged in on node 2")
        self.everywhere("the session holds", lambda node: "Log out" in self.wikis[node].page("Main_Page", self.browser).plain())

    def edit(self):
        page = self.wikis[1].page("Żółw", self.browser, action="edit")
        page = self.browser.submit(page, page.form("editform"), {
            "wpTextbox1": "A '''turtle''' 🐢 isn't a [[marmot]].\n\n== Life ==\n\"Slow\" \\ and long.\n[[Category:Reptiles & co]]", "wpSummary": "new: żółć"},
            "wpSave")
        check("isn't a marmot" in page.plain(), f"a page is written with the form of node 2: {page.plain()[:300]}")
        self.shown("shows it", "Żółw", "A turtle 🐢 isn't a marmot", "Reptiles & co")
        page = self.wikis[2].page("Żółw", self.browser, action="edit", section="1")
        self.browser.submit(page, page.form("editform"), {"wpTextbox1": "== Life ==\nVery long."}, "wpSave")
        self.shown("shows a section that node 3 has changed", "Żółw", "Very long.", "turtle")
        self.shown("the history", "Żółw", "new: żółć", "Editor", action="history")
        self.editor = Editor(self, "Editor")
        check(self.editor.status == "PASS", "logged in through the API")
        self.editor.edit(0, "Template:Note", "<small>note {{{1}}} of a template</small>[[Category:Noted]]")
        self.everywhere("has the template", lambda node: "missing" not in self.editor.query(node, titles="Template:Note")["pages"][0])
        for number, node in enumerate((0, 1, 2, 0, 1, 2)):
            said = self.editor.edit(node, f"Marmot {number}", f"Marmots whistle, number {number}. {{{{Note|{number}}}}} [[Category:Marmots]] [[Żółw]]")
            check(said["result"] == "Success", f"an article through the API of node {node + 1}")
        said = self.jobs(2)
        check("good" in said or "empty" in said, "the job queue runs on node 3")
        self.shown("a template is in its pages", "Marmot_4", "note 4 of a template")
        marmots = [f"Marmot {number}" for number in range(6)]
        self.everywhere("the category has its pages", lambda node: self.editor.titles(node, "categorymembers", cmtitle="Category:Marmots") == marmots)
        self.everywhere("and that of the template", lambda node: self.editor.titles(node, "categorymembers", cmtitle="Category:Noted") ==
                        [*marmots, "Template:Note"])
        self.everywhere("links", lambda node: self.editor.titles(node, "backlinks", bltitle="Żółw") == marmots)
        self.shown("the category's page", "Category:Marmots", "Marmot 0", "The following 6 pages are in this category")

    def search(self):
        for words, titles in (("whistle", [f"Marmot {number}" for number in range(6)]), ("turtle", ["Żółw"]), ("whistle turtle", []),
                              ("whist*", [f"Marmot {number}" for number in range(6)]), ('"Marmots whistle"', [f"Marmot {number}" for number in range(6)])):
            self.everywhere(f"search for {words}", lambda node, w=words, t=titles: self.editor.titles(node, "search", srsearch=w, srwhat="text", srlimit="20") == t)
        self.everywhere("search in titles", lambda node: self.editor.titles(node, "search", srsearch="marmot", srwhat="title") ==
                        [f"Marmot {number}" for number in range(6)])
        self.everywhere("suggestions", lambda node: self.editor.api(node, action="opensearch", search="Marm", formatversion="1")[1][:2] == ["Marmot 0", "Marmot 1"])
        page = Browser().open(f"{self.wikis[1].url}/index.php?search=whistle&fulltext=1&ns0=1")
        check("Results 1 – 6 of 6" in page.plain() or "1 – 6" in page.plain(), f"the page of a search: {page.plain()[:200]}")

    def revise(self):
        first = self.editor.query(1, titles="Żółw", prop="revisions", rvlimit="10", rvprop="ids|comment|content|timestamp", rvslots="main")["pages"][0]["revisions"]
        check(len(first) == 2 and "Slow" in first[1]["slots"]["main"]["content"], "two revisions")
        page = self.wikis[0].page("Żółw", diff=first[0]["revid"], oldid=first[1]["revid"])
        check("Very long." in page.plain() and "Slow" in page.plain(), "the difference of two revisions")
        self.editor.act(0, "edit", title="Żółw", undo=first[0]["revid"])
        self.shown("undone", "Żółw", "and long.")
        self.editor.act(1, "move", **{"from": "Marmot 5", "to": "Groundhog", "reason": "renamed", "movetalk": "1"})
        self.shown("moved, with a redirect", "Marmot_5", "Redirected from Marmot 5", "number 5")
        self.editor.act(2, "delete", title="Marmot 4", reason="too many")
        self.everywhere("deleted", lambda node: "missing" in self.editor.query(node, titles="Marmot 4")["pages"][0])
        self.editor.act(0, "undelete", title="Marmot 4")
        self.shown("undeleted", "Marmot_4", "number 4")
        self.editor.act(1, "protect", title="Groundhog", protections="edit=sysop", reason="dear")
        self.everywhere("protected", lambda node: self.editor.query(node, titles="Groundhog", prop="info", inprop="protection")["pages"][0]["protection"][0]["level"] == "sysop")
        said = self.editor.edit(2, "Marmot 1", "rewritten", summary="again")
        self.editor.act(0, "revisiondelete", type="revision", ids=said["oldrevid"], hide="content", reason="secret")
        self.everywhere("a hidden revision", lambda node: self.editor.query(
            node, revids=said["oldrevid"], prop="revisions", rvprop="content|ids", rvslots="main")["pages"][0]["revisions"][0]["slots"]["main"]["texthidden"])
        logged = sorted({each["type"] for each in self.editor.query(1, list="logevents", lelimit="50")["logevents"]})
        check({"move", "delete", "protect"} <= set(logged), f"the log: {logged}")

    def people(self):
        page = self.wikis[2].page("Special:CreateAccount", self.browser)
        page = self.browser.submit(page, page.form("userlogin2"), {"wpName": "Anna Żółć", "wpPassword": PASSWORD, "retype": PASSWORD, "email": "anna@example.org",
                                                                  "reason": "new"}, "wpCreateaccount")
        check("has been created" in page.plain(), f"an account is made on node 3: {page.plain()[:400]}")
        self.anna = Editor(self, "Anna Żółć", node=1)
        check(self.anna.status == "PASS", "who logs in on node 2")
        check(self.anna.edit(1, "Talk:Żółw", "Is it? ~~~~")["result"] == "Success", "and writes")
        check(self.anna.act(0, "edit", good=False, title="Groundhog", text="x").get("error", {}).get("code") == "protectedpage", "but not to a protected page")
        self.anna.act(1, "options", change="realname=Anna|language=de|gender=female")
        self.everywhere("her options", lambda node: self.anna.query(node, meta="userinfo", uiprop="options")["userinfo"]["options"]["language"] == "de")
        self.editor.act(2, "block", user="Anna Żółć", expiry="1 day", reason="too fast", nocreate="1", autoblock="1")
        self.everywhere("blocked", lambda node: self.editor.query(node, list="users", ususers="Anna Żółć", usprop="blockinfo|groups|editcount")["users"][0]
                        .get("blockreason") == "too fast")
        check(self.anna.act(1, "edit", good=False, title="Talk:Żółw", text="x").get("error", {}).get("code") == "blocked", "and does not write any more")
        self.editor.act(0, "block", user="192.0.2.0/24", expiry="infinite", reason="a range")
        self.everywhere("a range is blocked", lambda node: len(self.editor.query(node, list="blocks", bkip="192.0.2.77")["blocks"]) == 1)
        self.editor.act(1, "unblock", user="Anna Żółć", reason="sorry")
        self.everywhere("unblocked", lambda node: "blockid" not in self.editor.query(node, list="users", ususers="Anna Żółć", usprop="blockinfo")["users"][0])

    def special(self):
        self.jobs(1)
        for title, words in (("RecentChanges", ("Groundhog", "Anna")), ("AllPages", ("Groundhog", "Marmot 1")), ("Statistics", ("Content pages", "Page edits")),
                             ("Categories", ("Marmots", "Noted")), ("ListUsers", ("Anna Żółć", "Editor")), ("Log", ("protected", "moved")),
                             ("Contributions/Editor", ("Marmot 3",)), ("WhatLinksHere/Żółw", ("Marmot 2",)), ("PrefixIndex/Marm", ("Marmot 2",)),
                             ("NewPages", ("Groundhog",)), ("LongPages", ("Main Page",)), ("ShortPages", ("Marmot",)), ("OrphanedPages", ("Marmot 3",)),
                             ("WantedPages", ("Marmot",)), ("WantedCategories", ("Marmots",)), ("MostLinked", ("Żółw",)),
                             ("MostCategories", ("Marmot",)), ("MostRevisions", ("Żółw",)), ("ListRedirects", ("Marmot 5",)), ("DeadendPages", ()),
                             ("AncientPages", ("Marmot",)), ("ProtectedPages", ("Groundhog",)), ("BlockList", ("192.0.2.0/24",)), ("Version", ("MySQL", "8.0")),
                             ("UncategorizedPages", ("Main Page",)), ("RecentChangesLinked/Marmot_2", ()), ("Export", ("Export",)), ("Random", ()), ("Tags", ("Undo",)),
                             ("LinkSearch", ()), ("ActiveUsers", ("Editor",)), ("Watchlist", ()), ("UnusedTemplates", ()), ("MostTranscludedPages", ("Template:Note",)),
                             ("FewestRevisions", ("Marmot",)), ("ListGroupRights", ()), ("PagesWithProp", ()), ("MIMESearch", ()), ("ListFiles", ()),
                             ("DoubleRedirects", ()), ("WithoutInterwiki", ("Marmot",)), ("LonelyPages", ())):
            for node in range(3):
                page = self.wikis[node].page(f"Special:{title}", self.browser, limit=50)
                missing = [word for word in words if word not in page.plain()]
                if page.status != 200 or missing or "internal error" in page.plain():
                    raise SystemExit(f"FAIL Special:{title} on node {node + 1}: {page.status}, no {missing}: {page.plain()[:900]}")
        check(True, "special pages, on each node")

    def extend(self):
        with open(self.folder / "LocalSettings.php", "a") as settings:
            settings.write("".join(f"wfLoadExtension('{name}');\n" for name in EXTENSIONS))
        said = self.wikis[1].script("update", "--quick")
        check("Done in" in said and "abuse_filter" in said, f"update.php on node 2 adds the tables of extensions{'' if 'Done in' in said else said[-300:]}")
        said = self.wikis[2].script("update", "--quick")
        check("Done in" in said and "Creating abuse_filter" not in said, "and finds them on node 3")
        page = self.wikis[0].page("Special:AbuseFilter/new", self.browser)
        check(page.status == 200 and "filter" in page.plain(), "a page of an extension")

    def compete(self):
        """Three editors at once: at QUORUM no edit is lost, as each tells which revision it is of. (An editor may overrule himself.)"""
        self.editor = Editor(self, "Editor")  # update.php ends all sessions
        if json.loads(os.environ.get("MURMEL_EXTRA", "{}")).get("cluster", {}).get("consistency") != "quorum":
            return
        for node in range(3):
            self.wikis[0].script("createAndPromote", f"Counter {node}", PASSWORD)
        self.editor.edit(0, "Counter", "0")
        self.everywhere("the counter", lambda node: "missing" not in self.editor.query(node, titles="Counter")["pages"][0])
        counted, failures = [], []

        def count_once(node, editor):
            page = editor.query(node, titles="Counter", prop="revisions", rvprop="ids|content", rvslots="main")["pages"][0]["revisions"][0]
            said = editor.act(node, "edit", good=False, title="Counter", text=str(int(page["slots"]["main"]["content"]) + 1), baserevid=page["revid"],
                              nocreate="1")
            if "error" not in said:
                counted.extend([node] if "nochange" not in said["edit"] else [])  # somebody else has written that number
            elif said["error"]["code"] != "editconflict":
                raise SystemExit(said["error"]["code"])

        def count(node):
            try:
                editor = Editor(self, f"Counter {node}", node=node)
                while counted.count(node) < 6:
                    try:
                        count_once(node, editor)
                    except SystemExit as error:  # MediaWiki does not begin a transaction again that its COMMIT refuses
                        if "Deadlock" not in str(error):
                            raise
            except BaseException as error:  # in a thread nobody else would hear of it
                failures.append(str(error))

        threads = [threading.Thread(target=count, args=(node,)) for node in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        check(not failures, f"three editors at once: {failures[:3] or 'done'}")
        self.everywhere("nothing that was counted is lost", lambda node: self.editor.query(
            node, titles="Counter", prop="revisions", rvprop="content", rvslots="main")["pages"][0]["revisions"][0]["slots"]["main"]["content"] == "18")

    def maintain(self):
        one, two, three = self.wikis
        dump = three.script("dumpBackup", "--full", "--quiet")
        check("Very long." in dump and dump.count("<page>") >= 9, "a dump of all revisions, on node 3")
        one.script("importDump", "--quiet", words=dump.replace("<title>Żółw", "<title>Imported"))
        self.shown("an import on node 1", "Imported", "turtle")
        one.script("rebuildtextindex")
        self.everywhere("search finds what was imported", lambda node: "Imported" in self.editor.titles(node, "search", srsearch="turtle", srwhat="text"))
        for script, options in (("rebuildrecentchanges", ()), ("refreshLinks", ()), ("initSiteStats", ("--update",)), ("showSiteStats", ()),
                                ("rebuildall", ()), ("cleanupTitles", ()), ("namespaceDupes", ("--fix",)), ("recountCategories", ("--mode=pages",)),
                                ("deleteOldRevisions", ()), ("updateSpecialPages", ()), ("attachLatest", ())):
            two.script(script, *options)
        check(True, "maintenance scripts run on node 2")
        two.script("changePassword", "--user=Editor", "--password=another battery 9")
        arrives(lambda: Editor(self, "Editor", "another battery 9", node=2).status == "PASS", "a changed password holds on node 3")

    def finish(self):
        lines = [line for wiki in self.wikis if wiki.log.exists() for line in wiki.log.read_text().splitlines()]
        errors = [line for line in lines if re.search(r"\tError \d+ from", line) and "Error 1213" not in line]
        check(not errors, f"MediaWiki has noted no error of its database but deadlocks: {errors[:3]}")


def main():
    with tempfile.TemporaryDirectory(prefix="murmel-mediawiki-") as folder:
        walk = Walk(Path(folder))
        try:
            for step in (walk.install, walk.log_in, walk.edit, walk.search, walk.revise, walk.people, walk.special, walk.extend, walk.compete,
                         walk.maintain, walk.finish):
                step()
        finally:
            walk.close()


main()
