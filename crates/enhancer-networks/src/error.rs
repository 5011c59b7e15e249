//! Why a network cannot be read or run.

/// The result of reading or running a network.
pub type Result<T> = std::result::Result<T, Error>;

/// Why a network cannot be read or run. Its `Display` is for people: what was found, and what was
/// expected.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The bytes are not a network.
    #[error("not a readable model: {reason}")]
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
    /// A value from the caller does not fit the network.
    #[error("{name} is {actual}, expected {expected}")]
    InvalidValue {
        /// Which value.
        name: &'static str,
        /// What is accepted.
        expected: String,
        /// What was found.
        actual: String,
    },
    /// The network failed while it ran.
    #[error("the model failed: {reason}")]
    Inference {
        /// The error of the runtime.
        reason: String,
    },
}

impl Error {
    pub(crate) fn invalid(
        name: &'static str,
        expected: impl Into<String>,
        actual: impl ToString,
    ) -> Error {
        Error::InvalidValue { name, expected: expected.into(), actual: actual.to_string() }
    }
}

/// Checks a number against a limit, which the error names.
///
/// # Errors
/// `LimitExceeded` if it is larger.
pub(crate) fn check_limit(limit: &'static str, actual: u64, allowed: u64) -> Result<()> {
    if actual > allowed {
        return Err(Error::LimitExceeded { limit, allowed, actual });
    }
    Ok(())
}

/// Checks a place among `count` things of the caller's network.
///
/// # Errors
/// `InvalidValue` if there are fewer.
pub(crate) fn check_place(name: &'static str, place: usize, count: usize) -> Result<()> {
    if place < count {
        return Ok(());
    }
    let expected = match count {
        0 => "none: there are 0 of them".into(),
        1 => "0: there is one".into(),
        _ => format!("0 to {}", count - 1),
    };
    Err(Error::invalid(name, expected, place))
}
