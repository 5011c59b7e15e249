//! Converts tags from symphonia to the names of Vorbis comments.

use symphonia::core::formats::FormatReader;
use symphonia::core::meta::{
    ChapterGroup, ChapterGroupItem, MetadataContainer, RawValue, StandardTag, StandardVisualKey,
    Tag, Visual,
};
use symphonia::core::units::Time;

use crate::audio::Container;
use crate::tags::chapters::MOST_CHAPTERS;
use crate::tags::{Chapter, Gathering, Picture};

/// The maximum depth of nested groups of chapters that are read.
const MOST_DEPTH: usize = 8;

/// Adds the tags in the head of a file to `tags`. Returns the number of inaudible samples at the
/// beginning, if it contains iTunes's note about that.
pub(super) fn read(
    demuxer: &mut dyn FormatReader,
    container: Container,
    tags: &mut Gathering,
) -> Option<u64> {
    // These containers use the same names.
    let by_raw_names = matches!(container, Container::Flac | Container::Ogg | Container::Matroska);
    let (mut found, mut priming) = (Gathering::default(), None);
    let mut metadata = demuxer.metadata();
    loop {
        if let Some(revision) = metadata.current() {
            priming = priming.or_else(|| itunes_priming(&revision.media));
            add(&mut found, &revision.media, by_raw_names);
        }
        if metadata.pop().is_none() {
            break;
        }
    }
    if let Some(group) = demuxer.chapters() {
        let mut chapters = Vec::new();
        add_chapters(group, 0, &mut chapters);
        found.set_chapters(chapters);
    }
    tags.complete_with(found.finish());
    priming
}

/// Adds the chapters of a group, including those of nested groups.
fn add_chapters(group: &ChapterGroup, depth: usize, chapters: &mut Vec<Chapter>) {
    for item in &group.items {
        match item {
            _ if chapters.len() >= MOST_CHAPTERS => return,
            ChapterGroupItem::Group(group) if depth < MOST_DEPTH => {
                add_chapters(group, depth + 1, chapters);
            }
            ChapterGroupItem::Group(_) => {}
            ChapterGroupItem::Chapter(found) => {
                let title = found.tags.iter().find_map(|tag| match &tag.std {
                    Some(StandardTag::ChapterTitle(title) | StandardTag::TrackTitle(title)) => {
                        Some(&***title)
                    }
                    _ => None,
                });
                let end = found.end_time.map(millis);
                chapters.push(Chapter::new(millis(found.start_time), end, title.unwrap_or("")));
            }
        }
    }
}

fn millis(time: Time) -> u64 {
    u64::try_from(time.as_millis().max(0)).unwrap_or(u64::MAX)
}

/// The second of the hexadecimal numbers in iTunSMPB.
fn itunes_priming(metadata: &MetadataContainer) -> Option<u64> {
    let note = metadata.tags.iter().find(|tag| tag.raw.key.ends_with("iTunSMPB"))?;
    let RawValue::String(numbers) = &note.raw.value else { return None };
    u64::from_str_radix(numbers.split_whitespace().nth(1)?, 16).ok()
}

/// Adds the tags in `metadata` that `tags` does not contain yet.
fn add(tags: &mut Gathering, metadata: &MetadataContainer, by_raw_names: bool) {
    for tag in &metadata.tags {
        if tags.is_full() {
            return;
        }
        let entry = tag.std.as_ref().and_then(standard);
        let entry = entry.or_else(|| if by_raw_names { raw(tag) } else { None });
        if let Some((name, text)) = entry {
            tags.add_entry(name, text);
        }
    }
    for visual in &metadata.visuals {
        if tags.is_full() {
            return;
        }
        tags.add_picture(picture(visual));
    }
}

