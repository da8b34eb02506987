"""The server for any WSGI host: `gunicorn wsgi:app`.

Settings come from the environment. The database is migrated, the first token
is written, and the executor is started in each process that imports this; so
let the host import it after it forks (gunicorn without --preload).
"""

from ec_builds.server import start

app = start()
