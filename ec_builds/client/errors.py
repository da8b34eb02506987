"""What can go wrong on the way along a link; every message is a sentence for a person.

    ClientError
      Unreachable   nobody answered, or the connection broke
      Problem       the server answered that it cannot, or will not
      Unexpected    it answered with something that is no HAL document
      NoLink        the document has no such link
      NoVariable    the link has no such variable
"""


class ClientError(Exception):
    """The client could not do what it was asked to."""


class Unreachable(ClientError):
    """Nobody answered, or the connection broke."""


class Unexpected(ClientError):
    """The answer is not what a HAL server sends."""


class NoLink(ClientError):
    """The document has no such link; so it makes no sense now, or is not allowed."""


class NoVariable(ClientError):
    """The link has no such variable, and would drop it without a word."""


class Problem(ClientError):
    """The server refused, and says why (RFC 9457).

    `code`, `detail` and `verbose` are None where the server does not tell them;
    `others` are the documents of further errors of the same request.
    """

    def __init__(self, status, document, title):
        self.status, self.document = status, document
        self.code = document.get("code")
        self.title = str(document.get("title") or title)
        self.detail, self.verbose = document.get("detail"), document.get("verbose")
        others = (document.get("_embedded") or {}).get("error") or []
        self.others = others if isinstance(others, list) else [others]
        super().__init__(sentence(self))


def sentence(problem):
    """Everything that a problem tells, as one sentence."""
    told = problem.title.rstrip(".")
    if problem.verbose:
        told += f": {str(problem.verbose).rstrip('.')}"
    if problem.detail and str(problem.detail) not in told:
        told += f" ({problem.detail})"
    number = f", error {problem.code}" if problem.code else ""
    return f"{told} [{problem.status}{number}]."
