//! The codes of errors.

use serde::{Deserialize, Serialize};

use crate::names::names;

/// Defines the enum and the list of its values.
macro_rules! codes {
    ($($(#[$doc:meta])+ $code:ident,)+) => {
        /// A stable name of a kind of error, the same in the browser, on the server and on the
        /// command line. As JSON and as text it is in `snake_case`, and it can be compared with such a
        /// text.
        ///
        /// ```
        /// use enhancer_core::ErrorCode;
        /// assert_eq!(ErrorCode::CorruptAudio.to_string(), "corrupt_audio");
        /// assert_eq!("corrupt_audio".parse::<ErrorCode>()?, ErrorCode::CorruptAudio);
        /// # Ok::<(), enhancer_core::Error>(())
        /// ```
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[cfg_attr(test, derive(ts_rs::TS))]
        #[serde(rename_all = "snake_case")]
        #[non_exhaustive]
        pub enum ErrorCode {
            $($(#[$doc])+ $code,)+
        }

        impl ErrorCode {
            /// All codes.
            pub const ALL: &[ErrorCode] = &[$(ErrorCode::$code),+];
        }
    };
}

codes! {
    /// The source failed, or a file cannot be read.
    Read,
    /// The sink failed, such as a disk that is full.
    Write,
    /// The bytes are not in a supported audio format.
    UnsupportedAudio,
    /// The audio is damaged.
    CorruptAudio,
    /// The audio cannot be written in the requested format.
    UnwritableAudio,
    /// A value from the caller is invalid.
    InvalidValue,
    /// The audio is beyond a limit.
    LimitExceeded,
    /// No model has this name. The core knows no names of models: what loads them reports it.
    UnknownModel,
    /// The bytes are not a model file.
    CorruptModel,
    /// The structure of a model is not supported.
    UnsupportedModel,
    /// A `model.json` is invalid.
    InvalidDescription,
    /// A file of a model is not the one that its `model.json` describes.
    ModelFileDiffers,
    /// The model failed while it ran.
    Inference,
    /// Converting between sample rates failed.
    Resampling,
    /// A session with this id is already open.
    SessionExists,
    /// Samples were pushed to a session that was finished.
    SessionFinished,
    /// The caller cancelled the work.
    Cancelled,
    /// The engine was dropped while the session was open.
    ShutDown,
    /// A worker panicked.
    WorkerPanicked,
    /// The worker threads could not be started.
    Workers,
    /// A fault of the program. The core has no such error: programs that use it report it.
    Internal,
}

names!(ErrorCode, "the code of an error", "a known code");

impl PartialEq<&str> for ErrorCode {
    fn eq(&self, name: &&str) -> bool {
        name.parse().is_ok_and(|code: ErrorCode| code == *self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_have_one_name_in_json_and_as_text() {
        for &code in ErrorCode::ALL {
            let name = code.to_string();
            assert_eq!(serde_json::to_value(code).unwrap(), name.as_str());
            assert_eq!(name.parse::<ErrorCode>().unwrap(), code);
            assert_eq!(code, name.as_str());
        }
        assert_ne!(ErrorCode::Read, "write");
        let error = "full".parse::<ErrorCode>().unwrap_err().to_string();
        assert_eq!(error, "the code of an error is full, expected a known code");
    }
}
