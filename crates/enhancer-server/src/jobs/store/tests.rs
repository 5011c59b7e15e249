//! Everything that can happen to a job. Each test has its own database.

use std::time::{SystemTime, UNIX_EPOCH};

use enhancer_core::ErrorCode;
use uuid::Uuid;

use super::*;
use crate::problem::{Problem, ProblemCode};

const MAX_CRASHES: u16 = 5;
const DAY: Duration = Duration::from_secs(24 * 3600);
const LEASE: Duration = Duration::from_secs(60);

async fn store() -> (tempfile::TempDir, Store) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::in_file(&folder.path().join("a # strange % name?.sqlite"), MAX_CRASHES)
        .await
        .unwrap();
    (folder, store)
}

fn new(key: Option<&str>) -> NewJob {
    NewJob {
        id: Uuid::now_v7(),
        client: None,
        fields: serde_json::json!({"model": "gtcrn"}),
        options: crate::enhancement::Options::default(),
        file_name: Some("a.wav".to_owned()),
        source_len: 44,
        idempotency_key: key.map(Into::into),
        fingerprint: "abc".to_owned(),
        webhook_url: None,
    }
}

async fn submit(store: &Store, new: &NewJob) -> Uuid {
    assert!(matches!(store.submit(new).await.unwrap(), Submitted::New(_)));
    new.id
}

/// Claims the next job for a process that runs nothing else, and begins it.
async fn claim(store: &Store) -> Option<(Claim, Job)> {
    let claimed = store.claim(true).await.unwrap();
    if let Some((claim, _)) = &claimed {
        assert!(store.begin(*claim).await.unwrap());
    }
    claimed
}

/// Simulates the death of the processes of all running jobs.
async fn die(store: &Store) -> u64 {
    store.put_back_all().await.unwrap()
}

async fn job(store: &Store, id: Uuid) -> Job {
    store.job(id).await.unwrap().unwrap()
}

async fn execute(store: &Store, sql: &'static str) {
    sqlx::query(sql).execute(&store.pool).await.unwrap();
}

async fn state(store: &Store, id: Uuid) -> State {
    store.job(id).await.unwrap().unwrap().state
}

fn done() -> Outcome {
    Outcome::Succeeded(Output {
        media_type: "audio/wav".to_owned(),
        file_name: "a-enhanced.wav".to_owned(),
        bytes: 44,
        model: "gtcrn".to_owned(),
        duration_seconds: 1.0,
        elapsed_seconds: 0.5,
        warnings: Vec::new(),
        score: None,
    })
}

fn failed() -> Outcome {
    Outcome::failed(&Problem::new(ProblemCode::Core(ErrorCode::UnsupportedAudio), "no"))
}

#[tokio::test]
async fn a_key_belongs_to_one_job_until_that_is_deleted() {
    let (_folder, store) = store().await;
    let first = submit(&store, &new(Some("key"))).await;
    let other = new(Some("key"));
    let Submitted::Known(known) = store.submit(&other).await.unwrap() else { panic!("new") };
    assert_eq!(known.id, first);
    assert!(!store.delete(first).await.unwrap(), "it has not ended");
    assert!(store.cancel(first, DAY).await.unwrap());
    assert!(!store.cancel(first, DAY).await.unwrap());
    assert!(store.delete(first).await.unwrap());
    assert!(store.job(first).await.unwrap().is_none());
    submit(&store, &other).await;
}

#[tokio::test]
async fn a_cancelled_job_no_longer_belongs_to_its_worker() {
    let (_folder, store) = store().await;
    let id = submit(&store, &new(None)).await;
    let (claim, _) = claim(&store).await.unwrap();
    assert!(store.cancel(id, DAY).await.unwrap());
    assert!(!store.heartbeat(claim, 0.5).await.unwrap());
    assert!(!store.finish(claim, &done(), DAY).await.unwrap());
    assert_eq!(state(&store, id).await, State::Cancelled);
}

