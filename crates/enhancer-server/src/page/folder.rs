//! The folder of the page, for [`tower_http`] to serve: the system itself resolves every path,
//! starting at the open folder, so no link leads out of it.

use std::future::Future;
use std::io::{self, ErrorKind, SeekFrom};
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::SystemTime;

use cap_fs_ext::OpenOptionsSyncExt;
use cap_std::ambient_authority;
use cap_std::fs::{Dir, Metadata, OpenOptions};
use tokio::io::{AsyncRead, AsyncSeek, ReadBuf};
use tokio::task::spawn_blocking;
use tower_http::services::fs;

use crate::files::FileError;

type Boxed<'a, T> = Pin<Box<dyn Future<Output = io::Result<T>> + Send + 'a>>;

/// A folder of readable files.
#[derive(Clone, Debug)]
pub(super) struct Folder(Arc<Dir>);

/// An open file.
#[derive(Debug)]
pub(super) struct PageFile {
    file: tokio::fs::File,
    facts: Facts,
}

/// The metadata of a file or a folder.
#[derive(Clone, Copy, Debug)]
pub(super) struct Facts {
    is_dir: bool,
    len: u64,
    modified: Option<SystemTime>,
}

/// Whether the file does not exist or is not public.
pub(super) fn is_not_found(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::NotFound | ErrorKind::InvalidInput)
}

impl Folder {
    pub(super) fn open(folder: &Path) -> io::Result<Folder> {
        Dir::open_ambient_dir(folder, ambient_authority()).map(|dir| Folder(Arc::new(dir)))
    }

    /// Whether there is a file of that name.
    pub(super) fn has(&self, name: &str) -> bool {
        self.open_file(Path::new(name)).is_ok()
    }

    fn open_file(&self, path: &Path) -> io::Result<(std::fs::File, Facts)> {
        // Opening some devices already has an effect, and opening a pipe would wait for a writer.
        if !self.0.metadata(path)?.is_file() {
            return Err(ErrorKind::NotFound.into());
        }
        let mut options = OpenOptions::new();
        options.read(true).nonblock(true);
        let file = self.0.open_with(path, &options)?;
        let facts = Facts::of(&file.metadata()?);
        Ok((file.into_std(), facts))
    }
}

impl Facts {
    fn of(metadata: &Metadata) -> Facts {
        let modified = metadata.modified().ok().map(cap_std::time::SystemTime::into_std);
        Facts { is_dir: metadata.is_dir(), len: metadata.len(), modified }
    }
}

/// Errors that a client can cause become `NotFound`.
fn public_error(error: io::Error) -> io::Error {
    match FileError::from(error) {
        FileError::NotFound | FileError::Refused(_) => ErrorKind::NotFound.into(),
        FileError::Failed(error) => error,
    }
}

impl fs::Backend for Folder {
    type File = PageFile;
    type Metadata = Facts;
    type OpenFuture = Boxed<'static, PageFile>;
    type MetadataFuture = Boxed<'static, Facts>;

    fn open(&self, path: PathBuf) -> Self::OpenFuture {
        let folder = self.clone();
        Box::pin(async move {
            let opened = spawn_blocking(move || folder.open_file(&path)).await?;
            let (file, facts) = opened.map_err(public_error)?;
            Ok(PageFile { file: file.into(), facts })
        })
    }

    fn metadata(&self, path: PathBuf) -> Self::MetadataFuture {
        let dir = self.0.clone();
        Box::pin(async move {
            let metadata =
                spawn_blocking(move || dir.metadata(path)).await?.map_err(public_error)?;
            if !metadata.is_dir() && !metadata.is_file() {
                return Err(ErrorKind::NotFound.into());
            }
            Ok(Facts::of(&metadata))
        })
    }
}

impl fs::Metadata for Facts {
    fn is_dir(&self) -> bool {
        self.is_dir
    }

    fn modified(&self) -> io::Result<SystemTime> {
        self.modified.ok_or_else(|| ErrorKind::Unsupported.into())
    }

    fn len(&self) -> u64 {
        self.len
    }
}

impl fs::File for PageFile {
    type Metadata = Facts;
    type MetadataFuture<'a> = std::future::Ready<io::Result<Facts>>;

    fn metadata(&self) -> Self::MetadataFuture<'_> {
        std::future::ready(Ok(self.facts))
    }
}

impl AsyncRead for PageFile {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.file).poll_read(cx, buf)
    }
}

impl AsyncSeek for PageFile {
    fn start_seek(mut self: Pin<&mut Self>, position: SeekFrom) -> io::Result<()> {
        Pin::new(&mut self.file).start_seek(position)
    }

    fn poll_complete(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<u64>> {
        Pin::new(&mut self.file).poll_complete(cx)
    }
}
