//! The file name with which a result is saved (RFC 6266).

/// The punctuation that `filename*` may contain unescaped (RFC 8187).
const PLAIN: &[u8] = b"!#$&+-.^_`|~";

/// The value of `Content-Disposition` that makes a browser save the response under that name.
/// Clients that know `filename*` get the exact name, others an ASCII version. No name can end the
/// header early.
pub fn attachment(name: &str) -> String {
    let name: String = name.chars().map(|c| if is_misleading(c) { '_' } else { c }).collect();
    let is_safe = |c: &char| c.is_ascii_graphic() && !matches!(c, '"' | '\\' | '%');
    let safe = |c: char| if is_safe(&c) || c == ' ' { c } else { '_' };
    let ascii: String = name.chars().map(safe).collect();
    let encoded: String = name.bytes().map(encoded).collect();
    format!("attachment; filename=\"{ascii}\"; filename*=UTF-8''{encoded}")
}

/// Whether a character is invisible but changes how others are shown: with U+202E, "cod.exe" can
/// look like "exe.doc".
fn is_misleading(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}')
        || ('\u{202a}'..='\u{202e}').contains(&c)
        || ('\u{2066}'..='\u{2069}').contains(&c)
}

fn encoded(byte: u8) -> String {
    if byte.is_ascii_alphanumeric() || PLAIN.contains(&byte) {
        char::from(byte).to_string()
    } else {
        format!("%{byte:02X}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_name_stays_within_its_header() {
        let value = attachment;
        let plain = "attachment; filename=\"a b.wav\"; filename*=UTF-8''a%20b.wav";
        assert_eq!(value("a b.wav"), plain);
        let quoted = "attachment; filename=\"a_ x=_.wav\"; filename*=UTF-8''a%22%20x%3D%22.wav";
        assert_eq!(value("a\" x=\".wav"), quoted);
        let german = "attachment; filename=\"_.wav\"; filename*=UTF-8''%C3%A4.wav";
        assert_eq!(value("ä.wav"), german);
        let turned = "attachment; filename=\"a_vaw.exe\"; filename*=UTF-8''a_vaw.exe";
        assert_eq!(value("a\u{202e}vaw.exe"), turned);
        assert!(!value("a\r\nSet-Cookie: b").contains('\r'));
    }
}
