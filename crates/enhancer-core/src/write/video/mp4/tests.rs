use std::io::{Cursor, Read, Seek, SeekFrom, Write};

use super::*;
use crate::audio::atoms::{Kind, atom, full, group, numbers};
use crate::write::video::{Muxer, SoundTrack};

const CONFIG: [u8; 2] = [0x11, 0x88];
const SOUND: u32 = 2;
const AAC: SoundTrack<'_> =
    SoundTrack { rate: 48_000, channels: 1, config: &CONFIG, pcm: None, frame: 1024, samples: 0 };

fn header(kind: &Kind, number: u32, duration: u32) -> Vec<u8> {
    let reserved: &[u8] = if kind == b"tkhd" { &[0; 4] } else { &[] };
    full(kind, 0, 7, &[&[0; 8], &numbers([number])[..], reserved, &numbers([duration])].concat())
}

fn track(id: u32, handler: &Kind, sizes: &[u32], places: &[u32]) -> Vec<u8> {
    let entry = atom(if handler == b"vide" { b"avc1" } else { b"mp4a" }, &[0; 28]);
    let here = full(b"url ", 0, 1, &[]);
    let count = [sizes.len() as u32];
    let table = group(
        b"stbl",
        [
            full(b"stsd", 0, 0, &[&numbers([1])[..], &entry].concat()),
            full(b"stts", 0, 0, &words(&[1, count[0], 500])),
            full(b"stsc", 0, 0, &words(&[1, 1, 1, 1])),
            full(b"stsz", 0, 0, &words(&[&[0], &count[..], sizes].concat())),
            full(b"stco", 0, 0, &words(&[&[places.len() as u32], places].concat())),
        ],
    );
    let data = group(b"dinf", [full(b"dref", 0, 0, &[&numbers([1])[..], &here].concat())]);
    let handler = full(b"hdlr", 0, 0, &[&[0; 4][..], handler, &[0; 13]].concat());
    let media = [header(b"mdhd", 1000, 2000), handler, group(b"minf", [data, table])];
    group(b"trak", [header(b"tkhd", id, 2000), group(b"mdia", media)])
}

pub(super) fn words(words: &[u32]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_be_bytes()).collect()
}

/// The index of a film. Its pictures have these sizes and start at `start`, one after the other.
pub(super) fn film_in(sizes: &[u32], start: u32) -> Vec<u8> {
    let places = sizes.iter().scan(start, |at, size| {
        let place = *at;
        *at = at.wrapping_add(*size);
        Some(place)
    });
    let places: Vec<u32> = places.collect();
    // The sound has one sample, which is not read.
    let sound: &[u32] = if sizes.is_empty() { &[] } else { &[1] };
    let of_sound = if sizes.is_empty() { vec![] } else { vec![start] };
    let tracks = [track(1, b"vide", sizes, &places), track(SOUND, b"soun", sound, &of_sound)];
    [&header(b"mvhd", 1000, 2000)[..], &tracks.concat()].concat()
}

/// The head of a film. Its pictures have these sizes and follow it, one after the other.
fn head(sizes: &[u32]) -> Vec<u8> {
    let of = |start: u32| {
        let movie = film_in(sizes, start);
        [atom(b"ftyp", b"isom\0\0\0\0"), atom(b"moov", &movie), b"\0\0\0\0mdat".to_vec()].concat()
    };
    of(of(0).len() as u32)
}

fn film(sizes: &[u32]) -> Vec<u8> {
    let picture = (0..sizes.iter().sum()).map(|n: u32| n as u8);
    [head(sizes), picture.collect()].concat()
}

fn plan(source: &mut (impl Read + Seek)) -> Outcome<Plan> {
    Plan::new(source, SOUND, &Limits::default(), false).unwrap()
}

/// Writes the film with this many frames of sound of 100 bytes.
fn mux<W: Write + Seek + Send>(
    mut source: impl Read + Seek + Send,
    sink: W,
    expected: Option<u64>,
    frames: u64,
) {
    let plan = plan(&mut source).unwrap();
    let mut muxer = Mp4Muxer::create(plan, source, sink, &AAC, expected).unwrap();
    for _ in 0..frames {
        muxer.write(&[0xaa; 100]).unwrap();
    }
    let samples = 1024 * (frames - 1);
    muxer.finish(&SoundTrack { samples, ..AAC }).unwrap();
}

