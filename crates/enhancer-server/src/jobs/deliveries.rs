//! Telling receivers that jobs have ended.

use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use url::Url;

use super::Workshop;
use super::resource::{self, JobResource};
use super::store::Job;
use crate::webhook::{DeliveryError, backoff};

/// After which time a delivery whose end was not noted counts as not made: more than one
/// takes.
const LEASE: Duration = Duration::from_secs(60);

/// Deliveries under way at once.
const AT_ONCE: u32 = 8;

/// What the receiver is sent.
#[derive(Serialize)]
struct Notice<'a> {
    /// `job.succeeded`, `job.failed` or `job.cancelled`.
    #[serde(rename = "type")]
    kind: String,
    /// When the job ended.
    timestamp: String,
    data: &'a JobResource,
}

/// Delivers notices until `shutdown`, then those under way.
pub(super) async fn run(shop: &Workshop, shutdown: &CancellationToken) {
    let jobs = &shop.jobs;
    let slots = Arc::new(Semaphore::new(AT_ONCE as usize));
    while let Some(Ok(slot)) = shutdown.run_until_cancelled(slots.clone().acquire_owned()).await {
        match jobs.store.claim_delivery(LEASE).await {
            Ok(Some(job)) => {
                let shop = shop.clone();
                tokio::spawn(async move {
                    let id = job.id;
                    if let Err(error) = deliver(&shop, job).await {
                        // The lease runs out, and it is tried again.
                        let error = format!("{error:#}");
                        tracing::error!(job = %id, error, "a webhook was not seen to");
                    }
                    drop(slot);
                });
                continue;
            }
            Ok(None) => {}
            Err(error) => tracing::error!(%error, "no webhook could be claimed"),
        }
        drop(slot);
        let idle = jobs.idle(&jobs.ended, jobs.store.next_delivery());
        if shutdown.run_until_cancelled(idle).await.is_none() {
            break;
        }
    }
    let _all = slots.acquire_many(AT_ONCE).await;
}

async fn deliver(shop: &Workshop, job: Job) -> anyhow::Result<()> {
    let store = &shop.jobs.store;
    let Some(url) = job.webhook_url.as_deref() else { return Ok(()) };
    let body = notice(shop, &job).await?;
    // The same for all attempts: by it receivers know what they were told already.
    let id = format!("job_{}", job.id);
    let delivered = shop.webhooks.deliver(&Url::parse(url)?, &id, body).await;
    let logged = delivered.as_ref().copied().map_err(ToString::to_string);
    store.log_delivery(job.id, job.webhook_attempts, logged).await?;
    let attempt = u32::try_from(job.webhook_attempts).unwrap_or(u32::MAX);
    match delivered {
        Ok(_) => store.end_deliveries(job.id, "delivered").await?,
        Err(DeliveryError::Failed(_)) if attempt < shop.webhooks.attempts() => {
            store.deliver_after(job.id, backoff(attempt)).await?;
        }
        Err(_) => store.end_deliveries(job.id, "failed").await?,
    }
    Ok(())
}

async fn notice(shop: &Workshop, job: &Job) -> anyhow::Result<Vec<u8>> {
    let data = JobResource::load(&shop.jobs.store, job.clone()).await?;
    let kind = format!("job.{}", job.state.name());
    let timestamp = resource::time(job.finished.unwrap_or(job.created));
    Ok(serde_json::to_vec(&Notice { kind, timestamp, data: &data })?)
}
