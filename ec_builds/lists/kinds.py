"""Kinds of properties: how a value in a query string is read."""

import re
import uuid
from datetime import UTC, datetime

LARGEST_INTEGER = 2**31 - 1
UUID = "[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"


def read_uuid(text):
    """A UUID in its lower-case form with dashes. Raises ValueError."""
    if not re.fullmatch(UUID, text):
        raise ValueError("a UUID such as 7b1d6a52-3c0e-4f7a-9d21-0c5e8a4b1f63")
    return str(uuid.UUID(text))


def read_integer(text):
    """A number as buildID and deploymentID are. Raises ValueError."""
    if not re.fullmatch(r"[0-9]{1,10}", text) or int(text) > LARGEST_INTEGER:
        raise ValueError(f"a whole number up to {LARGEST_INTEGER}")
    return int(text)


def read_time(text):
    """A moment in the one form in which moments are stored (reference 1.6). Raises ValueError."""
    try:
        moment = datetime.fromisoformat(text.strip())
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        moment = moment.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise ValueError("a date and time such as 2024-05-02T08:15:02.114Z") from error
    return moment.replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"


def read_text(text):
    return text


#: Kind of property: what its values look like, where a pattern can say so.
PATTERNS = {"uuid": UUID, "integer": "[0-9]{1,9}"}
#: Kind of property: how its values are read.
KINDS = {"uuid": read_uuid, "integer": read_integer, "time": read_time, "text": read_text}
