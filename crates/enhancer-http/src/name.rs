//! File names from clients, which could contain anything.

use std::path::Path;

use enhancer_core::Container;

/// The maximum length of a name in characters. The rest is cut off.
pub(crate) const MAX_CHARS: usize = 200;

/// A clean version of a client's file name: its last component, for paths of any system, without
/// control characters. `None` if nothing is left.
pub(crate) fn sane(name: &str) -> Option<String> {
    // Browsers escape characters that would end the name early (HTML, 4.10.21.8).
    let name = name.replace("%22", "\"").replace("%0D", "").replace("%0A", "");
    let name = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let name: String = name.chars().filter(|c| !c.is_control()).take(MAX_CHARS).collect();
    let name = name.trim();
    (!name.is_empty() && name != "." && name != "..").then(|| name.to_owned())
}

/// Whether a text looks like the name of a recording.
pub(crate) fn is_of_recording(text: &str) -> bool {
    let extension = Path::new(text).extension().and_then(|extension| extension.to_str());
    let is_known = extension.is_some_and(|name| Container::from_extension(name).is_some());
    is_known && !text.contains(char::is_control)
}

/// The name of a result: `talk.mp3` becomes `talk.enhanced.wav` if it is written as WAV.
pub fn enhanced_name(name: Option<&str>, container: Container) -> String {
    enhancer_core::enhanced_name(name.unwrap_or("recording"), container)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_and_control_characters_are_removed_from_a_name() {
        assert_eq!(sane("/etc/passwd").as_deref(), Some("passwd"));
        assert_eq!(sane(r"C:\talks\one.wav").as_deref(), Some("one.wav"));
        assert_eq!(sane("a\r\nSet-Cookie: b").as_deref(), Some("aSet-Cookie: b"));
        assert_eq!(sane("a%0D%0A%22b%22%2F.wav").as_deref(), Some("a\"b\"%2F.wav"));
        assert_eq!(sane("..").as_deref(), None);
        assert_eq!(sane("a/\0").as_deref(), None);
        assert_eq!(sane(&"ä".repeat(300)).map(|name| name.chars().count()), Some(MAX_CHARS));
    }

    #[test]
    fn texts_with_the_extension_of_a_recording_are_recognised() {
        assert!(is_of_recording("talk.m4a") && is_of_recording("/home/Ann B/talk.WAV"));
        assert!(!is_of_recording("talk") && !is_of_recording("RIFF\0\0.wav"));
        assert!(!is_of_recording("a.txt") && !is_of_recording(""));
    }

    #[test]
    fn results_are_named_after_their_sources() {
        assert_eq!(enhanced_name(Some("talk.one.mp3"), Container::Wav), "talk.one.enhanced.wav");
        assert_eq!(enhanced_name(Some(".hidden"), Container::Flac), ".hidden.enhanced.flac");
        assert_eq!(enhanced_name(None, Container::Raw), "recording.enhanced.raw");
    }
}
