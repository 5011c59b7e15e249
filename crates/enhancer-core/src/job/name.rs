//! Names of result files.

use crate::audio::Container;

/// The maximum length of an extension. What follows the last dot of `talk.2026-11-22` is not one.
const LONGEST_EXTENSION: usize = 5;

/// The maximum number of digits of a result's number. Longer numbers, and other text in brackets,
/// belong to the name.
const MOST_DIGITS: usize = 9;

/// Splits a file name into the name without its extension, and the extension without the dot. An
/// extension is up to five letters and digits after a dot that is not the first character.
///
/// ```
/// use enhancer_core::split_extension;
/// assert_eq!(split_extension("talk.one.WAV"), ("talk.one", Some("WAV")));
/// assert_eq!(split_extension("talk.2026-11-22"), ("talk.2026-11-22", None));
/// assert_eq!(split_extension(".hidden"), (".hidden", None));
/// ```
pub fn split_extension(name: &str) -> (&str, Option<&str>) {
    match name.rsplit_once('.') {
        Some((stem, extension))
            if !stem.is_empty()
                && (1..=LONGEST_EXTENSION).contains(&extension.len())
                && extension.bytes().all(|byte| byte.is_ascii_alphanumeric()) =>
        {
            (stem, Some(extension))
        }
        _ => (name, None),
    }
}

/// The name of the result for a source file with the name `source`, without folders, in this
/// `container`. The extension of the source is kept if it is one of the container's. A result that
/// is enhanced again gets a number.
///
/// ```
/// use enhancer_core::{Container, enhanced_name};
/// assert_eq!(enhanced_name("talk.mp3", Container::Wav), "talk.enhanced.wav");
/// assert_eq!(enhanced_name("talk.WAV", Container::Wav), "talk.enhanced.WAV");
/// assert_eq!(enhanced_name("talk.enhanced.wav", Container::Wav), "talk.enhanced (2).wav");
/// ```
pub fn enhanced_name(source: &str, container: Container) -> String {
    let (stem, extension) = split_extension(source);
    let kept = extension.filter(|text| Container::from_extension(text) == Some(container));
    let (stem, number) = match split_number(stem) {
        Some((stem, run)) => (stem, format!(" ({})", run + 1)),
        None => (stem, String::new()),
    };
    format!("{stem}.enhanced{number}.{}", kept.unwrap_or(container.extension()))
}

/// Whether [`enhanced_name`] could have made this name.
pub fn is_enhanced_name(name: &str) -> bool {
    split_number(split_extension(name).0).is_some()
}

/// Splits the name of a result, without its extension, into the name of the recording and how often
/// it was enhanced.
fn split_number(stem: &str) -> Option<(&str, u32)> {
    let (of, number) = match stem.strip_suffix(".enhanced") {
        Some(of) => (of, 1),
        None => {
            let (of, number) = stem.strip_suffix(')')?.rsplit_once(".enhanced (")?;
            let is_number =
                number.len() <= MOST_DIGITS && number.bytes().all(|byte| byte.is_ascii_digit());
            (of, number.parse().ok().filter(|_| is_number)?)
        }
    };
    (!of.is_empty()).then_some((of, number))
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use serde::Deserialize;

    use super::*;

    /// `tests/contract/README.md` explains it.
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Table {
        media_types: HashMap<Container, String>,
        results: Vec<Case>,
    }

    #[derive(Deserialize)]
    struct Case {
        source: String,
        container: Container,
        name: String,
    }

    #[test]
    fn results_are_named_as_in_the_table() {
        let text = include_str!("../../../../tests/contract/names.json");
        let table: Table = serde_json::from_str(text).unwrap();
        for Case { source, container, name } in &table.results {
            assert_eq!(enhanced_name(source, *container), *name);
            assert!(is_enhanced_name(name));
            assert_eq!(table.media_types[container], container.media_type());
        }
    }
}
