//! From a host to the addresses that webhooks may lead to.

use std::error::Error;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tokio::net::lookup_host;
use url::{Host, Url};

use super::guard::{AllowedTarget, is_link_local, is_public};

/// Resolves names and refuses those that lead where webhooks must not. What it returns
/// is what is connected to: a name cannot lead elsewhere in between.
#[derive(Clone, Debug)]
pub(super) struct Resolver {
    pub(super) allow_private: bool,
    pub(super) allowed: Arc<[AllowedTarget]>,
}

/// The address of a webhook is not allowed.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error(
    "leads to this machine or a private network; the server can allow that with --webhook-allow"
)]
pub(super) struct Refused;

impl Resolver {
    /// Refuses a host that leads to an address that is not allowed. One that leads
    /// nowhere is not refused.
    pub(super) async fn check(&self, url: &Url) -> Result<(), Refused> {
        self.check_literal(url)?;
        let Some(Host::Domain(name)) = url.host() else { return Ok(()) };
        match self.resolve(name).await {
            Err(error) if error.is::<Refused>() => Err(Refused),
            _ => Ok(()),
        }
    }

    /// Refuses an address, which nobody resolves, in place of a name. All ways to write
    /// one, such as 0x7f000001, are the same to `Url`.
    pub(super) fn check_literal(&self, url: &Url) -> Result<(), Refused> {
        match url.host() {
            Some(Host::Ipv4(address)) => self.check_address("", address.into()),
            Some(Host::Ipv6(address)) => self.check_address("", address.into()),
            Some(Host::Domain(_)) | None => Ok(()),
        }
    }

    async fn resolve(&self, name: &str) -> Result<Vec<SocketAddr>, Box<dyn Error + Send + Sync>> {
        // The port of the URL is used, not this one.
        let addresses: Vec<_> = lookup_host((name, 0)).await?.collect();
        for address in &addresses {
            self.check_address(name, address.ip())?;
        }
        Ok(addresses)
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
