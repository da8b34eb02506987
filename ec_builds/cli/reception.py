"""Where connections are that need no thread: requests on their way in, and who waits or leaves.

A thread gets a request when all of it is here, so that none of them ever waits for a client to
send something. Who takes too long is told so, and who takes too much room has to go.
"""

import socket
import time
from collections import Counter
from contextlib import suppress
from functools import partial
from selectors import EVENT_READ

from gunicorn.http.errors import NoMoreData

from ec_builds.cli.arrival import Arrival, Parser
from ec_builds.cli.turns import origin
from ec_builds.errors import TookTooLong, Unmatched

#: Seconds from the first byte of a request to the end of its headers, and to its end. The latter
#: are one more for each PACE bytes that came, but no more than LONGEST.
HEADERS, WHOLE, LONGEST = 10.0, 30.0, 4 * 3600.0
PACE = 16 * 1024
#: The same of uploads, for all parts of a file may come at a time.
UPHILL = 1024
#: Seconds that a client gets to see that this was all, and hang up.
LEAVING = 2.0
#: Seconds between two looks for who takes too long.
BEAT = 1.0
#: Bytes that all requests on their way in may have in memory, and that are taken at a time.
ROOM = 64 * 1024 * 1024
PIECE = 64 * 1024

CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
SLOW = (
    f"Its headers may take {HEADERS:.0f} seconds, and all of it {WHOLE:.0f}, and one more for each "
    "{} KiB; send it again, at once."
)
CROWDED = "Others needed the room before all of it was here; send it again, at once."
CUT = "It ends before all of it was here that its headers say."


class Guest:
    """A connection in the reception, and the request that it sends; without one it is to leave."""

    def __init__(self, conn, arrival=None, patience=LEAVING):
        self.conn, self.arrival = conn, arrival
        #: Seconds that it may send nothing, and when they or those of its request began.
        self.patience, self.since = patience, time.monotonic()
        #: Bytes that came, and how many of them are in memory.
        self.size = self.held = 0
        self.is_listened_to = False

    @property
    def is_sending(self):
        return self.arrival is not None and self.arrival.is_begun

    @property
    def seconds(self):
        """How many it may be here."""
        if not self.is_sending:
            return self.patience
        if self.arrival.request is None:
            return HEADERS
        return min(WHOLE + self.size / self.pace, LONGEST)

    @property
    def pace(self):
        return UPHILL if self.arrival.is_spooled else PACE

    @property
    def is_asking(self):
        return self.arrival is not None and self.arrival.is_asking

    @property
    def spooled(self):
        return self.arrival.spooled if self.arrival else 0

    @property
    def path(self):
        """Of its request, as far as that is known."""
        return self.arrival and self.arrival.path

    def give_up(self):
        """Nobody will read its request."""
        if self.arrival:
            self.arrival.give_up()


