"""WordPress (Debian's package) on three nodes, each with a PHP server of its own: installed on the first, used on all.

What an author does goes over HTTP with forms, cookies and nonces as a browser sends them; the pages that readers see are
compared between the nodes, as text and as headless Chromium draws them, and one node is killed and comes back.
"""
import json
import os
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import zlib
from pathlib import Path

from scene import arrives, check, place
from web import Browser, PhpServer

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools" / "lib"))
import cluster as clusters  # noqa: E402

PORTS, DATABASE = place()
DEBIAN, CONTENT = Path("/usr/share/wordpress"), Path("/var/lib/wordpress/wp-content")
PASSWORD = "correct horse battery staple 7"
CONFIG = """<?php
define('DB_NAME', getenv('MURMEL_DATABASE'));
define('DB_USER', 'root');
define('DB_PASSWORD', '');
define('DB_HOST', '127.0.0.1:' . getenv('MURMEL_PORT'));
define('DB_CHARSET', 'utf8mb4');
define('DB_COLLATE', '');
foreach (['AUTH_KEY', 'SECURE_AUTH_KEY', 'LOGGED_IN_KEY', 'NONCE_KEY', 'AUTH_SALT', 'SECURE_AUTH_SALT', 'LOGGED_IN_SALT', 'NONCE_SALT'] as $name) {
    define($name, "the same on all nodes, $name");
}
$table_prefix = 'wp_';
define('COOKIEHASH', 'murmel');
define('WP_HOME', 'http://' . ($_SERVER['HTTP_HOST'] ?? 'localhost'));
define('WP_SITEURL', WP_HOME);
define('WP_DEBUG', true);
define('WP_DEBUG_DISPLAY', false);
define('WP_DEBUG_LOG', getenv('MURMEL_LOG'));
define('WP_HTTP_BLOCK_EXTERNAL', true);
define('WP_ACCESSIBLE_HOSTS', '127.0.0.1');
define('DISABLE_WP_CRON', true);
define('AUTOMATIC_UPDATER_DISABLED', true);
define('FS_METHOD', 'direct');
if (!defined('ABSPATH')) define('ABSPATH', __DIR__ . '/');
require_once ABSPATH . 'wp-settings.php';
"""


def picture(width=320, height=200):
    """A PNG."""
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    rows = b"".join(b"\0" + b"".join(bytes((x % 256, y % 256, (x * y) % 256)) for x in range(width)) for y in range(height))
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
            + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


class Site:
    """The WordPress of one node."""

    def __init__(self, number, folder):
        self.log = folder / f"debug-{number}.log"
        self.server = PhpServer(folder / "site", folder / f"php-{number}.log", router=folder / "router.php",
                                settings=("opcache.enable_cli=1", "memory_limit=256M", "upload_max_filesize=8M"),
                                MURMEL_PORT=str(PORTS[number]), MURMEL_LOG=str(self.log))
        self.url = self.server.url


