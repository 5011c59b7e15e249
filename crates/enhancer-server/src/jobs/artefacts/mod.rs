//! Storage for the audio of jobs: sources until the job has ended, results until they expire.

mod put;
mod staged;

use std::fmt;
use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use anyhow::Context;
use bytes::Bytes;
use futures::stream::BoxStream;
use futures::{StreamExt, TryStreamExt};
use object_store::aws::{AmazonS3Builder, AmazonS3ConfigKey};
use object_store::local::LocalFileSystem;
use object_store::path::Path as Key;
use object_store::prefix::PrefixStore;
use object_store::{GetResult, GetResultPayload, ObjectMeta, ObjectStore, ObjectStoreExt, Result};
use tokio::io::AsyncWriteExt;
use tokio::sync::Semaphore;
use tokio_util::io::StreamReader;
use url::Url;
use uuid::Uuid;

use crate::room::{Room, Rooms};
use crate::spool::Spool;
use put::PUTS_AT_ONCE;
use staged::Staged;

/// A folder, or a bucket of an S3-compatible service. Clones share it.
#[derive(Clone, Debug)]
pub(crate) struct Artefacts {
    store: Arc<dyn ObjectStore>,
    /// The space of the disk, for a folder.
    rooms: Option<Rooms>,
    /// Unfinished files, for a folder. They stay there if their process dies.
    staged: Option<Staged>,
    /// Limits how many artefacts are stored at once.
    turns: Arc<Semaphore>,
}

/// A file that is kept for a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Artefact {
    Source(Uuid),
    /// The result of an attempt.
    Result(Uuid, i64),
}

impl Artefact {
    /// The job that it belongs to.
    pub(crate) fn job(self) -> Uuid {
        let (Artefact::Source(id) | Artefact::Result(id, _)) = self;
        id
    }

    fn key(self) -> Key {
        Key::from(self.to_string())
    }

    /// The artefact that has that key.
    fn of_key(key: &Key) -> Option<Artefact> {
        match key.as_ref().split_once('/')? {
            ("sources", id) => Some(Artefact::Source(id.parse().ok()?)),
            ("results", name) => {
                let (id, attempt) = name.split_once('.')?;
                Some(Artefact::Result(id.parse().ok()?, attempt.parse().ok()?))
            }
            _ => None,
        }
    }
}

impl fmt::Display for Artefact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Artefact::Source(id) => write!(f, "sources/{id}"),
            Artefact::Result(id, attempt) => write!(f, "results/{id}.{attempt}"),
        }
    }
}

impl Artefacts {
    /// Opens artefacts in a folder, which is created if it is missing. A power failure loses none.
    /// `is_own`: no other process uses the folder.
    ///
    /// # Errors
    /// If the folder cannot be created or read.
    pub(crate) async fn in_folder(
        folder: &Path,
        rooms: &Rooms,
        is_own: bool,
    ) -> anyhow::Result<Artefacts> {
        std::fs::create_dir_all(folder)?;
        let staged = Staged::in_folder(folder);
        if is_own {
            staged.remove_all()?;
        } else {
            staged.remove_old()?;
        }
        let folder = LocalFileSystem::new_with_prefix(folder)?.with_fsync(true);
        let kept: u64 = folder
            .list(None)
            .map_ok(|meta| meta.size)
            .try_fold(0, async |sum, size| Ok(sum + size))
            .await?;
        rooms.keep(kept);
        Ok(Artefacts::new(Arc::new(folder), Some(rooms.clone()), Some(staged)))
    }

    fn new(store: Arc<dyn ObjectStore>, rooms: Option<Rooms>, staged: Option<Staged>) -> Artefacts {
        Artefacts { store, rooms, staged, turns: Arc::new(Semaphore::new(PUTS_AT_ONCE)) }
    }

    /// Opens artefacts below `s3://bucket/prefix`. The variables `AWS_*` set the endpoint and the
    /// credentials.
    ///
    /// # Errors
    /// If the URL or the variables are malformed. Wrong credentials show only at the first request.
    pub(crate) fn in_bucket(url: &Url) -> anyhow::Result<Artefacts> {
        let bucket = url.host_str().context("names no bucket")?;
        let bucket = AmazonS3Builder::from_env().with_bucket_name(bucket);
        check_endpoints(&bucket)?;
        let bucket = bucket.build()?;
        let prefix = Key::from_url_path(url.path())?;
        Ok(Artefacts::new(Arc::new(PrefixStore::new(bucket, prefix)), None, None))
    }

    /// Deletes unfinished files of processes that died. No listing shows these files.
    pub(crate) async fn tidy(&self) -> std::io::Result<()> {
        match self.staged.clone() {
            Some(staged) => tokio::task::spawn_blocking(move || staged.remove_old()).await?,
            None => Ok(()),
        }
    }

