"""Jobs that were submitted, and what may be seen of them."""

import secrets
import time
from dataclasses import dataclass, field

TERMINAL = {"succeeded", "failed", "cancelled"}


@dataclass
class Submitted:
    """A job that a server accepted, and what was seen of it so far."""

    url: str
    recording: bytes
    # What the command line makes of the recording.
    expected: bytes
    key: str
    # The job as it was when its end was first seen: from then on nothing of it changes.
    ended: dict | None = field(default=None)

    def look(self, client):
        """Looks at the job, and at its result if it has ended; gives whether it has."""
        answer = client.get(self.url)
        assert answer.status_code == 200, f"{self.url} is lost: {answer.text}"
        job = outcome(answer.json())
        if self.ended is not None:
            assert job == self.ended, "an ended job changed"
        elif job["state"] in TERMINAL:
            assert job["state"] == "succeeded", job
            self.ended = job
        result = client.get(f"{self.url}/result")
        if self.ended is None:
            # It may have ended since it was looked at.
            assert result.status_code in {200, 409}, result.text
        else:
            assert result.status_code == 200, result.text
        if result.status_code == 200:
            assert result.content == self.expected, "a result is not what the command line makes"
        return self.ended is not None


def outcome(job):
    """What of a job stays as it is once it has ended: all but the notices of its end."""
    return {name: value for name, value in job.items() if name != "webhook"}


def submit(client, recording, expected, key=None, **options):
    """Submits a recording; an exception says that nobody knows whether it was accepted."""
    key = key or secrets.token_hex(8)
    answer = client.post(
        "/jobs",
        files={"file": ("talk.wav", recording, "audio/wav")},
        data=options,
        headers={"Idempotency-Key": key},
    )
    assert answer.status_code == 202, answer.text
    return Submitted(answer.headers["location"], recording, expected, key)


def wait_for_all(client, jobs, seconds):
    """Looks at jobs until all have ended."""
    end = time.monotonic() + seconds
    waiting = list(jobs)
    while waiting := [job for job in waiting if not job.look(client)]:
        assert time.monotonic() < end, f"{len(waiting)} jobs have not ended, such as {client.get(waiting[0].url).text}"
        time.sleep(0.1)
