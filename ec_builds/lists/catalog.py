"""The list resources of the native face (reference 2.5): their properties and variables."""

from ec_builds.lists.listing import Listing


def listing(id, properties, variables, sort, many=()):
    return Listing(id, properties, tuple(variables.split(",")), sort, frozenset(many))


APPS = listing(
    "appID",
    {"appID": "uuid", "shortID": "text", "created": "time", "title": "text", "hexColor": "text"},
    "appID,created,createdFrom,createdTo,created~,page,size,_list,sort,title,title~",
    "-created",
)
PLATFORMS = listing(
    "platformID",
    {
        "platformID": "uuid",
        "appID": "uuid",
        "codeSourceID": "uuid",
        "dataSourceID": "uuid",
        "platformType": "text",
        "title": "text",
    },
    "appID,codeSourceID,dataSourceID,page,platformID,platformType,platformType~,"
    "size,_list,sort,title,title~",
    "title",
)
CODE_SOURCES = listing(
    "codeSourceID",
    {"codeSourceID": "uuid", "appID": "uuid", "codeSourceType": "text", "created": "time"},
    "appID,codeSourceID,codeSourceType,codeSourceType~,page,size,_list,sort",
    "created",
)
DATA_SOURCES = listing(
    "dataSourceID",
    {"dataSourceID": "uuid", "appID": "uuid", "dataSourceType": "text", "created": "time"},
    "appID,dataSourceID,dataSourceType,dataSourceType~,page,size,_list,sort",
    "created",
)
TARGETS = listing(
    "targetID",
    {"targetID": "uuid", "appID": "uuid", "targetType": "text", "created": "time"},
    "appID,page,size,_list,sort,targetID,targetType,targetType~",
    "created",
)
RUN = {
    "platformID": "uuid",
    "comment": "text",
    "started": "time",
    "finished": "time",
    "successful": "text",
    "status": "text",
}
BUILDS = listing(
    "buildID",
    {"buildID": "integer", **RUN},
    "buildID,page,platformID,size,_list,sort",
    "-buildID",
)
DEPLOYMENTS = listing(
    "deploymentID",
    {"deploymentID": "integer", "buildID": "integer", "targetID": "uuid", **RUN},
    "buildID,deploymentID,page,platformID,size,_list,sort,targetID",
    "-deploymentID",
    many=["targetID"],
)
JOBS = listing(
    "jobID",
    {
        "jobID": "integer",
        "buildID": "integer",
        "name": "text",
        "stage": "text",
        "status": "text",
        "created": "time",
        "started": "time",
        "finished": "time",
    },
    "buildID,jobID,name,name~,page,size,_list,sort,stage,status",
    "jobID",
)
ARTIFACTS = listing(
    "artifactID",
    {
        "artifactID": "integer",
        "buildID": "integer",
        "jobID": "integer",
        "name": "text",
        "source": "text",
        "size": "integer",
        "created": "time",
    },
    "artifactID,buildID,jobID,name,name~,page,size,_list,sort,source",
    "name",
)
TAGS = listing(
    "tagID",
    {
        "tagID": "integer",
        "buildID": "integer",
        "accountID": "uuid",
        "name": "text",
        "created": "time",
    },
    "accountID,buildID,name,name~,page,size,_list,sort,tagID",
    "tagID",
)
BUILD_VARIABLES = listing(
    "variableID",
    {"variableID": "integer", "buildID": "integer", "key": "text"},
    "buildID,key,key~,page,size,_list,sort,variableID",
    "variableID",
)
BUILD_OBJECTS = listing(
    "objectID",
    {"objectID": "integer", "buildID": "integer", "name": "text", "destination": "text"},
    "buildID,destination,name,name~,objectID,page,size,_list,sort",
    "name",
)
IMAGES = listing("buildID", {"buildID": "integer"}, "buildID", "buildID")
MEMBERS = listing(
    "memberID",
    {
        "memberID": "uuid",
        "appID": "uuid",
        "accountID": "uuid",
        "role": "text",
        "created": "time",
    },
    "accountID,appID,created,createdFrom,createdTo,memberID,page,role,size,_list,sort",
    "created",
)
OFFERED = {
    "invitationID": "uuid",
    "appID": "uuid",
    "role": "text",
    "created": "time",
    "expires": "time",
}
INVITATIONS = listing(
    "invitationID",
    {**OFFERED, "email": "text", "username": "text"},
    "appID,email,email~,invitationID,page,role,size,_list,sort,username,username~",
    "-created",
)
OFFERS = listing(
    "invitationID", OFFERED, "appID,invitationID,page,role,size,_list,sort", "-created"
)
ACCOUNTS = listing(
    "accountID",
    {"accountID": "uuid", "email": "text", "username": "text", "created": "time"},
    "accountID,created,createdFrom,createdTo,email,email~,page,size,_list,sort,"
    "username,username~",
    "username",
)
TOKENS = listing(
    "tokenID",
    {
        "tokenID": "uuid",
        "accountID": "uuid",
        "name": "text",
        "created": "time",
        "expires": "time",
        "used": "time",
    },
    "accountID,created,createdFrom,createdTo,expires,expiresFrom,expiresTo,name,name~,page,"
    "size,_list,sort,tokenID,used,usedFrom,usedTo",
    "-created",
)
RETENTION = listing("appID", {"appID": "uuid"}, "appID", "appID")
STATS = listing(
    "appID",
    {
        "appID": "uuid",
        "title": "text",
        "totalBuilds": "integer",
        "totalBuildSize": "integer",
        "totalDeployments": "integer",
    },
    "appID,page,size,_list,sort",
    "title",
)
AUDIT = listing(
    "auditID",
    {
        "auditID": "integer",
        "moment": "time",
        "accountID": "uuid",
        "email": "text",
        "username": "text",
        "tokenID": "uuid",
        "address": "text",
        "requestID": "text",
        "action": "text",
        "kind": "text",
        "thing": "text",
        "appID": "uuid",
    },
    "accountID,action,address,appID,auditID,email,kind,moment,momentFrom,momentTo,page,requestID,"
    "size,_list,sort,thing,tokenID",
    "-auditID",
)
