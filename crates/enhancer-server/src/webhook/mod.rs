//! Webhooks: notifications to a URL that a request names.

mod backoff;
mod deliver;
mod guard;
mod resolve;
mod sign;

use std::time::Duration;

use anyhow::anyhow;
use reqwest::Client;
use reqwest::redirect::Policy;
use tokio::time::{sleep, timeout};
use url::Url;

use backoff::backoff;
pub(crate) use backoff::patient_backoff;
pub(crate) use deliver::DeliveryError;
use resolve::Resolver;
use sign::SigningKey;

use crate::settings::WebhookSettings;

/// The field of a request with the URL to notify.
pub(crate) const WEBHOOK_URL: &str = "webhook_url";

/// The number of attempts while a client waits.
const ATTEMPTS_WHILE_WAITED_FOR: u32 = 3;
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// The time limit of a whole delivery, from the lookup of the name to the answer.
const TIMEOUT: Duration = Duration::from_secs(10);
const MAX_URL_BYTES: usize = 2048;

/// Delivers webhooks.
#[derive(Debug)]
pub(crate) struct Webhooks {
    client: Client,
    resolver: Resolver,
    /// Every key signs every webhook.
    keys: Vec<SigningKey>,
    attempts: u32,
}

impl Webhooks {
    /// `is_exposed`: the server may be reachable from other machines.
    ///
    /// # Errors
    /// If the secret is invalid, or TLS is not available.
    pub(crate) fn new(settings: &WebhookSettings, is_exposed: bool) -> anyhow::Result<Webhooks> {
        let parse = |secret| {
            SigningKey::parse(secret)
                .map_err(|error| anyhow!("--webhook-secret (ENHANCER_WEBHOOK_SECRET) {error}"))
        };
        let secrets = settings.webhook_secret.iter();
        let keys = secrets.map(|secret| parse(secret.reveal())).collect::<Result<_, _>>()?;
        let allow_private = settings.webhook_allow_private.unwrap_or(!is_exposed);
        let allowed = settings.webhook_allow.clone().into();
        let resolver = Resolver::new(allow_private, allowed);
        let client = client(&resolver)?;
        Ok(Webhooks { client, resolver, keys, attempts: settings.webhook_attempts })
    }

    /// The number of attempts for a webhook that no client waits for.
    pub(crate) fn attempts(&self) -> u32 {
        self.attempts
    }

    /// Parses the address of a webhook and checks its form.
    ///
    /// # Errors
    /// A text that says what is wrong and what is allowed.
    pub(crate) fn check(&self, text: &str) -> Result<Url, String> {
        if text.len() > MAX_URL_BYTES {
            return Err(format!("has {} bytes, expected at most {MAX_URL_BYTES}", text.len()));
        }
        let expected = "expected a URL such as https://example.org/done";
        let url =
            Url::parse(text).map_err(|error| format!("is not a URL ({error}); {expected}"))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(format!("is not an http or https URL; {expected}"));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(format!("has a user name or password; {expected}"));
        }
        Ok(url)
    }

    /// Refuses an address that webhooks must not lead to, as far as this is known now. It is
    /// checked again at every call.
    ///
    /// # Errors
    /// Why it is refused.
    pub(crate) async fn check_host(&self, url: &Url) -> Result<(), String> {
        let checked = timeout(CONNECT_TIMEOUT, self.resolver.check(url)).await;
        checked.unwrap_or(Ok(())).map_err(|refused| refused.to_string())
    }

    /// Delivers while a client waits: the retries are few and quick.
    ///
    /// # Errors
    /// Why the last attempt failed.
    pub(crate) async fn deliver_now(
        &self,
        url: &Url,
        id: &str,
        body: Vec<u8>,
    ) -> Result<u16, DeliveryError> {
        let mut attempt = 1;
        loop {
            match self.deliver(url, id, body.clone()).await {
                Err(DeliveryError::Failed { .. })
                    if attempt < self.attempts.min(ATTEMPTS_WHILE_WAITED_FOR) =>
                {
                    sleep(backoff(attempt)).await;
                    attempt += 1;
                }
                outcome => return outcome,
            }
        }
    }
}

fn client(resolver: &Resolver) -> reqwest::Result<Client> {
    let builder = || {
        Client::builder()
            .dns_resolver(resolver.clone())
            // Redirects and proxies would lead to unchecked addresses.
            .redirect(Policy::none())
            .no_proxy()
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(TIMEOUT)
            // Every delivery resolves and checks the name again.
            .pool_max_idle_per_host(0)
            .user_agent(concat!("enhancer/", env!("CARGO_PKG_VERSION")))
    };
    builder().build().or_else(|error| {
        // Small container images have no certificates. Webhooks over http still work there.
        tracing::warn!(?error, "no root certificates are installed; https webhooks will fail");
        builder().tls_certs_only([]).build()
    })
}

#[cfg(test)]
mod tests;
