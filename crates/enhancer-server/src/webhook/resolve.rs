//! Resolves a host to the addresses that webhooks may lead to.

use std::error::Error;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tokio::sync::{Semaphore, oneshot};
use tokio::time::timeout;
use url::{Host, Url};

use super::guard::{is_link_local, is_public};
use crate::settings::AllowedTarget;

/// How many names are looked up at once. Each lookup has its own thread, which may wait for the
/// name server. These threads block neither files nor enhancements, and the server ends without
/// waiting for them.
const LOOKUPS: usize = 16;

/// How long a lookup may take, including the wait for its turn.
const PATIENCE: Duration = Duration::from_secs(5);

/// Resolves names and refuses addresses that are not allowed. The client connects to exactly the
/// returned addresses, so a name cannot change in between.
#[derive(Clone, Debug)]
pub(super) struct Resolver {
    allow_private: bool,
    allowed: Arc<[AllowedTarget]>,
    lookups: Arc<Semaphore>,
    patience: Duration,
}

/// The address of a webhook is not allowed.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error(
    "leads to this machine or a private network; the server can allow that with --webhook-allow"
)]
pub(super) struct Refused;

/// The name server did not respond in time.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("its name could not be looked up in time")]
struct TooSlow;

impl Resolver {
    pub(super) fn new(allow_private: bool, allowed: Arc<[AllowedTarget]>) -> Resolver {
        let lookups = Arc::new(Semaphore::new(LOOKUPS));
        Resolver { allow_private, allowed, lookups, patience: PATIENCE }
    }

    /// Refuses a host with an address that is not allowed. A host without addresses is not refused.
    pub(super) async fn check(&self, url: &Url) -> Result<(), Refused> {
        self.check_literal(url)?;
        let Some(Host::Domain(name)) = url.host() else { return Ok(()) };
        match self.resolve(name).await {
            Err(error) if error.is::<Refused>() => Err(Refused),
            _ => Ok(()),
        }
    }

    /// Refuses a URL with a forbidden IP address in place of a name, because an address is never
    /// resolved. `Url` normalises all ways to write one, such as 0x7f000001.
    pub(super) fn check_literal(&self, url: &Url) -> Result<(), Refused> {
        match url.host() {
            Some(Host::Ipv4(address)) => self.check_address("", address.into()),
            Some(Host::Ipv6(address)) => self.check_address("", address.into()),
            Some(Host::Domain(_)) | None => Ok(()),
        }
    }

    async fn resolve(&self, name: &str) -> Result<Vec<SocketAddr>, Box<dyn Error + Send + Sync>> {
        // The port of the URL is used, not this one.
        let host = (name.to_owned(), 0);
        let addresses = self.lookup(move || host.to_socket_addrs().map(Iterator::collect)).await?;
        for address in &addresses {
            self.check_address(name, address.ip())?;
        }
        Ok(addresses)
    }

    /// Runs a lookup on a thread, which cannot be stopped. Its place is free again when it has
    /// ended.
    async fn lookup<F>(&self, lookup: F) -> Result<Vec<SocketAddr>, Box<dyn Error + Send + Sync>>
    where
        F: FnOnce() -> std::io::Result<Vec<SocketAddr>> + Send + 'static,
    {
        let found = timeout(self.patience, async {
            let place = self.lookups.clone().acquire_owned().await?;
            let (send, answer) = oneshot::channel();
            thread::Builder::new().name("lookup".to_owned()).spawn(move || {
                let found = lookup();
                drop(place);
                // An error means that nobody waits any more.
                let _ = send.send(found);
            })?;
            Ok::<_, Box<dyn Error + Send + Sync>>(answer.await??)
        });
        found.await.map_err(|_| TooSlow)?
    }

    fn check_address(&self, name: &str, address: IpAddr) -> Result<(), Refused> {
        let is_allowed =
            || self.allow_private || self.allowed.iter().any(|target| target.allows(name, address));
        match !is_link_local(address) && (is_public(address) || is_allowed()) {
            true => Ok(()),
            false => Err(Refused),
        }
    }
}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let resolver = self.clone();
        Box::pin(async move {
            let addresses = resolver.resolve(name.as_str()).await?;
            Ok(Box::new(addresses.into_iter()) as Addrs)
        })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[tokio::test]
    async fn a_name_server_that_does_not_answer_takes_few_threads() {
        let patience = Duration::from_millis(100);
        let resolver = Resolver { patience, ..Resolver::new(false, Arc::new([])) };
        let (begun, begins) = mpsc::channel();
        let mut held = Vec::new();
        let mut waiting = Vec::new();
        for _ in 0..3 * LOOKUPS {
            let (answer, answers) = mpsc::channel::<()>();
            held.push(answer);
            let (resolver, begun) = (resolver.clone(), begun.clone());
            waiting.push(tokio::spawn(async move {
                let lookup = move || {
                    begun.send(()).unwrap();
                    // An error means that the sender is gone.
                    let _ = answers.recv();
                    Ok(Vec::new())
                };
                resolver.lookup(lookup).await.map_err(|error| error.to_string())
            }));
        }
        for one in waiting {
            let error = one.await.unwrap().unwrap_err();
            assert!(error.contains("in time"), "{error}");
        }
        drop(begun);
        (0..LOOKUPS).for_each(|_| begins.recv().unwrap());
        assert!(begins.try_recv().is_err(), "no more threads than those");
        // The places are free once the lookups have ended.
        drop(held);
        let resolver = Resolver { patience: Duration::from_secs(60), ..resolver };
        resolver.lookup(|| Ok(Vec::new())).await.unwrap();
    }
}
