//! Storing artefacts.

use std::fs::File;

use object_store::buffered::BufWriter;
use object_store::{ObjectStoreExt, Result};
use tokio::io::{AsyncWriteExt, BufReader};
use tokio::runtime::Handle;

use super::{Artefact, Artefacts, generic};
use crate::room::Rooms;

/// How much of a file is read at a time.
const BLOCK: usize = 256 * 1024;

/// The size of a part in bytes, how many parts of an artefact are sent at once, and how many
/// artefacts are stored at once. With a slow bucket, all these parts are in memory.
const PART: usize = 8 << 20;
const PARTS_AT_ONCE: usize = 2;
pub(super) const PUTS_AT_ONCE: usize = 8;

/// A stored artefact. It is deleted on drop, unless it was [kept](Self::keep).
#[derive(Debug)]
#[must_use]
pub(crate) struct Put {
    /// `None` once it is kept.
    artefacts: Option<Artefacts>,
    artefact: Artefact,
}

impl Put {
    /// Keeps the artefact: from now on, a job or the sweep takes care of it.
    pub(crate) fn keep(mut self) {
        self.artefacts = None;
    }
}

impl Drop for Put {
    fn drop(&mut self) {
        let (Some(artefacts), Ok(runtime)) = (self.artefacts.take(), Handle::try_current()) else {
            return;
        };
        let artefact = self.artefact;
        runtime.spawn(async move {
            if let Err(error) = artefacts.delete(artefact).await {
                tracing::warn!(%artefact, %error, "cannot delete an artefact; will try again");
            }
        });
    }
}

impl Artefacts {
    /// Stores a file, completely or not at all. `held` is the space that the file takes elsewhere;
    /// it is dropped when the file is stored or given up.
    ///
    /// If the caller leaves after the file's turn has come, storing continues, and then the file is
    /// deleted. Otherwise the file could appear after it was given up, and its space would not be
    /// counted.
    pub(crate) async fn put(
        &self,
        artefact: Artefact,
        file: File,
        held: impl Send + 'static,
    ) -> Result<Put> {
        let turn = self.turns.clone().acquire_owned().await;
        let turn = turn.map_err(|error| generic(std::io::Error::other(error)))?;
        let artefacts = self.clone();
        let put = tokio::spawn(async move {
            let _held = (turn, held);
            artefacts.put_to_the_end(artefact, file).await
        });
        put.await.map_err(|error| generic(error.into()))?
    }

    async fn put_to_the_end(self, artefact: Artefact, file: File) -> Result<Put> {
        let room = self.rooms.as_ref().map(Rooms::room);
        if let Some(room) = &room {
            room.grow(file.metadata().map_err(generic)?.len()).map_err(generic)?;
        }
        self.write(artefact, file).await?;
        if let Some(room) = room {
            room.keep();
        }
        Ok(Put { artefacts: Some(self), artefact })
    }

    async fn write(&self, artefact: Artefact, file: File) -> Result<()> {
        let mut reader = BufReader::with_capacity(BLOCK, tokio::fs::File::from_std(file));
        let writer = BufWriter::with_capacity(self.store.clone(), artefact.key(), PART);
        let mut writer = writer.with_max_concurrency(PARTS_AT_ONCE);
        if let Err(error) = tokio::io::copy_buf(&mut reader, &mut writer).await {
            // Otherwise the bucket would keep the parts that were sent, at a cost.
            if let Err(error) = writer.abort().await {
                tracing::debug!(%artefact, %error, "nothing to abort");
            }
            return Err(generic(error));
        }
        // If this fails, abort must not be called: the writer has handed everything over, and would
        // panic.
        if let Err(error) = writer.shutdown().await {
            // The file may already have its name, if only the sync of the folder failed.
            let _missing = self.store.delete(&artefact.key()).await;
            return Err(generic(error));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Seek, Write};
    use std::path::Path;
    use std::sync::Arc;
    use std::time::Duration;

    use futures::{TryStreamExt, poll};
    use tokio::task::yield_now;
    use tokio::time::timeout;
    use uuid::Uuid;

    use super::*;
    use crate::settings::StorageSettings;

    async fn in_folder(folder: &Path, max_storage: u64) -> (Artefacts, Rooms) {
        let (data_root, max_storage) = (folder.to_owned(), Some(max_storage));
        let rooms = Rooms::new(folder, &StorageSettings { data_root, max_storage, min_free: 0 });
        (Artefacts::in_folder(&folder.join("artefacts"), &rooms, true).await.unwrap(), rooms)
    }

    fn file(bytes: usize) -> File {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(&vec![1; bytes]).unwrap();
        file.rewind().unwrap();
        file
    }

    async fn count(artefacts: &Artefacts) -> usize {
        artefacts.all().try_collect::<Vec<_>>().await.unwrap().len()
    }

    #[tokio::test]
    async fn a_caller_that_leaves_before_its_turn_holds_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let (artefacts, _) = in_folder(folder.path(), 100).await;
        let all = artefacts.turns.clone().acquire_many_owned(PUTS_AT_ONCE as u32).await.unwrap();
        let held = Arc::new(());
        let source = Artefact::Source(Uuid::now_v7());
        let mut put = Box::pin(artefacts.put(source, file(7), held.clone()));
        assert!(poll!(&mut put).is_pending());
        drop(put);
        assert_eq!(Arc::strong_count(&held), 1);
        drop(all);
        yield_now().await;
        assert_eq!(count(&artefacts).await, 0);
    }

    #[tokio::test]
    async fn an_abandoned_artefact_is_deleted_and_takes_no_space() {
        let folder = tempfile::tempdir().unwrap();
        let (artefacts, rooms) = in_folder(folder.path(), 100 << 20).await;
        let source = Artefact::Source(Uuid::now_v7());
        // Larger than a part, so it is written in pieces.
        let mut put = Box::pin(artefacts.put(source, file(PART + 1), ()));
        assert!(poll!(&mut put).is_pending());
        drop(put);
        let gone = async {
            while rooms.used() == 0 {
                yield_now().await;
            }
            assert_eq!(rooms.used(), PART as u64 + 1, "it is counted while it is written");
            while rooms.used() > 0 {
                yield_now().await;
            }
        };
        timeout(Duration::from_secs(60), gone).await.unwrap();
        assert_eq!(count(&artefacts).await, 0);
        artefacts.put(source, file(7), ()).await.unwrap().keep();
        assert_eq!((rooms.used(), count(&artefacts).await), (7, 1));
    }

    #[tokio::test]
    async fn unfinished_files_of_a_dead_process_are_deleted_at_the_next_start() {
        let folder = tempfile::tempdir().unwrap();
        let (artefacts, _) = in_folder(folder.path(), 100).await;
        let source = Artefact::Source(Uuid::now_v7());
        artefacts.put(source, file(7), ()).await.unwrap().keep();
        let left = folder.path().join("artefacts").join(format!("{source}#1"));
        std::fs::write(&left, [0; 50]).unwrap();
        let (artefacts, rooms) = in_folder(folder.path(), 100).await;
        assert!(!left.exists());
        assert_eq!((rooms.used(), count(&artefacts).await), (7, 1));
    }

    #[tokio::test]
    async fn an_artefact_without_space_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let (artefacts, rooms) = in_folder(folder.path(), 100).await;
        let source = Artefact::Source(Uuid::now_v7());
        artefacts.put(source, file(101), ()).await.unwrap_err();
        assert_eq!((rooms.used(), count(&artefacts).await), (0, 0));
    }
}
