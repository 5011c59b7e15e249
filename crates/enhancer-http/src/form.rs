//! `multipart/form-data` (RFC 7578) that carries a recording: the rules for its parts. A parser
//! delivers the parts, and the caller stores the bytes of the recording.

use crate::fault::Fault;
use crate::fields::is_option;
use crate::name::{MAX_CHARS, is_of_recording, sane};
use crate::sent::MAX_FIELDS;

/// The name of the part with the recording.
pub(crate) const FILE: &str = "file";
/// The maximum size of any other part in bytes.
const MAX_FIELD_BYTES: usize = 4096;

/// The parts of a form so far. `R` is the stored recording.
#[derive(Debug)]
pub struct Form<R> {
    more: &'static [&'static str],
    recording: Option<R>,
    fields: Vec<(String, String)>,
}

/// What to do with a part. Not `#[non_exhaustive]`: who reads a form has to do each of them, and a new
/// one that is passed over would lose what a client sent.
#[derive(Debug)]
pub enum Part {
    /// Receive the recording, then [`Form::add_recording`].
    Recording(FileName),
    /// [`Value::push`] its bytes, then [`Form::add_field`].
    Field(Value),
}

impl<R> Form<R> {
    /// Starts a form. `more` names the fields that are accepted in addition to the options of an
    /// enhancement.
    pub fn new(more: &'static [&'static str]) -> Form<R> {
        Form { more, recording: None, fields: Vec::new() }
    }

    /// Begins a part, with its name and file name.
    ///
    /// # Errors
    /// It has no name, there are too many parts, or it is an unexpected file.
    pub fn begin(&self, name: Option<&str>, file_name: Option<&str>) -> Result<Part, Fault> {
        let name = name.ok_or_else(|| Fault::form("a part has no name"))?;
        if name == FILE {
            return match self.recording {
                None => Ok(Part::Recording(FileName(file_name.map(sane)))),
                Some(_) => {
                    Err(Fault::form("it has more than one part named file; send one recording"))
                }
            };
        }
        if self.fields.len() == MAX_FIELDS {
            return Err(Fault::form(format!("it has more than {MAX_FIELDS} fields")));
        }
        let is_known = is_option(name) || self.more.contains(&name);
        if file_name.is_some() && !is_known {
            return Err(misnamed(name));
        }
        Ok(Part::Field(Value { name: name.to_owned(), bytes: Vec::new(), is_known }))
    }

    /// Adds the received recording.
    pub fn add_recording(&mut self, recording: R) {
        self.recording = Some(recording);
    }

    /// Adds a complete field.
    ///
    /// # Errors
    /// It is not text.
    pub fn add_field(&mut self, value: Value) -> Result<(), Fault> {
        let Value { name, bytes, is_known } = value;
        match String::from_utf8(bytes) {
            Ok(text) => self.fields.push((name, text)),
            Err(_) => return Err(no_text(&name, is_known, "is not UTF-8 text")),
        }
        Ok(())
    }

    /// The recording, and the fields in their order. The fields are not checked yet.
    ///
    /// # Errors
    /// The recording is missing.
    pub fn finish(self) -> Result<(R, Vec<(String, String)>), Fault> {
        match self.recording {
            Some(recording) => Ok((recording, self.fields)),
            None => Err(Fault::field(FILE, "is missing, expected a recording")),
        }
    }
}

/// The file name of a part. The outer `None` means that the part has no file name, the inner `None`
/// that nothing usable is left of it.
#[derive(Debug)]
pub struct FileName(Option<Option<String>>);

impl FileName {
    /// A recording of at most this many bytes must be shown to [`FileName::check`].
    pub const SHORT: usize = MAX_CHARS;

    /// The client's name for the recording: a single path component that can be shown to people.
    ///
    /// # Errors
    /// The part has no file name, and its bytes look like one: curl sends this if the `@` is
    /// missing.
    pub fn check(self, recording: &[u8]) -> Result<Option<String>, Fault> {
        let is_name = || {
            recording.len() <= FileName::SHORT
                && str::from_utf8(recording).is_ok_and(is_of_recording)
        };
        match self.0 {
            None if is_name() => Err(Fault::field(
                FILE,
                "is the name of a file, expected the recording itself; with curl, write @ before \
                 the name",
            )),
            name => Ok(name.flatten()),
        }
    }
}

/// The value of a field, received in pieces.
#[derive(Debug)]
pub struct Value {
    name: String,
    bytes: Vec<u8>,
    is_known: bool,
}

