"""How applications look (reference, section 7)."""

from ec_builds.faces.hathora.representations.build import creator


def application(app):
    """An app with all that clients expect."""
    known = app.application
    return {
        "appId": f"app-{app.id}",
        "appName": app.title,
        "appSecret": app.secret,
        "authConfiguration": known.authentication if known else {},
        "serviceConfig": None,
        "orgId": f"org-{app.organisation_id}",
        "createdAt": app.created,
        "createdBy": creator(known and known.creator),
        "deletedAt": None,
        "deletedBy": None,
    }
