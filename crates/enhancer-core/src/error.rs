//! One error type for the whole core.

use std::fmt;
use std::io;
use std::sync::Arc;

use crate::decode::was_cancelled;

/// The result of everything in this crate that can fail.
pub type Result<T> = std::result::Result<T, Error>;

/// Why an operation failed.
///
/// Opaque, so that it can grow: ask [`kind`](Error::kind) for the details and
/// [`code`](Error::code) for a stable name that scripts, browsers and API
/// clients can rely on. Cloning is cheap: a session that failed gives the same
/// error to everyone who asks.
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
        /// What the source said.
        source: io::Error,
    },
    /// The sink of the audio failed.
    #[error("writing audio failed: {source}")]
    Write {
        /// What the sink said.
        source: io::Error,
    },
    /// The bytes are no audio format that can be read.
    #[error("{found}; supported are {supported}")]
    UnsupportedAudio {
        /// What the bytes look like.
        found: String,
        /// What can be read.
        supported: &'static str,
    },
    /// The bytes claim to be a supported format, and break its rules.
    #[error("damaged audio at byte {offset}: {reason}")]
    CorruptAudio {
        /// Offset in bytes from the start of the source.
        offset: u64,
        /// Which rule is broken.
        reason: String,
    },
    /// The audio is broken, and it was asked that this be an error.
    #[error("damaged audio at {at_seconds:.2} s: {reason}")]
    DamagedAudio {
        /// Where in the audio, in seconds.
        at_seconds: f64,
        /// What is broken.
        reason: String,
    },
    /// The audio cannot be written in the wanted format.
    #[error("cannot write this audio: {reason}")]
    Unwritable {
        /// Which bound of the format is exceeded.
        reason: String,
    },
    /// A value the caller gave does not fit.
    #[error("{name} is {actual}, expected {expected}")]
    InvalidValue {
        /// Which value.
        name: &'static str,
        /// What would have been accepted.
        expected: String,
        /// What came.
        actual: String,
    },
    /// The audio is beyond one of the [`Limits`](crate::Limits).
    #[error("{limit} is {actual}, the limit is {allowed}")]
    LimitExceeded {
        /// Which limit.
        limit: &'static str,
        /// The most that is allowed.
        allowed: u64,
        /// What came.
        actual: u64,
    },
    /// The bytes are no model file.
    #[error("not a readable .tflite model: {reason}")]
    CorruptModel {
        /// What the reader met.
        reason: String,
    },
    /// The model file is sound, and of a shape that is not supported.
    #[error("unsupported model: found {found}; supported is {supported}")]
    UnsupportedModel {
        /// What the file holds.
        found: String,
        /// What could be run.
        supported: &'static str,
    },
    /// A `model.json` that cannot be followed.
    #[error("model.json cannot be used: at {place}: {reason}")]
    InvalidDescription {
        /// Where it stands: a field, or a line and column.
        place: String,
        /// What stands there and what was expected.
        reason: String,
    },
    /// A model's file is not the one that its `model.json` tells of.
    #[error("model.json says {expected}, {file} has {actual}")]
    ModelFileDiffers {
        /// The file's name.
        file: String,
        /// What `model.json` says of it.
        expected: String,
        /// What it is.
        actual: String,
    },
    /// The model failed while it ran.
    #[error("the model failed: {reason}")]
    Inference {
        /// What the runtime said.
        reason: String,
    },
    /// Converting between sample rates failed.
    #[error("converting the sample rate failed: {reason}")]
    Resampling {
        /// What the resampler said.
        reason: String,
    },
    /// A session of that name is open already.
    #[error("a session {id:?} is open already; session ids are unique among open sessions")]
    SessionExists {
        /// The id in question.
        id: String,
    },
    /// Samples were pushed after [`finish`](crate::Session::finish).
    #[error("session {id:?} is finished and takes no more samples")]
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
    /// A worker panicked while it worked for this session.
    #[error("internal error in a worker: {message}")]
    WorkerPanicked {
        /// The panic's message.
        message: String,
    },
    /// The worker threads could not be started.
    #[error("cannot start the workers: {reason}")]
    Workers {
        /// What the system said.
        reason: String,
    },
}

impl Error {
    /// What went wrong, with its details.
    pub fn kind(&self) -> &ErrorKind {
        &self.0
    }

    /// A stable name of the kind of error, in `snake_case`, the same in the
    /// browser, on the server and on the command line.
    pub fn code(&self) -> &'static str {
        match self.kind() {
            ErrorKind::Read { .. } => "read",
            ErrorKind::Write { .. } => "write",
            ErrorKind::UnsupportedAudio { .. } => "unsupported_audio",
            ErrorKind::CorruptAudio { .. } | ErrorKind::DamagedAudio { .. } => "corrupt_audio",
            ErrorKind::Unwritable { .. } => "unwritable_audio",
            ErrorKind::InvalidValue { .. } => "invalid_value",
            ErrorKind::LimitExceeded { .. } => "limit_exceeded",
            ErrorKind::CorruptModel { .. } => "corrupt_model",
            ErrorKind::UnsupportedModel { .. } => "unsupported_model",
            ErrorKind::InvalidDescription { .. } => "invalid_description",
            ErrorKind::ModelFileDiffers { .. } => "model_file_differs",
            ErrorKind::Inference { .. } => "inference",
            ErrorKind::Resampling { .. } => "resampling",
            ErrorKind::SessionExists { .. } => "session_exists",
            ErrorKind::SessionFinished { .. } => "session_finished",
            ErrorKind::Cancelled { .. } | ErrorKind::ReadCancelled => "cancelled",
            ErrorKind::ShutDown => "shut_down",
            ErrorKind::WorkerPanicked { .. } => "worker_panicked",
            ErrorKind::Workers { .. } => "workers",
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

    /// That audio is broken at some time, where no offset in bytes is known.
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
        // The message already holds the text of what lies beneath: pointing to
        // it again would print it twice in an error chain.
        std::error::Error::source(self.kind()).and_then(std::error::Error::source)
    }
}
