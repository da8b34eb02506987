"""How variables look: those of a namespace, and those of a build (reference, section 2.9)."""

from ec_builds.faces.djinn import addresses
from ec_builds.faces.djinn.representations.namespace import namespace
from ec_builds.faces.djinn.representations.times import moment
from ec_builds.faces.djinn.representations.user import user

#: What is shown of a masked value.
MASK = "xxxxxx"


def variable(row):
    """A variable as it will be given to builds."""
    return {
        "id": row.id,
        "author_id": row.author.number,
        "user_id": row.owner.number,
        "namespace_id": row.namespace and row.namespace.id,
        "key": row.key,
        "value": MASK if row.masked else row.secret.config,
        "masked": bool(row.masked),
        "created_at": moment(row.created),
        "url": addresses.at(f"/variables/{row.id}"),
        "author": user(row.author),
        "user": user(row.owner),
        "namespace": namespace(row.namespace),
    }


def of_build(row, build):
    """A variable as a build got it; one of its manifest has no other."""
    own = row.variable
    url = own and addresses.at(f"/variables/{own.id}")
    return {
        "id": row.id,
        "build_id": row.build_id,
        "key": row.key,
        "value": MASK if row.masked else row.text,
        "masked": bool(row.masked),
        "variable_url": url,
        "variable_id": own and own.id,
        "author_id": own and own.author.number,
        "user_id": own.owner.number if own else build.owner.number,
        "namespace_id": own and own.namespace and own.namespace.id,
        "created_at": own and moment(own.created),
        "url": url,
        "author": own and user(own.author),
        "user": own and user(own.owner),
        "namespace": own and namespace(own.namespace),
    }