impl Value {
    /// Adds bytes.
    ///
    /// # Errors
    /// They are too many.
    pub fn push(&mut self, bytes: &[u8]) -> Result<(), Fault> {
        if self.bytes.len() + bytes.len() > MAX_FIELD_BYTES {
            let reason = format!("is longer than {MAX_FIELD_BYTES} bytes");
            return Err(no_text(&self.name, self.is_known, &reason));
        }
        self.bytes.extend_from_slice(bytes);
        Ok(())
    }
}

fn no_text(name: &str, is_known: bool, reason: &str) -> Fault {
    if is_known { Fault::field(name, reason) } else { misnamed(name) }
}

/// The fault for a file under an unknown name: most likely it is the recording.
fn misnamed(name: &str) -> Fault {
    Fault::field(name, format!("is not a known field; the recording goes into `{FILE}`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(form: &mut Form<()>, name: &str, value: &[u8]) -> Result<(), Fault> {
        match form.begin(Some(name), None)? {
            Part::Field(mut field) => {
                // In two pieces, as a parser may deliver it.
                let (first, second) = value.split_at(value.len() / 2);
                field.push(first)?;
                field.push(second)?;
                form.add_field(field)
            }
            Part::Recording(_) => panic!("{name} is not the recording"),
        }
    }

    fn file(form: &Form<()>, name: Option<&str>) -> FileName {
        match form.begin(Some("file"), name).unwrap() {
            Part::Recording(name) => name,
            Part::Field(_) => panic!("it is the recording"),
        }
    }

    fn detail(fault: Fault) -> String {
        match fault {
            Fault::Form(detail) | Fault::Query(detail) => detail,
            Fault::Field(error) => format!("{}: {}", error.field, error.detail),
        }
    }

    #[test]
    fn a_form_gives_its_recording_and_its_fields() {
        let mut form = Form::new(&["webhook_url"]);
        field(&mut form, "mix", b"0.5").unwrap();
        field(&mut form, "unknown", "é".as_bytes()).unwrap();
        let name = file(&form, Some("talks/one.wav")).check(b"RIFF").unwrap();
        assert_eq!(name.as_deref(), Some("one.wav"));
        form.add_recording(());
        let fields = [("mix", "0.5"), ("unknown", "é")].map(|(a, b)| (a.to_owned(), b.to_owned()));
        assert_eq!(form.finish().unwrap(), ((), fields.to_vec()));
    }

    #[test]
    fn a_form_without_its_recording_or_with_two_is_refused() {
        let mut form = Form::new(&[]);
        assert!(detail(form.begin(None, None).unwrap_err()).contains("a part has no name"));
        form.add_recording(());
        let second = form.begin(Some("file"), None).unwrap_err();
        assert!(detail(second).contains("more than one part named file"));
        let none = Form::<()>::new(&[]).finish().unwrap_err();
        assert_eq!(detail(none), "file: is missing, expected a recording");
    }

    #[test]
    fn a_recording_in_place_of_a_field_is_reported_as_one() {
        let mut form = Form::new(&["webhook_url"]);
        let misnamed = "audio: is not a known field; the recording goes into `file`";
        assert_eq!(detail(form.begin(Some("audio"), Some("a.wav")).unwrap_err()), misnamed);
        let long = vec![b'a'; MAX_FIELD_BYTES + 1];
        assert_eq!(detail(field(&mut form, "audio", &long).unwrap_err()), misnamed);
        assert_eq!(detail(field(&mut form, "audio", b"\xff").unwrap_err()), misnamed);
        let known = field(&mut form, "webhook_url", &long).unwrap_err();
        assert_eq!(detail(known), "webhook_url: is longer than 4096 bytes");
        let known = field(&mut form, "mix", b"\xff").unwrap_err();
        assert_eq!(detail(known), "mix: is not UTF-8 text");
        field(&mut form, "mix", &long[1..]).unwrap();
    }

    #[test]
    fn the_number_of_fields_is_limited() {
        let mut form = Form::new(&[]);
        for _ in 0..MAX_FIELDS {
            field(&mut form, "mix", b"1").unwrap();
        }
        let more = field(&mut form, "mix", b"1").unwrap_err();
        assert!(detail(more).ends_with("it has more than 32 fields"));
    }

    #[test]
    fn a_file_name_in_place_of_the_recording_is_refused() {
        let form = Form::new(&[]);
        let name = |name, bytes: &[u8]| file(&form, name).check(bytes);
        assert!(detail(name(None, b"talk.m4a").unwrap_err()).contains("with curl, write @"));
        assert_eq!(name(Some(""), b"talk.m4a").unwrap(), None);
        assert_eq!(name(None, b"RIFF\0\0\0\0").unwrap(), None);
        let long = format!("{}.wav", "a".repeat(FileName::SHORT));
        assert_eq!(name(None, long.as_bytes()).unwrap(), None);
    }
}
