//! What the file of a result is called.

use crate::format::Container;

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
/// the container's.
///
/// ```
/// use enhancer_core::{Container, enhanced_name};
/// assert_eq!(enhanced_name("talk.mp3", Container::Wav), "talk.enhanced.wav");
/// assert_eq!(enhanced_name("talk.WAV", Container::Wav), "talk.enhanced.WAV");
/// ```
pub fn enhanced_name(source: &str, container: Container) -> String {
    let (stem, extension) = split_extension(source);
    let kept = extension.filter(|text| Container::from_extension(text) == Some(container));
    format!("{stem}.enhanced.{}", kept.unwrap_or(container.extension()))
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
            ("talk.", Container::Wav, "talk..enhanced.wav"),
            (".hidden", Container::Flac, ".hidden.enhanced.flac"),
            ("bare", Container::Raw, "bare.enhanced.raw"),
            ("Gespräch.öga", Container::Wav, "Gespräch.öga.enhanced.wav"),
        ] {
            assert_eq!(enhanced_name(source, container), expected);
        }
    }
}
