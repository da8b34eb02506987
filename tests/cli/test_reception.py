"""Connections in the reception, which wait for nobody and may not stay for ever."""

import json
import os
import selectors
import socket
from contextlib import suppress
from types import SimpleNamespace

import pytest
from gunicorn.config import Config
from gunicorn.workers.gthread import TConn

from ec_builds.cli import reception, turns
from ec_builds.cli.attendant import Attendant, let_go
from ec_builds.cli.reception import (
    HEADERS, LEAVING, LONGEST, PACE, PIECE, UPHILL, WHOLE, Reception,
)
from ec_builds.errors import Unavailable
from ec_builds.uploads import Secret, Token, Uploads, spool

GET = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
POST = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n"
UPLOAD = b"POST /objects?name=x HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer x\r\n"
SECRET = 43 * "s"
PART = f"PUT /uploads/{SECRET}/parts/7 HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n".encode()
SIZED = UPLOAD + b"Content-Length: %d\r\n\r\n"
CHUNKED = UPLOAD + b"Transfer-Encoding: chunked\r\n\r\n"
MOST, LARGEST, LIMIT = 20, 100_000, 400_000
MIB = 1024 * 1024


class Curt:
    """A face, and how it says no."""

    EXPOSED = "X-Curt"

    @staticmethod
    def refused(error):
        return {413: 400}.get(error.status, error.status), "text/plain", b"no"


class Process(Attendant):
    """A process without gunicorn around it; what would be a thread's is put into a list."""

    def __init__(self, folder):
        self.disk = SimpleNamespace(free=100 * MIB, reserve=MIB)
        self.uploads = Uploads(folder / "uploads", LIMIT, lambda _: self.disk)
        self.poller, self.admitted, self.nr_conns = selectors.DefaultSelector(), [], 0
        self.log = SimpleNamespace(info=lambda *said: None, debug=lambda *said: None)
        self.application = SimpleNamespace(public_url="http://x/", face_at=self.face_at)
        self.reception = Reception(self, MOST, LARGEST, self.uploads)
        self.cfg, self.ends, self.questions, self.is_quick = Config(), [], [], True
        self.cfg.set("keepalive", 30)

    def admit(self, conn):
        self.admitted.append(conn)

    def face_at(self, path):
        return Curt if path.startswith(("/curt", "/uploads/")) else None

    def ask(self, credential, tell):
        assert credential in (Token("x"), Secret(SECRET))
        self.questions.append(tell)
        if self.is_quick:
            tell(True)

    def connect(self, sent=b"", host="10.0.0.1"):
        """Another client, which has sent something. Returns its end of the connection."""
        ours, theirs = socket.socketpair()
        self.ends += ours, theirs
        theirs.sendall(sent)
        self.nr_conns += 1
        self.enqueue_req(TConn(self.cfg, ours, (host, 1), ("127.0.0.1", 80)))
        theirs.setblocking(False)
        return theirs

    def turn(self):
        """Hear everybody who has sent something."""
        self.wait_for_and_dispatch_events(0)

    def later(self, seconds):
        """Let time go by, and look round."""
        for guest in self.reception.guests:
            guest.since -= seconds
        self.reception.next_look = 0
        self.murder_keepalived()


@pytest.fixture
def process(tmp_path):
    process = Process(tmp_path)
    yield process
    process.murder_keepalived(force=True)
    for conn in process.admitted:
        conn.parser.mesg.body.close()
    assert process.uploads.held == 0 and not any(process.uploads.folder.glob("*"))
    for each in process.ends:
        each.close()
    process.poller.close()


def heard(client):
    """All that was answered; None as long as the server has not hung up."""
    said = b""
    try:
        while piece := client.recv(65536):
            said += piece
    except BlockingIOError:
        return None
    return said


def refusal(client):
    """The problem document that a client was answered with."""
    head, _, body = heard(client).partition(b"\r\n\r\n")
    document = json.loads(body)
    assert head.startswith(b"HTTP/1.1 %d " % document["status"])
    return document


def test_a_request_that_is_here_needs_no_waiting(process):
    process.connect(GET)

    assert [conn.parser.mesg.method for conn in process.admitted] == ["GET"]
    assert process.reception.guests == set() and not process.reception.held


def test_a_request_reaches_no_thread_before_all_of_it_is_here(process):
    client = process.connect()
    for piece in (b"POST / HTTP/1.1\r\nHost", b": x\r\nContent-Length: 6\r\n\r", b"\nabc", b"de"):
        client.sendall(piece)
        process.turn()
        assert not process.admitted
    client.sendall(b"f")
    process.turn()

    [conn] = process.admitted
    assert next(conn.parser).body.read() == b"abcdef"
    assert len(process.poller.get_map()) == 0 and not process.reception.held


