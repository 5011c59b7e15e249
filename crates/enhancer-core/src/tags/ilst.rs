//! Tags in an M4A file, as iTunes writes them: one item per tag, with one or more values.

use super::{Chapter, Picture, Tags};
use crate::audio::atoms::{atom, full, group, handler};

/// Text items and the equivalent names of Vorbis comments. Other names are written as free-form
/// items, which carry a name.
const NAMES: [(&[u8; 4], &str); 22] = [
    (b"\xa9nam", "TITLE"),
    (b"\xa9ART", "ARTIST"),
    (b"\xa9alb", "ALBUM"),
    (b"aART", "ALBUMARTIST"),
    (b"\xa9day", "DATE"),
    (b"\xa9gen", "GENRE"),
    (b"\xa9wrt", "COMPOSER"),
    (b"\xa9cmt", "COMMENT"),
    (b"\xa9lyr", "LYRICS"),
    (b"\xa9grp", "GROUPING"),
    (b"\xa9too", "ENCODER"),
    (b"\xa9wrk", "WORK"),
    (b"\xa9mvn", "MOVEMENTNAME"),
    (b"cprt", "COPYRIGHT"),
    (b"desc", "DESCRIPTION"),
    (b"ldes", "SYNOPSIS"),
    (b"tvsh", "TVSHOW"),
    (b"sonm", "TITLESORT"),
    (b"soar", "ARTISTSORT"),
    (b"soal", "ALBUMSORT"),
    (b"soaa", "ALBUMARTISTSORT"),
    (b"soco", "COMPOSERSORT"),
];

/// Items with a number and a total, with the names of both.
const COUNTED: [(&[u8; 4], &str, &str); 2] =
    [(b"trkn", "TRACKNUMBER", "TRACKTOTAL"), (b"disk", "DISCNUMBER", "DISCTOTAL")];

/// Types of values, from the table of well-known types in Apple's description of QuickTime files.
const IMPLICIT: u32 = 0;
const UTF_8: u32 = 1;
const JPEG: u32 = 13;
const PNG: u32 = 14;
const INTEGER: u32 = 21;
const BMP: u32 = 27;

/// The maximum number of chapters in the chapter list, the maximum size of a title in bytes, and
/// the list's time units per millisecond.
const MOST_LISTED: usize = 255;
const LIST_UNITS: u64 = 10_000;

/// The maximum size of all items in bytes. Lengths have 32 bits and include the headers.
const MOST_BYTES: usize = 1 << 30;

/// The user data atom, empty if there are no tags.
pub(crate) fn user_data(tags: &Tags) -> Vec<u8> {
    let (items, mut parts) = (items(tags), chapter_list(&tags.chapters));
    if !items.is_empty() && items.len() <= MOST_BYTES {
        let handler = handler(b"mdir", *b"appl", b"");
        parts.extend(full(b"meta", 0, 0, &[handler, atom(b"ilst", &items)].concat()));
    }
    if parts.is_empty() { parts } else { atom(b"udta", &parts) }
}

/// The chapter list of Nero's players, with as many chapters as it can have.
fn chapter_list(chapters: &[Chapter]) -> Vec<u8> {
    let chapters = &chapters[..chapters.len().min(MOST_LISTED)];
    if chapters.is_empty() {
        return Vec::new();
    }
    let mut content = vec![0, 0, 0, 0, chapters.len() as u8];
    for chapter in chapters {
        let title = &chapter.title[..chapter.title.floor_char_boundary(MOST_LISTED)];
        content.extend(chapter.start.saturating_mul(LIST_UNITS).to_be_bytes());
        content.push(title.len() as u8);
        content.extend(title.as_bytes());
    }
    full(b"chpl", 1, 0, &content)
}

fn items(tags: &Tags) -> Vec<u8> {
    let mut items = Vec::new();
    for (kind, number, total) in COUNTED {
        items.extend(counted(kind, tags.get(number), tags.get(total)).unwrap_or_default());
    }
    let mut names: Vec<&str> = Vec::new();
    for (name, _) in &tags.entries {
        if !names.contains(&&**name) && !is_counted(tags, name) {
            names.push(name);
            items.extend(text_item(tags, name));
        }
    }
    let pictures: Vec<u8> = tags.pictures.iter().flat_map(picture_value).collect();
    if !pictures.is_empty() {
        items.extend(atom(b"covr", &pictures));
    }
    items
}

