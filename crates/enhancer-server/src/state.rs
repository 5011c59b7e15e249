//! The state that all routes share. It knows none of the routes.

use std::sync::Arc;

use enhancer_core::Priority;
use metrics_exporter_prometheus::PrometheusHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::admission::Admission;
use crate::client::Client;
use crate::enhancement::{Engine, Options};
use crate::files::Files;
use crate::jobs::Jobs;
use crate::page::Page;
use crate::problem::{Problem, Result};
use crate::rate::Rate;
use crate::readiness::Readiness;
use crate::settings::{AccessSettings, LimitSettings};
use crate::spool::Spool;
use crate::webhook::Webhooks;

/// The state that all routes share.
#[derive(Clone, Debug)]
pub(crate) struct App(Arc<Shared>);

/// See [`App`].
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) engine: Arc<Engine>,
    /// The files that requests may name; `None` if they may name none.
    pub(crate) files: Option<Files>,
    pub(crate) webhooks: Arc<Webhooks>,
    /// Work that continues after its client has disconnected.
    pub(crate) unattended: TaskTracker,
    pub(crate) jobs: Arc<Jobs>,
    pub(crate) spool: Spool,
    pub(crate) readiness: Readiness,
    pub(crate) admission: Admission,
    pub(crate) rate: Rate,
    pub(crate) access: AccessSettings,
    pub(crate) limits: LimitSettings,
    /// Whether only this machine can reach the server.
    pub(crate) on_loopback: bool,
    /// Whether the server may be reachable from other machines.
    pub(crate) is_exposed: bool,
    /// The web page at /, if one is served.
    pub(crate) page: Option<Page>,
    pub(crate) metrics: PrometheusHandle,
    /// Cancelled at shutdown: nothing new starts after that.
    pub(crate) shutdown: CancellationToken,
}

impl std::ops::Deref for App {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}

impl App {
    pub(crate) fn new(shared: Shared) -> App {
        App(Arc::new(shared))
    }

    /// Reads the options from a client's fields.
    ///
    /// # Errors
    /// Those of [`Options::from_fields`], and 422 if the client may not have the priority.
    pub(crate) fn options(&self, client: &Client, fields: &[(String, String)]) -> Result<Options> {
        let options = Options::from_fields(&self.engine, fields)?;
        if options.enhance.priority == Priority::High && !self.may_be_urgent(client) {
            let detail = "is high, which this client may not use; the server can allow it with \
                          --priority-token";
            return Err(Problem::field("priority", detail));
        }
        Ok(options)
    }

    fn may_be_urgent(&self, client: &Client) -> bool {
        match client {
            Client::Token(token) => self.access.priority_token.contains(token),
            Client::Address(_) => !self.is_exposed,
        }
    }
}
