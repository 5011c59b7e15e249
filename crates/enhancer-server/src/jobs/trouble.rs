//! The errors that clients get if the database or the audio of jobs cannot be used.

use std::io;

use crate::problem::{Problem, ProblemCode};

/// After how many seconds clients should try again.
const AGAIN: u64 = 10;

/// The kind of a failure of the database or the store of audio.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Trouble {
    /// It is locked or unreachable, or refuses changes.
    Away,
    Full,
    /// A bug.
    Internal,
}

/// An error of the database or of the audio of jobs: 507 if there is no space, 503 if it may
/// work again later, otherwise 500. The error itself is only logged.
pub(crate) fn storage_problem(error: impl Into<anyhow::Error>) -> Problem {
    let error = error.into();
    let text = format!("{error:#}");
    match trouble(&error) {
        Trouble::Full => Problem::storage(io::Error::new(io::ErrorKind::StorageFull, text)),
        Trouble::Away => {
            tracing::error!(error = text, "jobs cannot be stored or read");
            let detail = "the server cannot store or read jobs at the moment; try again later";
            Problem::new(ProblemCode::Storage, detail).retry_after(AGAIN)
        }
        Trouble::Internal => Problem::internal(text),
    }
}

/// Whether a failed statement certainly inserted no row. If the connection broke, or the database
/// stopped or its disk failed, the row may have been inserted.
pub(super) fn is_refusal(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::PoolTimedOut => true,
        sqlx::Error::Database(error) => error.code().is_some_and(|code| code_is_refusal(&code)),
        _ => false,
    }
}

/// Takes codes like [`of_code`]. PostgreSQL: wrong values, wrong states, syntax, resources. SQLite:
/// busy, locked, read-only, full, a violated constraint.
fn code_is_refusal(code: &str) -> bool {
    match code.len() {
        5 => matches!(code.get(..2).unwrap_or_default(), "22" | "23" | "25" | "42" | "53"),
        _ => code.parse().is_ok_and(|code: u32| matches!(code & 0xff, 5 | 6 | 8 | 13 | 19)),
    }
}

fn trouble(error: &anyhow::Error) -> Trouble {
    // Outer errors come first: they define the kind of an inner one.
    error.chain().find_map(of_cause).unwrap_or(Trouble::Internal)
}

fn of_cause(cause: &(dyn std::error::Error + 'static)) -> Option<Trouble> {
    if let Some(error) = cause.downcast_ref::<sqlx::Error>() {
        return Some(of_database(error));
    }
    if let Some(error) = cause.downcast_ref::<object_store::Error>() {
        return Some(of_store(error));
    }
    cause.downcast_ref::<io::Error>().map(|error| match is_full(error) {
        true => Trouble::Full,
        false => Trouble::Internal,
    })
}

fn of_database(error: &sqlx::Error) -> Trouble {
    use sqlx::Error;
    match error {
        Error::Database(error) => error.code().map_or(Trouble::Internal, |code| of_code(&code)),
        Error::Io(error) if is_full(error) => Trouble::Full,
        Error::Io(_) | Error::Tls(_) | Error::PoolTimedOut | Error::PoolClosed => Trouble::Away,
        _ => Trouble::Internal,
    }
}

/// The meaning of a code of PostgreSQL (five characters) or SQLite (a number whose low byte is the
/// kind).
fn of_code(code: &str) -> Trouble {
    match code {
        // Disk full.
        "53100" => Trouble::Full,
        // The server is a replica, or another transaction is in the way.
        "25006" | "40001" | "40P01" | "55P03" => Trouble::Away,
        // Connections, resources, a stop by an operator, errors of the system.
        _ if code.len() == 5 => match code.get(..2) {
            Some("08" | "53" | "57" | "58") => Trouble::Away,
            _ => Trouble::Internal,
        },
        _ => match code.parse::<u32>().map(|code| code & 0xff) {
            Ok(13) => Trouble::Full,
            // Busy, locked, read-only, input or output failed, cannot open.
            Ok(5 | 6 | 8 | 10 | 14) => Trouble::Away,
            _ => Trouble::Internal,
        },
    }
}

fn of_store(error: &object_store::Error) -> Trouble {
    let causes = std::iter::successors(std::error::Error::source(error), |&cause| cause.source());
    let mut causes = causes.filter_map(|cause| cause.downcast_ref::<io::Error>());
    if causes.any(is_full) { Trouble::Full } else { Trouble::Away }
}

fn is_full(error: &io::Error) -> bool {
    use io::ErrorKind::{FileTooLarge, QuotaExceeded, StorageFull};
    matches!(error.kind(), StorageFull | QuotaExceeded | FileTooLarge)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(error: impl Into<anyhow::Error>) -> u16 {
        storage_problem(error).status()
    }

    #[test]
    fn codes_of_both_databases_are_known() {
        for (code, expected) in [
            ("53100", Trouble::Full),
            ("57P01", Trouble::Away),
            ("25006", Trouble::Away),
            ("42601", Trouble::Internal),
            ("13", Trouble::Full),
            ("5", Trouble::Away),
            // Busy, because of a snapshot.
            ("517", Trouble::Away),
            ("1", Trouble::Internal),
            ("2067", Trouble::Internal),
        ] {
            assert_eq!(of_code(code), expected, "{code}");
        }
    }

    #[test]
    fn only_a_refusal_of_the_database_proves_that_nothing_was_stored() {
        for code in ["23505", "25006", "53100", "42601", "5", "13", "2067"] {
            assert!(code_is_refusal(code), "{code}");
        }
        for code in ["08007", "40003", "57P01", "10", "1034", "1"] {
            assert!(!code_is_refusal(code), "{code}");
        }
        assert!(is_refusal(&sqlx::Error::PoolTimedOut));
        assert!(!is_refusal(&sqlx::Error::Io(io::ErrorKind::BrokenPipe.into())));
    }

    #[test]
    fn a_full_or_unreachable_store_is_not_an_internal_error() {
        let of_store = |kind: io::ErrorKind| object_store::Error::Generic {
            store: "test",
            source: Box::new(io::Error::from(kind)),
        };
        assert_eq!(status(of_store(io::ErrorKind::StorageFull)), 507);
        assert_eq!(status(of_store(io::ErrorKind::ConnectionRefused)), 503);
        assert_eq!(status(sqlx::Error::PoolTimedOut), 503);
        assert_eq!(status(sqlx::Error::RowNotFound), 500);
        let wrapped = anyhow::Error::from(sqlx::Error::PoolTimedOut).context("while it was read");
        assert_eq!(storage_problem(wrapped).code(), ProblemCode::Storage);
        assert_eq!(status(anyhow::anyhow!("a bug")), 500);
    }
}
