//! How artefacts get to where they lie.

use std::fs::File;

use object_store::buffered::BufWriter;
use object_store::{ObjectStoreExt, Result};
use tokio::io::{AsyncWriteExt, BufReader};
use tokio::runtime::Handle;

use super::{Artefact, Artefacts, generic};
use crate::room::Rooms;

/// How much of a file is read at a time.
const BLOCK: usize = 256 * 1024;

/// How much is sent at a time, how often that at once, and how many artefacts are put at once: a
/// bucket that takes them slowly has them held in memory.
const PART: usize = 8 << 20;
const PARTS_AT_ONCE: usize = 2;
pub(super) const PUTS_AT_ONCE: usize = 8;

/// An artefact that was put. It is deleted when this is dropped, until somebody
/// [keeps](Self::keep) it.
#[derive(Debug)]
#[must_use]
pub(crate) struct Put {
    /// None once it is kept.
    artefacts: Option<Artefacts>,
    artefact: Artefact,
}

impl Put {
    /// Leaves the artefact where it is: from now on, a job or the sweep takes care of it.
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
    /// Stores a file, whole or not at all. `held` is what the file takes elsewhere, until it is
    /// stored or given up.
    ///
    /// If the caller leaves once it is this file's turn, this goes on, and then deletes what nobody
    /// waits for: a file that appears after it was given up would not be counted.
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
            // Else what was sent already would be kept, and paid for.
            if let Err(error) = writer.abort().await {
                tracing::debug!(%artefact, %error, "nothing to abort");
            }
            return Err(generic(error));
        }
        // If this fails there is nothing to abort: the writer has handed everything over,
        // and panics when it is asked to.
        if let Err(error) = writer.shutdown().await {
            // It may have its name already, if only the folder could not be written to the disk.
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
    async fn who_leaves_before_its_turn_holds_nothing() {
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
    async fn an_artefact_that_nobody_waits_for_is_deleted_and_takes_no_space() {
        let folder = tempfile::tempdir().unwrap();
        let (artefacts, rooms) = in_folder(folder.path(), 100 << 20).await;
        let source = Artefact::Source(Uuid::now_v7());
        // Larger than a part: it is written piece by piece.
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
    async fn what_is_left_of_an_upload_that_died_with_its_process_goes_at_the_next_start() {
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
    async fn an_artefact_without_room_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let (artefacts, rooms) = in_folder(folder.path(), 100).await;
        let source = Artefact::Source(Uuid::now_v7());
        artefacts.put(source, file(101), ()).await.unwrap_err();
        assert_eq!((rooms.used(), count(&artefacts).await), (0, 0));
    }
}
