//! One error type for the whole core.

mod code;

use std::fmt;
use std::io;
use std::sync::Arc;

use crate::cancel::was_cancelled;

pub use code::ErrorCode;

/// The result of every fallible operation in this crate.
pub type Result<T> = std::result::Result<T, Error>;

/// Why an operation failed.
///
/// Opaque, so that it can grow: [`kind`](Error::kind) has the details, and
/// [`code`](Error::code) is a stable name that scripts, browsers and API clients can rely
/// on. Cloning is cheap: a failed session returns the same error every time.
#[derive(Clone)]
pub struct Error(Arc<ErrorKind>);

/// What went wrong. Its `Display` is the message for people: what was found,
/// where, and what was expected.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The source of the audio failed.
    #[error("reading audio failed: {source}")]
    Read {
        /// The error of the source.
        source: io::Error,
    },
    /// The sink of the audio failed.
    #[error("writing audio failed: {source}")]
    Write {
        /// The error of the sink.
        source: io::Error,
    },
    /// The bytes are not in a supported audio format.
    #[error("{found}; supported formats: {supported}")]
    UnsupportedAudio {
        /// What the bytes look like.
        found: String,
        /// What can be read.
        supported: &'static str,
    },
    /// The source has no bytes.
    #[error("the source is empty")]
    EmptySource,
    /// The bytes claim to be in a supported format but break its rules.
    #[error("damaged audio at byte {offset}: {reason}")]
    CorruptAudio {
        /// Offset in bytes from the start of the source.
        offset: u64,
        /// Which rule is broken.
        reason: String,
    },
    /// The audio is damaged, and the caller requested an error in that case.
    #[error("damaged audio at {at_seconds:.2} s: {reason}")]
    DamagedAudio {
        /// The position in the audio, in seconds.
        at_seconds: f64,
        /// What is damaged.
        reason: String,
    },
    /// The audio cannot be written in the requested format.
    #[error("cannot write this audio: {reason}")]
    Unwritable {
        /// Which limit of the format is exceeded.
        reason: String,
    },
    /// A value from the caller is invalid.
    #[error("{name} is {actual}, expected {expected}")]
    InvalidValue {
        /// Which value.
        name: &'static str,
        /// What is accepted.
        expected: String,
        /// What was found.
        actual: String,
    },
    /// The audio is beyond one of the [`Limits`](crate::Limits).
    #[error("{limit} is {actual}, the limit is {allowed}")]
    LimitExceeded {
        /// Which limit.
        limit: &'static str,
        /// The maximum.
        allowed: u64,
        /// What was found.
        actual: u64,
    },
    /// The bytes are not a model file.
    #[error("not a readable model: {reason}")]
    CorruptModel {
        /// What the reader found.
        reason: String,
    },
    /// The model file is valid, but its structure is not supported.
    #[error("unsupported model: found {found}; supported: {supported}")]
    UnsupportedModel {
        /// What the file contains.
        found: String,
        /// What is supported.
        supported: &'static str,
    },
    /// An invalid `model.json`.
    #[error("invalid model.json: at {place}: {reason}")]
    InvalidDescription {
        /// The position: a field, or a line and column.
        place: String,
        /// What was found there and what was expected.
        reason: String,
    },
    /// A file of a model is not the one that its `model.json` describes.
    #[error("model.json says {expected}, but {file} has {actual}")]
    ModelFileDiffers {
        /// The file's name.
        file: String,
        /// What `model.json` says about it.
        expected: String,
        /// What the file is.
        actual: String,
    },
    /// The model failed while it ran.
    #[error("the model failed: {reason}")]
    Inference {
        /// The error of the runtime.
        reason: String,
    },
    /// Converting between sample rates failed.
    #[error("converting the sample rate failed: {reason}")]
    Resampling {
        /// The error of the resampler.
        reason: String,
    },
    /// A session with this id is already open.
    #[error("a session with the id {id:?} is already open; choose another id")]
    SessionExists {
        /// The id in question.
        id: String,
    },
    /// Samples were pushed after [`finish`](crate::Session::finish).
    #[error("session {id:?} is finished and accepts no more samples")]
    SessionFinished {
        /// The id in question.
        id: String,
    },
    /// The session was cancelled.
    #[error("session {id:?} was cancelled")]
    Cancelled {
        /// The id in question.
        id: String,
    },
    /// The [`CancelToken`](crate::CancelToken) of a source was cancelled while the source
    /// was opened or read.
    #[error("reading the source was cancelled")]
    ReadCancelled,
    /// The enhancer was dropped while the session was open.
    #[error("the enhancer was shut down")]
    ShutDown,
    /// A worker panicked while it processed this session.
    #[error("internal error in a worker: {message}")]
    WorkerPanicked {
        /// The panic's message.
        message: String,
    },
    /// The worker threads could not be started.
    #[error("cannot start the workers: {reason}")]
    Workers {
        /// The error of the system.
        reason: String,
    },
}