#[tokio::test]
async fn a_job_is_claimed_once_and_ends_once() {
    let (_folder, store) = store().await;
    let id = submit(&store, &new(None)).await;
    let (claimed, found) = claim(&store).await.unwrap();
    assert_eq!((claimed.id, claimed.attempt, found.state), (id, 1, State::Running));
    assert!(found.started.is_some_and(|started| started >= found.created));
    assert!(claim(&store).await.is_none());
    assert!(store.heartbeat(claimed, 0.5).await.unwrap());
    assert_eq!(job(&store, id).await.progress, 0.5);
    assert!(store.finish(claimed, &done(), DAY).await.unwrap());
    assert!(!store.finish(claimed, &failed(), DAY).await.unwrap());
    assert!(!store.heartbeat(claimed, 0.7).await.unwrap());
    // The worker repeats the call if the answer was lost. The result must stay.
    assert!(store.finish(claimed, &done(), DAY).await.unwrap());
    let job = job(&store, id).await;
    assert_eq!((job.state, job.progress), (State::Succeeded, 1.0));
    let kept = job.expires.unwrap() - job.finished.unwrap();
    assert!((kept - millis(DAY)).abs() < 1000, "{kept}");
    assert!(
        matches!(job.outcome().unwrap(), Some(Outcome::Succeeded(output)) if output.bytes == 44)
    );
}

#[tokio::test]
async fn jobs_are_claimed_in_the_order_in_which_they_came() {
    let (_folder, store) = store().await;
    assert!(claim(&store).await.is_none());
    let mut ids = Vec::new();
    for _ in 0..3 {
        ids.push(submit(&store, &new(None)).await);
    }
    for id in ids {
        assert_eq!(claim(&store).await.unwrap().0.id, id);
    }
    assert!(claim(&store).await.is_none());
}

#[tokio::test]
async fn a_worker_that_lost_its_job_cannot_end_it() {
    let (_folder, store) = store().await;
    let id = submit(&store, &new(None)).await;
    let (dead, _) = claim(&store).await.unwrap();
    assert_eq!(die(&store).await, 1);
    assert_eq!(state(&store, id).await, State::Queued);
    let (alive, _) = claim(&store).await.unwrap();
    assert!(!store.heartbeat(dead, 0.9).await.unwrap());
    assert!(!store.finish(dead, &failed(), DAY).await.unwrap());
    assert!(store.finish(alive, &done(), DAY).await.unwrap());
    assert!(!store.finish(dead, &done(), DAY).await.unwrap());
    assert_eq!(state(&store, id).await, State::Succeeded);
}

#[tokio::test]
async fn only_a_job_whose_lease_has_run_out_is_put_back() {
    let (_folder, store) = store().await;
    let (alive, dead) = (submit(&store, &new(None)).await, submit(&store, &new(None)).await);
    let (claimed, _) = claim(&store).await.unwrap();
    claim(&store).await.unwrap();
    assert!(store.late().await.unwrap().is_empty());
    execute(&store, "UPDATE enhancer_jobs SET lease_until = 7").await;
    assert_eq!(store.late().await.unwrap(), [(alive, 7), (dead, 7)].into());
    assert!(store.heartbeat(claimed, 0.5).await.unwrap());
    assert_eq!(store.late().await.unwrap(), [(dead, 7)].into());
    assert!(!store.put_back(alive, 7).await.unwrap(), "its worker renewed the lease");
    assert!(store.put_back(dead, 7).await.unwrap());
    assert!(!store.put_back(dead, 7).await.unwrap());
    let (alive, dead) = (job(&store, alive).await, job(&store, dead).await);
    assert_eq!((alive.state, alive.crashes), (State::Running, 0));
    // Other jobs may have run beside it.
    assert_eq!((dead.state, dead.crashes, dead.suspect), (State::Queued, 0, 1));
}