class Reception:
    """The connections of a process that no thread has. Only its main thread comes here."""

    def __init__(self, attendant, most, largest, uploads):
        self.attendant, self.most = attendant, most
        self.largest, self.uploads = largest, uploads
        self.guests, self.held = set(), 0
        self.next_look, self.is_ending = 0.0, False

    def welcome(self, conn):
        """Gather the next request of a connection; some of it may be here already."""
        is_new = conn.parser is None
        if is_new:
            conn.parser, conn.initialized, conn.data_ready = Parser(conn), True, True
        conn.sock.setblocking(False)
        rest = conn.parser.unreader.take_buffered()
        arrival = Arrival(conn.parser, self.largest, self.uploads)
        idle = LEAVING if self.is_ending else HEADERS if is_new else conn.cfg.keepalive
        guest = self.enter(Guest(conn, arrival, idle))
        if rest:
            self.take(guest, rest)
        elif is_new:  # most clients have sent something by now
            self.hear(guest)
        self.listen_to(guest)

    def see_off(self, conn):
        """Let a client take its answer and hang up. A connection that is closed while more comes
        might lose what is on its way to the client."""
        try:
            conn.sock.setblocking(False)
            conn.sock.shutdown(socket.SHUT_WR)
        except OSError:
            self.attendant.part_from(conn)
        else:
            self.listen_to(self.enter(Guest(conn)))

    def look_round(self):
        """Part from those whose time is over, if it is time to look."""
        now = time.monotonic()
        if now >= self.next_look:
            self.next_look = now + BEAT
            for guest in [each for each in self.guests if now > each.since + each.seconds]:
                self.dismiss(guest)

    def hurry(self):
        """The server ends. Who sends nothing yet has a moment to begin."""
        self.is_ending = True
        for guest in self.guests:
            if not guest.is_sending:
                guest.since, guest.patience = time.monotonic(), LEAVING

    def empty(self):
        for guest in list(self.guests):
            self.part_from(guest)

    # --- coming and going

    def enter(self, guest):
        if len(self.guests) >= self.most:
            self.make_room()
        self.guests.add(guest)
        return guest

    def listen_to(self, guest):
        """Be told what comes from somebody who is still here, unless it has to wait."""
        if guest in self.guests and not guest.is_listened_to and not guest.is_asking:
            hear = partial(self.hear, guest)
            self.attendant.poller.register(guest.conn.sock, EVENT_READ, hear)
            guest.is_listened_to = True

    def ignore(self, guest):
        if guest.is_listened_to:
            self.attendant.poller.unregister(guest.conn.sock)
            guest.is_listened_to = False

    def leave(self, guest):
        """The connection is no longer here."""
        self.guests.discard(guest)
        self.held -= guest.held
        self.ignore(guest)

    def part_from(self, guest):
        self.leave(guest)
        guest.give_up()
        self.attendant.part_from(guest.conn)

    def dismiss(self, guest):
        """Part from somebody who takes too long."""
        if guest.is_sending:
            self.refuse(guest, TookTooLong("request", SLOW.format(guest.pace // 1024)))
        else:
            self.part_from(guest)

    def refuse(self, guest, error):
        self.leave(guest)
        guest.give_up()
        self.tell(guest, error)
        self.see_off(guest.conn)

    def tell(self, guest, error):
        self.attendant.refuse(guest.conn.sock, guest.conn.client, error, guest.path)

    def make_room(self, weigh=lambda guest: 1):
        """Part from the first who came of those who take most together, so that these crowd out
        themselves and nobody else; from several at once, since to find them is work."""
        shares = Counter()
        for guest in self.guests:
            shares[origin(guest.conn)] += weigh(guest)
        [(crowd, _)] = shares.most_common(1)
        found = [each for each in self.guests if weigh(each) and origin(each.conn) == crowd]
        found.sort(key=lambda guest: guest.since)
        for guest in found[: 1 + len(found) // 10]:
            if guest.is_sending:
                self.tell(guest, TookTooLong("request", CROWDED))
            self.part_from(guest)

    # --- receiving

    def hear(self, guest, _sock=None):
        """Something came from a client, or the end of what it sends."""
        if guest not in self.guests:
            return  # it had to leave when others were heard
        try:
            data = guest.conn.sock.recv(PIECE)
        except BlockingIOError:
            return
        except OSError:
            self.part_from(guest)
            return
        if data and guest.arrival:
            self.take(guest, data)
        elif not data and guest.is_sending and guest.arrival.request:
            self.refuse(guest, Unmatched("body", CUT))
        elif not data:
            self.part_from(guest)

    def take(self, guest, data):
        """Add to the request of a guest, and see how far it is."""
        if not guest.is_sending:
            guest.since = time.monotonic()
        guest.size += len(data)
        self.go_on(guest, data)

    def go_on(self, guest, data=b""):
        try:
            if guest.arrival.take(data):
                self.admit(guest)
            elif guest.is_asking:
                self.ask(guest)
            elif guest.arrival.agrees():
                with suppress(OSError):  # it will be heard soon that the client is gone
                    guest.conn.sock.send(CONTINUE)
        except NoMoreData:
            self.part_from(guest)
        except Exception as error:
            self.refuse(guest, error)
        if guest in self.guests:
            self.weigh(guest)

    def ask(self, guest):
        """Who has no good credential cannot fill the disk."""
        self.ignore(guest)
        credential = guest.arrival.credential
        if credential is None:
            self.learn(guest, False)
        else:
            self.attendant.ask(credential, partial(self.learn, guest))

    def learn(self, guest, is_known):
        """Somebody has looked at a credential. The application says what is wrong with it."""
        if guest not in self.guests:
            return
        if is_known:
            guest.arrival.is_asking = False
            self.go_on(guest)
            self.listen_to(guest)
        else:
            self.leave(guest)
            guest.arrival.withhold()
            self.attendant.admit(guest.conn)

    def weigh(self, guest):
        """See whether there is still room for all of them, in memory and on disk."""
        held = guest.size - guest.arrival.passed
        self.held += held - guest.held
        guest.held = held
        while self.held > ROOM:
            self.make_room(lambda guest: guest.held)
        while self.uploads.is_crowded and any(guest.spooled for guest in self.guests):
            self.make_room(lambda guest: guest.spooled)

    def admit(self, guest):
        """The request is here, so it is a thread's."""
        self.leave(guest)
        guest.arrival.hand_over()
        self.attendant.admit(guest.conn)
