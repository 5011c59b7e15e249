//! Reports of faults. Their length is limited, so that an answer is never many times as long as its
//! request.

use serde::Serialize;

/// An invalid field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct FieldError {
    /// The name of the field: in JSON, in the query, or of a part of a form.
    pub field: String,
    /// What was found and what was expected.
    pub detail: String,
}

impl FieldError {
    /// An invalid field, with what was found and what was expected.
    pub fn new(field: impl Into<String>, detail: impl Into<String>) -> FieldError {
        FieldError { field: field.into(), detail: detail.into() }
    }
}

/// How many faults are reported, and the maximum length of the name and the text of each in bytes.
const MOST_ERRORS: usize = 24;
const MOST_NAME: usize = 64;
const MOST_FIELD_DETAIL: usize = 512;

/// The maximum length of an answer's text in bytes.
pub const MOST_DETAIL: usize = 4096;

/// Cuts a text to at most `most` bytes, and adds an ellipsis if something was cut.
pub fn cut(mut text: String, most: usize) -> String {
    if text.len() > most {
        text.truncate(text.floor_char_boundary(most));
        text.push('…');
    }
    text
}

/// The first 24 faults, and a text that lists them.
pub fn report(mut errors: Vec<FieldError>) -> (Vec<FieldError>, String) {
    let more = errors.len().saturating_sub(MOST_ERRORS);
    errors.truncate(MOST_ERRORS);
    for error in &mut errors {
        error.field = cut(std::mem::take(&mut error.field), MOST_NAME);
        error.detail = cut(std::mem::take(&mut error.detail), MOST_FIELD_DETAIL);
    }
    let reported = errors.iter().map(|error| format!("{}: {}", error.field, error.detail));
    let rest = (more > 0).then(|| format!("and {more} more"));
    let details: Vec<_> = reported.chain(rest).collect();
    (errors, cut(details.join("; "), MOST_DETAIL))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_does_not_grow_with_its_request() {
        let error = |n: usize| FieldError {
            field: format!("{n}{}", "é".repeat(1000)),
            detail: "\u{7f}".repeat(9000),
        };
        let (errors, detail) = report((0..5000).map(error).collect());
        assert_eq!(errors.len(), MOST_ERRORS);
        assert!(errors.iter().all(|error| error.field.len() <= MOST_NAME + '…'.len_utf8()));
        assert!(detail.len() <= MOST_DETAIL + '…'.len_utf8());
        let short = |n: usize| FieldError::new(n.to_string(), "is unknown");
        let (_, few) = report((0..MOST_ERRORS + 2).map(short).collect());
        assert!(few.starts_with("0: is unknown; 1: ") && few.ends_with("; and 2 more"));
    }
}