def test_a_kept_connection_comes_back_with_what_was_sent_already(process):
    process.connect(GET + GET + GET[:5])
    [conn] = process.admitted
    for _ in range(2):
        conn.parser.finish_body()
        process.reception.welcome(conn)

    assert process.admitted == [conn, conn]
    [guest] = process.reception.guests
    assert guest.arrival.received == GET[:5]


def test_a_client_may_send_nothing_more_than_its_request(process):
    whole, cut, short = (process.connect() for _ in range(3))
    for client, sent in ((whole, GET), (cut, GET[:5]), (short, POST % 10 + b"abc")):
        client.sendall(sent)
        client.shutdown(socket.SHUT_WR)
    process.turn()
    process.turn()

    assert [next(conn.parser).body.read() for conn in process.admitted] == [b""]
    assert heard(cut) == b""
    assert (refusal(short)["status"], process.nr_conns) == (400, 2)


@pytest.mark.parametrize(
    "sent, seconds, told",
    [
        (b"", HEADERS, None),
        (b"G", HEADERS, 3116),
        (POST % 10, WHOLE, 3116),
        (POST % LARGEST + 2 * PACE * b"a", WHOLE + 2, 3116),
    ],
)
def test_who_takes_too_long_has_to_go(process, sent, seconds, told):
    client = process.connect(sent)
    process.later(seconds - 0.5)
    assert heard(client) is None

    process.later(0.6)

    if told:
        document = refusal(client)
        assert (document["code"], document["status"]) == (told, 408)
        assert f"{PACE // 1024} KiB" in document["verbose"]
    else:
        assert heard(client) == b""
    process.later(LEAVING + 0.1)
    assert process.nr_conns == 0 and not process.reception.guests and not process.reception.held


def test_a_kept_connection_may_be_idle_for_longer(process):
    client = process.connect(GET)
    process.reception.welcome(process.admitted[0])

    process.later(29.5)
    assert heard(client) is None
    client.sendall(b"G")
    process.turn()
    process.later(HEADERS - 0.5)
    assert heard(client) is None
    process.later(0.6)
    assert refusal(client)["code"] == 3116


@pytest.mark.parametrize(
    "sent, status",
    [
        (POST % (LARGEST + 1), 413),
        (GET[:-2] + b"X: " + 9000 * b"a" + b"\r\n\r\n", 431),
        (GET[:-2] + 70 * (b"X: " + 1000 * b"a" + b"\r\n"), 431),
        (b"GET /" + 70_000 * b"a", 414),
        (b"nonsense\r\n\r\n", 400),
    ],
)
def test_what_is_too_large_reaches_no_thread(process, sent, status):
    client = process.connect(sent)
    process.turn()

    assert refusal(client)["status"] == status
    assert not process.admitted


def test_who_is_refused_is_heard_until_it_hangs_up_and_nobody_waits_for_it(process):
    client = process.connect(POST % (LARGEST + 1))
    for _ in range(5):
        client.sendall(1000 * b"a")
        process.turn()
    assert refusal(client)["status"] == 413

    client.close()
    process.turn()

    assert process.nr_conns == 0 and len(process.poller.get_map()) == 0


def test_a_client_that_asks_may_send_its_body(process):
    client = process.connect(POST[:-2] % 5 + b"Expect: 100-continue\r\n\r\n")
    assert client.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"

    client.sendall(b"bread")
    process.turn()

    assert len(process.admitted) == 1


@pytest.mark.parametrize("sent", [b"", b"G", POST % 10])
def test_who_crowds_the_reception_crowds_out_itself(process, sent):
    patient = process.connect(b"G", "10.0.0.9")
    crowd = [process.connect(sent) for _ in range(MOST)]

    assert heard(patient) is None
    gone = [heard(each) is not None for each in crowd]
    assert gone[0] and not gone[-1] and gone == sorted(gone, reverse=True)
    assert process.nr_conns == len(process.reception.guests) <= MOST
    crowd.append(process.connect(GET))
    assert len(process.admitted) == 1


def test_who_is_pushed_out_is_told_why(process):
    crowd = [process.connect(b"G") for _ in range(MOST + 1)]

    document = refusal(crowd[0])
    assert (document["code"], "room" in document["verbose"]) == (3116, True)


