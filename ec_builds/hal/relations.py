"""The names of our relations, and what each of them means.

A page behind the curie shows the sentence to whoever follows it.
"""

from functools import cache

APPS = "ec:apps"
APPS_OPTIONS = "ec:apps/options"
APP_BY_ID = "ec:app/by-id"
APP_STATS = "ec:app-stats"
TYPES = "ec:apps/types"
APP = "ec:app"
RETENTION = "ec:app/retention"
RETENTION_PREVIEW = "ec:app/retention/preview"
PLATFORMS = "ec:app/platforms"
PLATFORMS_OPTIONS = "ec:app/platforms/options"
PLATFORM_BY_ID = "ec:app/platform/by-id"
PLATFORM = "ec:app/platform"
CODE_SOURCES = "ec:app/codesources"
CODE_SOURCES_OPTIONS = "ec:app/codesources/options"
CODE_SOURCE_BY_ID = "ec:app/codesource/by-id"
CODE_SOURCE = "ec:app/codesource"
DATA_SOURCES = "ec:app/datasources"
DATA_SOURCES_OPTIONS = "ec:app/datasources/options"
DATA_SOURCE_BY_ID = "ec:app/datasource/by-id"
DATA_SOURCE = "ec:app/datasource"
TARGETS = "ec:app/targets"
TARGETS_OPTIONS = "ec:app/targets/options"
TARGET_BY_ID = "ec:app/target/by-id"
TARGET = "ec:app/target"
BUILDS = "ec:app/builds"
BUILDS_OPTIONS = "ec:app/builds/options"
BUILD_LATEST = "ec:app/build/latest"
BUILD_BY_ID = "ec:app/build/by-id"
BUILD = "ec:app/build"
BUILD_PIN = "ec:app/build/pin"
BUILD_UNPIN = "ec:app/build/unpin"
BUILD_CANCEL = "ec:app/build/cancel"
BUILD_DOWNLOAD = "ec:app/build/download"
BUILD_LOG_ADDRESS = "ec:app/build/log/address"
BUILD_STREAM_ADDRESS = "ec:app/build/events/address"
BUILD_LOG = "ec:app/build/log"
BUILD_STREAM = "ec:app/build/events/stream"
BUILD_MANIFEST = "ec:app/build/manifest"
BUILD_IMAGE = "ec:app/build/image"
JOBS = "ec:app/build/jobs"
JOBS_OPTIONS = "ec:app/build/jobs/options"
JOB_BY_ID = "ec:app/build/job/by-id"
JOB = "ec:app/build/job"
JOB_LOG = "ec:app/build/job/log"
JOB_LOG_ADDRESS = "ec:app/build/job/log/address"
ARTIFACTS = "ec:app/build/artifacts"
ARTIFACTS_OPTIONS = "ec:app/build/artifacts/options"
ARTIFACT_BY_ID = "ec:app/build/artifact/by-id"
ARTIFACT = "ec:app/build/artifact"
ARTIFACT_CONTENT = "ec:app/build/artifact/content"
ARTIFACT_DOWNLOAD = "ec:app/build/artifact/download"
TAGS = "ec:app/build/tags"
TAGS_OPTIONS = "ec:app/build/tags/options"
TAG_BY_ID = "ec:app/build/tag/by-id"
TAG = "ec:app/build/tag"
BUILD_VARIABLES = "ec:app/build/variables"
BUILD_VARIABLES_OPTIONS = "ec:app/build/variables/options"
BUILD_VARIABLE_BY_ID = "ec:app/build/variable/by-id"
BUILD_VARIABLE = "ec:app/build/variable"
BUILD_OBJECTS = "ec:app/build/objects"
BUILD_OBJECTS_OPTIONS = "ec:app/build/objects/options"
BUILD_OBJECT_BY_ID = "ec:app/build/object/by-id"
BUILD_OBJECT = "ec:app/build/object"
DEPLOYMENTS = "ec:app/deployments"
DEPLOYMENTS_OPTIONS = "ec:app/deployments/options"
DEPLOYMENT_LATEST = "ec:app/deployment/latest"
DEPLOYMENT_BY_ID = "ec:app/deployment/by-id"
DEPLOYMENT = "ec:app/deployment"
DEPLOYMENT_DOWNLOAD = "ec:app/deployment/download"
MEMBERS = "ec:app/members"
MEMBERS_OPTIONS = "ec:app/members/options"
MEMBER_BY_ID = "ec:app/member/by-id"
MEMBER = "ec:app/member"
INVITATIONS = "ec:app/invitations"
INVITATIONS_OPTIONS = "ec:app/invitations/options"
INVITATION_BY_ID = "ec:app/invitation/by-id"
INVITATION = "ec:app/invitation"
OFFERS = "ec:account/invitations"
OFFERS_OPTIONS = "ec:account/invitations/options"
OFFER_BY_ID = "ec:account/invitation/by-id"
OFFER = "ec:account/invitation"
OFFER_ACCEPT = "ec:account/invitation/accept"
ACCOUNTS = "ec:accounts"
ACCOUNTS_OPTIONS = "ec:accounts/options"
ACCOUNT_BY_ID = "ec:account/by-id"
ACCOUNT = "ec:account"
TOKENS = "ec:account/tokens"
TOKENS_OPTIONS = "ec:account/tokens/options"
TOKEN_BY_ID = "ec:account/token/by-id"
TOKEN = "ec:account/token"
STAT = "ec:app-stat"
STAT_OPTIONS = "ec:app-stat/options"
AUDIT = "ec:audit"
AUDIT_OPTIONS = "ec:audit/options"
AUDIT_LINE = "ec:audit/line"

