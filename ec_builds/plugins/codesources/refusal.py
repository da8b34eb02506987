"""What git said, in a sentence that the author of a build can use."""

#: What git says whatever went wrong.
VAGUE = "could not read from remote repository"

#: What git, curl and ssh print, and what it means for the repository `url`. The first line
#: that fits holds, so what is said along with everything else comes last.
MEANINGS = (
    ("host key verification failed", "The server does not know the ssh host key of {host}"),
    ("permission denied (", "{url} needs an ssh key that this server does not have"),
    ("authentication failed", "{url} needs credentials, or does not exist"),
    ("could not read username", "{url} needs credentials, or does not exist"),
    ("terminal prompts disabled", "{url} needs credentials, or does not exist"),
    ("returned error: 401", "{url} needs credentials, or does not exist"),
    ("returned error: 403", "{url} may not be read without credentials"),
    ("returned error: 30", "{url} redirects to somewhere that is no repository"),
    ("returned error: 5", "The server of {url} failed"),
    ("repository not found", "There is no repository at {url}"),
    ("' not found", "There is no repository at {url}"),
    ("does not appear to be a git repository", "There is no repository at {url}"),
    ("not exported", "There is no repository at {url}"),
    ("dubious ownership", "The repository {url} belongs to another account than the server"),
    ("certificate", "The certificate of {host} is not valid"),
    ("could not resolve host", "The host {host} could not be found"),
    ("connection refused", "{host} could not be reached, it refused the connection"),
    ("no route to host", "{host} could not be reached, there is no route to it"),
    ("timed out", "{host} did not answer in time"),
    ("operation too slow", "{url} was too slow"),
    ("less than 1 bytes/sec", "{url} was too slow"),
    ("couldn't connect to server", "{host} could not be reached"),
    ("failed to connect to", "{host} could not be reached"),
    ("no space left", "There was no space left for the repository {url}"),
    (VAGUE, "{url} could not be read, or does not exist"),
)


def is_clear(outcome):
    """Whether a fetch failed for a reason that lies with the repository or on the way to it."""
    said = outcome.output.lower()
    clear = ("find remote ref", *(words for words, _ in MEANINGS if words != VAGUE))
    return any(words in said for words in clear)


def refusal(outcome, where, branch, ref, empty):
    """Why a fetch failed."""
    if "find remote ref" in outcome.output:
        return absence(where, branch, ref, empty)
    said = outcome.output.lower()
    for words, meaning in MEANINGS:
        if words in said:
            return meaning.format(url=where.url, host=where.host or "the server")
    return f"The repository {where.url} could not be fetched"


def absence(where, branch, ref, empty):
    """What it is that the repository does not have."""
    if empty:
        return f"The repository {where.url} is empty"
    if branch:
        return f"There is no branch “{branch}” in {where.url}"
    if ref:
        return f"There is no tag or commit “{ref}” in {where.url}"
    return f"The repository {where.url} has no default branch, so a branch has to be named"
