//! Chapters in ID3 tags (id3.org, "ID3v2 Chapter Frame Addendum").

use id3::frame::{Chapter as Chap, TableOfContents};
use id3::{Frame, TagLike};

use super::{Chapter, plain_size, syncsafe};
use crate::tags::chapters::MOST_CHAPTERS;

/// The value for "no position in the file".
const NO_PLACE: u32 = u32::MAX;

/// The maximum number of chapters in a table of contents.
const MOST_LISTED: usize = 255;

/// The maximum number of frames of a chapter that are read.
const MOST_FRAMES: usize = 64;

/// The frames for chapters, and a table of contents if they fit into one.
pub(super) fn frames(chapters: &[Chapter]) -> impl Iterator<Item = Frame> + '_ {
    let ids = (1..=chapters.len()).map(|n| format!("chp{n}"));
    let toc = TableOfContents {
        element_id: "toc".into(),
        top_level: true,
        ordered: true,
        elements: ids.clone().collect(),
        frames: Vec::new(),
    };
    let is_listed = (1..=MOST_LISTED).contains(&chapters.len());
    let toc = is_listed.then(|| Frame::from(toc));
    toc.into_iter().chain(chapters.iter().zip(ids).map(|(chapter, id)| frame(chapter, id)))
}

fn frame(chapter: &Chapter, element_id: String) -> Frame {
    let millis = |time: u64| u32::try_from(time).unwrap_or(u32::MAX);
    let mut frame = Chap {
        element_id,
        start_time: millis(chapter.start),
        end_time: millis(chapter.end),
        start_offset: NO_PLACE,
        end_offset: NO_PLACE,
        frames: Vec::new(),
    };
    if !chapter.title.is_empty() {
        frame.add_frame(Frame::text("TIT2", &*chapter.title));
    }
    frame.into()
}

/// The chapters of a tag.
pub(super) struct Found {
    version: u8,
    chapters: Vec<(Vec<u8>, Chapter)>,
    /// The ids that the tables of contents list. Other chapters are hidden.
    listed: Vec<Vec<u8>>,
}

impl Found {
    /// No chapters yet, in a tag of that version.
    pub(super) fn new(version: u8) -> Found {
        Found { version, chapters: Vec::new(), listed: Vec::new() }
    }

    /// Reads a frame of the tag.
    pub(super) fn look(&mut self, id: &[u8; 4], content: &[u8]) {
        match id {
            b"CHAP" if self.chapters.len() < MOST_CHAPTERS => {
                self.chapters.extend(self.chapter(content));
            }
            b"CTOC" => {
                let Some((_, [_, count, names @ ..])) = text(content) else { return };
                let room = MOST_CHAPTERS.saturating_sub(self.listed.len());
                let mut names = names;
                for _ in 0..usize::from(*count).min(room) {
                    let Some((name, rest)) = text(names) else { return };
                    self.listed.push(name.into());
                    names = rest;
                }
            }
            _ => {}
        }
    }

    /// The visible chapters.
    pub(super) fn finish(mut self) -> Vec<Chapter> {
        if self.chapters.iter().any(|(id, _)| self.listed.contains(id)) {
            self.chapters.retain(|(id, _)| self.listed.contains(id));
        }
        self.chapters.into_iter().map(|(_, chapter)| chapter).collect()
    }

    fn chapter(&self, content: &[u8]) -> Option<(Vec<u8>, Chapter)> {
        let (id, rest) = text(content)?;
        let ([start, end, _, _], []) = rest.get(..16)?.as_chunks() else { return None };
        let millis = |bytes: &[u8; 4]| u64::from(u32::from_be_bytes(*bytes));
        let (start, end) = (millis(start), millis(end));
        let title = self.title(&rest[16..]).unwrap_or_default();
        Some((id.into(), Chapter::new(start, Some(end), &title)))
    }

    /// The title among the frames of a chapter.
    fn title(&self, mut frames: &[u8]) -> Option<String> {
        for _ in 0..MOST_FRAMES {
            let (header, behind) = frames.split_first_chunk::<10>()?;
            let [a, b, c, d, size @ .., _, coding] = *header;
            let size = if self.version == 3 { plain_size(size) } else { syncsafe(size) };
            let (content, next) = behind.split_at_checked(size)?;
            if [a, b, c, d] == *b"TIT2" && coding == 0 {
                // Only this frame, so that frames cannot nest again.
                let tag = super::whole(self.version, &[&header[..], content].concat());
                return super::read(&tag).get("TITLE").map(Into::into);
            }
            frames = next;
        }
        None
    }
}

/// A text that ends with a zero, and what follows it.
fn text(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = bytes.iter().position(|byte| *byte == 0)?;
    Some((&bytes[..end], &bytes[end + 1..]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tags::{Tags, id3};

    fn chapters() -> Vec<Chapter> {
        vec![Chapter::new(0, Some(1500), "Grüße, 世界"), Chapter::new(1500, Some(9000), "")]
    }

    fn encoded(chapters: &[Chapter]) -> Vec<u8> {
        id3::encode(&Tags { chapters: chapters.into(), ..Tags::default() }).unwrap()
    }

    #[test]
    fn chapters_are_read_back() {
        let many: Vec<_> = (0..400).map(|n| Chapter::new(n, Some(n + 1), "many")).collect();
        for chapters in [chapters(), many] {
            let tags = id3::read(&encoded(&chapters));
            assert_eq!(tags, Tags { chapters, ..Tags::default() });
        }
    }

    #[test]
    fn cut_tags_are_read_up_to_the_cut() {
        let whole = encoded(&chapters());
        for len in 0..whole.len() {
            let found = id3::read(&whole[..len]).chapters;
            assert!(found.iter().all(|chapter| chapter.title.len() <= 20));
        }
    }

    #[test]
    fn chapters_that_no_contents_list_are_not_shown() {
        let mut found = Found::new(4);
        let chapter = |id: &[u8]| [id, &[0; 17]].concat();
        found.look(b"CHAP", &chapter(b"a"));
        found.look(b"CHAP", &chapter(b"b"));
        found.look(b"CTOC", b"toc\0\x03\x02b\0x\0");
        found.look(b"CTOC", b"toc\0\x03\xffy");
        assert_eq!(found.finish().len(), 1);
        let mut found = Found::new(4);
        found.look(b"CHAP", &chapter(b"a"));
        found.look(b"CTOC", b"toc");
        found.look(b"CHAP", b"b\0too short");
        assert_eq!(found.finish().len(), 1);
    }
}
