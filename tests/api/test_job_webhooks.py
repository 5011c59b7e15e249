"""Webhooks of jobs: notices of the end, retries and records."""

import base64
import hashlib
import hmac
import signal
import time
from datetime import datetime

import jobs
import jsonschema
import pytest
import sources
from jobs import QUICK
from receiver import Receiver

KEY = bytes(range(32))
SECRET = "whsec_" + base64.b64encode(KEY).decode()


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    return sources.wav(tmp_path_factory.mktemp("sources") / "talk.wav")


def notified(client, job):
    """The job after the end of its webhook."""
    return jobs.until(client, job, lambda job: job["webhook"]["state"] != "pending")


def check_signature(call):
    signed = f"{call.headers['webhook-id']}.{call.headers['webhook-timestamp']}.".encode()
    digest = hmac.new(KEY, signed + call.body, hashlib.sha256).digest()
    assert call.headers["webhook-signature"] == "v1," + base64.b64encode(digest).decode()
    assert abs(time.time() - int(call.headers["webhook-timestamp"])) < 60


def test_the_end_is_notified_signed_and_recorded(serve, source):
    with serve("--webhook-secret", SECRET).client() as client, Receiver() as receiver:
        job = jobs.submitted(client, source, webhook_url=receiver.url, **QUICK)
        assert job["webhook"] == {"url": receiver.url, "state": "pending", "deliveries": []}
        assert "webhook_url" not in job["options"]
        job = notified(client, job)
        (call,) = receiver.calls
        check_signature(call)
        assert call.headers["webhook-id"] == f"job_{job['id']}"
        assert call.headers["content-type"] == "application/json"
        notice = call.json()
        assert notice["type"] == "job.succeeded" and notice["timestamp"] == job["finished"]
        components = client.get("/openapi.json").json()["components"]
        jsonschema.validate(notice, {"$ref": "#/components/schemas/WebhookEvent", "components": components})
        assert notice["data"]["result"] == job["result"] and notice["data"]["id"] == job["id"]
        assert job["webhook"]["state"] == "delivered"
        (delivery,) = job["webhook"]["deliveries"]
        assert (delivery["attempt"], delivery["status"]) == (1, 204) and "error" not in delivery


def test_secrets_can_be_replaced(serve, source):
    new = b"another key of at least 24 bytes"
    secrets = f"{SECRET},whsec_{base64.b64encode(new).decode()}"
    with serve("--webhook-secret", secrets).client() as client, Receiver() as receiver:
        notified(client, jobs.submitted(client, source, webhook_url=receiver.url, **QUICK))
        (call,) = receiver.calls
    signed = f"{call.headers['webhook-id']}.{call.headers['webhook-timestamp']}.".encode() + call.body
    digests = [hmac.new(key, signed, hashlib.sha256).digest() for key in (KEY, new)]
    assert call.headers["webhook-signature"].split(" ") == ["v1," + base64.b64encode(digest).decode() for digest in digests]


def test_it_is_tried_again_until_it_is_accepted(serve, source):
    with serve("--webhook-secret", SECRET).client() as client, Receiver(500, 200) as receiver:
        job = jobs.submitted(client, source, webhook_url=receiver.url, **QUICK)
        job = notified(client, job)
        assert job["webhook"]["state"] == "delivered" and len(receiver.calls) == 2
        for call in receiver.calls:
            check_signature(call)
        assert len({call.headers["webhook-id"] for call in receiver.calls}) == 1
        first, last = job["webhook"]["deliveries"]
        assert "500" in first["error"] and first["status"] == 500 and last["status"] == 200
        assert [first["attempt"], last["attempt"]] == [1, 2]
        assert first["at"] <= last["at"]


def test_it_is_given_up_in_the_end(serve, source):
    with serve("--webhook-attempts", 2).client() as client, Receiver(503) as receiver:
        job = jobs.submitted(client, source, webhook_url=receiver.url, **QUICK)
        job = notified(client, job)
        assert job["webhook"]["state"] == "failed" and len(job["webhook"]["deliveries"]) == 2
        assert (job["state"], len(receiver.calls)) == ("succeeded", 2)


