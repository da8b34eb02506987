"""Pages for people: what a relation means, what an error code means."""

import inspect
import re
from pathlib import Path

from flask import Blueprint, current_app, render_template
from markupsafe import Markup

from ec_builds.errors import NotFound
from ec_builds.hal.relations import MEANINGS, TOKENS
from ec_builds.pages import relations
from ec_builds.pages.openapi import EXTENSION
from ec_builds.pages.refusals import codes
from ec_builds.runtime import ALLOWED
from ec_builds.web import policies
from ec_builds.web.current import urls

blp = Blueprint("documentation", __name__, url_prefix="/doc", template_folder="templates")
POLICY = policies.of_page(Path(__file__).with_name("templates").joinpath("page.html").read_text())


@blp.after_request
def fence(response):
    """Browsers take the style of these pages, and run nothing."""
    response.headers.update({**policies.OF_PAGES, "Content-Security-Policy": POLICY})
    return response


@blp.app_template_filter()
def spoken(text):
    """A docstring as HTML: what stands in backticks is code."""
    parts = inspect.cleandoc(text).split("`")
    code = Markup("<code>{}</code>")
    return Markup("").join(code.format(part) if n % 2 else part for n, part in enumerate(parts))


@blp.app_template_filter()
def linked(text):
    """A text whose error codes lead to their pages."""
    link = Markup('<a href="{}">{}</a>')
    parts = enumerate(re.split(r"\b(3\d{3})\b", text))
    return Markup("").join(link.format(urls().error(p), p) if n % 2 else p for n, p in parts)


@blp.get("/relation/<path:name>")
def relation(name):
    """What one finds behind a relation."""
    full = f"ec:{name}"
    if full not in MEANINGS:
        raise NotFound
    paths = current_app.extensions[EXTENSION].paths
    methods = relations.methods(full, paths, urls())
    meaning = MEANINGS[full]
    scopes = ALLOWED if full == TOKENS else {}
    return render_template(
        "relation.html", name=full, meaning=meaning, scopes=scopes, methods=methods, urls=urls()
    )


@blp.get("/relation/")
def all_relations():
    """All relations."""
    return render_template("relations.html", meanings=MEANINGS, urls=urls())


@blp.get("/error/<int:code>")
def error(code):
    """What an error code means, and what can be done."""
    if code not in codes():
        raise NotFound
    return render_template("error.html", error=codes()[code], urls=urls())


@blp.get("/error/")
def errors():
    """All error codes."""
    return render_template("errors.html", errors=codes().values(), urls=urls())