impl Error {
    /// What went wrong, with its details.
    pub fn kind(&self) -> &ErrorKind {
        &self.0
    }

    /// A stable name of the kind of error.
    pub fn code(&self) -> ErrorCode {
        match self.kind() {
            ErrorKind::Read { .. } => ErrorCode::Read,
            ErrorKind::Write { .. } => ErrorCode::Write,
            ErrorKind::UnsupportedAudio { .. } | ErrorKind::EmptySource => {
                ErrorCode::UnsupportedAudio
            }
            ErrorKind::CorruptAudio { .. } | ErrorKind::DamagedAudio { .. } => {
                ErrorCode::CorruptAudio
            }
            ErrorKind::Unwritable { .. } => ErrorCode::UnwritableAudio,
            ErrorKind::InvalidValue { .. } => ErrorCode::InvalidValue,
            ErrorKind::LimitExceeded { .. } => ErrorCode::LimitExceeded,
            ErrorKind::CorruptModel { .. } => ErrorCode::CorruptModel,
            ErrorKind::UnsupportedModel { .. } => ErrorCode::UnsupportedModel,
            ErrorKind::InvalidDescription { .. } => ErrorCode::InvalidDescription,
            ErrorKind::ModelFileDiffers { .. } => ErrorCode::ModelFileDiffers,
            ErrorKind::Inference { .. } => ErrorCode::Inference,
            ErrorKind::Resampling { .. } => ErrorCode::Resampling,
            ErrorKind::SessionExists { .. } => ErrorCode::SessionExists,
            ErrorKind::SessionFinished { .. } => ErrorCode::SessionFinished,
            ErrorKind::Cancelled { .. } | ErrorKind::ReadCancelled => ErrorCode::Cancelled,
            ErrorKind::ShutDown => ErrorCode::ShutDown,
            ErrorKind::WorkerPanicked { .. } => ErrorCode::WorkerPanicked,
            ErrorKind::Workers { .. } => ErrorCode::Workers,
        }
    }

    /// For `map_err` on a source.
    pub(crate) fn read(source: io::Error) -> Error {
        if was_cancelled(&source) {
            return ErrorKind::ReadCancelled.into();
        }
        ErrorKind::Read { source }.into()
    }

    /// For `map_err` on a sink.
    pub(crate) fn write(source: io::Error) -> Error {
        ErrorKind::Write { source }.into()
    }

    pub(crate) fn corrupt_audio(offset: u64, reason: impl Into<String>) -> Error {
        ErrorKind::CorruptAudio { offset, reason: reason.into() }.into()
    }

    /// Audio is damaged at this time. The offset in bytes is not known.
    pub(crate) fn damaged_at(at_seconds: f64, reason: String) -> Error {
        ErrorKind::DamagedAudio { at_seconds, reason }.into()
    }

    pub(crate) fn invalid(
        name: &'static str,
        expected: impl ToString,
        actual: impl ToString,
    ) -> Error {
        ErrorKind::InvalidValue { name, expected: expected.to_string(), actual: actual.to_string() }
            .into()
    }
}

impl From<enhancer_networks::Error> for Error {
    fn from(error: enhancer_networks::Error) -> Self {
        use enhancer_networks::Error as E;
        match error {
            E::Corrupt { reason } => ErrorKind::CorruptModel { reason },
            E::Unsupported { found, supported } => ErrorKind::UnsupportedModel { found, supported },
            E::LimitExceeded { limit, allowed, actual } => {
                ErrorKind::LimitExceeded { limit, allowed, actual }
            }
            E::InvalidValue { name, expected, actual } => {
                ErrorKind::InvalidValue { name, expected, actual }
            }
            E::Inference { reason } => ErrorKind::Inference { reason },
            other => ErrorKind::Inference { reason: other.to_string() },
        }
        .into()
    }
}

impl From<ErrorKind> for Error {
    fn from(kind: ErrorKind) -> Self {
        Error(Arc::new(kind))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        // The message already contains the source's text. Returning the source too would print it
        // twice in an error chain.
        std::error::Error::source(self.kind()).and_then(std::error::Error::source)
    }
}
