"""How a registry is satisfied that wants to know who asks.

It answers a first question with 401 and says how it wants to be told: by user and
password (Basic), or by a token that somebody else gives out (Bearer), whose address,
the realm, it names. A registry may name any realm it likes. So that address is
reached like any other that a stranger gave, never without TLS if the registry has it,
and is shown nothing but the login that was given for this very registry.
"""

import re
from urllib.parse import urlencode

import httpx
import orjson

from ec_builds.network import Fault, Unanswered, urls
from ec_builds.oci.errors import Broken, Refused, Unreachable

#: Bytes of the answer of a realm.
LARGEST_ANSWER = 1 << 20
#: What a token may be made of, so that it fits into a header.
TOKEN = re.compile(r"[\x21-\x7e]{1,65536}")
SCHEME = re.compile(r"(?:^|,)\s*(basic|bearer)(?=\s|,|$)", re.IGNORECASE)
PARAMETER = re.compile(r'([A-Za-z_]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s",]+))')


def challenges(headers):
    """What a registry asks for, by scheme in small letters, each with its parameters."""
    found = {}
    for line in headers.get_list("www-authenticate"):
        _, *parts = SCHEME.split(line)
        for scheme, text in zip(parts[::2], parts[1::2]):
            values = {
                name.lower(): re.sub(r"\\(.)", r"\1", quoted) or bare
                for name, quoted, bare in PARAMETER.findall(text)
            }
            found.setdefault(scheme.lower(), values)
    return found


class Authorization:
    """Answers the challenges of one registry, with the login that is its own."""

    def __init__(self, network, host, url, login=None):
        self.network, self.host, self.url, self.login = network, host, url, login

    def proofs(self, headers, scope):
        """What may satisfy a challenge, to be tried in turn: values of a header."""
        asked, login = challenges(headers), self.login
        if "bearer" in asked:
            if login and login.token:
                yield f"Bearer {login.token}"
            yield f"Bearer {self.token(asked['bearer'], scope)}"
        elif "basic" in asked and login and login.user:
            yield login.basic

    def token(self, parameters, scope):
        """Have the realm give out a token for some scope."""
        realm = self.checked_realm(parameters.get("realm", ""))
        query = {"service": parameters.get("service", ""), "scope": scope}
        query = {name: value for name, value in query.items() if value}
        if self.login and self.login.token:
            answer = self.exchange(realm, query)
        else:
            headers = {"authorization": self.login.basic} if self.login else {}
            answer = self.asked("GET", str(httpx.URL(realm).copy_merge_params(query)), headers)
        token = answer.get("token") or answer.get("access_token")
        if not isinstance(token, str) or not TOKEN.fullmatch(token):
            raise Broken(f"The registry “{self.host}” has a realm that gives out no token")
        return token

    def exchange(self, realm, query):
        """A token in exchange for one that says who somebody is."""
        form = query | {
            "grant_type": "refresh_token", "client_id": "ec-builds",
            "refresh_token": self.login.token,
        }
        kind = {"content-type": "application/x-www-form-urlencoded"}
        return self.asked("POST", realm, kind, urlencode(form).encode())

    def asked(self, method, url, headers, body=None):
        """What the realm answers, as a dict."""
        try:
            with self.network.ask(method, url, headers, body, LARGEST_ANSWER) as answer:
                if answer.status != 200:
                    raise self.refusal(answer.status)
                content = answer.read()
        except Fault as fault:
            told = f"The registry “{self.host}” names a realm that cannot be asked: {fault}"
            raise Unreachable(told, passing=isinstance(fault, Unanswered)) from fault
        try:
            document = orjson.loads(content)
        except orjson.JSONDecodeError:
            document = None
        return document if isinstance(document, dict) else {}

    def refusal(self, status):
        """Why a realm gave no token."""
        if status == 429 or status >= 500:
            told = f"The realm of the registry “{self.host}” cannot answer now: {status}"
            return Unreachable(told, passing=True, status=status)
        return Refused(self.sentence, status=status)

    @property
    def sentence(self):
        """What is said when nothing satisfies the registry."""
        if self.login:
            return f"The registry “{self.host}” does not accept the credential for it"
        return f"The registry “{self.host}” wants a credential, and none was given"

    def checked_realm(self, realm):
        """The address of a realm, if it may be told a secret."""
        try:
            url = urls.checked(realm)
        except Fault as fault:
            told = f"The registry “{self.host}” names a realm that is no address: {fault}"
            raise Broken(told) from fault
        if urls.origin(self.url)[0] == "https" and url.scheme != "https":
            raise Broken(f"The registry “{self.host}” names a realm that is not asked by https")
        return str(url)
