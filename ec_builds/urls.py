"""Every address of the native API is made here (reference 1.1). Ids travel in the query string."""

from urllib.parse import quote, urlencode

from ec_builds.lists import catalog

#: Kind of resource: its path below the root, and how its lists are asked.
PLACES = {
    "app": ("", catalog.APPS),
    "platform": ("platform", catalog.PLATFORMS),
    "codesource": ("codesource", catalog.CODE_SOURCES),
    "datasource": ("datasource", catalog.DATA_SOURCES),
    "target": ("target", catalog.TARGETS),
    "build": ("platform/build", catalog.BUILDS),
    "job": ("platform/build/job", catalog.JOBS),
    "artifact": ("platform/build/artifact", catalog.ARTIFACTS),
    "image": ("platform/build/image", catalog.IMAGES),
    "tag": ("platform/build/tag", catalog.TAGS),
    "build-variable": ("platform/build/variable", catalog.BUILD_VARIABLES),
    "build-object": ("platform/build/object", catalog.BUILD_OBJECTS),
    "deployment": ("platform/deployment", catalog.DEPLOYMENTS),
    "retention": ("retention", catalog.RETENTION),
    "preview": ("retention/preview", catalog.RETENTION),
    "stats": ("stats", catalog.STATS),
    "member": ("member", catalog.MEMBERS),
    "invitation": ("invitation", catalog.INVITATIONS),
    "offer": ("account/invitation", catalog.OFFERS),
    "account": ("account", catalog.ACCOUNTS),
    "token": ("account/token", catalog.TOKENS),
    "audit": ("audit", catalog.AUDIT),
}


class Urls:
    """The addresses of a server below its root, which ends with a slash."""

    def __init__(self, root):
        self.root = root

    def item(self, kind, item_id):
        path, listing = PLACES[kind]
        return f"{self.root}{path}?{listing.id}={item_id}"

    def collection(self, kind, **owner):
        """A list, by its owner if there is one: `collection("build", platformID=…)`."""
        query = f"?{urlencode(owner)}" if owner else ""
        return f"{self.root}{PLACES[kind][0]}{query}"

    def options(self, kind, **owner):
        """The template of a list. It names the owner and keeps the variable (reference 3.1)."""
        operator = "&" if owner else "?"
        variables = ",".join(PLACES[kind][1].variables)
        return f"{self.collection(kind, **owner)}{{{operator}{variables}}}"

    def by_id(self, kind):
        path, listing = PLACES[kind]
        return f"{self.root}{path}{{?{listing.id}}}"

    def action(self, kind, verb, item_id):
        """Where something is done with a thing, or had of it: a word below the path of its kind."""
        path, listing = PLACES[kind]
        return f"{self.root}{path}/{verb}?{listing.id}={item_id}"

    def log(self, build_id):
        return f"{self.root}platform/build/log?buildID={build_id}"

    def stream(self, build_id):
        """Where a build can be watched."""
        return f"{self.root}platform/build/events/stream?buildID={build_id}"

    def signed(self, url, signature):
        """An address of ours that needs no token."""
        return f"{url}{'&' if '?' in url else '?'}_signed={signature}"

    def types(self):
        return f"{self.root}plugintypes"

    def schema(self, name):
        return f"{self.root}schema/{name}"

    def error(self, code):
        return f"{self.root}doc/error/{code}"

    def curies(self):
        href = f"{self.root}doc/relation/{{rel}}"
        return [{"name": "ec", "href": href, "templated": True}]

    def below(self, reference):
        """A reference that may be relative to the root: a file or a site. An address elsewhere is
        not, nor is an image in a registry, which is named with its digest."""
        if "://" in reference or "@sha256:" in reference:
            return reference
        return f"{self.root}{quote(reference)}"

    def again(self, path, parameters, **changes):
        """The address of a request with some parameters changed; None takes one away."""
        kept = {name: value for name, value in parameters.items() if name not in changes}
        wanted = kept | {name: value for name, value in changes.items() if value is not None}
        query = urlencode(wanted)
        return f"{self.root}{quote(path.lstrip('/'))}{'?' if query else ''}{query}"
