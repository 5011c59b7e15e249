//! Failures, for people and for scripts.

use std::fmt;
use std::process::ExitCode;

use enhancer_core::{ErrorCode, ErrorKind};
use serde::Serialize;

/// The side that caused a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    Other = 1,
    Usage = 2,
    Source = 3,
    Destination = 4,
    Model = 5,
    Interrupted = 130,
}

impl From<Side> for ExitCode {
    fn from(side: Side) -> ExitCode {
        ExitCode::from(side as u8)
    }
}

/// A stable name of a kind of failure. As JSON it is in `snake_case`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Code {
    /// The arguments contradict each other.
    Usage,
    /// The settings of the server are invalid.
    Settings,
    /// The destination cannot be created.
    Destination,
    /// The destination already exists.
    DestinationExists,
    /// Interrupts cannot be handled.
    Interrupts,
    /// The code of an error of the core.
    #[serde(untagged)]
    Core(ErrorCode),
}

impl From<ErrorCode> for Code {
    fn from(code: ErrorCode) -> Code {
        Code::Core(code)
    }
}

/// An error with its side and its stable code.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) side: Side,
    pub(crate) code: Code,
    pub(crate) error: anyhow::Error,
}

impl Failure {
    /// A failure of the command line itself, identified by `code`.
    pub(crate) fn new(side: Side, code: impl Into<Code>, error: anyhow::Error) -> Failure {
        Failure { side, code: code.into(), error }
    }

    /// An error of the core. `side` is the default for kinds that do not decide it; `context` says
    /// what failed.
    pub(crate) fn of_core(side: Side, error: enhancer_core::Error, context: String) -> Failure {
        let code = error.code();
        let side = match code {
            ErrorCode::Cancelled => Side::Interrupted,
            ErrorCode::Inference | ErrorCode::WorkerPanicked => Side::Model,
            ErrorCode::Workers => Side::Other,
            _ => side,
        };
        Failure::new(side, code, anyhow::Error::new(error).context(context))
    }

    /// The failure for a model that cannot be used.
    pub(crate) fn of_model(error: enhancer_models::LoadError) -> Failure {
        Failure::new(Side::Model, error.code(), error.into())
    }

    /// The message for people: without the list of supported formats, which is long and the
    /// same for every file.
    pub(crate) fn brief(&self) -> String {
        match self.error.downcast_ref().map(enhancer_core::Error::kind) {
            Some(ErrorKind::UnsupportedAudio { found, .. }) => format!("{}: {found}", self.error),
            _ => self.to_string(),
        }
    }

    /// Whether the source is in a format that is not supported.
    pub(crate) fn is_unsupported_audio(&self) -> bool {
        let kind = self.error.downcast_ref().map(enhancer_core::Error::kind);
        matches!(kind, Some(ErrorKind::UnsupportedAudio { .. }))
    }

    /// Code and message, for scripts.
    pub(crate) fn to_json(&self) -> serde_json::Value {
        serde_json::json!({ "code": self.code, "message": self.to_string() })
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&without_numbers(&format!("{:#}", self.error)))
    }
}

/// Removes the number that the standard library adds to an error of the system, because the message
/// also has its name. The number is at the end of the message, or before the next part. The same text
/// inside a file name stays.
fn without_numbers(message: &str) -> String {
    let parts = message.split_inclusive([':', ';']);
    parts.map(|part| without_number(part).unwrap_or_else(|| part.to_owned())).collect()
}

/// `No such file or directory (os error 2);` becomes `No such file or directory;`.
fn without_number(part: &str) -> Option<String> {
    let (text, mark) = match part.strip_suffix([':', ';']) {
        Some(text) => (text, &part[text.len()..]),
        None => (part, ""),
    };
    let (name, number) = text.strip_suffix(')')?.rsplit_once(" (os error ")?;
    number.bytes().all(|byte| byte.is_ascii_digit()).then(|| format!("{name}{mark}"))
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;

    #[test]
    fn errors_of_the_system_have_names_and_no_numbers() {
        let errors = [2, 13].map(|number| io::Error::from_raw_os_error(number).to_string());
        let [missing, forbidden] = errors.map(|text| text.split_once(" (").unwrap().0.to_owned());
        let error = anyhow::Error::from(io::Error::from_raw_os_error(2)).context("cannot read it");
        let failure = Failure::new(Side::Source, ErrorCode::Read, error);
        assert_eq!(failure.to_string(), format!("cannot read it: {missing}"));
        let both = format!("{forbidden} (os error 13); {missing} (os error 2)");
        assert_eq!(without_numbers(&both), format!("{forbidden}; {missing}"));
        for name in
            ["as it is (or not)", "n (os error 5) x.wav", "a (os error b.wav", "(os error x)"]
        {
            assert_eq!(without_numbers(name), name);
        }
    }
}
