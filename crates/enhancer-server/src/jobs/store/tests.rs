//! What may happen to a job, in a database of its own.

use super::*;
use crate::problem::Problem;
use axum::http::StatusCode;
use uuid::Uuid;

const MAX_CRASHES: u16 = 5;

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
        fields: serde_json::json!({"model": "dtln"}),
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

async fn state(store: &Store, id: Uuid) -> State {
    store.job(id).await.unwrap().unwrap().state
}

fn done() -> Outcome {
    Outcome::Succeeded(Output {
        media_type: "audio/wav".to_owned(),
        file_name: "a-enhanced.wav".to_owned(),
        bytes: 44,
        model: "dtln".to_owned(),
        duration_seconds: 1.0,
        elapsed_seconds: 0.5,
        warnings: Vec::new(),
    })
}

fn failed() -> Outcome {
    Outcome::failed(&Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_audio", "no"))
}

#[tokio::test]
async fn a_job_is_claimed_once_and_ends_once() {
    let (_folder, store) = store().await;
    let id = submit(&store, &new(None)).await;
    let (claim, job) = store.claim(id, "one").await.unwrap().unwrap();
    assert_eq!((claim.attempt, job.state), (1, State::Running));
    assert!(store.claim(id, "two").await.unwrap().is_none());
    assert!(store.heartbeat(claim, 0.5).await.unwrap());
    assert_eq!(store.job(id).await.unwrap().unwrap().progress, 0.5);
    assert!(store.finish(claim, &done(), i64::MAX).await.unwrap());
    assert!(!store.finish(claim, &failed(), i64::MAX).await.unwrap());
    assert!(!store.heartbeat(claim, 0.7).await.unwrap());
    let job = store.job(id).await.unwrap().unwrap();
    assert_eq!((job.state, job.progress), (State::Succeeded, 1.0));
    assert!(
        matches!(job.outcome().unwrap(), Some(Outcome::Succeeded(output)) if output.bytes == 44)
    );
}

#[tokio::test]
async fn a_worker_that_comes_back_from_the_dead_ends_nothing() {
    let (_folder, store) = store().await;
    let id = submit(&store, &new(None)).await;
    let (dead, _) = store.claim(id, "one").await.unwrap().unwrap();
    assert_eq!(store.reap().await.unwrap(), 0, "its lease still runs");
    assert_eq!(store.reap_all().await.unwrap(), 1);
    assert_eq!(state(&store, id).await, State::Queued);
    let (alive, _) = store.claim(id, "two").await.unwrap().unwrap();
    assert!(!store.heartbeat(dead, 0.9).await.unwrap());
    assert!(!store.finish(dead, &failed(), i64::MAX).await.unwrap());
    assert!(store.finish(alive, &done(), i64::MAX).await.unwrap());
    assert_eq!(state(&store, id).await, State::Succeeded);
}

#[tokio::test]
async fn a_lease_that_ran_out_is_taken_back() {
    let (_folder, store) = store().await;
    let id = submit(&store, &new(None)).await;
    store.claim(id, "one").await.unwrap().unwrap();
    sqlx::query("UPDATE enhancer_jobs SET lease_until = 1").execute(&store.pool).await.unwrap();
    assert_eq!(store.reap().await.unwrap(), 1);
    let job = store.job(id).await.unwrap().unwrap();
    assert_eq!((job.state, job.crashes), (State::Queued, 1));
    assert_eq!(store.take_hints().await.unwrap(), [Hint { job: id, attempt: 1 }]);
}

#[tokio::test]
async fn what_crashes_too_often_is_given_up() {
    let (_folder, store) = store().await;
    let id = submit(&store, &new(None)).await;
    for _ in 0..MAX_CRASHES {
        store.claim(id, "one").await.unwrap().unwrap();
        store.reap_all().await.unwrap();
    }
    assert!(store.claim(id, "one").await.unwrap().is_none());
    let problem = &Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "gave_up", "no more");
    assert_eq!(store.give_up(problem, 7).await.unwrap(), [id]);
    assert!(store.give_up(problem, 7).await.unwrap().is_empty());
    let job = store.job(id).await.unwrap().unwrap();
    let Some(Outcome::Failed(told)) = job.outcome().unwrap() else { panic!("{job:?}") };
    assert_eq!(
        (job.state, &told["code"], job.expires),
        (State::Failed, &"gave_up".into(), Some(7))
    );
}

#[tokio::test]
async fn what_is_given_back_is_no_crash() {
    let (_folder, store) = store().await;
    let id = submit(&store, &new(None)).await;
    for attempt in 1..10 {
        let (claim, job) = store.claim(id, "one").await.unwrap().unwrap();
        assert_eq!((claim.attempt, job.crashes), (attempt, 0));
        store.give_back(claim).await.unwrap();
    }
    let (claim, _) = store.claim(id, "one").await.unwrap().unwrap();
    store.retry(claim, 0).await.unwrap();
    let job = store.job(id).await.unwrap().unwrap();
    assert_eq!((job.state, job.crashes), (State::Queued, 1));
    assert!(store.take_hints().await.unwrap().is_empty(), "it waits a while");
}

