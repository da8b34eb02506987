"""How the audit looks."""

from ec_builds.hal import relations as rel
from ec_builds.hal.document import Document

RELATION = rel.AUDIT_LINE


def one(row, urls):
    """A line: who did what."""
    document = Document(
        urls.item("audit", row.id),
        urls.schema("audit-line"),
        auditID=row.id,
        moment=row.moment,
        accountID=row.account_id,
        email=row.email,
        username=row.username,
        tokenID=row.token_id,
        address=row.address,
        requestID=row.request_id,
        action=row.action,
        kind=row.kind,
        thing=row.thing,
        appID=row.app_id,
        detail=row.detail,
    )
    document.link("collection", urls.collection("audit"), profile=urls.schema("audit"))
    if row.app_is_there:
        document.link(rel.APP, urls.item("app", row.app_id), profile=urls.schema("app"))
    return document


def listing(href, question, urls):
    """The beginning of the audit."""
    document = Document(href, urls.schema("audit"))
    document.link(rel.APPS, urls.collection("app"), profile=urls.schema("apps"))
    return document.template(rel.AUDIT_OPTIONS, urls.options("audit"))
