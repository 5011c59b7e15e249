//! The codes of problems, each with its status.

use std::fmt;

use enhancer_core::ErrorCode;
use serde::Serialize;

/// Defines the enum, and a list of its values with the status of each.
macro_rules! codes {
    ($($status:literal { $($(#[$doc:meta])+ $code:ident,)+ })+) => {
        /// A stable name of a problem. As JSON and as text it is in `snake_case`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
        #[serde(rename_all = "snake_case")]
        #[non_exhaustive]
        pub enum ProblemCode {
            $($($(#[$doc])+ $code,)+)+
            /// The code of an error of the core.
            #[serde(untagged)]
            Core(ErrorCode),
        }

        const OWN: &[ProblemCode] = &[$($(ProblemCode::$code,)+)+];

        impl ProblemCode {
            /// The HTTP status that it is sent with.
            pub fn status(self) -> u16 {
                match self {
                    $($(ProblemCode::$code)|+ => $status,)+
                    ProblemCode::Core(code) => status_of(code).unwrap_or(500),
                }
            }
        }
    };
}

codes! {
    400 {
        /// The form is malformed.
        BadForm,
        /// The body ended too early.
        BodyBrokeOff,
        /// The body is not valid JSON.
        InvalidJson,
    }
    401 {
        /// A valid token is required.
        Unauthorized,
    }
    403 {
        /// Files of the server cannot be enhanced.
        FilesOff,
        /// A page from another origin sent the request.
        ForeignOrigin,
        /// The jobs of a client are not listed.
        JobsNotListed,
    }
    404 {
        /// There is nothing of that name.
        NotFound,
    }
    405 {
        /// The path does not support this method.
        MethodNotAllowed,
    }
    408 {
        /// The body came too slowly.
        BodyTimeout,
    }
    409 {
        /// The idempotency key was used for another job.
        IdempotencyConflict,
        /// The job was cancelled.
        JobCancelled,
        /// The job has ended.
        JobEnded,
        /// The job failed.
        JobFailed,
        /// The job has not ended.
        JobNotFinished,
        /// The job is not one that the server gave up.
        NotGivenUp,
        /// The job has no webhook that could be delivered again.
        NotRedeliverable,
    }
    413 {
        /// The body is larger than the limit.
        BodyTooLarge,
    }
    415 {
        /// The content type is not a supported one.
        UnsupportedMediaType,
    }
    421 {
        /// The server does not have the requested host name.
        Misdirected,
    }
    429 {
        /// A client sent too many requests.
        RateLimited,
    }
    500 {
        /// The job failed or crashed too often.
        GaveUp,
    }
    503 {
        /// All slots are busy.
        Busy,
        /// The line of jobs is full.
        QueueFull,
        /// The server shuts down.
        ShuttingDown,
        /// Jobs cannot be stored or read.
        Storage,
        /// A client has too many connections.
        TooManyConnections,
        /// A client follows too many jobs.
        TooManyStreams,
    }
    504 {
        /// The result is there, but the webhook could not be delivered.
        WebhookUnreachable,
    }
    507 {
        /// The server has no space left.
        StorageFull,
    }
}

/// The status of an error of the core, if clients may see it. All other errors are shown as
/// `internal`.
fn status_of(code: ErrorCode) -> Option<u16> {
    match code {
        ErrorCode::UnsupportedAudio => Some(415),
        ErrorCode::CorruptAudio
        | ErrorCode::UnwritableAudio
        | ErrorCode::InvalidValue
        | ErrorCode::LimitExceeded => Some(422),
        ErrorCode::Internal => Some(500),
        ErrorCode::Cancelled | ErrorCode::ShutDown => Some(503),
        _ => None,
    }
}

impl ProblemCode {
    /// An invalid field.
    pub const INVALID_VALUE: ProblemCode = ProblemCode::Core(ErrorCode::InvalidValue);
    /// An error of the program.
    pub const INTERNAL: ProblemCode = ProblemCode::Core(ErrorCode::Internal);

    /// The code of an error of the core, if clients may see it.
    pub fn of_core(error: &enhancer_core::Error) -> Option<ProblemCode> {
        let code = error.code();
        status_of(code).map(|_| ProblemCode::Core(code))
    }

    /// All codes that a client can see.
    pub fn all() -> impl Iterator<Item = ProblemCode> {
        let of_core = ErrorCode::ALL.iter().filter(|code| status_of(**code).is_some());
        OWN.iter().copied().chain(of_core.copied().map(ProblemCode::Core))
    }
}

impl fmt::Display for ProblemCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(f)
    }
}

#[cfg(feature = "schema")]
mod schema {
    use utoipa::openapi::RefOr;
    use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
    use utoipa::{PartialSchema, ToSchema};

    use super::ProblemCode;

    impl PartialSchema for ProblemCode {
        fn schema() -> RefOr<Schema> {
            let description = "A stable name of an error. The command line and the browser use the \
                               same codes. Later versions may have more.";
            let mut names: Vec<_> = ProblemCode::all().map(|code| code.to_string()).collect();
            names.sort();
            ObjectBuilder::new()
                .schema_type(Type::String)
                .description(Some(description))
                .enum_values(Some(names))
                .into()
        }
    }

    impl ToSchema for ProblemCode {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_has_one_name_in_json_and_as_text() {
        for code in ProblemCode::all() {
            assert_eq!(serde_json::to_value(code).unwrap(), code.to_string());
        }
        assert_eq!(ProblemCode::BadForm.to_string(), "bad_form");
        assert_eq!(ProblemCode::INVALID_VALUE.to_string(), "invalid_value");
        assert_eq!(serde_json::to_string(&ProblemCode::INTERNAL).unwrap(), r#""internal""#);
    }

    #[test]
    fn core_errors_that_clients_cannot_fix_have_no_code() {
        let error = |kind: enhancer_core::ErrorKind| ProblemCode::of_core(&kind.into());
        let empty = error(enhancer_core::ErrorKind::EmptySource).unwrap();
        assert_eq!((empty.to_string().as_str(), empty.status()), ("unsupported_audio", 415));
        assert_eq!(error(enhancer_core::ErrorKind::ShutDown).unwrap().status(), 503);
        let reason = "no threads".to_owned();
        assert_eq!(error(enhancer_core::ErrorKind::Workers { reason }), None);
    }
    #[test]
    fn the_guide_has_all_codes_with_their_status() {
        let guide = include_str!("../../../docs/server.md");
        let rows = guide.lines().filter_map(|line| {
            let (codes, rest) = line.strip_prefix("| `")?.split_once("` | ")?;
            let status: u16 = rest.split_once(" | ")?.0.parse().ok()?;
            Some(codes.split("`, `").map(move |code| (code.to_owned(), status)))
        });
        let rows: Vec<_> = rows.flatten().collect();
        let mut listed = rows.clone();
        listed.sort();
        let codes = ProblemCode::all().map(|code| (code.to_string(), code.status()));
        let mut codes: Vec<_> = codes.collect();
        codes.sort();
        assert_eq!(listed, codes);
        assert!(rows.is_sorted_by_key(|row| row.1), "the table is not sorted by status");
    }
}