#: Relation: the kind of the things that are listed at its other end.
LISTS = {
    APPS: "app", PLATFORMS: "platform", CODE_SOURCES: "codesource",
    DATA_SOURCES: "datasource", TARGETS: "target", BUILDS: "build",
    JOBS: "job", ARTIFACTS: "artifact", TAGS: "tag", BUILD_VARIABLES: "build-variable",
    BUILD_OBJECTS: "build-object",
    DEPLOYMENTS: "deployment", APP_STATS: "stats", MEMBERS: "member",
    INVITATIONS: "invitation", OFFERS: "offer", ACCOUNTS: "account", TOKENS: "token",
    AUDIT: "audit",
}
#: Relation: the kind of the thing at its other end.
THINGS = {
    APP: "app", PLATFORM: "platform", CODE_SOURCE: "codesource",
    DATA_SOURCE: "datasource", TARGET: "target", BUILD: "build",
    JOB: "job", ARTIFACT: "artifact", TAG: "tag", BUILD_VARIABLE: "build-variable",
    BUILD_OBJECT: "build-object", BUILD_IMAGE: "image",
    DEPLOYMENT: "deployment", STAT: "stats", RETENTION: "retention",
    RETENTION_PREVIEW: "preview", TYPES: "types", MEMBER: "member",
    INVITATION: "invitation", OFFER: "offer", ACCOUNT: "account", TOKEN: "token",
    AUDIT_LINE: "audit",
}
#: Relation: the kind of the thing that has what is at its other end, and where: below its path.
BELOW = {
    BUILD_LOG: ("build", "/log"), BUILD_STREAM: ("build", "/events/stream"),
    BUILD_MANIFEST: ("build", "/manifest"), JOB_LOG: ("job", "/log"),
    ARTIFACT_CONTENT: ("artifact", "/content"),
}
#: Kind: the relations of what can be done with one of it by a POST without a body, by their verbs.
ACTIONS = {
    "build": {
        "pin": BUILD_PIN, "unpin": BUILD_UNPIN, "cancel": BUILD_CANCEL, "download": BUILD_DOWNLOAD,
        "log/address": BUILD_LOG_ADDRESS, "events/address": BUILD_STREAM_ADDRESS,
    },
    "job": {"log/address": JOB_LOG_ADDRESS},
    "artifact": {"download": ARTIFACT_DOWNLOAD},
    "deployment": {"download": DEPLOYMENT_DOWNLOAD},
    "offer": {"accept": OFFER_ACCEPT},
}
#: Of these, the ones that are answered with a signed address, and need not have a body but may.
ADDRESSES = frozenset(
    (
        BUILD_DOWNLOAD, BUILD_LOG_ADDRESS, BUILD_STREAM_ADDRESS, JOB_LOG_ADDRESS,
        ARTIFACT_DOWNLOAD, DEPLOYMENT_DOWNLOAD,
    )
)