/// The bytes of each chunk of a track.
fn chunks(file: &[u8], track: u32) -> Vec<Vec<u8>> {
    // The other track is the sound, which would be replaced.
    let plan = Plan::new(&mut Cursor::new(file), 3 - track, &Limits::default(), true).unwrap();
    let plan = plan.unwrap();
    let [copied] = &plan.copied[..] else { panic!("two tracks") };
    let mut walk = Walk::default();
    std::iter::from_fn(|| walk.next(&plan.index, &copied.tables))
        .map(|chunk| file[chunk.place as usize..][..chunk.bytes as usize].to_vec())
        .collect()
}

fn kinds(file: &[u8]) -> Vec<Kind> {
    boxes(file, 0..file.len()).unwrap().into_iter().map(|part| part.kind).collect()
}

#[test]
fn pictures_are_copied_and_the_index_is_in_front_if_its_length_is_known() {
    let source = film(&[7, 0, 300, 20]);
    for (expected, frames, front) in [
        (Some(96), 96, true),
        (Some(200), 96, true),
        (Some(10), 500, false),
        (None, 96, false),
        // A wrong length does not make the file large.
        (Some(u64::MAX), 96, false),
    ] {
        let mut sink = Cursor::new(Vec::new());
        mux(Cursor::new(&source), &mut sink, expected, frames);
        let result = sink.into_inner();
        let kinds = kinds(&result);
        let end = |kind: &Kind| kinds.iter().position(|found| found == kind).unwrap();
        assert_eq!(end(b"moov") < end(b"mdat"), front, "{expected:?}");
        assert!(result.len() < source.len() + 150 * frames as usize + 3000);
        assert_eq!(chunks(&result, 1), chunks(&source, 1));
        let sound = chunks(&result, SOUND);
        assert_eq!(sound.concat(), vec![0xaa; 100 * frames as usize]);
        assert!(sound.len() >= frames as usize / 24);
        // The result can be examined again.
        assert_eq!(plan(&mut Cursor::new(&result)).unwrap().bytes(), 16 + 327);
    }
}

#[test]
fn pictures_lie_beside_their_sound() {
    let source = film(&[10; 8]);
    let mut sink = Cursor::new(Vec::new());
    mux(Cursor::new(&source), &mut sink, None, 200);
    let result = sink.into_inner();
    // Each picture lasts half a second, and about as much sound precedes the next one.
    let plan = plan(&mut Cursor::new(&result)).unwrap();
    let places: Vec<_> = plan.copied[0].chunks(&plan.index).map(|(place, _)| place).collect();
    let apart: Vec<_> = places.windows(2).map(|pair| pair[1] - pair[0] - 10).collect();
    assert!(apart.iter().all(|sound| (2300..=4600).contains(sound)), "{apart:?}");
}

#[test]
fn the_movie_lasts_as_long_as_its_longest_track() {
    let source = film(&[10; 8]);
    for (frames, expected) in [(10, 2000), (200, 4246)] {
        let mut sink = Cursor::new(Vec::new());
        mux(Cursor::new(&source), &mut sink, None, frames);
        let plan = plan(&mut Cursor::new(sink.into_inner())).unwrap();
        let header = boxes(&plan.index, 0..plan.index.len()).unwrap()[0].body.clone();
        let header = Header::read(*b"mvhd", &plan.index[header]).unwrap();
        assert_eq!(header.duration, Some(expected));
    }
}

#[test]
fn the_rest_of_a_cut_track_is_copied() {
    let mut source = film(&[7, 5, 300, 20]);
    source.truncate(source.len() - 21);
    let cut = plan(&mut Cursor::new(&source)).unwrap();
    let [note] = cut.notes() else { panic!("one note") };
    assert!(note.text.contains("ends at 1.00 s") && note.text.contains("2 samples"), "{note:?}");
    let mut sink = Cursor::new(Vec::new());
    mux(Cursor::new(&source), &mut sink, None, 9);
    let result = sink.into_inner();
    let sizes: Vec<_> = chunks(&result, 1).iter().map(Vec::len).collect();
    assert_eq!(sizes, [7, 5]);
    let strict = Plan::new(&mut Cursor::new(&source), SOUND, &Limits::default(), true);
    assert_eq!(strict.err().unwrap().code(), "corrupt_audio");
}

#[test]
fn unsupported_films_give_a_reason() {
    let whole = film(&[7]);
    let reason = |bytes: &[u8]| plan(&mut Cursor::new(bytes)).err().unwrap();
    let part = [&atom(b"ftyp", b"isom"), &atom(b"moof", &[])[..], &whole].concat();
    assert!(reason(&part).contains("only a part of it is in fragments"));
    let twice = [head(&[])[..head(&[]).len() - 8].repeat(2), whole.clone()].concat();
    assert!(reason(&twice).contains("several videos"));
    assert!(reason(&atom(b"ftyp", b"isom")).contains("broken"));
    let many = [atom(b"free", &[]).repeat(5000), whole].concat();
    assert!(reason(&many).contains("4096 boxes"));
}

