//! Names of files, which clients choose and others are told.

use enhancer_core::Container;

/// As much of a name as all file systems take.
const MAX_CHARS: usize = 100;

/// The name by which to save the result of a recording of that name.
pub(crate) fn result_name(source: Option<&str>, container: Container) -> String {
    let extension = match container {
        Container::Raw => "raw",
        Container::Flac => "flac",
        // Nothing else is written.
        _ => "wav",
    };
    let last = source.and_then(|source| source.rsplit(['/', '\\']).next()).unwrap_or_default();
    let stem = last.rsplit_once('.').map_or(last, |(stem, _)| stem);
    let stem: String =
        stem.chars().filter(|letter| !letter.is_control()).take(MAX_CHARS).collect();
    match stem.trim() {
        "" => format!("enhanced.{extension}"),
        stem => format!("{stem}-enhanced.{extension}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_named_after_their_sources() {
        let name = |source| result_name(source, Container::Wav);
        assert_eq!(name(Some("a.b.mp3")), "a.b-enhanced.wav");
        assert_eq!(name(Some("no extension")), "no extension-enhanced.wav");
        assert_eq!(name(Some("ü.wav")), "ü-enhanced.wav");
        assert_eq!(name(None), "enhanced.wav");
        assert_eq!(name(Some(".wav")), "enhanced.wav");
        assert_eq!(result_name(Some("a.flac"), Container::Flac), "a-enhanced.flac");
        assert_eq!(result_name(Some("a.raw"), Container::Raw), "a-enhanced.raw");
    }

    #[test]
    fn no_name_leads_elsewhere_or_breaks_a_line() {
        let name = |source| result_name(Some(source), Container::Wav);
        assert_eq!(name("../../etc/passwd"), "passwd-enhanced.wav");
        assert_eq!(name("C:\\x\\y.wav"), "y-enhanced.wav");
        assert_eq!(name("a\r\nSet-Cookie: b.wav"), "aSet-Cookie: b-enhanced.wav");
        assert_eq!(name(&"x".repeat(1000)).len(), MAX_CHARS + "-enhanced.wav".len());
    }
}