#: Relation: what one finds at its other end, and what can be done there.
MEANINGS = {
    APPS: "The list of apps, which is also the entry point. POST creates an app.",
    APPS_OPTIONS: "The list of apps, filtered, sorted and paged; a lone appID gives that app.",
    APP_BY_ID: "One app. Its profile plus “-template” describes the body that creates an app.",
    APP_STATS: "What apps have built and deployed so far, as a list or for one app.",
    TYPES: "The plugins that are installed: their types and the JSON Schemas of their configs.",
    APP: "An app: the owner of platforms, code sources, data sources and targets.",
    RETENTION: "What an app keeps of its builds; PUT changes it. Of the builds that have ended, "
    "the newest first, one goes as soon as any limit says so: it is not among the newest ones "
    "(newest), it ended too long ago (days), or it has too many bytes together with all newer "
    "ones, whether they stay or not (bytes). Without a limit everything is kept. Whatever the "
    "limits say, a build stays while it is pinned; while it is deployed (a deployment of it is "
    "not over, this server serves it, or no later deployment to the same target has succeeded); "
    "and while it is the newest success of its platform. Of a failed build, its log's bytes count.",
    RETENTION_PREVIEW: "The builds that an app would lose now, and why; nothing is deleted by it.",
    PLATFORMS: "The platforms of an app. POST creates a platform from plugins that are linked.",
    PLATFORMS_OPTIONS: "The platforms of an app, filtered, sorted and paged.",
    PLATFORM_BY_ID: "One platform. Its profile plus “-template” describes the creating body.",
    PLATFORM: "A platform: joins a code source, a data source and targets, and can be built.",
    CODE_SOURCES: "The code sources of an app. POST creates one.",
    CODE_SOURCES_OPTIONS: "The code sources of an app, filtered, sorted and paged.",
    CODE_SOURCE_BY_ID: "One code source. Its profile plus “-template” describes the creating body.",
    CODE_SOURCE: "A code source: where the code of a platform comes from.",
    DATA_SOURCES: "The data sources of an app. POST creates one.",
    DATA_SOURCES_OPTIONS: "The data sources of an app, filtered, sorted and paged.",
    DATA_SOURCE_BY_ID: "One data source. Its profile plus “-template” describes the creating body.",
    DATA_SOURCE: "A data source: where the data of a platform comes from.",
    TARGETS: "The targets of an app. POST creates one.",
    TARGETS_OPTIONS: "The targets of an app, filtered, sorted and paged.",
    TARGET_BY_ID: "One target. Its profile plus “-template” describes the creating body.",
    TARGET: "A target: where the result of a build is delivered to.",
    BUILDS: "The builds of a platform, newest first. POST starts a build and answers at once.",
    BUILDS_OPTIONS: "The builds of a platform, filtered, sorted and paged.",
    BUILD_LATEST: "The newest build of a platform, whatever became of it.",
    BUILD_BY_ID: "One build.",
    BUILD: "A build: one run from code and data to a zip, or to an image in registries, with its "
    "events.",
    BUILD_PIN: "POST, without a body, pins the build: it stays, whatever the retention of its app "
    "says. A person can still delete it. The answer is the build; there is no GET.",
    BUILD_UNPIN: "POST, without a body, takes the pin off the build, which is then left to the "
    "retention of its app. The answer is the build; there is no GET.",
    BUILD_CANCEL: "POST, without a body, cancels the build: at once while it is queued, within two "
    "seconds while it runs, with all that its commands have started. The answer is the build; "
    "there is no GET.",
    BUILD_DOWNLOAD: "POST makes an address at which the zip of the build can be had without a "
    "token, as by a browser or wget: for GET and HEAD, for 5 minutes, or as many seconds as the "
    "body says. It ends earlier with the token that has made it, and with the right to read the "
    "build. The link is there while the build has a zip; there is no GET.",
    BUILD_LOG_ADDRESS: "POST makes such an address for the log of the build.",
    BUILD_STREAM_ADDRESS: "POST makes such an address for the event stream of the build. A stream "
    "that was begun goes on when the address is over; to come back takes another one.",
    BUILD_LOG: "What the commands of a build have printed so far, as plain text.",
    BUILD_STREAM: "The events and the log of a build as they come, as text/event-stream.",
    BUILD_MANIFEST: "The manifest that a build is made by, as plain text; there when it was "
    "submitted, or else when it was found in the code.",
    BUILD_IMAGE: "The version of a container image that a build makes: its number in its app, or "
    "its name, and what it is called in the registry of each region, where it is when the build "
    "has succeeded. While the build waits for an archive, upload says how much of it is there.",
    JOBS: "The jobs of a build that is made by a manifest, in the order in which they run.",
    JOBS_OPTIONS: "The jobs of a build, filtered, sorted and paged.",
    JOB_BY_ID: "One job of a build.",
    JOB: "A job: a part of a build, which waits, runs and ends by itself. Its status is one of "
    "those of builds; that of a build which ended before the job did is the job's, too.",
    JOB_LOG: "What a job has printed so far, as plain text: its part of the log of the build.",
    JOB_LOG_ADDRESS: "POST makes an address at which that can be read without a token, like that "
    "of ec:app/build/log/address.",
    ARTIFACTS: "The artifacts of a build: files that its jobs are to leave, and what was collected "
    "of them. The zip of the build has all of them.",
    ARTIFACTS_OPTIONS: "The artifacts of a build, or of one of its jobs, filtered, sorted, paged.",
    ARTIFACT_BY_ID: "One artifact of a build.",
    ARTIFACT: "An artifact: a file that a job is to leave. It has a size and hashes once it was "
    "collected; deleted tells when its bytes were let go to make room for newer ones.",
    ARTIFACT_CONTENT: "The bytes of an artifact. The link is there while they are: from when it "
    "was collected until it is let go.",
    ARTIFACT_DOWNLOAD: "POST makes an address at which these bytes can be had without a token, "
    "like that of ec:app/build/download. The link is there while they are; there is no GET.",
    TAGS: "The tags of a build. POST gives it one; a tag that it has already is answered as it is.",
    TAGS_OPTIONS: "The tags of a build, filtered, sorted and paged.",
    TAG_BY_ID: "One tag of a build. Its profile plus “-template” describes the creating body.",
    TAG: "A tag: a word by which a build is found again. DELETE takes it off the build.",
    BUILD_VARIABLES: "The variables that a build got when it was submitted, in the order in which "
    "they count: those of its app, then those of its manifest.",
    BUILD_VARIABLES_OPTIONS: "The variables of a build, filtered, sorted and paged.",
    BUILD_VARIABLE_BY_ID: "One variable of a build.",
    BUILD_VARIABLE: "A variable of a build. The value of one that is masked is shown to nobody.",
    BUILD_OBJECTS: "The objects that the manifest of a build names: files that are placed before "
    "its jobs run.",
    BUILD_OBJECTS_OPTIONS: "The objects of a build, filtered, sorted and paged.",
    BUILD_OBJECT_BY_ID: "One object of a build.",
    BUILD_OBJECT: "An object of a build: where it goes to, whether it was placed, and its hashes; "
    "these are null if there is no object of the name.",
    DEPLOYMENTS: "Deployments of a platform or to a target. POST deploys a successful build.",
    DEPLOYMENTS_OPTIONS: "The deployments of a platform, filtered, sorted and paged.",
    DEPLOYMENT_LATEST: "The newest deployment of a platform or of a build.",
    DEPLOYMENT_BY_ID: "One deployment.",
    DEPLOYMENT: "A deployment: one run that takes a build to its targets, with its events.",
    MEMBERS: "Who belongs to an app, and in which role. Viewers may read everything; developers "
    "may also build, deploy, cancel and pin; maintainers may also change what is built, and how, "
    "and delete builds; owners may also say who belongs to the app, and delete it.",
    MEMBERS_OPTIONS: "The members of an app, filtered, sorted and paged.",
    MEMBER_BY_ID: "One member. Its profile plus “-template” describes the body that gives a role.",
    MEMBER: "A member of an app. PUT gives another role, DELETE takes the member out; one may "
    "also leave oneself. The last owner stays.",
    INVITATIONS: "Who is asked to belong to an app; for its owners. POST asks somebody, by email "
    "or by username, and is answered alike whether there is such an account or not.",
    INVITATIONS_OPTIONS: "The invitations of an app, filtered, sorted and paged.",
    INVITATION_BY_ID: "One invitation. Its profile plus “-template” describes the creating body.",
    INVITATION: "An invitation that an app has sent; DELETE withdraws it. It is good for 14 days.",
    OFFERS: "The invitations that one has got, by the email or the username of one's account.",
    OFFERS_OPTIONS: "The invitations that one has got, filtered, sorted and paged.",
    OFFER_BY_ID: "One invitation that one has got.",
    OFFER: "An invitation that one has got; DELETE declines it.",
    OFFER_ACCEPT: "POST, without a body, accepts the invitation. The answer is the invitation as "
    "it was, with a link to the app that one belongs to now; there is no GET.",
    DEPLOYMENT_DOWNLOAD: "POST makes an address at which the file that a target keeps of the "
    "deployment can be had without a token, like that of ec:app/build/download. A link for each "
    "target that keeps one; targetID says which.",
    ACCOUNTS: "The accounts, for admins; everybody else is alone in this list.",
    ACCOUNTS_OPTIONS: "The accounts, filtered, sorted and paged. Without a parameter it is the "
    "account of whoever asks.",
    ACCOUNT_BY_ID: "One account.",
    ACCOUNT: "An account. Without a parameter it is that of whoever asks, with what the token in "
    "use may do (currentToken).",
    TOKENS: "The access tokens of an account. POST makes one, and tells it (token) this one time: "
    "only a fingerprint of it is kept. It may do what its scopes say, in the apps of its appIDs; "
    "without these, and without expires, as much and as long as the token in use. Nobody gives "
    "more than he has. What was made by a token with scopes or expires ends with it, at the "
    "latest. A token with appIDs makes none. A POST that is sent again with its Idempotency-Key "
    "is answered with the token that it has made, but token is null then; DELETE that one, and "
    "POST with another key. Admins may read and revoke the tokens of others, but not make any.",
    TOKENS_OPTIONS: "The access tokens of an account, filtered, sorted and paged.",
    TOKEN_BY_ID: "One access token. Its profile plus “-template” describes the creating body.",
    TOKEN: "An access token: what it may do, and when it was used last, to the minute. DELETE "
    "revokes it, for good.",
    STAT: "What one app has built and deployed so far.",
    STAT_OPTIONS: "The statistics of apps, sorted and paged.",
    AUDIT: "Who did what with what, when, from where and by which token, newest first; for admins "
    "only. Each change is written down together with its line, which nobody can change or delete.",
    AUDIT_OPTIONS: "The audit, filtered, sorted and paged; an empty email finds what the server "
    "has done by itself.",
    AUDIT_LINE: "A line of the audit: one thing that somebody has done, or was refused.",
}


@cache
def leading_to(kind):
    """The relations at whose other end there are things of a kind, to be read."""
    found = {name for name, known in (LISTS | THINGS).items() if known == kind}
    for name in tuple(found):
        found |= {f"{name}/{tail}" for tail in ("options", "by-id", "latest")}
    return frozenset(found | {name for name, (owner, _) in BELOW.items() if owner == kind})
