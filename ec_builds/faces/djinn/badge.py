"""The badge of a namespace: how its newest build is (reference, section 3.12)."""

from flask import Blueprint, Response

from ec_builds.faces.djinn.vocabulary import WORDS
from ec_builds.web.current import runtime

blp = Blueprint("djinn-badge", __name__)

UNKNOWN = ("unknown", "#6a7393", 115)
#: Status: the text of the badge, the colour behind it, and how wide the badge is.
LOOKS = {
    "queued": ("queued", "#272b39", 105),
    "running": ("running", "#61a0ea", 105),
    "passed": ("passed", "#269326", 105),
    "passed_with_failures": ("passed", "#ff7400", 105),
    "failed": ("failed", "#c64242", 105),
    "killed": ("killed", "#c64242", 105),
    "timed_out": ("timed out", "#6a7393", 115),
}
#: How wide the left cell is.
LEFT = 55
DRAWING = """\
<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="20" role="img">
<title>Djinn CI: {text}</title>
<rect width="{left}" height="20" fill="#383e51"/>
<rect x="{left}" width="{rest}" height="20" fill="{colour}"/>
<g fill="#fff" text-anchor="middle" font-family="Verdana,Geneva,sans-serif" font-size="11">
<text x="{left_middle}" y="14">Djinn CI</text>
<text x="{right_middle}" y="14">{text}</text>
</g>
</svg>
"""


@blp.get("/n/<user>/<path:path>/-/badge.svg")
def badge(user, path):
    """How the newest build of a public namespace is; there is a badge for any other, too"""
    found = runtime.namespaces.public(user, path)
    build = found and found.build
    drawn = draw(*(LOOKS[WORDS[build.state]] if build else UNKNOWN))
    return Response(drawn, headers={"Cache-Control": "no-cache"}, content_type="image/svg+xml")


def draw(text, colour, width):
    """A badge of two cells."""
    rest = width - LEFT
    return DRAWING.format(
        text=text, colour=colour, width=width, left=LEFT, rest=rest,
        left_middle=LEFT / 2, right_middle=LEFT + rest / 2,
    )
