//! Why a file cannot be used.

use std::io;

use tokio::task::JoinError;

/// Why a file that a request names cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FileError {
    /// There is none.
    #[error("leads to no file; it is meant against the server's folder of files (--files-root)")]
    NotFound,
    /// It is not for requests; the text continues the path.
    #[error("{0}")]
    Refused(&'static str),
    /// This machine failed.
    #[error("{0}")]
    Failed(io::Error),
}

impl From<io::Error> for FileError {
    fn from(error: io::Error) -> FileError {
        use io::ErrorKind as Kind;
        match error.kind() {
            Kind::NotFound => FileError::NotFound,
            // The system has a number for its own refusals; leading out is cap-std's.
            Kind::PermissionDenied if error.raw_os_error().is_none() => FileError::Refused(
                "passes a symbolic link that leads out of the folder of files (--files-root), \
                 or is an absolute one",
            ),
            Kind::PermissionDenied => FileError::Refused("is not accessible to the server"),
            Kind::ReadOnlyFilesystem => FileError::Refused("lies on a read-only file system"),
            Kind::NotADirectory => FileError::Refused("passes a file as if it were a folder"),
            Kind::IsADirectory => FileError::Refused("is a folder, expected a file"),
            Kind::InvalidFilename => FileError::Refused("has a name that is too long"),
            // The kind is there, but its name is not stable yet.
            kind if format!("{kind:?}") == "FilesystemLoop" => {
                FileError::Refused("passes symbolic links that lead to each other")
            }
            _ => FileError::Failed(error),
        }
    }
}

impl From<JoinError> for FileError {
    fn from(error: JoinError) -> FileError {
        FileError::Failed(error.into())
    }
}
