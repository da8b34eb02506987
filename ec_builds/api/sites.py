"""Deployed sites, as their visitors see them: no token is asked for."""

from flask import Blueprint, redirect

from ec_builds.errors import NotFound
from ec_builds.services.kept import Found
from ec_builds.web.current import runtime, urls
from ec_builds.web.downloads import send

blp = Blueprint("sites", __name__, url_prefix="/sites")

#: A site may run scripts, but as an origin of its own: it cannot act as the API's.
FENCED = {
    "Content-Security-Policy": "sandbox allow-scripts allow-forms allow-popups allow-modals "
    "allow-downloads",
    "Cache-Control": "public, no-cache",
    # Being an origin of its own, a site is embedded by itself as by a stranger.
    "Cross-Origin-Resource-Policy": "cross-origin",
}


@blp.get("/<path:path>")
def page(path):
    """A file of a site, an index document, or the site's own page for what is missing."""
    found = runtime.sites.find(path)
    if isinstance(found, Found):
        return send(found, **FENCED)
    if found is not None:
        return redirect(urls().below(f"sites/{found}"), 308)
    missing = runtime.sites.missing(path)
    if missing is None:
        raise NotFound
    return send(missing, 404, **FENCED)