#[tokio::test]
async fn hints_are_taken_once_in_a_while_and_oldest_first() {
    let (_folder, store) = store().await;
    let mut ids = Vec::new();
    for _ in 0..3 {
        ids.push(submit(&store, &new(None)).await);
    }
    let hints = store.take_hints().await.unwrap();
    assert_eq!(hints.iter().map(|hint| hint.job).collect::<Vec<_>>(), ids);
    assert!(store.take_hints().await.unwrap().is_empty());
    sqlx::query("UPDATE enhancer_jobs SET hint_due = 0").execute(&store.pool).await.unwrap();
    assert_eq!(store.take_hints().await.unwrap().len(), 3, "they may have been lost");
    assert!(store.take_hints().await.unwrap().is_empty());
    store.hint_anew().await.unwrap();
    assert_eq!(store.take_hints().await.unwrap().len(), 3, "they are lost for sure");
}

#[tokio::test]
async fn one_key_is_one_job_until_it_is_deleted() {
    let (_folder, store) = store().await;
    let first = submit(&store, &new(Some("key"))).await;
    let other = new(Some("key"));
    let Submitted::Known(known) = store.submit(&other).await.unwrap() else { panic!("new") };
    assert_eq!(known.id, first);
    assert!(!store.delete(first).await.unwrap(), "it has not ended");
    assert!(store.cancel(first, i64::MAX).await.unwrap());
    assert!(!store.cancel(first, i64::MAX).await.unwrap());
    assert!(store.delete(first).await.unwrap());
    assert!(store.job(first).await.unwrap().is_none());
    submit(&store, &other).await;
}

#[tokio::test]
async fn who_cancels_a_running_job_takes_it_from_its_worker() {
    let (_folder, store) = store().await;
    let id = submit(&store, &new(None)).await;
    let (claim, _) = store.claim(id, "one").await.unwrap().unwrap();
    assert!(store.cancel(id, i64::MAX).await.unwrap());
    assert!(!store.heartbeat(claim, 0.5).await.unwrap());
    assert!(!store.finish(claim, &done(), i64::MAX).await.unwrap());
    assert_eq!(state(&store, id).await, State::Cancelled);
}

#[tokio::test]
async fn notices_are_due_at_the_end_and_each_attempt_is_made_once() {
    let (_folder, store) = store().await;
    let url = Some("https://example.com".to_owned());
    let id = submit(&store, &NewJob { webhook_url: url, ..new(None) }).await;
    let lease = Duration::from_secs(60);
    assert!(store.take_deliveries(lease).await.unwrap().is_empty(), "it has not ended");
    store.cancel(id, 1).await.unwrap();
    let [hint] = store.take_deliveries(lease).await.unwrap()[..] else { panic!("no hint") };
    assert!(store.take_deliveries(lease).await.unwrap().is_empty());
    assert_eq!(store.claim_delivery(hint).await.unwrap().unwrap().webhook_attempts, 1);
    assert!(store.claim_delivery(hint).await.unwrap().is_none());
    store.log_delivery(id, 1, Ok(503)).await.unwrap();
    assert!(store.expired().await.unwrap().is_empty(), "its notice is still to come");
    store.deliver_at(id, now()).await.unwrap();
    let [hint] = store.take_deliveries(lease).await.unwrap()[..] else { panic!("no hint") };
    store.claim_delivery(hint).await.unwrap().unwrap();
    store.log_delivery(id, 2, Err("no route".to_owned())).await.unwrap();
    store.end_deliveries(id, "failed").await.unwrap();
    let log: Vec<_> = store.deliveries(id).await.unwrap();
    assert_eq!((log[0].status, log[0].error.as_deref()), (Some(503), None));
    assert_eq!((log[1].status, log[1].error.as_deref()), (None, Some("no route")));
    assert_eq!(store.expired().await.unwrap(), [id]);
    assert!(store.delete(id).await.unwrap());
    assert!(store.deliveries(id).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_store_that_is_opened_again_has_all() {
    let (folder, store) = store().await;
    let id = submit(&store, &new(None)).await;
    store.claim(id, "one").await.unwrap().unwrap();
    store.pool.close().await;
    let path = folder.path().join("a # strange % name?.sqlite");
    assert!(path.exists());
    let store = Store::in_file(&path, MAX_CRASHES).await.unwrap();
    assert_eq!(store.counts().await.unwrap(), [(State::Running, 1)]);
    assert_eq!(store.queued().await.unwrap(), 0);
    assert_eq!(store.jobs(&[id, Uuid::now_v7()]).await.unwrap().len(), 1);
}
