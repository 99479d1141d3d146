"""A web server on this machine that gives small files, as faithfully or as badly as a test wants."""

import re
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Site:
    """What a server has, and what it was asked for.

    Attributes:
        files: content by path.
        tags: versions by path, sent as ETag.
        cuts: by path, after how many bytes the next connections end, one number for each.
        moved: where a path leads to.
        ranges: whether it knows them.
        lengths: whether it says how long a file is.
        asked: (path, the header Range, the header If-Range) of each request.
    """

    def __init__(self):
        self.files, self.tags, self.cuts, self.moved, self.asked = {}, {}, {}, {}, []
        self.ranges = self.lengths = True
        self.address = ""

    def add(self, path, content, tag=None):
        """Puts a file there and returns its address."""
        self.files[path] = content
        if tag:
            self.tags[path] = tag
        return f"{self.address}/{path}"


@contextmanager
def serving():
    site = Site()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            path = self.path.strip("/")
            site.asked.append((path, self.headers.get("Range"), self.headers.get("If-Range")))
            if path in site.moved:
                self.send_response(302)
                self.send_header("Location", site.moved[path])
                self.end_headers()
            elif path not in site.files:
                self.send_error(404)
            else:
                self.give(site.files[path], site.tags.get(path), site.cuts.get(path))

        def give(self, content, tag, cuts):
            start = self.start_of(tag) if site.ranges else 0
            if start and start >= len(content):
                self.send_error(416)
                return
            self.send_response(206 if start else 200)
            if start:
                self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
            if tag:
                self.send_header("ETag", tag)
            if site.lengths:
                self.send_header("Content-Length", str(len(content) - start))
            self.end_headers()
            self.wfile.write(content[start : start + cuts.pop(0)] if cuts else content[start:])

        def start_of(self, tag):
            found = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range") or "")
            wanted = self.headers.get("If-Range")
            return int(found[1]) if found and wanted in (None, tag) else 0

        def log_message(self, *args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    site.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield site
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
