"""The shutdown of a server."""

import signal
import threading

from jobs import SLOW
from measured import metric, wait_until
from recordings import speech
from sources import hours


def begin(server, recording, **query):
    """Sends a recording from another thread. Returns the thread and the place for the answer."""
    answers = []

    def send():
        try:
            with server.client() as client:
                answers.append(client.post("/enhance", content=recording, params=query))
        except Exception as error:  # What the client sees is what is tested.
            answers.append(error)

    thread = threading.Thread(target=send)
    thread.start()
    return thread, answers


def test_running_work_is_finished_and_nothing_new_begins(serve):
    server = serve("--shutdown-timeout", 60)
    with server.client() as client:
        thread, answers = begin(server, speech(60))
        wait_until(lambda: metric(client, "enhancer_active_sessions") == 1)
    assert server.stop(signal.SIGTERM) == 0
    thread.join()
    assert answers[0].status_code == 200
    assert len(answers[0].content) > 60 * 96_000


def test_work_that_takes_too_long_is_given_up(serve):
    server = serve("--shutdown-timeout", 1)
    with server.client() as client:
        thread, answers = begin(server, hours(), **SLOW)
        wait_until(lambda: metric(client, "enhancer_active_sessions") == 1)
    # Otherwise the work would take hours.
    assert server.stop(signal.SIGTERM) == 0
    thread.join()
    assert isinstance(answers[0], Exception) or answers[0].status_code == 503


def test_a_second_signal_ends_it_at_once(serve):
    server = serve()
    with server.client() as client:
        thread, _ = begin(server, hours(), **SLOW)
        wait_until(lambda: metric(client, "enhancer_active_sessions") == 1)
    server.process.send_signal(signal.SIGINT)
    wait_until(lambda: "shutting down" in server.log.read_text())
    assert server.stop(signal.SIGINT) == 130
    thread.join()