#[tokio::test]
async fn a_job_that_crashes_its_process_each_time_is_given_up() {
    let (_folder, store) = store().await;
    let url = Some("https://example.com".to_owned());
    let id = submit(&store, &NewJob { webhook_url: url, ..new(None) }).await;
    for crashes in 0..=i64::from(MAX_CRASHES) {
        claim(&store).await.unwrap();
        assert_eq!(die(&store).await, 1);
        assert_eq!(job(&store, id).await.crashes, crashes);
    }
    assert!(claim(&store).await.is_none());
    let problem = &Problem::new(ProblemCode::GaveUp, "no more");
    assert_eq!(store.give_up(problem, DAY).await.unwrap(), [id]);
    assert!(store.give_up(problem, DAY).await.unwrap().is_empty());
    let job = job(&store, id).await;
    let Some(Outcome::Failed(problem)) = job.outcome().unwrap() else { panic!("{job:?}") };
    assert_eq!((job.state, &problem["code"]), (State::Failed, &"gave_up".into()));
    assert!(job.expires.is_some() && job.was_given_up().unwrap());
    let notice = store.claim_delivery(LEASE).await.unwrap().unwrap();
    assert!(store.retry_given_up(&job).await.unwrap());
    // The receiver may have asked for the retry before it answered. The new end has a new notice.
    store.end_deliveries(id, notice.webhook_attempts, "delivered").await.unwrap();
    assert!(!store.retry_given_up(&job).await.unwrap(), "it is not given up any more");
    let (_, job) = claim(&store).await.unwrap();
    assert_eq!((job.crashes, job.retries, job.runs_alone()), (0, 1, true));
    assert!(job.outcome().unwrap().is_none() && job.expires.is_none());
    assert!(store.cancel(id, DAY).await.unwrap());
    assert_eq!(store.claim_delivery(LEASE).await.unwrap().unwrap().id, id);
}

#[tokio::test]
async fn jobs_that_crashed_together_run_alone() {
    let (_folder, store) = store().await;
    let (one, two) = (submit(&store, &new(None)).await, submit(&store, &new(None)).await);
    claim(&store).await.unwrap();
    let (beside, job_beside) = store.claim(false).await.unwrap().unwrap();
    assert!(!job_beside.runs_alone() && store.begin(beside).await.unwrap());
    assert_eq!(die(&store).await, 2);
    submit(&store, &new(None)).await;
    assert!(store.claim(false).await.unwrap().is_none(), "another job runs there");
    let (claimed, first) = claim(&store).await.unwrap();
    assert_eq!((claimed.id, first.runs_alone()), (one, true));
    assert_eq!(die(&store).await, 1);
    assert_eq!((job(&store, one).await.crashes, job(&store, two).await.crashes), (1, 0));
}

#[tokio::test]
async fn a_job_whose_claim_got_lost_is_not_suspected() {
    let (_folder, store) = store().await;
    let id = submit(&store, &new(None)).await;
    // The database has stored the claim, but the answer is lost.
    let (lost, _) = store.claim(true).await.unwrap().unwrap();
    execute(&store, "UPDATE enhancer_jobs SET lease_until = 7").await;
    assert!(store.put_back(id, 7).await.unwrap());
    assert!(!store.begin(lost).await.unwrap(), "it is not that worker's any more");
    assert_eq!(job(&store, id).await.suspect, 0);
    // A crash while it ran counts, and one before it began does not undo that.
    for (begins, expected) in [(true, (1, 0)), (false, (1, 0)), (true, (1, 1))] {
        let (claimed, _) = store.claim(true).await.unwrap().unwrap();
        assert!(!begins || store.begin(claimed).await.unwrap());
        assert_eq!(die(&store).await, 1);
        let job = job(&store, id).await;
        assert_eq!((job.suspect, job.crashes), expected);
    }
}

#[tokio::test]
async fn giving_back_and_failures_of_the_server_are_not_crashes() {
    let (_folder, store) = store().await;
    let id = submit(&store, &new(None)).await;
    for attempt in 1..10 {
        let (claim, job) = claim(&store).await.unwrap();
        assert_eq!((claim.attempt, job.crashes), (attempt, 0));
        store.give_back(claim).await.unwrap();
    }
    for failures in 0..10 {
        execute(&store, "UPDATE enhancer_jobs SET due = 0").await;
        let (claim, job) = claim(&store).await.unwrap();
        assert_eq!((job.failures, job.crashes), (failures, 0));
        store.retry(claim, failures).await.unwrap();
    }
    assert!(claim(&store).await.is_none(), "it waits a while");
    assert_eq!(state(&store, id).await, State::Queued);
    let problem = &Problem::new(ProblemCode::GaveUp, "no more");
    assert!(store.give_up(problem, DAY).await.unwrap().is_empty());
    execute(&store, "UPDATE enhancer_jobs SET failures = 150").await;
    assert_eq!(store.give_up(problem, DAY).await.unwrap(), [id]);
}

