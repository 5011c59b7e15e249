//! Notifies receivers that jobs have ended.

use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use url::Url;
use utoipa::ToSchema;

use super::resource::{self, JobResource};
use super::store::Job;
use super::{Workshop, idle};
use crate::webhook::{DeliveryError, patient_backoff};

/// After this time, an attempt whose end was not recorded counts as failed. It is longer than
/// any attempt takes.
const LEASE: Duration = Duration::from_secs(60);

/// How many deliveries run at once.
const AT_ONCE: usize = 8;

/// The end of a job, as the receiver of a webhook is sent it.
#[derive(Serialize, ToSchema)]
#[schema(as = WebhookEvent)]
pub(crate) struct WebhookEvent<'a> {
    #[serde(rename = "type")]
    #[schema(value_type = WebhookEventType)]
    kind: String,
    /// When the job ended.
    #[schema(format = DateTime)]
    timestamp: String,
    /// The job.
    data: &'a JobResource,
}

/// How a job ended.
#[derive(ToSchema)]
#[expect(dead_code, reason = "only documents the names")]
enum WebhookEventType {
    #[serde(rename = "job.succeeded")]
    Succeeded,
    #[serde(rename = "job.failed")]
    Failed,
    #[serde(rename = "job.cancelled")]
    Cancelled,
}

/// Delivers notices until `shutdown`, then finishes the running deliveries.
pub(super) async fn run(shop: &Workshop, shutdown: &CancellationToken) {
    let jobs = &shop.jobs;
    let slots = Arc::new(Semaphore::new(AT_ONCE));
    let running = TaskTracker::new();
    while let Some(Ok(slot)) = shutdown.run_until_cancelled(slots.clone().acquire_owned()).await {
        match jobs.store.claim_delivery(LEASE).await {
            Ok(Some(job)) => {
                let shop = shop.clone();
                running.spawn(async move {
                    let _slot = slot;
                    attempt(&shop, &job).await;
                });
                continue;
            }
            Ok(None) => {}
            Err(error) => tracing::error!(%error, "cannot claim a webhook"),
        }
        if shutdown.run_until_cancelled(idle(&jobs.ended)).await.is_none() {
            break;
        }
    }
    running.close();
    running.wait().await;
}

async fn attempt(shop: &Workshop, job: &Job) {
    if let Err(error) = deliver(shop, job).await {
        // The lease will run out, and the delivery will be tried again.
        let error = format!("{error:#}");
        tracing::error!(job = %job.id, error, "cannot deliver a webhook");
    }
}

async fn deliver(shop: &Workshop, job: &Job) -> anyhow::Result<()> {
    let store = &shop.jobs.store;
    let Some(url) = job.webhook_url.as_deref() else { return Ok(()) };
    let body = notice(shop, job).await?;
    // All attempts have the same id, so that receivers recognise a notice that they already have. A
    // job that was run again has a new end with a new id.
    let id = match job.retries {
        0 => format!("job_{}", job.id),
        retries => format!("job_{}_{retries}", job.id),
    };
    let delivered = shop.webhooks.deliver(&Url::parse(url)?, &id, body).await;
    let (status, error) = match &delivered {
        Ok(status) => (Some(*status), None),
        Err(error) => (error.status(), Some(error.to_string())),
    };
    store.log_delivery(job.id, job.webhook_attempts, status, error).await?;
    let attempt = u32::try_from(job.webhook_attempts - job.webhook_earlier).unwrap_or(u32::MAX);
    match delivered {
        Ok(_) => store.end_deliveries(job.id, job.webhook_attempts, "delivered").await?,
        Err(DeliveryError::Failed { retry_after, .. }) if attempt < shop.webhooks.attempts() => {
            let pause = patient_backoff(attempt, retry_after);
            store.deliver_after(job.id, job.webhook_attempts, pause).await?;
        }
        Err(_) => store.end_deliveries(job.id, job.webhook_attempts, "failed").await?,
    }
    Ok(())
}

async fn notice(shop: &Workshop, job: &Job) -> anyhow::Result<Vec<u8>> {
    let data = JobResource::load(&shop.jobs.store, job.clone()).await?;
    let kind = format!("job.{}", job.state.name());
    let timestamp = resource::time(job.finished.unwrap_or(job.created));
    Ok(serde_json::to_vec(&WebhookEvent { kind, timestamp, data: &data })?)
}