/// Whether the tags of that name are numbers that belong into an item of their own.
fn is_counted(tags: &Tags, name: &str) -> bool {
    COUNTED.into_iter().any(|(kind, number, total)| {
        [number, total].contains(&name)
            && counted(kind, tags.get(number), tags.get(total)).is_some()
    })
}

/// The item for texts such as `3`, or `3/12`, or `3` and `12`. `None` if one is not a number.
fn counted(kind: &[u8; 4], number: Option<&str>, total: Option<&str>) -> Option<Vec<u8>> {
    let (number, own_total) = match number?.split_once('/') {
        Some((number, total)) => (number, Some(total)),
        None => (number?, None),
    };
    let parsed = |text: &str| text.trim().parse::<u16>().ok();
    let number = parsed(number)?.to_be_bytes();
    let total = total.or(own_total).map_or(Some(0), parsed)?.to_be_bytes();
    let content = [&[0, 0][..], &number, &total, &[0, 0]].concat();
    Some(atom(kind, &value(IMPLICIT, &content)))
}

/// The item for all texts of that name.
fn text_item(tags: &Tags, name: &str) -> Vec<u8> {
    let texts = tags.entries.iter().filter(|(known, _)| known == name).map(|(_, text)| &**text);
    if let ("COMPILATION", Some(flag)) = (name, tags.get(name).and_then(|text| text.parse().ok())) {
        return atom(b"cpil", &value(INTEGER, &[flag]));
    }
    if let ("BPM", Some(tempo)) = (name, tags.get(name).and_then(|text| text.parse::<u16>().ok())) {
        return atom(b"tmpo", &value(INTEGER, &tempo.to_be_bytes()));
    }
    let values: Vec<u8> = texts.flat_map(|text| value(UTF_8, text.as_bytes())).collect();
    match NAMES.iter().find(|(_, known)| *known == name) {
        Some((kind, _)) => atom(kind, &values),
        None => {
            let mean = full(b"mean", 0, 0, b"com.apple.iTunes");
            group(b"----", [mean, full(b"name", 0, 0, name.as_bytes()), values])
        }
    }
}

/// The value for a picture, if items can hold pictures of its type.
fn picture_value(picture: &Picture) -> Vec<u8> {
    let kind = match &*picture.media_type {
        "image/jpeg" | "image/jpg" => JPEG,
        "image/png" => PNG,
        "image/bmp" => BMP,
        _ => IMPLICIT,
    };
    value(kind, &picture.data)
}

/// A value without a language.
fn value(kind: u32, content: &[u8]) -> Vec<u8> {
    full(b"data", 0, kind, &[&[0; 4][..], content].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tags(entries: &[(&str, &str)]) -> Tags {
        entries.iter().copied().collect()
    }

    #[test]
    fn texts_of_one_name_are_values_of_one_item() {
        let found = items(&tags(&[("ARTIST", "A"), ("TITLE", "T"), ("ARTIST", "B")]));
        let values = [value(UTF_8, b"A"), value(UTF_8, b"B")].concat();
        assert_eq!(
            found,
            [atom(b"\xa9ART", &values), text_item(&tags(&[("TITLE", "T")]), "TITLE")].concat()
        );
    }

    #[test]
    fn a_number_and_its_total_are_one_item_and_other_texts_have_their_name() {
        let expected = atom(b"trkn", &value(IMPLICIT, &[0, 0, 0, 3, 0, 12, 0, 0]));
        assert_eq!(items(&tags(&[("TRACKNUMBER", "3/12")])), expected);
        assert_eq!(items(&tags(&[("TRACKNUMBER", "3"), ("TRACKTOTAL", "12")])), expected);
        let side = items(&tags(&[("TRACKNUMBER", "B3")]));
        assert!(side.windows(11).any(|part| part == b"TRACKNUMBER"));
        assert!(side.ends_with(b"B3"));
    }

    #[test]
    fn nothing_to_say_takes_no_bytes() {
        assert!(user_data(&Tags::default()).is_empty());
    }
}
