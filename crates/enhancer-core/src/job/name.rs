//! What the file of a result is called.

use crate::audio::Container;

/// The longest extension; what follows the last dot of `talk.2026-11-22` is none.
const LONGEST_EXTENSION: usize = 5;

/// A file's name without its extension, and its extension without the dot: up to five
/// letters and digits behind a dot that is not the name's first character.
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

/// The name of the result that is made of a file called `source`, a name without
/// folders, and written in `container`. The source's extension stays as it is if it is
/// the container's. A result that is enhanced again gets a number.
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
        Some((stem, run)) => (stem, format!(" ({})", run.saturating_add(1))),
        None => (stem, String::new()),
    };
    format!("{stem}.enhanced{number}.{}", kept.unwrap_or(container.extension()))
}

/// Whether a file has the name of a result, as [`enhanced_name`] gives it.
pub fn is_enhanced_name(name: &str) -> bool {
    split_number(split_extension(name).0).is_some()
}

/// What the result of a recording is called before its extension: the name of that recording, and
/// how often it was enhanced.
fn split_number(stem: &str) -> Option<(&str, u32)> {
    let (of, number) = match stem.strip_suffix(".enhanced") {
        Some(of) => (of, 1),
        None => {
            let (of, number) = stem.strip_suffix(')')?.rsplit_once(".enhanced (")?;
            (of, number.parse().ok()?)
        }
    };
    (!of.is_empty()).then_some((of, number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_named_after_their_sources() {
        for (source, container, expected) in [
            ("talk.one.mp3", Container::Wav, "talk.one.enhanced.wav"),
            ("talk.aiff", Container::Flac, "talk.enhanced.flac"),
            ("talk.Flac", Container::Flac, "talk.enhanced.Flac"),
            ("talk.2026-11-22", Container::Wav, "talk.2026-11-22.enhanced.wav"),
            ("talk.longest", Container::Wav, "talk.longest.enhanced.wav"),
            ("talk.enhanced.flac", Container::Wav, "talk.enhanced (2).wav"),
            ("talk.enhanced (2).wav", Container::Wav, "talk.enhanced (3).wav"),
            ("talk.enhanced (x).wav", Container::Wav, "talk.enhanced (x).enhanced.wav"),
            (".enhanced.wav", Container::Wav, ".enhanced.enhanced.wav"),
            ("unenhanced (2).wav", Container::Wav, "unenhanced (2).enhanced.wav"),
            ("talk (2).wav", Container::Wav, "talk (2).enhanced.wav"),
            ("talk.", Container::Wav, "talk..enhanced.wav"),
            (".hidden", Container::Flac, ".hidden.enhanced.flac"),
            ("bare", Container::Raw, "bare.enhanced.raw"),
            ("Gespräch.öga", Container::Wav, "Gespräch.öga.enhanced.wav"),
        ] {
            assert_eq!(enhanced_name(source, container), expected);
            assert!(is_enhanced_name(expected));
        }
    }
}