#[tokio::test]
async fn an_expired_job_is_not_visible_and_frees_its_key() {
    let (_folder, store) = store().await;
    let id = submit(&store, &new(Some("key"))).await;
    assert!(store.visible_job(id).await.unwrap().is_some());
    assert!(store.cancel(id, DAY).await.unwrap());
    assert!(store.visible_job(id).await.unwrap().is_some());
    assert!(store.expired().await.unwrap().is_empty());
    execute(&store, "UPDATE enhancer_jobs SET expires = 1").await;
    assert!(store.visible_job(id).await.unwrap().is_none());
    assert_eq!(store.expired().await.unwrap(), [id]);
    submit(&store, &new(Some("key"))).await;
}

#[tokio::test]
async fn notices_are_due_at_the_end_and_each_attempt_is_made_once() {
    let (_folder, store) = store().await;
    let url = Some("https://example.com".to_owned());
    let id = submit(&store, &NewJob { webhook_url: url, ..new(None) }).await;
    let claim = async || store.claim_delivery(LEASE).await.unwrap();
    assert!(claim().await.is_none(), "it has not ended");
    store.cancel(id, Duration::ZERO).await.unwrap();
    assert_eq!(claim().await.unwrap().webhook_attempts, 1);
    assert!(claim().await.is_none());
    store.log_delivery(id, 1, Some(503), Some("it responded with 503".to_owned())).await.unwrap();
    assert!(store.expired().await.unwrap().is_empty(), "its notice is still to come");
    store.deliver_all_now().await.unwrap();
    assert!(claim().await.is_none(), "a start does not shorten the pause");
    store.deliver_after(id, 1, Duration::ZERO).await.unwrap();
    assert_eq!(claim().await.unwrap().webhook_attempts, 2);
    store.deliver_all_now().await.unwrap();
    assert_eq!(claim().await.unwrap().webhook_attempts, 3, "the second was broken off");
    store.log_delivery(id, 3, None, Some("no route".to_owned())).await.unwrap();
    store.end_deliveries(id, 3, "failed").await.unwrap();
    let log: Vec<_> = store.deliveries(id).await.unwrap();
    assert_eq!(
        (log[0].status, log[0].error.as_deref()),
        (Some(503), Some("it responded with 503"))
    );
    assert_eq!((log[1].status, log[1].error.as_deref()), (None, Some("no route")));
    assert_eq!(store.expired().await.unwrap(), [id]);
    assert!(store.redeliver(id).await.unwrap());
    assert!(!store.redeliver(id).await.unwrap(), "it is to be delivered already");
    let again = claim().await.unwrap();
    assert_eq!((again.webhook_attempts, again.webhook_earlier), (4, 3));
    store.end_deliveries(id, 3, "delivered").await.unwrap();
    assert!(!store.redeliver(id).await.unwrap(), "an earlier attempt does not end it");
    store.end_deliveries(id, 4, "delivered").await.unwrap();
    assert!(store.delete(id).await.unwrap());
    assert!(store.deliveries(id).await.unwrap().is_empty());
}

#[tokio::test]
async fn the_clock_is_that_of_the_machine() {
    let (_folder, store) = store().await;
    let here = || millis(SystemTime::now().duration_since(UNIX_EPOCH).unwrap());
    let (before, now, after) = (here(), store.now().await.unwrap(), here());
    // A millisecond is rounded.
    assert!((before - 1..=after + 1).contains(&now), "{before} {now} {after}");
}

#[tokio::test]
async fn a_reopened_store_has_all_jobs() {
    let (folder, store) = store().await;
    let id = submit(&store, &new(None)).await;
    claim(&store).await.unwrap();
    store.pool.close().await;
    let path = folder.path().join("a # strange % name?.sqlite");
    assert!(path.exists());
    let store = Store::in_file(&path, MAX_CRASHES).await.unwrap();
    // Its worker has ended.
    assert_eq!(store.counts().await.unwrap(), [(State::Queued, 1)]);
    assert_eq!(store.queued().await.unwrap(), 1);
    let jobs = store.jobs(&[id, Uuid::now_v7()]).await.unwrap();
    assert_eq!(jobs.iter().map(|job| job.suspect).collect::<Vec<_>>(), [1]);
}
