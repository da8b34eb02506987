"""An error as a problem document (RFC 9457), in the shape of reference 4.1."""


def problem(error, urls, self_url=None, request_id=None):
    """The document of an ECError and of all others that came with it."""
    body = {"status": error.status, **core(error, urls)}
    if request_id:
        body["requestID"] = request_id
    page = urls.error(error.code)
    body["_links"] = {
        "self": {"href": self_url or urls.root},
        "up": {"href": urls.root, "title": "App Manager"},
        "describedby": {"href": page, "title": "Error Description"},
    }
    if error.others:
        body["_embedded"] = {"error": [core(each, urls) for each in error.others]}
    return body


def core(error, urls):
    body = {"code": error.code, "title": error.title, "type": urls.error(error.code)}
    if error.detail is not None:
        body["detail"] = error.detail
    if error.verbose is not None:
        body["verbose"] = error.verbose
    return body
