//! From a stream of bytes to a file.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};

use bytes::Bytes;
use futures::{Stream, TryStreamExt};
use tokio::io::AsyncWriteExt;

use super::Upload;
use crate::problem::{Problem, Result};
use crate::room::{CountedFile, Room};
use crate::spool::Spool;

/// A received file, at its start.
pub(super) struct Spooled {
    file: File,
    len: u64,
    room: Room,
}

impl Spooled {
    /// Writes all bytes to a file of the spool, and shows them to `look`.
    ///
    /// # Errors
    /// The errors of the stream of bytes; 507 if the disk is full.
    pub(super) async fn receive<E>(
        spool: &Spool,
        bytes: impl Stream<Item = Result<Bytes, E>>,
        to_problem: impl Fn(E) -> Problem,
        mut look: impl FnMut(&[u8]),
    ) -> Result<Spooled> {
        let CountedFile { file, room, .. } = spool.file().map_err(Problem::storage)?;
        let mut sink = tokio::fs::File::from_std(file);
        let mut bytes = std::pin::pin!(bytes);
        let mut len = 0;
        while let Some(chunk) = bytes.try_next().await.map_err(&to_problem)? {
            room.grow(chunk.len() as u64).map_err(Problem::storage)?;
            len += chunk.len() as u64;
            look(&chunk);
            sink.write_all(&chunk).await.map_err(Problem::storage)?;
        }
        sink.flush().await.map_err(Problem::storage)?;
        let mut file = sink.into_std().await;
        file.seek(SeekFrom::Start(0)).map_err(Problem::storage)?;
        Ok(Spooled { file, len, room })
    }

    /// The bytes, if there are no more than `most`.
    pub(super) fn short(&mut self, most: u64) -> Result<Option<Vec<u8>>> {
        if self.len > most {
            return Ok(None);
        }
        let mut bytes = Vec::new();
        self.file.read_to_end(&mut bytes).map_err(Problem::storage)?;
        self.file.seek(SeekFrom::Start(0)).map_err(Problem::storage)?;
        Ok(Some(bytes))
    }

    /// The upload, if the file is not empty.
    ///
    /// # Errors
    /// 422 if the file is empty.
    pub(super) fn into_upload(
        self,
        file_name: Option<String>,
        fields: Vec<(String, String)>,
    ) -> Result<Upload> {
        let Spooled { file, len, room } = self;
        if len == 0 {
            return Err(enhancer_http::empty().into());
        }
        Ok(Upload { file, len, file_name, fields, room })
    }
}