def pause(job):
    """Seconds from the last attempt to the next."""
    webhook = job["webhook"]
    if not webhook["deliveries"]:
        return 0
    last, next_one = webhook["deliveries"][-1]["at"], webhook["next_attempt"]
    return (datetime.fromisoformat(next_one) - datetime.fromisoformat(last)).total_seconds()


def test_a_receiver_can_ask_for_a_later_retry_or_for_no_more_calls(serve, source):
    with serve().client() as client, Receiver(503, headers={"Retry-After": "3600"}) as receiver, Receiver(410) as gone:
        waits = jobs.submitted(client, source, webhook_url=receiver.url, **QUICK)
        # Until the attempt is over, the next event is the end of its lease.
        waits = jobs.until(client, waits, lambda job: pause(job) > 100)
        assert 3590 < pause(waits) < 3700
        job = notified(client, jobs.submitted(client, source, webhook_url=gone.url, **QUICK))
        assert job["webhook"]["state"] == "failed" and job["webhook"]["deliveries"][0]["status"] == 410
        assert "next_attempt" not in job["webhook"]
        jobs.refused(client.post(f"/jobs/{waits['id']}/redeliver"), 409, "not_redeliverable")


def test_a_notice_can_be_delivered_again(serve, source):
    with serve("--webhook-attempts", 1).client() as client, Receiver(500, 204) as receiver:
        job = notified(client, jobs.submitted(client, source, webhook_url=receiver.url, **QUICK))
        assert job["webhook"]["state"] == "failed"
        for count in (2, 3):
            assert client.post(f"/jobs/{job['id']}/redeliver").status_code == 202
            job = notified(client, job)
            assert (job["webhook"]["state"], len(receiver.calls)) == ("delivered", count)
        assert len({call.headers["webhook-id"] for call in receiver.calls}) == 1
        quiet = jobs.ended(client, jobs.submitted(client, source, **QUICK))
        jobs.refused(client.post(f"/jobs/{quiet['id']}/redeliver"), 409, "not_redeliverable")


def test_failure_and_cancellation_are_notified_too(serve, tmp_path):
    other = tmp_path / "notes.txt"
    other.write_text("no audio")
    with serve().client() as client, Receiver() as receiver:
        job = notified(client, jobs.submitted(client, other, webhook_url=receiver.url))
        notice = receiver.calls[0].json()
        assert notice["type"] == "job.failed"
        assert notice["data"]["error"] == job["error"]
        job = jobs.running(client, jobs.slow(client, tmp_path, webhook_url=receiver.url))
        assert client.post(f"/jobs/{job['id']}/cancel").status_code == 200
        notified(client, job)
        assert receiver.calls[1].json()["type"] == "job.cancelled"


def test_a_deleted_job_sends_no_notice(serve, source, tmp_path):
    with serve("--job-workers", 1).client() as client, Receiver() as receiver:
        job = jobs.running(client, jobs.slow(client, tmp_path, webhook_url=receiver.url))
        behind = jobs.submitted(client, source, webhook_url=receiver.url, **QUICK)
        assert client.delete(f"/jobs/{job['id']}").status_code == 204
        notified(client, behind)
        assert [call.json()["data"]["id"] for call in receiver.calls] == [behind["id"]]


def test_a_notice_survives_the_server(serve, source):
    server = serve()
    with Receiver(500, 200) as receiver:
        with server.client() as client:
            job = jobs.submitted(client, source, webhook_url=receiver.url, **QUICK)
            jobs.until(client, job, lambda job: job["webhook"]["deliveries"])
            server.stop(signal.SIGKILL)
        with serve().client() as client:
            job = notified(client, job)
            assert job["webhook"]["state"] == "delivered"
            assert [call.json()["data"]["id"] for call in receiver.calls] == [job["id"]] * 2


def test_private_addresses_are_refused_where_they_are_not_allowed(serve, source):
    with serve("--webhook-allow-private", "false").client() as client:
        for url in ("http://127.0.0.1/", "http://169.254.169.254/latest", "http://[::1]/"):
            answer = jobs.submit(client, source, webhook_url=url)
            (error,) = jobs.refused(answer, 422, "invalid_value")["errors"]
            assert error["field"] == "webhook_url"