class Walk:
    """What is done, step by step, by one author and by readers."""

    def __init__(self, folder):
        self.folder = folder
        site = folder / "site"
        shutil.copytree(DEBIAN, site, symlinks=False, ignore=shutil.ignore_patterns("wp-content", "wp-config.php"))
        shutil.copytree(CONTENT, site / "wp-content", symlinks=False)
        (site / "wp-config.php").write_text(CONFIG)
        (folder / "router.php").write_text(
            "<?php $path = parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH); $file = $_SERVER['DOCUMENT_ROOT'] . $path;"
            "if (is_file($file) || is_dir($file) && is_file(\"$file/index.php\")) return false;"
            "$_SERVER['SCRIPT_NAME'] = '/index.php'; chdir($_SERVER['DOCUMENT_ROOT']);"
            "require $_SERVER['DOCUMENT_ROOT'] . '/index.php';")
        self.sites = [Site(number, folder) for number in range(3)]
        self.author = Browser()

    def close(self):
        for site in self.sites:
            site.server.close()

    def admin(self, node, path, *, good=True):
        page = self.author.open(f"{self.sites[node].url}/wp-admin/{path}")
        if good and (page.status != 200 or "wp-login.php" in page.url):
            raise SystemExit(f"FAIL /wp-admin/{path} on node {node + 1}: {page.status} {page.url} {page.plain()[:400]}")
        return page

    def rest(self, node, path, data=None, method=None):
        """WordPress's REST interface, as its block editor uses it."""
        if not hasattr(self, "nonce"):
            self.nonce = self.admin(node, "post-new.php").find(r'createNonceMiddleware\( "(\w+)" \)')
        page = self.author.open(f"{self.sites[node].url}/index.php?rest_route={path}", None if data is None else json.dumps(data).encode(),
                                {"X-WP-Nonce": self.nonce, "Content-Type": "application/json"}, method)
        if page.status not in (200, 201):
            raise SystemExit(f"FAIL {path} on node {node + 1}: {page.status} {page.text[:500]}")
        return json.loads(page.text)

    def page(self, node, path):
        return Browser().open(self.sites[node].url + path)

    # -- the walk

    def install(self):
        url = self.sites[0].url
        page = self.author.open(url + "/")
        check("install.php" in page.url, "an empty database leads to the installation")
        page = self.author.open(f"{url}/wp-admin/install.php?step=1", {"language": ""})
        page = self.author.submit(page, page.form("setup"), {
            "weblog_title": "Three nodes żółć", "user_name": "editor", "admin_password": PASSWORD, "admin_password2": PASSWORD,
            "pw_weak": "on", "admin_email": "editor@example.org", "blog_public": "1"}, "Submit")
        check("Success!" in page.text, f"installed by the form on node 1: {page.plain()[-200:]}")

    def log_in(self):
        arrives(lambda: self.page(1, "/").status == 200 and "Three nodes" in self.page(1, "/").text, "node 2 shows the new site")
        page = self.author.open(self.sites[1].url + "/wp-login.php")
        page = self.author.submit(page, page.form("loginform"), {"log": "editor", "pwd": PASSWORD}, "wp-submit")
        check("Dashboard" in page.text and "Howdy" in page.text, "logged in on node 2")
        wrong = Browser()
        page = wrong.open(self.sites[1].url + "/wp-login.php")
        page = wrong.submit(page, page.form("loginform"), {"log": "editor", "pwd": "guess"}, "wp-submit")
        check("is incorrect" in page.text, "not with another password")
        check("Howdy" in self.admin(2, "index.php").text, "the session holds on node 3")

    def publish(self):
        page = self.admin(1, "edit-tags.php?taxonomy=category")
        page = self.author.submit(page, page.form("addtag"), {"tag-name": "Gardens & Żuławy", "slug": "gardens", "description": "About gardens"},
                                  "submit")
        check("Gardens" in self.admin(1, "edit-tags.php?taxonomy=category").text, "a category on node 2")
        category = next(each["id"] for each in self.rest(1, "/wp/v2/categories") if each["slug"] == "gardens")
        tags = [self.rest(1, "/wp/v2/tags", {"name": name})["id"] for name in ("roses", "tulips")]
        self.posts = [self.rest(1, "/wp/v2/posts", {
            "title": f"Post number {number} about marmots 😀", "status": "publish", "categories": [category], "tags": tags,
            "content": f"<!-- wp:paragraph --><p>Text {number}: it's \"quoted\" — żółć, 日本. {'word ' * 200}</p><!-- /wp:paragraph -->",
            "excerpt": f"In short {number}"})["id"] for number in range(3)]
        check(len(set(self.posts)) == 3, "three posts with categories and tags on node 2")
        self.rest(1, f"/wp/v2/posts/{self.posts[0]}", {"title": "Edited title", "content": "<p>edited marmots</p>"}, "PUT")
        check(len(self.rest(1, f"/wp/v2/posts/{self.posts[0]}/revisions")) >= 1, "an edited post has revisions")
        self.about = self.rest(1, "/wp/v2/pages", {"title": "About us", "status": "publish", "content": "<p>About</p>"})["id"]
        self.draft = self.rest(1, "/wp/v2/posts", {"title": "A draft", "status": "draft", "content": "hidden words"})["id"]
        for node in (0, 2):
            arrives(lambda n=node: "Edited title" in self.page(n, f"/?p={self.posts[0]}").text and "About" in self.page(n, f"/?page_id={self.about}").text,
                    f"node {node + 1} shows them")

    def comment(self):
        reader = Browser()
        page = reader.open(f"{self.sites[2].url}/?p={self.posts[1]}")
        page = reader.submit(page, page.form("commentform"), {
            "comment": "A comment from node 3: \"żółć\" isn't lost 😀", "author": "Reader", "email": "reader@example.org", "url": ""}, "submit")
        check("awaiting moderation" in page.text, f"a comment on node 3: {page.plain()[:200]}")
        arrives(lambda: "A comment from node 3" in self.admin(0, "edit-comments.php").text, "node 1 has it to be approved")
        link = self.admin(0, "edit-comments.php").find(r"[\"'](comment\.php\?[^\"']*action=approvecomment[^\"']*)[\"']")
        self.admin(0, link.replace("&#038;", "&").replace("&amp;", "&"))
        for node in range(3):
            arrives(lambda n=node: "A comment from node 3" in self.page(n, f"/?p={self.posts[1]}").text, f"approved, and shown on node {node + 1}")
        reply = self.rest(0, "/wp/v2/comments", {"post": self.posts[1], "content": "An answer", "parent": self.rest(
            0, f"/wp/v2/comments&post={self.posts[1]}")[0]["id"]})
        check(reply["status"] == "approved", "an answer to it")

    def search(self):
        for node in range(3):
            found = re.findall(r'wp-block-post-title"><a[^>]*>([^<]*)', self.page(node, "/?s=marmots").text)
            check(sorted(title.split(" about")[0] for title in found) == ["Edited title", "Post number 1", "Post number 2"],
                  f"search on node {node + 1}: {found}")
        check("Nothing" in self.page(0, "/?s=zzzzqq").text or "nothing matched" in self.page(0, "/?s=zzzzqq").text, "a search for what is not there")
        check("Post number 1" in self.admin(2, "edit.php?s=number+1&post_status=all").text, "search among posts in the administration")

    def media(self):
        page = self.admin(0, "media-new.php")
        nonce = page.find(r'name="_wpnonce" value="(\w+)"')
        page = self.author.upload(f"{self.sites[0].url}/wp-admin/async-upload.php", {"_wpnonce": nonce, "action": "upload-attachment",
                                  "name": "marmot.png"}, "async-upload", "marmot.png", picture(), "image/png")
        check(page.status == 200 and json.loads(page.text)["success"], f"a picture is uploaded on node 1: {page.text[:200]}")
        self.media_id = json.loads(page.text)["data"]["id"]
        arrives(lambda: "marmot" in self.admin(1, "upload.php?mode=list").text, "node 2 lists it")
        listed = self.author.open(f"{self.sites[2].url}/wp-admin/admin-ajax.php", {"action": "query-attachments", "query[posts_per_page]": "40"})
        check(json.loads(listed.text)["data"][0]["id"] == self.media_id, "and the library of node 3 has it")
        self.rest(1, f"/wp/v2/posts/{self.posts[2]}", {"featured_media": self.media_id, "sticky": True}, "PUT")

    def administer(self):
        page = self.admin(2, "plugins.php")
        link = page.find(r'href="(plugins\.php\?action=activate&amp;plugin=akismet[^"]*)"')
        page = self.admin(2, link.replace("&amp;", "&"))
        check("deactivate-akismet" in self.admin(2, "plugins.php").text, "a plugin is activated on node 3")
        page = self.admin(1, "options-general.php")
        page = self.author.submit(page, page.form("options.php"), {
            "blogname": "Renamed żółć", "blogdescription": "Notes from \"the\" burrow", "timezone_string": "Europe/Warsaw"}, "submit")
        check("Settings saved" in page.text, "settings are saved on node 2")
        page = self.admin(1, "options-reading.php")
        self.author.submit(page, page.form("options.php"), {"posts_per_page": "7"}, "submit")
        page = self.admin(1, "options-discussion.php")
        self.author.submit(page, page.form("options.php"), {}, "submit")
        page = self.admin(0, "user-new.php")
        page = self.author.submit(page, page.form("createuser"), {
            "user_login": "anna", "email": "anna@example.org", "first_name": "Anna", "last_name": "Żółć", "pass1": PASSWORD, "pass2": PASSWORD,
            "pw_weak": "on", "role": "author"}, "createuser")
        arrives(lambda: "anna@example.org" in self.admin(2, "users.php").text, "a user made on node 1 is there on node 3")
        page = self.admin(2, "profile.php")
        page = self.author.submit(page, page.form("your-profile"), {"nickname": "chief", "description": "Writes"}, "submit")
        check("Profile updated" in page.text, "a profile is saved on node 3")
        for path, word in (("index.php", "At a Glance"), ("edit.php", "Posts"), ("edit.php?post_type=page", "About us"), ("themes.php", "Themes"),
                           ("tools.php", "Tools"), ("export.php", "Export"), ("options-permalink.php", "Permalink"), ("options-writing.php", "Writing"),
                           ("options-media.php", "Media"), ("edit-comments.php", "Comments"), ("users.php?role=author", "anna"),
                           ("edit.php?post_status=draft&post_type=post", "A draft"), ("edit.php?orderby=comment_count&order=desc", "Post number")):
            for node in range(3):
                if word not in self.admin(node, path).text:
                    raise SystemExit(f"FAIL /wp-admin/{path} on node {node + 1} has no {word!r}")
        check(True, "pages of the administration, on each node")
        export = self.admin(1, "export.php?download=true&content=all&submit=Download")
        check(export.text.count("<item>") >= 6 and "A comment from node 3" in export.text, "all content is exported on node 2")

    def health(self):
        page = self.admin(0, "site-health.php")
        found = json.loads(page.find(r"var SiteHealth = (\{.*?\});"))
        direct = {each["test"]: each["status"] for each in found["site_status"]["direct"]}
        check(direct.get("sql_server") == "good" and direct.get("utf8mb4_support", "good") == "good", f"site health: the server is {direct.get('sql_server')}")
        critical = [name for name, state in direct.items() if state == "critical"]
        check(critical in ([], ["https_status"]), f"site health: critical is {critical or 'nothing'}")
        for test in ("loopback-requests", "authorization-header"):
            self.rest(0, f"/wp-site-health/v1/tests/{test}")
        info = self.admin(1, "site-health.php?tab=debug").plain()
        check("mysqli" in info and "Server version" in info, "site health tells about the database")

    def permalinks(self):
        page = self.admin(0, "options-permalink.php")
        page = self.author.submit(page, page.form("options-permalink.php"), {"selection": "/%postname%/", "permalink_structure": "/%postname%/"}, "submit")
        self.slugs = [self.rest(0, f"/wp/v2/posts/{post}")["slug"] for post in self.posts]
        self.readable = ["/", *(f"/{slug}/" for slug in self.slugs), "/category/gardens/", "/tag/roses/", "/author/editor/", "/feed/",
                         "/about-us/", "/?s=words", "/?m=" + "".join(self.rest(0, f"/wp/v2/posts/{self.posts[0]}")["date"].split("-")[:2]), "/wp-sitemap-posts-post-1.xml", "/comments/feed/"]
        arrives(lambda: self.page(2, "/about-us/").status == 200, "permalinks hold on node 3")

    def normal(self, node, path):
        """A page without what differs by its server and the moment."""
        page = self.page(node, path)
        text = page.text
        for site in self.sites:  # addresses are of the site where something was written
            text = text.replace(f"127.0.0.1:{site.server.port}", "HOST").replace(f"127.0.0.1%3A{site.server.port}", "HOST")
        return page.status, re.sub(r'nonce":"\w+"|"nonce" value="\w+"|lastBuildDate>[^<]*<|name="ak_js" value="\d+"', "", text)

    def same(self, nodes=(0, 1, 2)):
        for path in self.readable:
            seen = {}

            def equal():
                seen.update({node: self.normal(node, path) for node in nodes})
                for node, (_, text) in seen.items():
                    (self.folder / f"seen-{node}.html").write_text(text)
                return seen[nodes[0]][0] == 200 and all(value == seen[nodes[0]] for value in seen.values())
            arrives(equal, f"{path} is the same on {len(nodes)} nodes")

    def drawn(self):
        pictures = []
        for path in ("/", f"/{self.slugs[0]}/", f"/{self.slugs[1]}/"):
            drawn = []
            for node, site in enumerate(self.sites):
                file = self.folder / f"page-{node}.png"
                file.unlink(missing_ok=True)
                done = subprocess.run(
                    ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", f"--user-data-dir={self.folder}/chromium",
                     "--window-size=1000,2400", "--virtual-time-budget=8000", f"--screenshot={file}", site.url + path],
                    capture_output=True, text=True, timeout=120)
                if not file.exists():
                    raise SystemExit(f"FAIL Chromium draws nothing: {done.stderr[-500:]}")
                drawn.append(file.read_bytes())
            check(drawn[0] == drawn[1] == drawn[2], f"Chromium draws {path} alike for all nodes ({len(drawn[0])} bytes of picture)")
            pictures.append(drawn[0])
        check(len(set(pictures)) == len(pictures) and all(len(each) > 10_000 for each in pictures), "and each page otherwise")

    def lose_a_node(self):
        """Kills the second node's agent, goes on with the others, and has it back."""
        agent = clusters.Cluster(Path(os.environ["MURMEL_CLUSTER"]).parent, where=Path(os.environ["MURMEL_BUILD"]))
        agent.extra = json.loads(os.environ["MURMEL_EXTRA"])
        agent.node(2).kill()
        check("Error establishing a database connection" in self.page(1, "/").text, "node 2 is killed, and its site says so")
        made = self.rest(0, "/wp/v2/posts", {"title": "While one is away", "status": "publish", "content": "<p>of it</p>"})["id"]
        arrives(lambda: "While one is away" in self.page(2, f"/?p={made}").text, "the others go on")
        agent.node(2).launch()
        arrives(lambda: "While one is away" in self.page(1, f"/?p={made}").text, "it comes back, and has what was missed")
        made = self.rest(1, "/wp/v2/posts", {"title": "Back again", "status": "publish", "content": "<p>here</p>"})["id"]
        arrives(lambda: "Back again" in self.page(0, f"/?p={made}").text, "and takes new posts")
        self.rest(1, f"/wp/v2/posts/{made}", None, "DELETE")
        self.rest(2, f"/wp/v2/posts/{self.draft}&force=true", None, "DELETE")
        arrives(lambda: "Back again" not in self.page(0, "/").text, "a post that is put into the trash")

    def complaints(self):
        """What the database answered with an error, except while it was away."""
        for number, site in enumerate(self.sites):
            said = site.log.read_text(errors="replace") if site.log.exists() else ""
            found = [line for line in said.splitlines() if "WordPress database error" in line and "gone away" not in line]
            check(not found, f"no error of the database in the log of node {number + 1}{': ' if found else ''}{' | '.join(sorted(set(found)))[:1500]}")


def main():
    with tempfile.TemporaryDirectory(prefix="murmel-wordpress-") as folder:
        walk = Walk(Path(folder))
        try:
            for step in (walk.install, walk.log_in, walk.publish, walk.comment, walk.search, walk.media, walk.administer, walk.health,
                         walk.permalinks, walk.same, walk.drawn, walk.lose_a_node, walk.same, walk.complaints):
                step()
        finally:
            walk.close()
            if os.environ.get("MURMEL_KEEP"):
                shutil.copytree(folder, os.environ["MURMEL_KEEP"], dirs_exist_ok=True, ignore=shutil.ignore_patterns("site", "chromium"))


main()
