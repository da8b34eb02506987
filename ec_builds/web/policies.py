"""What browsers may do with our answers: Content-Security-Policy and its like."""

import base64
import hashlib
import re

#: For everything that is not meant to be a page, and for what all our pages have in common.
NOTHING = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
#: Headers of our own pages, besides their policy.
OF_PAGES = {"Cross-Origin-Opener-Policy": "same-origin"}
#: A year, as browsers want it.
HTTPS_ONLY = "max-age=31536000"
#: Headers of all answers that do not say otherwise.
USUAL = {
    "Content-Security-Policy": NOTHING,
    # Pages of others may fetch everything by CORS, but cannot embed what they are not to read.
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    # What may be kept says so itself; caches would keep even what is not there.
    "Cache-Control": "no-store",
}


def of_page(html, **sources):
    """The policy of a page: just the scripts and styles that are in it, and these `sources`."""
    found = {f"{kind}-src": hashes(html, kind) for kind in ("script", "style")}
    for kind, more in sources.items():
        name = f"{kind}-src"
        found[name] = f"{more} {found.get(name, '')}".strip()
    return "; ".join([NOTHING, *(f"{name} {told}" for name, told in found.items() if told)])


def hashes(html, kind):
    """The hashes of what stands between tags that have no attributes."""
    inside = re.findall(rf"<{kind}>(.*?)</{kind}>", html, re.DOTALL)
    return " ".join(f"'sha256-{digest(each)}'" for each in inside)


def digest(text):
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