def test_large_requests_share_the_room(process, monkeypatch):
    monkeypatch.setattr(reception, "ROOM", 100_000)
    patient = process.connect(POST % 50_000 + 10_000 * b"a", "10.0.0.9")
    crowd = [process.connect(POST % 50_000 + 40_000 * b"a") for _ in range(4)]

    assert heard(patient) is None
    assert [heard(each) is None for each in crowd] == [False, False, True, True]
    assert process.reception.held <= 100_000


def test_who_was_pushed_out_is_not_heard_any_more(process, monkeypatch):
    monkeypatch.setattr(reception, "ROOM", 50_000)
    small, large = (process.connect(POST % 50_000 + size * b"a") for size in (30_000, 10_000))
    large.sendall(25_000 * b"a")
    small.sendall(b"a")

    process.turn()

    assert heard(large) is None
    [guest] = process.reception.guests
    assert process.nr_conns == 1 and guest.size == process.reception.held > 35_000


@pytest.mark.parametrize(
    "ours, theirs, same",
    [
        ("10.0.0.1", "10.0.0.2", False),
        ("2001:db8::1", "2001:db8::ffff:1", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("fe80::1%eth0", "fe80::2%eth0", True),
        ("::ffff:10.0.0.1", "::ffff:10.0.0.2", False),
    ],
)
def test_addresses_of_one_network_of_ipv6_are_one_client(ours, theirs, same):
    def origin(host):
        return turns.origin(SimpleNamespace(client=(host, 1, 0, 0)))

    assert (origin(ours) == origin(theirs)) is same


def test_a_server_that_ends_waits_for_what_has_begun(process):
    silent, sending, asking = (process.connect(sent) for sent in (b"", b"G", GET))
    process.reception.hurry()
    process.reception.welcome(process.admitted[0])
    process.later(LEAVING + 0.1)

    assert heard(silent) == heard(asking) == b""
    assert heard(sending) is None
    process.reception.empty()
    assert heard(sending) == b"" and process.nr_conns == 0


def test_a_defect_costs_one_connection_and_no_more(process, monkeypatch):
    def fail(*arguments):
        raise ZeroDivisionError

    said = []
    process.log.exception = lambda *told: said.append(told)
    monkeypatch.setattr(reception.Arrival, "take", fail)
    client = process.connect(GET)

    assert refusal(client)["code"] == 3000
    assert len(said) == 1


# --- uploads


def sent(process, client, data):
    """Send more than a socket takes at a time, and let it be heard."""
    left = memoryview(data)
    while left:
        with suppress(BlockingIOError):
            left = left[client.send(left[:PIECE]) :]
        process.turn()


@pytest.mark.parametrize(
    "head, body",
    [
        (SIZED % LIMIT, LIMIT * b"a"),
        (SIZED % (LARGEST + 1), (LARGEST + 1) * b"a"),
        (SIZED.replace(b"/objects", b"/api/objects") % LIMIT, LIMIT * b"a"),
        (CHUNKED, 4 * (b"186A0\r\n" + 100_000 * b"a" + b"\r\n") + b"0\r\n\r\n"),
        (CHUNKED, b"0\r\n\r\n"),
        (
            SIZED.replace(b"=x", b"=x&_token=x").replace(b"Authorization", b"X") % LIMIT,
            LIMIT * b"a",
        ),
    ],
)
def test_an_upload_waits_on_disk_until_all_of_it_is_here(process, head, body):
    client = process.connect(head)
    sent(process, client, body[:-1])
    assert process.admitted == []
    assert process.reception.held < 1000
    sent(process, client, body[-1:] + GET)

    conn = process.admitted[0]
    payload = next(conn.parser).body
    assert payload.size == process.uploads.held == body.count(b"a")
    assert payload.read() == payload.size * b"a"
    let_go(conn.parser.mesg)
    process.reception.welcome(conn)
    process.turn()
    assert conn.parser.mesg.method == "GET"


@pytest.mark.parametrize(
    "head",
    [
        SIZED % (LIMIT + 1),
        CHUNKED + b"61A81\r\n",
        SIZED.replace(b"/objects", b"/builds") % (LARGEST + 1),
        SIZED.replace(b"POST", b"PUT") % (LARGEST + 1),
        SIZED.replace(b"/objects", b"//objects") % (LARGEST + 1),
    ],
)
def test_an_upload_that_is_too_large_is_refused_before_it_comes(process, head):
    client = process.connect(head.replace(b"Host: x", b"Host: x\r\nExpect: 100-continue"))
    process.turn()

    assert refusal(client)["status"] == 413
    assert not process.admitted


def test_who_uploads_small_chunks_is_refused(process):
    client = process.connect(CHUNKED)
    sent(process, client, 30_000 * b"1\r\na\r\n")

    assert "chunks" in refusal(client)["verbose"]


def test_nobody_needs_a_token_where_nobody_is_asked(process):
    process.uploads.is_open = True
    client = process.connect(SIZED.replace(b"Authorization", b"X") % LIMIT)
    sent(process, client, LIMIT * b"a")

    assert len(process.admitted) == 1


def test_a_client_may_begin_its_upload_when_there_is_room(process):
    head = SIZED[:-2] % LIMIT + b"Expect: 100-continue\r\n\r\n"
    assert process.connect(head).recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"

    process.disk.free = process.disk.reserve + LIMIT - 1
    client = process.connect(head)
    answer = heard(client)

    assert answer.startswith(b"HTTP/1.1 503 ") and b"\r\nRetry-After: 30\r\n" in answer
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["code"] == 3003


def test_a_disk_that_fills_meanwhile_refuses_the_rest(process):
    client = process.connect(CHUNKED + b"5\r\nbre")
    process.disk.free = process.disk.reserve
    client.sendall(b"ad")
    process.turn()

    assert "disk" in refusal(client)["verbose"]
    assert process.uploads.held == 0


def test_a_disk_that_takes_nothing_is_told(process, monkeypatch):
    process.uploads.folder.mkdir()
    monkeypatch.setattr(spool, "nameless", lambda folder, flags: os.open("/dev/full", os.O_RDWR))
    client = process.connect(CHUNKED + b"5\r\nbread")

    assert refusal(client)["status"] == 503


def test_an_upload_that_ends_before_its_end_reaches_no_thread(process):
    for head in (SIZED % LIMIT, CHUNKED + b"5\r\n"):
        client = process.connect(head + b"brea")
        client.shutdown(socket.SHUT_WR)
        process.turn()

        assert refusal(client)["status"] == 400
    assert not process.admitted and process.uploads.held == 0


def test_uploads_take_the_time_of_their_size_but_not_for_ever(process):
    client = process.connect(SIZED % LIMIT + 2 * UPHILL * b"a")
    process.later(WHOLE + 2 - 0.5)
    assert heard(client) is None
    [guest] = process.reception.guests
    guest.size = 1024**4
    assert guest.seconds == LONGEST
    process.later(LONGEST)

    assert refusal(client)["status"] == 408
    assert process.uploads.held == 0


def test_uploads_crowd_out_themselves_and_nobody_else(process):
    process.uploads.most = 900_000
    patient = process.connect(SIZED % LIMIT + 10_000 * b"a", "10.0.0.9")
    small = process.connect(POST % 50_000 + 10_000 * b"a")
    crowd = [process.connect(SIZED % LIMIT) for _ in range(3)]
    for client in crowd:
        sent(process, client, 399_000 * b"a")

    assert heard(patient) is None and heard(small) is None
    assert [heard(each) is None for each in crowd] == [False, True, True]
    assert process.uploads.held == 808_000


def test_a_large_body_waits_until_its_token_is_known(process):
    process.is_quick = False
    client = process.connect(CHUNKED[:-2] + b"Expect: 100-continue\r\n\r\n5\r\nfresh\r\n")
    client.sendall(b"5\r\nbread\r\n")
    process.turn()
    assert heard(client) is None and not process.uploads.held and not process.poller.get_map()

    process.questions.pop()(True)
    assert client.recv(100).startswith(b"HTTP/1.1 100 ")
    client.sendall(b"0\r\n\r\n")
    process.turn()

    [conn] = process.admitted
    assert conn.parser.mesg.body.read() == b"freshbread"


def test_a_large_body_without_a_good_token_is_not_read(process):
    process.is_quick = False
    client = process.connect(SIZED % LIMIT + 1000 * b"a")
    process.questions.pop()(False)

    [conn] = process.admitted
    with pytest.raises(Unavailable):
        conn.parser.mesg.body.read(1)
    let_go(conn.parser.mesg)
    assert not conn.parser.finish_body()  # what comes is no other request
    assert not process.uploads.held and not process.reception.held
    assert heard(client) is None


@pytest.mark.parametrize(
    "head",
    [
        SIZED.replace(b"Authorization", b"X") % LIMIT,
        SIZED.replace(b"=x", b"=x&_token=").replace(b"Authorization", b"X") % LIMIT,
        CHUNKED.replace(b"Authorization", b"X"),
    ],
)
def test_a_large_body_without_any_token_is_not_read(process, head):
    process.connect(head + 1000 * b"a")

    [conn] = process.admitted
    with pytest.raises(Unavailable):
        conn.parser.mesg.body.read(1)
    let_go(conn.parser.mesg)
    assert not process.questions and not process.uploads.held


@pytest.mark.parametrize("size", [0, 1, LARGEST, LIMIT])
def test_whatever_comes_where_a_secret_is_waits_on_disk(process, size):
    client = process.connect(PART % size)
    sent(process, client, size * b"a")

    [conn] = process.admitted
    assert len(process.questions) == 1
    payload = next(conn.parser).body
    assert payload.size == size == process.uploads.held
    assert payload.read() == size * b"a"


def test_a_part_without_a_good_secret_is_not_read(process):
    process.is_quick = False
    process.connect(PART % 5 + b"bread")
    process.questions.pop()(False)

    [conn] = process.admitted
    with pytest.raises(Unavailable):
        conn.parser.mesg.body.read(1)
    let_go(conn.parser.mesg)
    assert not process.uploads.held


def test_many_small_parts_at_a_time_are_no_crowd(process, monkeypatch):
    monkeypatch.setattr(reception, "ROOM", 100_000)
    clients = [process.connect(PART % 50_000) for _ in range(MOST // 2)]
    for each in clients:
        sent(process, each, 49_999 * b"a")
    process.later(WHOLE + 40)
    assert [heard(each) for each in clients] == [None] * len(clients)
    for each in clients:
        sent(process, each, b"a")

    assert len(process.admitted) == len(clients)


@pytest.mark.parametrize("blank", [b" ", b"\t ", b""])
def test_blanks_behind_the_name_of_a_header_are_fine_where_one_uploads(process, blank):
    body = b"\r\nContent-Type : x"
    told = b"content-type%b: text/plain\r\n\r\n" % blank
    process.connect(PART[:-2] % len(body) + told + body)

    [conn] = process.admitted
    assert ("CONTENT-TYPE", "text/plain") in next(conn.parser).headers
    assert conn.parser.mesg.body.read() == body


@pytest.mark.parametrize(
    "head",
    [
        PART.replace(b"Length:", b"Length :") % 5,
        PART.replace(b"Content-Length: %d", b"Transfer-Encoding : chunked"),
        POST[:-2] % 0 + b"Content-Type : x\r\n\r\n",
    ],
)
def test_other_blanks_are_refused(process, head):
    answer = heard(process.connect(head))

    assert answer.startswith(b"HTTP/1.1 400 ") and not process.admitted


@pytest.mark.parametrize(
    "request_, status",
    [
        (PART % (LIMIT + 1), 400),
        (b"POST /curt/x?y HTTP/1.1\r\nHost: x\r\nContent-Length: 100001\r\n\r\n", 400),
        (b"POST /%63urt HTTP/1.1\r\nHost: x\r\nContent-Length: 100001\r\n\r\n", 400),
        (b"GET /curt/" + 70_000 * b"a", 414),
        (b"GET /curt HTTP/9.9\r\n\r\n", 400),
        (b"GET http://x/curt HTTP/9.9\r\n\r\n", 400),
        (b"GET /curt HTTP/1.1\r\nX: " + 9000 * b"a" + b"\r\n\r\n", 431),
    ],
)
def test_a_face_refuses_in_its_own_words(process, request_, status):
    client = process.connect()
    sent(process, client, request_)
    process.turn()

    head, _, body = heard(client).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 %d " % status)
    assert b"\r\nContent-Type: text/plain\r\n" in head and b"Headers: X-Curt\r\n" in head
    assert body == b"no"


def test_a_face_tells_who_is_slow_as_well(process):
    clients = [process.connect(each) for each in (b"GET /curt", PART % 5, b"nonsense")]
    process.later(WHOLE + 1)

    for client in clients[:2]:
        answer = heard(client)
        assert answer.startswith(b"HTTP/1.1 408 ") and answer.endswith(b"\r\n\r\nno")
    assert refusal(clients[2])["status"] == 408


def test_whoever_has_gone_meanwhile_needs_no_token(process):
    process.is_quick = False
    client = process.connect(SIZED % LIMIT)
    process.later(WHOLE + 0.1)
    process.questions.pop()(True)

    assert refusal(client)["status"] == 408
    assert not process.admitted and not process.reception.held
