//! Why a network cannot be read or run.

/// The result of reading or running a network.
pub type Result<T> = std::result::Result<T, Error>;

/// Why a network cannot be read or run. Its `Display` is for people: what was found, and what was
/// expected.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The bytes are not a network.
    #[error("not a readable .tflite model: {reason}")]
    Corrupt {
        /// What the reader found.
        reason: String,
    },
    /// The bytes are a network, but one that this crate does not run.
    #[error("unsupported model: found {found}; supported: {supported}")]
    Unsupported {
        /// What the file contains.
        found: String,
        /// What is supported.
        supported: &'static str,
    },
    /// The network asks for more memory than any network for speech needs.
    #[error("{limit} is {actual}, the limit is {allowed}")]
    LimitExceeded {
        /// Which limit.
        limit: &'static str,
        /// The maximum.
        allowed: u64,
        /// What was found.
        actual: u64,
    },
    /// The network failed while it ran.
    #[error("the model failed: {reason}")]
    Inference {
        /// The error of the runtime.
        reason: String,
    },
}
