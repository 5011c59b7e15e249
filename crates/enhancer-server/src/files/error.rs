//! Reasons why a file cannot be used.

use std::io;

use tokio::task::JoinError;

/// Why a file that a request names cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FileError {
    /// The file does not exist.
    #[error(
        "does not exist; paths are relative to the server's root folder for files (--files-root)"
    )]
    NotFound,
    /// Requests may not use it. The text continues a sentence that begins with the path.
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
            // Errors of the system have a number. Without one, cap-std reports a path that leaves
            // the folder.
            Kind::PermissionDenied if error.raw_os_error().is_none() => FileError::Refused(
                "contains a symbolic link that is absolute or leaves the root folder for files \
                 (--files-root)",
            ),
            Kind::PermissionDenied => FileError::Refused("is not accessible to the server"),
            Kind::ReadOnlyFilesystem => FileError::Refused("is on a read-only file system"),
            Kind::NotADirectory => FileError::Refused("uses a file as a folder"),
            Kind::IsADirectory => FileError::Refused("is a folder, expected a file"),
            Kind::InvalidFilename => FileError::Refused("has a name that is too long"),
            // The standard library has this kind, but its name is not stable yet.
            kind if format!("{kind:?}") == "FilesystemLoop" => {
                FileError::Refused("contains a loop of symbolic links")
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
