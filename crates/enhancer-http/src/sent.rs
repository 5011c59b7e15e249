//! How a recording is sent: as a part of a form, or as a whole body with a query.

use crate::fault::Fault;
use crate::form::FILE;
use crate::name::sane;

/// The maximum number of fields of a form or a query.
pub(crate) const MAX_FIELDS: usize = 32;

/// The field of a query that names the recording in the body. A form names its file itself.
const FILE_NAME: &str = "file_name";

/// The information of a request before its body.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Sent {
    /// The body is `multipart/form-data` and contains everything.
    Form,
    /// The body is the recording.
    #[non_exhaustive]
    Plain {
        /// The client's name for it: a single path component that can be shown to people.
        file_name: Option<String>,
        /// The other fields of the query, in their order. They are not checked yet.
        fields: Vec<(String, String)>,
    },
}

impl Sent {
    /// Reads the value of `Content-Type`, empty if there is none that is text, and the query.
    ///
    /// # Errors
    /// The query has too many fields or more than one `file_name`, or there is a query with a form.
    pub fn read(media_type: &str, query: &str) -> Result<Sent, Fault> {
        let mut fields = query_fields(query)?;
        if !is_form(media_type) {
            let file_name = take(&mut fields, FILE_NAME)?;
            return Ok(Sent::Plain { file_name: file_name.as_deref().and_then(sane), fields });
        }
        // With a form, fields of the query are refused, so that there is only one way to send
        // options.
        match fields.is_empty() {
            true => Ok(Sent::Form),
            false => Err(Fault::form("options of a form are parts of the form, not of the query")),
        }
    }
}

fn is_form(media_type: &str) -> bool {
    let name = media_type.split(';').next().unwrap_or_default();
    name.trim().eq_ignore_ascii_case("multipart/form-data")
}

/// The fields of a query.
///
/// # Errors
/// There are too many fields.
pub fn query_fields(query: &str) -> Result<Vec<(String, String)>, Fault> {
    let fields = form_urlencoded::parse(query.as_bytes()).into_owned();
    let fields: Vec<_> = fields.take(MAX_FIELDS + 1).collect();
    if fields.len() > MAX_FIELDS {
        return Err(Fault::Query(format!("the query has more than {MAX_FIELDS} fields")));
    }
    Ok(fields)
}

/// Removes a field from the others and returns its value. An empty one counts as absent: forms send
/// it for a blank field.
///
/// # Errors
/// The field is given more than once.
pub fn take(fields: &mut Vec<(String, String)>, name: &str) -> Result<Option<String>, Fault> {
    let mut given = fields.extract_if(.., |(known, _)| known == name).map(|(_, value)| value);
    let value = given.next();
    if given.count() > 0 {
        return Err(Fault::field(name, "is given more than once"));
    }
    Ok(value.filter(|value| !value.is_empty()))
}

/// The fault of an empty recording.
pub fn empty() -> Fault {
    Fault::field(FILE, "is empty, expected a recording")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_query_of_a_plain_body_has_the_name_and_the_fields() {
        let sent = Sent::read("audio/wav", "mix=0.5&file_name=..%2Fa%20b.wav&mix=1").unwrap();
        let fields = [("mix", "0.5"), ("mix", "1")].map(|(a, b)| (a.to_owned(), b.to_owned()));
        let file_name = Some("a b.wav".to_owned());
        assert_eq!(sent, Sent::Plain { file_name, fields: fields.to_vec() });
        let blank = Sent::read("", "file_name=").unwrap();
        assert_eq!(blank, Sent::Plain { file_name: None, fields: Vec::new() });
    }

    #[test]
    fn a_form_has_no_query() {
        let media_type = " Multipart/Form-Data; boundary=x";
        assert_eq!(Sent::read(media_type, "").unwrap(), Sent::Form);
        assert!(matches!(Sent::read(media_type, "mix=1"), Err(Fault::Form(_))));
    }

    #[test]
    fn the_fields_of_a_query_are_limited() {
        assert_eq!(query_fields(&"a=1&".repeat(MAX_FIELDS)).unwrap().len(), MAX_FIELDS);
        let more = query_fields(&"a=1&".repeat(MAX_FIELDS + 1));
        assert_eq!(more, Err(Fault::Query("the query has more than 32 fields".into())));
    }

    #[test]
    fn a_field_can_be_given_only_once() {
        let mut fields = query_fields("a=1&b=2&b=3").unwrap();
        assert_eq!(take(&mut fields, "a").unwrap().as_deref(), Some("1"));
        assert_eq!(take(&mut fields, "a").unwrap(), None);
        assert_eq!(take(&mut fields, "b"), Err(Fault::field("b", "is given more than once")));
    }
}