    /// The artefact as a file, at its start, and the space that it takes. In a folder it is the
    /// file itself. From a bucket it is a copy in the spool, which disappears when it is closed.
    pub(crate) async fn file(
        &self,
        artefact: Artefact,
        spool: &Spool,
    ) -> Result<(File, Option<Room>)> {
        let found = self.store.get(&artefact.key()).await?;
        let len = found.meta.size;
        let stream = match found.payload {
            GetResultPayload::File(file, _) => return Ok((file, None)),
            GetResultPayload::Stream(stream) => stream,
        };
        let copy = spool.file().map_err(generic)?;
        copy.room.grow(len).map_err(generic)?;
        let mut writer = tokio::fs::File::from_std(copy.file);
        let mut reader = StreamReader::new(stream.map_err(std::io::Error::other));
        let copied = async {
            tokio::io::copy_buf(&mut reader, &mut writer).await?;
            writer.flush().await?;
            tokio::io::AsyncSeekExt::rewind(&mut writer).await
        };
        copied.await.map_err(generic)?;
        Ok((writer.into_std().await, Some(copy.room)))
    }

    /// The artefact as a stream, with its length in bytes; `None` if it does not exist.
    pub(crate) async fn stream(
        &self,
        artefact: Artefact,
    ) -> Result<Option<(u64, BoxStream<'static, Result<Bytes>>)>> {
        match self.store.get(&artefact.key()).await {
            Ok(found) => Ok(Some((found.meta.size, GetResult::into_stream(found)))),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Deletes an artefact, if it exists.
    pub(crate) async fn delete(&self, artefact: Artefact) -> Result<()> {
        let key = artefact.key();
        let size = match &self.rooms {
            Some(_) => self.store.head(&key).await.map(|meta| meta.size),
            None => Ok(0),
        };
        match self.store.delete(&key).await {
            Ok(()) => {
                if let (Some(rooms), Ok(size)) = (&self.rooms, size) {
                    rooms.release(size);
                }
                Ok(())
            }
            Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// All artefacts, each with the time of its creation, in s since 1970.
    pub(crate) fn all(&self) -> BoxStream<'static, Result<(Artefact, i64)>> {
        let known = |meta: ObjectMeta| async move {
            let artefact = Artefact::of_key(&meta.location)?;
            Some((artefact, meta.last_modified.timestamp()))
        };
        self.store
            .list(None)
            .try_filter_map(move |meta| {
                let known = known(meta);
                async move { Ok(known.await) }
            })
            .boxed()
    }
}

/// Refuses endpoints with a user name or password: errors would show them, and so would the log.
/// Requests are signed with other credentials.
fn check_endpoints(bucket: &AmazonS3Builder) -> anyhow::Result<()> {
    use AmazonS3ConfigKey::{Endpoint, S3Endpoint, StsEndpoint};
    for key in [Endpoint, S3Endpoint, StsEndpoint] {
        // Nothing else in an endpoint has this character. A text that is not a URL may have it too.
        if bucket.get_config_value(&key).is_some_and(|endpoint| endpoint.contains('@')) {
            anyhow::bail!(
                "{} has a user name or password; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY \
                 instead",
                key.as_ref().to_uppercase()
            );
        }
    }
    Ok(())
}

/// Turns an error of reading or writing into an error of the store.
fn generic(source: std::io::Error) -> object_store::Error {
    object_store::Error::Generic { store: "artefacts", source: Box::new(source) }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Seek, Write};

    use object_store::memory::InMemory;

    use super::*;
    use crate::settings::StorageSettings;

    #[tokio::test]
    async fn copies_from_a_bucket_take_space() {
        let folder = tempfile::tempdir().unwrap();
        let data_root = folder.path().join("data");
        let storage = StorageSettings { data_root, max_storage: Some(100), min_free: 0 };
        let spool = Spool::open(&storage).unwrap();
        let artefacts = Artefacts::new(Arc::new(InMemory::new()), None, None);
        for (bytes, fits) in [(100, true), (101, false)] {
            let mut file = tempfile::tempfile().unwrap();
            file.write_all(&vec![1; bytes]).unwrap();
            file.rewind().unwrap();
            let source = Artefact::Source(Uuid::now_v7());
            artefacts.put(source, file, ()).await.unwrap().keep();
            let copy = artefacts.file(source, &spool).await;
            assert_eq!(copy.is_ok(), fits);
            let Ok((mut file, room)) = copy else { continue };
            assert_eq!(spool.rooms().used(), bytes as u64);
            assert_eq!(file.read_to_end(&mut Vec::new()).unwrap(), bytes);
            drop(room);
            assert_eq!(spool.rooms().used(), 0);
        }
    }

    #[test]
    fn keys_are_read_back_as_artefacts() {
        for artefact in [Artefact::Source(Uuid::now_v7()), Artefact::Result(Uuid::now_v7(), 3)] {
            assert_eq!(Artefact::of_key(&artefact.key()), Some(artefact));
        }
        for other in ["sources/x", "results/x.1", "sources", "other/file", "sources/../x"] {
            assert_eq!(Artefact::of_key(&Key::from(other)), None, "{other}");
        }
    }
}
