//! One attempt to deliver a webhook.

use std::error::Error;
use std::iter::successors;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use reqwest::StatusCode;
use reqwest::header::{CONTENT_TYPE, RETRY_AFTER};
use url::Url;

use super::Webhooks;
use super::resolve::Refused;

/// Why a webhook was not delivered.
#[derive(Clone, Debug, thiserror::Error)]
pub(crate) enum DeliveryError {
    /// Its address is not allowed. There is no point in trying again.
    #[error("it {0}")]
    Refused(String),
    /// The receiver wants no more calls: it answered 410.
    #[error("it responded with 410 Gone")]
    Gone,
    /// The receiver was not reached or did not answer 2xx. Another attempt may succeed, after the
    /// time that the receiver asked for.
    #[error("{reason}")]
    Failed { status: Option<u16>, reason: String, retry_after: Option<Duration> },
}

impl DeliveryError {
    fn failed(reason: impl Into<String>) -> DeliveryError {
        DeliveryError::Failed { status: None, reason: reason.into(), retry_after: None }
    }

    /// The status of the response, if there was one.
    pub(crate) fn status(&self) -> Option<u16> {
        match self {
            DeliveryError::Refused(_) => None,
            DeliveryError::Gone => Some(StatusCode::GONE.as_u16()),
            DeliveryError::Failed { status, .. } => *status,
        }
    }
}

impl Webhooks {
    /// Makes one attempt: posts the JSON body and returns the status of the answer, a 2xx.
    /// Receivers recognise repeated notifications by the id.
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
            Err(DeliveryError::Failed { .. }) => "failed",
            Err(DeliveryError::Gone) => "gone",
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
        if !self.keys.is_empty() {
            let signatures: Vec<_> =
                self.keys.iter().map(|key| key.sign(id, timestamp, &body)).collect();
            request = request.header("webhook-signature", signatures.join(" "));
        }
        // The body of the answer, which may be of any length, is not read.
        let response = request.body(body).send().await.map_err(|error| failed(&error))?;
        let status = response.status();
        if status.is_success() {
            return Ok(status.as_u16());
        }
        if status == StatusCode::GONE {
            return Err(DeliveryError::Gone);
        }
        let seconds = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok());
        let retry_after = seconds.and_then(|value| value.parse().ok()).map(Duration::from_secs);
        let reason = format!("it responded with {status}, expected 2xx");
        Err(DeliveryError::Failed { status: Some(status.as_u16()), reason, retry_after })
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
        return DeliveryError::failed("it did not respond in time");
    }
    // The innermost error is the clearest. The outer ones repeat the URL, which may contain a
    // secret.
    let cause =
        causes(error).last().map_or_else(|| "unknown error".to_owned(), |cause| cause.to_string());
    DeliveryError::failed(format!("it cannot be reached: {cause}"))
}

fn causes(error: &reqwest::Error) -> impl Iterator<Item = &(dyn Error + 'static)> {
    successors(error.source(), |&cause| cause.source())
}
