"""How builds look (reference, section 2)."""

from ec_builds.faces.hathora import addresses
from ec_builds.faces.hathora.vocabulary import WORDS


def counted(image):
    """A build of an application, which has a number."""
    facts = image.facts
    return {
        "appId": f"app-{image.app_id}",
        "buildId": image.number,
        **course(image, facts),
        "regionalContainerTags": [
            {"region": each["region"], "containerTag": each["reference"]}
            for each in facts["references"]
        ],
    }


def named(image, organisation):
    """A build of an organisation, which has a name."""
    facts = image.facts
    found = {
        "orgId": f"org-{organisation.id}",
        "buildId": image.name,
        **course(image, facts),
    }
    if facts["digest"]:
        found["contentHash"] = facts["digest"]
    return found


def course(image, facts):
    """What is known of a build however it is called. What is optional is left out if it is not
    set, as null is refused by clients."""
    found = {
        "createdAt": facts["created"],
        "createdBy": creator(facts["creator"]),
        "startedAt": image.begun,
        "finishedAt": facts["finished"],
        "deletedAt": facts["deleted"],
        "imageSize": facts["size"],
        "status": WORDS[facts["state"]],
    }
    if image.tag is not None:
        found["buildTag"] = image.tag
    return found


def creator(signature):
    """Who has created a build: an e-mail, or an id."""
    signature = signature or {}
    return signature.get("email") or signature.get("accountID") or "unknown"


def parts(slot):
    """Where the parts of an archive are uploaded."""
    upload, secret = slot.upload, slot.secret
    numbers = range(1, upload.number_of_parts + 1)
    return {
        "uploadParts": [
            {"partNumber": number, "putRequestUrl": addresses.part(secret, number)}
            for number in numbers
        ],
        "maxChunkSize": upload.chunk,
        "completeUploadPostRequestUrl": addresses.complete(secret),
    }


def form(secret, ticket):
    """Where, and with which fields, a whole archive is uploaded."""
    return {
        "uploadUrl": addresses.form(secret),
        "uploadBodyParams": [{"key": "token", "value": ticket}],
    }
