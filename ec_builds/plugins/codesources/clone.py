"""A repository as a clone: for now its files."""

from ec_builds.plugins.codesources.remote_git import RemoteGit


def clone(url, ref, into, context):
    """Fetch a repository into a folder. Returns facts."""
    into.mkdir()
    return RemoteGit().fetch({"giturl": url, **({"ref": ref} if ref else {})}, into, context)
