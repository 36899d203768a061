"""PHP's built-in server, and a browser of the simplest kind: pages, cookies, forms. For clients that are web applications."""
import html
import html.parser
import http.cookiejar
import os
import re
import secrets
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools" / "lib"))
import ports  # noqa: E402

SECONDS = 60  # that a page may take


class PhpServer:
    """One of PHP's own servers with this folder as its documents; ended by close()."""

    def __init__(self, folder, log, settings=(), router=None, workers=3, **environment):
        self.port = ports.free(1)[0]
        self.url = f"http://127.0.0.1:{self.port}"
        options = [word for setting in settings for word in ("-d", setting)]
        with open(log, "ab") as output:
            self.process = subprocess.Popen(
                ["php", *options, "-S", f"127.0.0.1:{self.port}", "-t", str(folder), *([str(router)] if router else [])],
                stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True,
                env={**os.environ, "PHP_CLI_SERVER_WORKERS": str(workers), **environment})
        end = time.monotonic() + SECONDS
        while ports.is_free(self.port):
            if time.monotonic() > end or self.process.poll() is not None:
                raise SystemExit(f"FAIL PHP's server did not start; see {log}")
            time.sleep(0.02)

    def close(self):
        os.killpg(self.process.pid, signal.SIGTERM)  # its workers are in its group, and would stay
        self.process.wait()


class Form:
    def __init__(self, attributes):
        self.id, self.action = attributes.get("id") or attributes.get("name", ""), attributes.get("action") or ""
        self.method = attributes.get("method", "get").lower()
        self.fields = []  # (name, value)
        self.buttons = {}


class Forms(html.parser.HTMLParser):
    """The forms of a page with the values that a browser would send."""

    def __init__(self, page):
        super().__init__()
        self.forms, self.form, self.select, self.option, self.area = [], None, None, None, None
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        attributes = {name: value if value is not None else "" for name, value in attrs}
        if tag == "form":
            self.form = Form(attributes)
            self.forms.append(self.form)
        if self.form is None:
            return
        name, value = attributes.get("name"), attributes.get("value", "")
        if tag == "input" and name:
            kind = attributes.get("type", "text").lower()
            if kind in ("submit", "image", "button"):
                self.form.buttons[name] = value
            elif kind not in ("checkbox", "radio") or "checked" in attributes:
                if kind != "file":
                    self.form.fields.append((name, value if "value" in attributes or kind != "checkbox" else "on"))
        elif tag == "button" and name:
            self.form.buttons[name] = value
        elif tag == "select" and name:
            self.end_option()
            self.select = [name, "multiple" in attributes, []]
        elif tag == "option" and self.select:
            self.end_option()
            self.option = [attributes.get("value"), "selected" in attributes, ""]
        elif tag == "textarea" and name:
            self.area = [name, ""]

    def handle_endtag(self, tag):
        if tag == "form":
            self.form = None
        elif tag == "option":
            self.end_option()
        elif tag == "select" and self.select and self.form is not None:
            self.end_option()
            name, multiple, options = self.select
            chosen = [value for value, selected in options if selected]
            if not chosen and not multiple:
                chosen = [value for value, _ in options[:1]]
            self.form.fields += [(name, value) for value in chosen]
            self.select = None
        elif tag == "textarea" and self.area and self.form is not None:
            self.form.fields.append((self.area[0], self.area[1].removeprefix("\n")))
            self.area = None

    def end_option(self):
        """An option is worth its text if it has no value."""
        if self.option and self.select:
            value, selected, text = self.option
            self.select[2].append((text.strip() if value is None else value, selected))
        self.option = None

    def handle_data(self, data):
        if self.option:
            self.option[2] += data
        if self.area:
            self.area[1] += data


class Page:
    def __init__(self, status, url, body, headers):
        self.status, self.url, self.body, self.headers = status, url, body, headers
        self.text = body.decode(errors="replace")

    def find(self, pattern):
        found = re.search(pattern, self.text, re.S)
        return found.group(1) if found else None

    def form(self, wanted=""):
        """The first form whose id, name, action or fields have `wanted`."""
        for form in Forms(self.text).forms:
            if wanted in form.id or wanted in form.action or wanted in form.buttons or any(wanted == name for name, _ in form.fields):
                return form
        raise SystemExit(f"FAIL {self.url} has no form {wanted!r}: {self.plain()[:600]}")

    def plain(self):
        """Its text without marks."""
        bare = re.sub(r"<(script|style).*?</\1>|<[^>]*>", " ", self.text, flags=re.S)
        return re.sub(r"\s+", " ", html.unescape(bare)).strip()


class Browser:
    def __init__(self):
        self.cookies = http.cookiejar.CookieJar()
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.cookies))
        self.opener.addheaders = [("User-Agent", "Mozilla/5.0 (X11; Linux x86_64) tests/clients")]

    def open(self, url, data=None, headers=(), method=None):
        """`data`: bytes, or fields of a form as a list of pairs or a dictionary."""
        if data is not None and not isinstance(data, bytes):
            data = urllib.parse.urlencode(data if isinstance(data, list) else list(data.items()), doseq=True).encode()
        request = urllib.request.Request(url, data=data, headers=dict(headers), method=method)
        try:
            with self.opener.open(request, timeout=SECONDS) as reply:
                return Page(reply.status, reply.url, reply.read(), reply.headers)
        except urllib.error.HTTPError as error:
            return Page(error.code, url, error.read(), error.headers)

    def submit(self, page, form, changes=None, button=None):
        """Sends a form of a page with these values in place of its own."""
        changes = dict(changes or {})
        fields = [(name, changes.pop(name)) if name in changes else (name, value) for name, value in form.fields]
        fields += list(changes.items())
        if button:
            fields.append((button, form.buttons.get(button, "1")))
        target = urllib.parse.urljoin(page.url, form.action)
        if form.method == "get":
            return self.open(target.split("?")[0] + "?" + urllib.parse.urlencode(fields))
        return self.open(target, fields)

    def upload(self, url, fields, name, filename, content, kind):
        mark = secrets.token_hex(16)
        body = b"".join(f'--{mark}\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'.encode()
                        for key, value in fields.items())
        body += (f'--{mark}\r\nContent-Disposition: form-data; name="{name}"; filename="{filename}"\r\n'
                 f"Content-Type: {kind}\r\n\r\n").encode() + content + f"\r\n--{mark}--\r\n".encode()
        return self.open(url, body, {"Content-Type": f"multipart/form-data; boundary={mark}"})