/// A file of zeros after its head.
struct Zeros {
    head: Vec<u8>,
    len: u64,
    at: u64,
}

impl Read for Zeros {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        let left = usize::try_from(self.len - self.at).unwrap_or(usize::MAX);
        let count = bytes.len().min(left);
        bytes[..count].fill(0);
        if let Some(head) = self.head.get(self.at as usize..) {
            let shown = head.len().min(count);
            bytes[..shown].copy_from_slice(&head[..shown]);
        }
        self.at += count as u64;
        Ok(count)
    }
}

impl Seek for Zeros {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.at = match to {
            SeekFrom::Start(at) => at,
            SeekFrom::Current(by) => self.at.saturating_add_signed(by),
            SeekFrom::End(by) => self.len.saturating_add_signed(by),
        };
        Ok(self.at)
    }
}

/// A sink that keeps only the start of what is written.
#[derive(Default)]
struct Start {
    kept: Vec<u8>,
    at: usize,
    len: usize,
}

impl Write for Start {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let end = (self.at + bytes.len()).min(1 << 16);
        if self.at < end {
            self.kept.resize(self.kept.len().max(end), 0);
            self.kept[self.at..end].copy_from_slice(&bytes[..end - self.at]);
        }
        self.at += bytes.len();
        self.len = self.len.max(self.at);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Seek for Start {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.at = match to {
            SeekFrom::Start(at) => at as usize,
            SeekFrom::Current(by) => self.at.saturating_add_signed(by as isize),
            SeekFrom::End(by) => self.len.saturating_add_signed(by as isize),
        };
        Ok(self.at as u64)
    }
}

#[test]
#[cfg(target_pointer_width = "64")]
fn places_beyond_4_gib_have_64_bits() {
    let sizes = [2_100_000_000, 2_100_000_000, 400_000_000, 9];
    let head = head(&sizes);
    let len = head.len() as u64 + sizes.iter().map(|size| u64::from(*size)).sum::<u64>();
    let source = Zeros { head, len, at: 0 };
    let mut sink = Start::default();
    mux(source, &mut sink, Some(96), 96);
    // The samples continue beyond the kept part.
    let start = sink.kept.windows(4).position(|kind| kind == b"mdat").unwrap() - 4;
    assert_eq!(kinds(&sink.kept[..start]), [*b"ftyp", *b"moov", *b"free"]);
    let plan = Plan::of_index(
        sink.kept[boxes(&sink.kept[..start], 0..start).unwrap()[1].body.clone()].to_vec(),
        Layout::default(),
        SOUND,
        u64::MAX,
    );
    let plan = plan.unwrap();
    let places: Vec<_> = plan.copied[0].chunks(&plan.index).map(|(place, _)| place).collect();
    assert!(places[3] > u32::MAX.into());
    assert_eq!(places[3] - places[2], 400_000_000 + 2300);
}

#[test]
fn boxes_that_only_fit_the_old_file_are_dropped() {
    let of_fragments = OF_FRAGMENTS.map(|kind| atom(kind, &[0; 12])).concat();
    let source = [of_fragments, atom(b"uuid", &[7; 20])].concat();
    let layout = Layout::read(&mut Cursor::new(&source), source.len() as u64).unwrap().unwrap();
    let uuid = source.len() as u64 - 28;
    assert_eq!((layout.others.len(), &layout.others[0]), (1, &(uuid..uuid + 28)));
}

#[test]
fn how_loud_the_old_sound_was_is_left_out() {
    let loudness = group(b"udta", [atom(b"ludt", b"loudness"), atom(b"name", b"kept")]);
    let mut index = film_in(&[], 0);
    let sound = boxes(&index, 0..index.len()).unwrap().pop().unwrap();
    let longer = [&index[sound.body.clone()], &loudness].concat();
    index.truncate(sound.whole.start);
    index.extend(atom(b"trak", &longer));
    let plan = Plan::of_index(index, Layout::default(), SOUND, 0).unwrap();
    let sound = super::sound::NewSound {
        rate: 48_000,
        priming: 0,
        decoded: 0,
        samples: 0,
        media_info: Vec::new(),
    };
    let result = plan.index(&sound, &[Vec::new()]);
    let has = |text: &[u8]| result.windows(text.len()).any(|bytes| bytes == text);
    assert!(has(b"kept") && !has(b"ludt"));
}
