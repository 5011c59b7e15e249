//! A track with the titles of chapters (QuickTime File Format, "Chapter Lists"), which Apple's
//! players need. Others read the list in the user data.

use super::index::{ONE, here, matrix, pair, places, timed, times};
use crate::audio::atoms::{atom, full, group, handler, list, numbers};
use crate::tags::Chapter;

/// The number of this track. The sound is track 1.
pub(super) const TRACK: u32 = 2;

/// Time units per second.
const SCALE: u32 = 1000;

/// The maximum size of a title in bytes. Its length has 16 bits.
const MOST_TITLE: usize = 0xffff;

/// Follows a title and states that it is UTF-8.
const UTF_8: &[u8] = b"\0\0\0\x0cencd\0\0\x01\0";

/// The titles as samples.
pub(super) fn samples(chapters: &[Chapter]) -> Vec<Vec<u8>> {
    let sample = |chapter: &Chapter| {
        let title = &chapter.title[..chapter.title.floor_char_boundary(MOST_TITLE)];
        [&(title.len() as u16).to_be_bytes()[..], title.as_bytes(), UTF_8].concat()
    };
    chapters.iter().map(sample).collect()
}

/// The reference to this track in the track of the sound.
pub(super) fn reference() -> Vec<u8> {
    group(b"tref", [atom(b"chap", &numbers([TRACK]))])
}

/// The track. Its samples are at `place`, one after the other. The movie has `rate` time units per
/// second.
pub(super) fn track(chapters: &[Chapter], place: u64, rate: u32) -> Vec<u8> {
    let start = chapters.first().map_or(0, |chapter| chapter.start);
    let durations = durations(chapters);
    let len = durations.iter().fold(0, |all, duration| all + u64::from(*duration));
    let units = |millis: u64| {
        let units = u128::from(millis) * u128::from(rate) / u128::from(SCALE);
        u64::try_from(units).unwrap_or(u64::MAX)
    };
    // The track itself is not shown and has no size.
    let head =
        [&[0; 16][..], &numbers([TRACK, 0]), &units(start.saturating_add(len)).to_be_bytes()];
    let rest = [&[0; 12][..], &[0; 4], &matrix(), &[0; 8]];
    let language = [0x55, 0xc4, 0, 0];
    let media = [
        timed(b"mdhd", 0, [times(SCALE, len), language.into()].concat()),
        handler(b"text", [0; 4], b"Chapters"),
        group(b"minf", [base_header(), here(), table(chapters, &durations, place)]),
    ];
    group(
        b"trak",
        [
            timed(b"tkhd", 0, [head.concat(), rest.concat()].concat()),
            edits(units(start), units(len)),
            group(b"mdia", media),
        ],
    )
}

/// The duration of each title: until the next one begins.
fn durations(chapters: &[Chapter]) -> Vec<u32> {
    let ends = chapters.iter().skip(1).map(|next| next.start);
    let ends = ends.chain(chapters.last().map(|last| last.end));
    let durations =
        chapters.iter().zip(ends).map(|(chapter, end)| end.saturating_sub(chapter.start));
    durations.map(|duration| u32::try_from(duration).unwrap_or(u32::MAX)).collect()
}

/// The edit list, since the first title may start later.
fn edits(start: u64, len: u64) -> Vec<u8> {
    let edit = |duration: u64, from: i64| {
        let mut edit = [0; 20];
        edit[..8].copy_from_slice(&duration.to_be_bytes());
        edit[8..16].copy_from_slice(&from.to_be_bytes());
        edit[16..].copy_from_slice(&ONE.to_be_bytes());
        edit
    };
    let late = (start > 0).then(|| edit(start, -1));
    let edits: Vec<_> = late.into_iter().chain([edit(len, 0)]).collect();
    group(b"edts", [full(b"elst", 1, 0, &list(edits.into_iter()))])
}

/// The header for media other than sound and pictures.
fn base_header() -> Vec<u8> {
    let color = [0x80, 0].repeat(3);
    let mode = [&[0, 0x40][..], &color, &[0; 4]].concat();
    group(b"gmhd", [full(b"gmin", 0, 0, &mode), atom(b"text", &matrix())])
}

fn table(chapters: &[Chapter], durations: &[u32], place: u64) -> Vec<u8> {
    let sizes: Vec<u32> = samples(chapters).iter().map(|sample| sample.len() as u32).collect();
    let count = chapters.len() as u32;
    let sizes = list(sizes.iter().map(|size| size.to_be_bytes()));
    group(
        b"stbl",
        [
            full(b"stsd", 0, 0, &[&numbers([1])[..], &description()].concat()),
            full(b"stts", 0, 0, &list(durations.iter().map(|duration| pair(1, *duration)))),
            // A single run: from the first chunk on, `count` samples per chunk.
            full(b"stsc", 0, 0, &numbers([1, 1, count, 1])),
            full(b"stsz", 0, 0, &[&numbers([0])[..], &sizes].concat()),
            places(&[place]),
        ],
    )
}

/// The description of the text samples. The style does not matter, because titles are shown in a
/// menu.
fn description() -> Vec<u8> {
    let fonts = atom(b"ftab", &[0, 1, 0, 1, 0]);
    let looks = [&[0, 0, 0, 1][..], &[0; 18], &[0, 1], &[0; 6]].concat();
    atom(b"text", &[&[0, 0, 0, 0, 0, 0, 0, 1][..], &looks, &fonts].concat())
}
