//! From the network to a file.

use std::fs::File;
use std::io::{Seek, SeekFrom};
use std::time::Duration;

use axum::http::StatusCode;
use bytes::Bytes;
use futures::{Stream, StreamExt};
use sha2::{Digest, Sha256};
use tokio::io::AsyncWriteExt;
use tokio::time::timeout;

use super::too_large;
use crate::app::App;
use crate::problem::{Problem, Result};

/// A file that is being received.
pub(super) struct Spooled {
    file: tokio::fs::File,
    sha256: Sha256,
    len: u64,
    max: u64,
    patience: Duration,
}

impl Spooled {
    /// # Errors
    /// 500 if there is no room for it.
    pub(super) fn new(app: &App) -> Result<Spooled> {
        let file = app.spool.file().map_err(Problem::internal)?;
        Ok(Spooled {
            file: tokio::fs::File::from_std(file),
            sha256: Sha256::new(),
            len: 0,
            max: app.limits.max_body,
            patience: app.limits.body_timeout(),
        })
    }

    /// Appends all that comes.
    ///
    /// # Errors
    /// 400 if it breaks off, 408 if nothing comes for too long, 413 if it is too much.
    pub(super) async fn take<E>(
        &mut self,
        chunks: &mut (impl Stream<Item = Result<Bytes, E>> + Unpin),
    ) -> Result<()>
    where
        E: IntoProblem,
    {
        while let Some(chunk) = patiently(self.patience, chunks.next()).await? {
            let chunk = chunk.map_err(IntoProblem::into_problem)?;
            self.len += chunk.len() as u64;
            if self.len > self.max {
                return Err(too_large(self.max));
            }
            self.sha256.update(&chunk);
            self.file.write_all(&chunk).await.map_err(Problem::internal)?;
        }
        Ok(())
    }

    /// The file at its start, its length and its hash.
    ///
    /// # Errors
    /// 500 if it could not be written.
    pub(super) async fn finish(mut self) -> Result<(File, u64, [u8; 32])> {
        self.file.flush().await.map_err(Problem::internal)?;
        let mut file = self.file.into_std().await;
        file.seek(SeekFrom::Start(0)).map_err(Problem::internal)?;
        Ok((file, self.len, self.sha256.finalize().into()))
    }
}

/// What a client is told when its body cannot be read.
pub(super) trait IntoProblem {
    fn into_problem(self) -> Problem;
}

impl IntoProblem for axum::Error {
    fn into_problem(self) -> Problem {
        let detail = format!("the body broke off: {self}");
        Problem::new(StatusCode::BAD_REQUEST, "body_broke_off", detail)
    }
}

/// Waits for what a client sends next, and not for ever.
///
/// # Errors
/// 408.
pub(super) async fn patiently<T>(patience: Duration, next: impl Future<Output = T>) -> Result<T> {
    timeout(patience, next).await.map_err(|_| {
        let detail = format!("nothing came for {} s; send the body at once", patience.as_secs());
        Problem::new(StatusCode::REQUEST_TIMEOUT, "body_timeout", detail)
    })
}
