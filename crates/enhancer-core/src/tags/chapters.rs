//! Chapters of a recording, and how Vorbis comments write them.

use std::collections::BTreeMap;

/// The maximum number of chapters that are kept: their numbers in Vorbis comments have three
/// digits.
pub(crate) const MOST_CHAPTERS: usize = 999;

/// The maximum size of a title in bytes.
const MOST_TITLE: usize = 4096;

/// A chapter of a recording.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Chapter {
    /// When it begins, in milliseconds.
    pub start: u64,
    /// When it ends, in milliseconds. It is 0 if the source does not say that and its length is
    /// not known in advance.
    pub end: u64,
    /// Its title, which may be empty.
    pub title: String,
}

impl Chapter {
    /// Creates a chapter from `start` to `end`, in milliseconds. Without an end, it ends where the
    /// next one begins. The title is trimmed, and cut if it is very long.
    pub fn new(start: u64, end: Option<u64>, title: &str) -> Chapter {
        let mut title = title.trim();
        if title.len() > MOST_TITLE {
            title = &title[..title.floor_char_boundary(MOST_TITLE)];
        }
        Chapter { start, end: end.unwrap_or(0), title: title.replace('\0', " ") }
    }
}

/// Sorts chapters. A chapter without an end ends where the next one begins; the last one ends with
/// the recording, which is `len` milliseconds long.
pub(crate) fn put_in_order(chapters: &mut Vec<Chapter>, len: Option<u64>) {
    chapters.sort_by_key(|chapter| chapter.start);
    chapters.truncate(MOST_CHAPTERS);
    let mut next = len.unwrap_or(0);
    for chapter in chapters.iter_mut().rev() {
        if chapter.end <= chapter.start {
            chapter.end = next.max(chapter.start);
        }
        next = chapter.start;
    }
}

/// The chapters in a block of Vorbis comments (Vorbis I specification, section 5).
pub(crate) fn of_comments(block: &[u8]) -> Vec<Chapter> {
    let mut found: BTreeMap<u32, (Option<u64>, String)> = BTreeMap::new();
    let mut rest = block;
    // The vendor string, and the number of comments.
    if part(&mut rest).is_none() || rest.split_off(..4).is_none() {
        return Vec::new();
    }
    while let Some(comment) = part(&mut rest).filter(|_| found.len() < MOST_CHAPTERS) {
        let Ok(comment) = str::from_utf8(comment) else { continue };
        let Some((name, text)) = comment.split_once('=') else { continue };
        let name = name.to_ascii_uppercase();
        let Some((number, what)) =
            name.strip_prefix("CHAPTER").and_then(|rest| rest.split_at_checked(3))
        else {
            continue;
        };
        let Ok(number) = number.parse() else { continue };
        match what {
            "" => found.entry(number).or_default().0 = millis(text),
            "NAME" => found.entry(number).or_default().1 = text.into(),
            _ => {}
        }
    }
    let chapters = found.into_values();
    chapters.filter_map(|(start, title)| Some(Chapter::new(start?, None, &title))).collect()
}

/// Takes the next part, which its length precedes.
fn part<'b>(rest: &mut &'b [u8]) -> Option<&'b [u8]> {
    let len = u32::from_le_bytes(*rest.split_off(..4)?.first_chunk()?);
    rest.split_off(..len as usize)
}

/// Parses a time such as `01:02:03.004` into milliseconds.
fn millis(time: &str) -> Option<u64> {
    let mut parts = time.trim().split(':').rev();
    let seconds: f64 = parts.next()?.parse().ok()?;
    let minutes: u32 = parts.next()?.parse().ok()?;
    let hours: u32 = parts.next()?.parse().ok()?;
    let seconds = (1000.0 * seconds).round() as u64;
    Some(seconds.saturating_add(60_000 * (u64::from(minutes) + 60 * u64::from(hours))))
}

/// The comments for chapters: a time and a title for each.
pub(crate) fn comments(chapters: &[Chapter]) -> impl Iterator<Item = String> + '_ {
    chapters.iter().enumerate().flat_map(|(n, chapter)| {
        let (seconds, millis) = (chapter.start / 1000, chapter.start % 1000);
        let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
        let number = n + 1;
        let time = format!("CHAPTER{number:03}={hours:02}:{minutes:02}:{seconds:02}.{millis:03}");
        let title = format!("CHAPTER{number:03}NAME={}", chapter.title);
        [Some(time), (!chapter.title.is_empty()).then_some(title)].into_iter().flatten()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chapter_ends_where_the_next_one_begins_or_with_the_recording() {
        let chapters = || {
            vec![
                Chapter::new(5000, None, "C"),
                Chapter::new(0, None, "A"),
                Chapter::new(1000, Some(2000), " B "),
            ]
        };
        let ends = |len| {
            let mut chapters = chapters();
            put_in_order(&mut chapters, len);
            let titles: Vec<_> = chapters.iter().map(|chapter| &*chapter.title).collect();
            assert_eq!(titles, ["A", "B", "C"]);
            chapters.iter().map(|chapter| chapter.end).collect::<Vec<_>>()
        };
        assert_eq!(ends(Some(9000)), [1000, 2000, 9000]);
        assert_eq!(ends(None), [1000, 2000, 5000]);
        assert_eq!(ends(Some(3000)), [1000, 2000, 5000]);
    }

    #[test]
    fn comments_have_the_time_in_hours() {
        let chapters = [Chapter::new(1, None, "A=B"), Chapter::new(100 * 3_600_000, None, "")];
        let written: Vec<_> = comments(&chapters).collect();
        let expected =
            ["CHAPTER001=00:00:00.001", "CHAPTER001NAME=A=B", "CHAPTER002=100:00:00.000"];
        assert_eq!(written, expected);
    }

    #[test]
    fn comments_are_read_back_and_what_is_broken_is_left_out() {
        let block = |comments: &[&str]| {
            let of =
                |text: &str| [&(text.len() as u32).to_le_bytes()[..], text.as_bytes()].concat();
            let comments: Vec<u8> = comments.iter().flat_map(|text| of(text)).collect();
            [of("maker"), vec![9; 4], comments].concat()
        };
        let chapters = vec![Chapter::new(1, None, "A=B"), Chapter::new(100 * 3_600_000, None, "")];
        let written: Vec<_> = comments(&chapters).collect();
        let written: Vec<_> = written.iter().map(String::as_str).collect();
        let whole = block(&written);
        assert_eq!(of_comments(&whole), chapters);
        for len in 0..whole.len() {
            assert!(of_comments(&whole[..len]).len() <= 2);
        }
        let broken =
            ["CHAPTER001=1:2", "CHAPTER002NAME=no time", "CHAPTERx=0:0:1", "CHAPTER3=0:0:1"];
        assert!(of_comments(&block(&broken)).is_empty());
        assert_eq!(of_comments(&block(&["chapter000=0:1:02.5"])), [Chapter::new(62_500, None, "")]);
    }

    #[test]
    fn titles_are_of_moderate_length() {
        assert_eq!(Chapter::new(0, None, &"ü".repeat(5000)).title.len(), MOST_TITLE);
        assert_eq!(Chapter::new(0, None, "a\0b").title, "a b");
    }
}
