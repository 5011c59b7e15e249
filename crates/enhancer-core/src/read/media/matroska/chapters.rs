//! Chapters of Matroska (RFC 9559, section 5.1.7).

use crate::read::ebml::ids::{
    CHAPTER_ATOM, CHAPTER_DISPLAY, CHAPTER_ENABLED, CHAPTER_END, CHAPTER_HIDDEN, CHAPTER_START,
    CHAPTER_STRING, EDITION, EDITION_DEFAULT, EDITION_HIDDEN, EDITION_ORDERED,
};
use crate::read::ebml::{Elements, number};
use crate::tags::Chapter;
use crate::tags::chapters::MOST_CHAPTERS;

/// The maximum depth of nested chapters that are read.
const MOST_DEPTH: usize = 8;

const NANOS_IN_MILLI: u64 = 1_000_000;

/// Reads the chapters in this part of a segment: those of the default edition, or else of the first
/// edition with visible ones. Nested chapters follow their parent. Ordered editions are ignored:
/// their times refer to a different order of the sound.
pub(super) fn read(body: &[u8]) -> Vec<Chapter> {
    let editions = Elements(body).filter(|(id, _)| *id == EDITION).map(|(_, edition)| edition);
    let is_shown =
        |edition: &&[u8]| !is_set(edition, EDITION_HIDDEN) && !is_set(edition, EDITION_ORDERED);
    let mut shown: Vec<_> = editions.filter(is_shown).collect();
    // Equal editions keep their order.
    shown.sort_by_key(|edition| !is_set(edition, EDITION_DEFAULT));
    let of_each = shown.into_iter().map(|edition| {
        let mut chapters = Vec::new();
        add(edition, 0, &mut chapters);
        chapters
    });
    of_each.into_iter().find(|chapters| !chapters.is_empty()).unwrap_or_default()
}

fn add(body: &[u8], depth: usize, chapters: &mut Vec<Chapter>) {
    for (_, atom) in Elements(body).filter(|(id, _)| *id == CHAPTER_ATOM) {
        if chapters.len() >= MOST_CHAPTERS {
            return;
        }
        let is_enabled = find(atom, CHAPTER_ENABLED).is_none_or(|body| number(body) != 0);
        if is_enabled && !is_set(atom, CHAPTER_HIDDEN) {
            chapters.extend(chapter(atom));
        }
        if depth < MOST_DEPTH {
            add(atom, depth + 1, chapters);
        }
    }
}

/// A chapter with its first title. Further titles are in other languages.
fn chapter(atom: &[u8]) -> Option<Chapter> {
    let time = |body| number(body) / NANOS_IN_MILLI;
    let start = time(find(atom, CHAPTER_START)?);
    let title = find(atom, CHAPTER_DISPLAY).and_then(|display| find(display, CHAPTER_STRING));
    let title = String::from_utf8_lossy(title.unwrap_or_default());
    // Zeros may follow a text.
    let title = title.trim_end_matches('\0');
    Some(Chapter::new(start, find(atom, CHAPTER_END).map(time), title))
}

fn find(body: &[u8], wanted: u32) -> Option<&[u8]> {
    Elements(body).find(|(id, _)| *id == wanted).map(|(_, body)| body)
}

fn is_set(body: &[u8], flag: u32) -> bool {
    find(body, flag).is_some_and(|body| number(body) != 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::read::ebml::{element, number_element};

    fn atom(start: u64, end: Option<u64>, title: &str, more: &[Vec<u8>]) -> Vec<u8> {
        let display = element(CHAPTER_DISPLAY, &element(CHAPTER_STRING, title.as_bytes()));
        let end = end.map_or(Vec::new(), |end| number_element(CHAPTER_END, end * NANOS_IN_MILLI));
        let start = number_element(CHAPTER_START, start * NANOS_IN_MILLI);
        element(CHAPTER_ATOM, &[start, end, display, more.concat()].concat())
    }

    fn chapters(body: &[u8]) -> Vec<(u64, u64, String)> {
        read(body).into_iter().map(|one| (one.start, one.end, one.title)).collect()
    }

    #[test]
    fn the_default_edition_counts_and_hidden_chapters_are_left_out() {
        let hidden = number_element(CHAPTER_HIDDEN, 1);
        let off = number_element(CHAPTER_ENABLED, 0);
        let inner = atom(1500, None, "C", &[]);
        let wanted = [
            number_element(EDITION_DEFAULT, 1),
            atom(0, Some(1000), "A\0", &[]),
            atom(1000, None, "B", &[inner]),
            atom(2000, None, "not shown", &[hidden]),
            atom(3000, None, "off", &[off]),
        ];
        let first = element(EDITION, &atom(7, None, "first", &[]));
        let not_shown = [number_element(EDITION_HIDDEN, 1), atom(8, None, "hidden", &[])].concat();
        let ordered = [
            number_element(EDITION_ORDERED, 1),
            number_element(EDITION_DEFAULT, 1),
            atom(9, None, "ordered", &[]),
        ];
        let [not_shown, ordered] =
            [not_shown, ordered.concat()].map(|body| element(EDITION, &body));
        let body = [not_shown, ordered, first.clone(), element(EDITION, &wanted.concat())];
        let expected = [(0, 1000, "A"), (1000, 0, "B"), (1500, 0, "C")]
            .map(|(start, end, title)| (start, end, title.into()));
        assert_eq!(chapters(&body.concat()), expected);
        assert_eq!(chapters(&first), [(7, 0, "first".into())]);
        for len in 0..first.len() {
            assert_eq!(chapters(&first[..len]), []);
        }
    }

    #[test]
    fn depth_and_number_are_bounded() {
        let mut nested = atom(1, None, "", &[]);
        for _ in 0..100 {
            nested = atom(1, None, "", &[nested]);
        }
        assert_eq!(chapters(&element(EDITION, &nested)).len(), MOST_DEPTH + 1);
        let many = atom(1, None, "", &[]).repeat(2 * MOST_CHAPTERS);
        assert_eq!(chapters(&element(EDITION, &many)).len(), MOST_CHAPTERS);
    }
}