/// Converts tags that are also true of the result. That excludes how the source was encoded and how
/// loud it was.
fn standard(tag: &StandardTag) -> Option<(String, String)> {
    use StandardTag as S;
    let (name, text) = match tag {
        S::TrackTitle(text) => ("TITLE", text.to_string()),
        S::TrackSubtitle(text) => ("SUBTITLE", text.to_string()),
        S::Artist(text) => ("ARTIST", text.to_string()),
        S::Album(text) => ("ALBUM", text.to_string()),
        S::AlbumArtist(text) => ("ALBUMARTIST", text.to_string()),
        S::Composer(text) => ("COMPOSER", text.to_string()),
        S::Arranger(text) => ("ARRANGER", text.to_string()),
        S::Author(text) => ("AUTHOR", text.to_string()),
        S::Conductor(text) => ("CONDUCTOR", text.to_string()),
        S::EditedBy(text) => ("EDITOR", text.to_string()),
        S::Lyricist(text) => ("LYRICIST", text.to_string()),
        S::MixEngineer(text) => ("MIXER", text.to_string()),
        S::Remixer(text) => ("REMIXER", text.to_string()),
        S::Writer(text) => ("WRITER", text.to_string()),
        S::Performer(text) => ("PERFORMER", text.to_string()),
        S::Narrator(text) => ("NARRATOR", text.to_string()),
        S::Producer(text) => ("PRODUCER", text.to_string()),
        S::Engineer(text) => ("ENGINEER", text.to_string()),
        S::Comment(text) => ("COMMENT", text.to_string()),
        S::Description(text) => ("DESCRIPTION", text.to_string()),
        S::Synopsis(text) => ("SYNOPSIS", text.to_string()),
        S::Bpm(number) => ("BPM", number.to_string()),
        S::CompilationFlag(flag) => ("COMPILATION", u8::from(*flag).to_string()),
        S::Grouping(text) => ("GROUPING", text.to_string()),
        S::InitialKey(text) => ("KEY", text.to_string()),
        S::Keywords(text) => ("KEYWORDS", text.to_string()),
        S::Mood(text) => ("MOOD", text.to_string()),
        S::MovementName(text) => ("MOVEMENTNAME", text.to_string()),
        S::Version(text) => ("VERSION", text.to_string()),
        S::Work(text) => ("WORK", text.to_string()),
        S::SortAlbum(text) => ("ALBUMSORT", text.to_string()),
        S::SortAlbumArtist(text) => ("ALBUMARTISTSORT", text.to_string()),
        S::SortArtist(text) => ("ARTISTSORT", text.to_string()),
        S::SortComposer(text) => ("COMPOSERSORT", text.to_string()),
        S::SortTrackTitle(text) => ("TITLESORT", text.to_string()),
        S::Genre(text) => ("GENRE", text.to_string()),
        S::Language(text) => ("LANGUAGE", text.to_string()),
        S::Lyrics(text) => ("LYRICS", text.to_string()),
        S::Copyright(text) => ("COPYRIGHT", text.to_string()),
        S::License(text) => ("LICENSE", text.to_string()),
        S::Label(text) => ("LABEL", text.to_string()),
        S::IdentIsrc(text) => ("ISRC", text.to_string()),
        S::RecordingLocation(text) => ("LOCATION", text.to_string()),
        S::RecordingDate(text) | S::ReleaseDate(text) => ("DATE", text.to_string()),
        S::RecordingYear(year) | S::ReleaseYear(year) => ("DATE", year.to_string()),
        S::TrackNumber(number) => ("TRACKNUMBER", number.to_string()),
        S::TrackTotal(number) => ("TRACKTOTAL", number.to_string()),
        S::DiscNumber(number) => ("DISCNUMBER", number.to_string()),
        S::DiscTotal(number) => ("DISCTOTAL", number.to_string()),
        S::Url(text) => ("URL", text.to_string()),
        _ => return None,
    };
    Some((name.into(), text))
}

/// A tag of a container that uses the names of Vorbis comments.
fn raw(tag: &Tag) -> Option<(String, String)> {
    let RawValue::String(text) = &tag.raw.value else { return None };
    (tag.std.is_none()).then(|| (tag.raw.key.to_uppercase(), text.to_string()))
}

fn picture(visual: &Visual) -> Picture {
    use StandardVisualKey as K;
    let kind = match visual.usage {
        Some(K::FileIcon) => 1,
        Some(K::OtherIcon) => 2,
        Some(K::FrontCover) => 3,
        Some(K::BackCover) => 4,
        Some(K::Leaflet) => 5,
        Some(K::Media) => 6,
        Some(K::LeadArtistPerformerSoloist) => 7,
        Some(K::ArtistPerformer) => 8,
        Some(K::Conductor) => 9,
        Some(K::BandOrchestra) => 10,
        Some(K::Composer) => 11,
        Some(K::Lyricist) => 12,
        Some(K::RecordingLocation) => 13,
        Some(K::RecordingSession) => 14,
        Some(K::Performance) => 15,
        Some(K::ScreenCapture) => 16,
        Some(K::Illustration) => 18,
        Some(K::BandArtistLogo) => 19,
        Some(K::PublisherStudioLogo) => 20,
        Some(_) => 0,
        // MP4 has covers but does not mark them as such.
        None => 3,
    };
    let description = visual.tags.iter().find_map(|tag| match &tag.std {
        Some(StandardTag::Description(text)) => Some(text.to_string()),
        _ => None,
    });
    Picture {
        media_type: visual.media_type.clone().unwrap_or_default(),
        kind,
        description: description.unwrap_or_default(),
        data: visual.data.to_vec(),
    }
}
