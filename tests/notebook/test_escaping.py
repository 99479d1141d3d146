"""Hostile names in every view: they stay text in HTML, in drawings, in text, and in a page made of the notebook."""

import re
from collections import Counter
from functools import cache
from html import unescape
from html.parser import HTMLParser
from xml.etree import ElementTree

import nbformat
import pytest
from nbconvert import HTMLExporter

from nbkeras.notebook.views.visible import HIDDEN, visible
from tests.notebook import hostile_names
from tests.notebook.outputs import pictures

EMPTY = {"br", "img", "hr", "wbr"}
TAGS = {
    *("a b br code div details hr i img p pre progress small span strong sub summary sup".split()),
    *("table tbody td th thead tr ul li".split()),
    *("svg g path text tspan rect line circle polyline polygon title image defs clippath".split()),
}
DRAWN = {tag if tag != "clippath" else "clipPath" for tag in TAGS}
SOURCE = re.compile(r"data:image/(svg\+xml|png);base64,[A-Za-z0-9+/=]*")
SVG = "{http://www.w3.org/2000/svg}"


class Page(HTMLParser):
    """The elements of HTML: what must be in order is checked while it is read."""

    def __init__(self, html):
        super().__init__()
        self.open, self.elements, self.words = [], Counter(), []
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        assert tag in TAGS
        self.elements[tag] += 1
        for name, value in attributes:
            assert not name.startswith("on")
            assert name not in ("href", "action", "srcdoc", "formaction")
            assert name != "src" or SOURCE.fullmatch(value)
            assert name != "style" or "url(" not in value
            assert not HIDDEN.search(value or "")
        if tag not in EMPTY:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        assert not HIDDEN.search(data)
        self.words.append(data)


def check_drawing(svg):
    for element in ElementTree.fromstring(svg).iter():
        assert element.tag.removeprefix(SVG) in DRAWN
        assert not HIDDEN.search(element.text or "")
        for name, value in element.attrib.items():
            assert not name.startswith("on")
            assert not name.endswith("href") or SOURCE.fullmatch(value)


def check(bundle):
    html = bundle["text/html"]
    page = Page(html)
    for svg in pictures(html):
        check_drawing(svg)
    assert not HIDDEN.search(unescape(html))
    assert not HIDDEN.search(bundle["text/plain"])
    return page


def test_the_table_is_large():
    assert len({*hostile_names.NAMES}) == len(hostile_names.NAMES) >= 50


@cache
def elements_with_a_harmless_name():
    return {what: Page(bundle["text/html"]).elements for what, bundle in hostile_names.views("name")}


@pytest.mark.parametrize("name", [*hostile_names.NAMES, *hostile_names.HIDDEN, *hostile_names.LONG])
def test_a_name_stays_text_in_every_view(name):
    plain = elements_with_a_harmless_name()
    for what, bundle in hostile_names.views(name):
        page = check(bundle)
        assert page.elements == plain[what], what
        if name in hostile_names.NAMES and "\n" not in name:
            shown = "".join(page.words) + bundle["text/plain"]
            assert visible(name)[:12].replace("/", "") in shown.replace("/", "").replace("∕", ""), what


def test_what_is_visible_stays():
    text = "naïve 漢字 עברית emoji 👩\u200d🚀 tab\t end\n"
    assert visible(text) == text
    assert visible("a\0\u202e\ud800\U000e0041") == r"a\x00\u202e\ud800\U000e0041"


class Acting(HTMLParser):
    """How many elements and attributes of a page act."""

    def __init__(self, html):
        super().__init__()
        self.found = Counter()
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        self.found[tag] += tag not in TAGS
        self.found["on"] += sum(name.startswith("on") for name, _ in attributes)


def notebook_of(names):
    """A notebook of which a cell for each name has the outputs of all views."""
    cells = []
    for name in names:
        outputs = [nbformat.v4.new_output("display_data", bundle) for _, bundle in hostile_names.views(name)]
        cells.append(nbformat.v4.new_code_cell("...", outputs=outputs, execution_count=1))
    return nbformat.v4.new_notebook(cells=cells)


def test_a_page_made_of_the_notebook():
    """By nbconvert: as many of its elements act as with a harmless name."""
    exporter = HTMLExporter(template_name="basic")
    found = []
    for names in (["name"] * 4, [*hostile_names.NAMES[::20], *hostile_names.HIDDEN[:1]]):
        html, _ = exporter.from_notebook_node(notebook_of(names))
        assert not HIDDEN.search(html)
        found.append(Acting(html).found)
    assert found[0] == found[1]
