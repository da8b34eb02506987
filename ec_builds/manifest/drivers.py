"""What a manifest has to say about its driver."""

import re

from ec_builds.manifest.document import MAPPING, NOTHING, shortened

#: The types that there are, and what a manifest has to say for each besides the type.
KNOWN = {
    "os": (),
    "docker": ("image", "workspace"),
    "qemu": ("image",),
    "ssh": ("address",),
}
#: Clients expect this spelling.
MISSPELT = {("docker", "image"): "Build manifest driver docker requies image"}
INVALID = "Build manifest invalid driver specified"
#: A volume is mounted there, and mounts are spelled with colons and commas.
WORKSPACE = re.compile(r"/[^:,]*")


def read_driver(place):
    """The mapping, all of whose values are texts."""
    driver = {}
    for name, member in place.members().items():
        value = member.single_line()
        if value is None:
            continue
        if value.startswith("-"):
            member.fault("should not begin with -, for it would be an option of a command")
        driver[name] = value
    return driver


def check_driver(place, driver, drivers, known):
    """Whether there is such a driver, whether it may be used here, and has what it needs."""
    type = place.member("type")
    if place.node.kind not in (MAPPING, NOTHING) or place.has("type") and "type" not in driver:
        return  # was said already
    chosen = driver.get("type", "")
    enabled = ", ".join(sorted(drivers)) or "none"
    if not chosen.strip():
        type.fault(f"is missing; should be one of: {enabled}", INVALID)
    elif chosen not in known:
        type.fault(f"{shortened(chosen)} is no driver; should be one of: {enabled}", INVALID)
    elif chosen not in drivers:
        type.fault(f"{chosen} is not enabled on this server; enabled: {enabled}", "unknown driver")
    else:
        for name in known[chosen]:
            check_required(place, driver, chosen, name)
        if chosen == "docker":
            check_workspace(place, driver)


def check_required(place, driver, chosen, name):
    if driver.get(name, "").strip() or place.has(name) and name not in driver:
        return  # is there, or was said already
    contract = f"Build manifest driver {chosen} requires {name}"
    what = "is empty" if place.has(name) else "is missing"
    place.member(name).fault(f"{what}; {chosen} needs it", MISSPELT.get((chosen, name), contract))


def check_workspace(place, driver):
    workspace = driver.get("workspace", "").strip()
    folders = [part for part in workspace.split("/") if part not in ("", ".")]
    if not workspace or (WORKSPACE.fullmatch(workspace) and folders and ".." not in folders):
        return
    rule = "should be an absolute path other than /, without .. and : and ,"
    place.member("workspace").fault(f"{shortened(workspace)} {rule}")
