"""Things to ask for: the makers of the API's tests."""

from tests.api.conftest import (  # noqa: F401
    app,
    build,
    deploy,
    in_state,
    installed,
    make,
    make_platform,
    make_plugin,
    runtime,
)
