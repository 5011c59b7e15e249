//! One attempt to deliver a webhook.

use std::error::Error;
use std::iter::successors;
use std::time::{SystemTime, UNIX_EPOCH};

use reqwest::header::CONTENT_TYPE;
use url::Url;

use super::Webhooks;
use super::resolve::Refused;

/// Why a webhook was not delivered.
#[derive(Clone, Debug, thiserror::Error)]
pub(crate) enum DeliveryError {
    /// It leads where webhooks must not; trying again is useless.
    #[error("it {0}")]
    Refused(String),
    /// It was not reached, or did not answer 2xx; trying again may help.
    #[error("{0}")]
    Failed(String),
}

impl Webhooks {
    /// Delivers once: posts the body, which is JSON, and gives the status of the answer,
    /// a 2xx. Receivers recognise repeated notifications by the id.
    ///
    /// # Errors
    /// Why it was not delivered.
    pub(crate) async fn deliver(
        &self,
        url: &Url,
        id: &str,
        body: Vec<u8>,
    ) -> Result<u16, DeliveryError> {
        let delivered = self.post(url, id, body).await;
        let outcome = match &delivered {
            Ok(_) => "delivered",
            Err(DeliveryError::Failed(_)) => "failed",
            Err(DeliveryError::Refused(_)) => "refused",
        };
        metrics::counter!("enhancer_webhook_deliveries_total", "outcome" => outcome).increment(1);
        if let Err(error) = &delivered {
            tracing::warn!(id, host = url.host_str(), %error, "cannot deliver a webhook");
        }
        delivered
    }

    async fn post(&self, url: &Url, id: &str, body: Vec<u8>) -> Result<u16, DeliveryError> {
        self.resolver.check_literal(url).map_err(refused)?;
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        let timestamp = now.map_or(0, |since| since.as_secs());
        let mut request = self
            .client
            .post(url.clone())
            .header(CONTENT_TYPE, "application/json")
            .header("webhook-id", id)
            .header("webhook-timestamp", timestamp);
        if let Some(key) = &self.key {
            request = request.header("webhook-signature", key.sign(id, timestamp, &body));
        }
        // What else the answer holds, however much that be, is not read.
        let response = request.body(body).send().await.map_err(|error| failed(&error))?;
        let status = response.status();
        if status.is_success() {
            return Ok(status.as_u16());
        }
        Err(DeliveryError::Failed(format!("it responded with {status}, expected 2xx")))
    }
}

fn refused(refused: Refused) -> DeliveryError {
    DeliveryError::Refused(refused.to_string())
}

fn failed(error: &reqwest::Error) -> DeliveryError {
    if let Some(found) = causes(error).find_map(|cause| cause.downcast_ref::<Refused>()) {
        return refused(*found);
    }
    if error.is_timeout() {
        return DeliveryError::Failed("it did not respond in time".to_owned());
    }
    // The innermost says it best; the outer ones repeat the URL, which may hold a secret.
    let cause =
        causes(error).last().map_or_else(|| "unknown error".to_owned(), |cause| cause.to_string());
    DeliveryError::Failed(format!("it cannot be reached: {cause}"))
}

fn causes(error: &reqwest::Error) -> impl Iterator<Item = &(dyn Error + 'static)> {
    successors(error.source(), |&cause| cause.source())
}
