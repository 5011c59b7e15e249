use std::fs;
use std::io::Cursor;
use std::path::Path;

use enhancer_core::{AudioReader, Damage, Error, OpenOptions, Tags, open};

/// The most texts and pictures that are kept of a file.
const MOST_ENTRIES: usize = 1000;

fn reader(bytes: &[u8]) -> Result<Box<dyn AudioReader + '_>, Error> {
    open(Cursor::new(bytes), &OpenOptions::default())
}

/// How many samples each channel has, of which no more than `BLOCK` come at a time.
fn count(reader: &mut dyn AudioReader) -> u64 {
    const BLOCK: usize = 16_384;
    let mut samples = 0;
    loop {
        let mut planes = vec![Vec::new(); reader.format().channels.into()];
        let came = reader.read(&mut planes, BLOCK).unwrap();
        assert!(planes.iter().all(|plane| plane.len() == came) && came <= BLOCK);
        samples += came as u64;
        if came == 0 {
            return samples;
        }
    }
}

fn crc(bytes: &[u8], bits: u32, generator: u32) -> u32 {
    let top = 1 << (bits - 1);
    bytes.iter().fold(0, |sum, &byte| {
        (0..8).fold(sum ^ u32::from(byte) << (bits - 8), |sum, _| {
            (sum << 1 ^ if sum & top == 0 { 0 } else { generator }) & (top << 1).wrapping_sub(1)
        })
    })
}

/// A number as FLAC stores it, which is how UTF-8 would (RFC 9639, section 9.1.5).
fn coded_number(number: u64) -> Vec<u8> {
    let bits = u64::BITS - number.leading_zeros();
    if bits <= 7 {
        return vec![number as u8];
    }
    let bytes = (2..=7).find(|bytes| bits <= 5 * bytes + 1).unwrap();
    let first = (0xff00 >> bytes) as u8 | (number >> (6 * (bytes - 1))) as u8;
    let rest = (0..bytes - 1).rev().map(|n| 0x80 | (number >> (6 * n)) as u8 & 0x3f);
    [first].into_iter().chain(rest).collect()
}

const SAMPLES_IN_FRAME: u64 = 65_535;

/// A frame of silence, of 24 bits, that begins at the sample `at`.
fn frame(at: u64, channels: u8, rate: u32) -> Vec<u8> {
    // Blocks of any size, whose first sample is numbered.
    let mut frame = vec![0xff, 0xf9, 0x7e, (channels - 1) << 4 | 0xc];
    frame.extend(coded_number(at));
    frame.extend((SAMPLES_IN_FRAME as u16 - 1).to_be_bytes());
    frame.extend(((rate / 10) as u16).to_be_bytes());
    frame.push(crc(&frame, 8, 0x07) as u8);
    frame.extend([0; 4].repeat(channels.into()));
    let sum = crc(&frame, 16, 0x8005) as u16;
    frame.extend(sum.to_be_bytes());
    frame
}

fn flac(rate: u32, channels: u8, blocks: &[(u8, Vec<u8>)], frames: &[Vec<u8>]) -> Vec<u8> {
    // Blocks of any size.
    let mut info = [16u16, 65_535].map(u16::to_be_bytes).concat();
    info.extend([0; 6]);
    // 20 bits of the rate, 3 of the channels, 5 of the depth, 36 of no length.
    let packed = u64::from(rate) << 44 | u64::from(channels - 1) << 41 | 23 << 36;
    info.extend(packed.to_be_bytes());
    info.extend([0; 16]);
    let mut file = b"fLaC".to_vec();
    let mut block = |kind: u8, body: &[u8]| {
        file.push(kind);
        file.extend(&(body.len() as u32).to_be_bytes()[1..]);
        file.extend(body);
    };
    block(0, &info);
    blocks.iter().for_each(|(kind, body)| block(*kind, body));
    block(0x81, &[]);
    [file, frames.concat()].concat()
}

/// Frames at those samples, and what reading them gives.
fn with_gaps(rate: u32, channels: u8, starts: &[u64]) -> (u64, Option<Damage>) {
    let frames: Vec<_> = starts.iter().map(|at| frame(*at, channels, rate)).collect();
    let file = flac(rate, channels, &[], &frames);
    let mut reader = reader(&file).unwrap();
    (count(&mut *reader), reader.damage().cloned())
}

/// Silence in place of what is missing is made when it is read, and there is no more of
/// it than a minute of stereo and what was decoded.
#[test]
fn a_few_bytes_cannot_ask_for_any_silence() {
    const RATE: u32 = 655_350;
    let mut starts: Vec<_> = (0..6).map(|n| n * SAMPLES_IN_FRAME).collect();
    starts.extend((0..4).map(|n| u64::from(RATE) * 60 + n * SAMPLES_IN_FRAME));
    let (samples, damage) = with_gaps(RATE, 8, &starts);
    let free = 60 * 48_000 * 2 / 8;
    assert_eq!(samples, 10 * SAMPLES_IN_FRAME + free + 6 * SAMPLES_IN_FRAME);
    let reason = damage.unwrap().reason;
    // What no silence stands for is reported.
    let missing = f64::from(60 * RATE) - (6 * SAMPLES_IN_FRAME) as f64;
    let left_out = (missing - (free + 6 * SAMPLES_IN_FRAME) as f64) / f64::from(RATE);
    assert!(reason.starts_with("a part is missing: "), "{reason}");
    let expected = format!("in all {left_out:.2} s are missing without silence for them");
    assert!(reason.contains(&expected), "{reason}, {expected}");
}

#[test]
fn many_gaps_get_no_more_silence_than_one() {
    let starts: Vec<_> = (0..40).map(|n| n * 10_000_000).collect();
    let (samples, damage) = with_gaps(48_000, 2, &starts);
    // A minute, and as much as was decoded before the last gap.
    assert_eq!(samples, 40 * SAMPLES_IN_FRAME + 60 * 48_000 + 39 * SAMPLES_IN_FRAME);
    assert_eq!(damage.unwrap().places, 39);
}

#[test]
fn a_gap_of_a_usual_recording_keeps_its_length() {
    let rate = 48_000;
    let later = u64::from(rate) * 45;
    let (samples, damage) = with_gaps(rate, 2, &[0, later]);
    assert_eq!(samples, later + SAMPLES_IN_FRAME);
    assert_eq!(damage.unwrap().reason, "a part is missing");
}

fn seed(name: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/seeds/decode");
    fs::read(folder.join(name)).unwrap()
}

/// Opens a file and checks that all its sound is there and that there are tags of it, no
/// more than are kept.
#[track_caller]
fn tags_beside_sound(file: &[u8], samples: u64) -> Tags {
    let mut reader = reader(file).unwrap();
    let tags = reader.tags().clone();
    assert!((1..=MOST_ENTRIES).contains(&tags.entries.len()), "{} entries", tags.entries.len());
    assert_eq!(count(&mut *reader), samples);
    tags
}

fn samples_of(file: &[u8]) -> u64 {
    count(&mut *reader(file).unwrap())
}

/// The names of so many tags, which differ.
fn names(count: usize) -> impl Iterator<Item = String> {
    (0..count).map(|n| {
        let letter = |by: usize| char::from(b'A' + (n / by % 26) as u8);
        [26 * 26 * 26, 26 * 26, 26, 1].map(letter).iter().collect()
    })
}

fn vorbis_comments(count: usize) -> Vec<u8> {
    let mut block = [0u32, count as u32].map(u32::to_le_bytes).concat();
    for name in names(count) {
        let comment = format!("{name}=b");
        block.extend((comment.len() as u32).to_le_bytes());
        block.extend(comment.bytes());
    }
    block
}

#[test]
fn of_many_comments_the_first_are_kept() {
    let file = flac(48_000, 1, &[(4, vorbis_comments(200_000))], &[frame(0, 1, 48_000)]);
    let tags = tags_beside_sound(&file, SAMPLES_IN_FRAME);
    assert_eq!(tags.entries.len(), MOST_ENTRIES);
    let kept = tags.entries.iter().map(|(name, _)| name);
    assert!(kept.eq(&names(MOST_ENTRIES).collect::<Vec<_>>()));
}

#[test]
fn what_stands_around_the_tags_of_flac_is_passed_over() {
    let points: Vec<u8> = (0..50_000u64)
        .rev()
        .flat_map(|n| [&n.to_be_bytes()[..], &[0; 8], &[1, 0]].concat())
        .collect();
    let blocks = [(3, points), (4, vorbis_comments(3)), (4, vorbis_comments(9)), (2, vec![0; 64])];
    let file = flac(48_000, 1, &blocks, &[frame(0, 1, 48_000)]);
    assert_eq!(tags_beside_sound(&file, SAMPLES_IN_FRAME).entries.len(), 9);
}

#[test]
fn of_many_entries_of_two_lists_the_first_are_kept() {
    let wav = seed("pcm-s16.wav");
    let samples = samples_of(&wav);
    let mut list = b"INFO".to_vec();
    for name in names(50_000) {
        list.extend(name.as_bytes());
        list.extend([2, 0, 0, 0, b'b', 0]);
    }
    let list = [b"LIST", &(list.len() as u32).to_le_bytes()[..], &list].concat();
    let file = [wav, list.clone(), list].concat();
    assert_eq!(tags_beside_sound(&file, samples).entries.len(), MOST_ENTRIES);
}

/// An ID3v2.4 frame.
fn id3_frame(id: &[u8; 4], content: &[u8]) -> Vec<u8> {
    [&id[..], &syncsafe(content.len()), &[0; 2], content].concat()
}

fn id3(frames: &[u8]) -> Vec<u8> {
    [b"ID3\x04\0\0", &syncsafe(frames.len())[..], frames].concat()
}

fn syncsafe(len: usize) -> [u8; 4] {
    [21, 14, 7, 0].map(|shift| (len >> shift) as u8 & 0x7f)
}

#[test]
fn of_many_values_of_a_frame_the_first_are_kept() {
    let values = |name: &str, count| {
        let values: Vec<_> = names(count).collect();
        id3_frame(b"TXXX", format!("\x03{name}\0{}", values.join("\0")).as_bytes())
    };
    let mp3 = seed("mono.mp3");
    let samples = samples_of(&mp3);
    let two = [id3(&[values("A", 60_000), values("B", 60_000)].concat()), mp3.clone()].concat();
    let tags = tags_beside_sound(&two, samples);
    assert_eq!(tags.entries.len(), MOST_ENTRIES);
    assert!(tags.entries.iter().all(|(name, _)| name == "A"));

    // A text of more than a megabyte is passed over, and others are not.
    let title = id3_frame(b"TIT2", b"\x03Talk");
    let file = [id3(&[values("A", 400_000), title].concat()), mp3].concat();
    let tags = tags_beside_sound(&file, samples);
    assert_eq!((tags.get("TITLE"), tags.get("A")), (Some("Talk"), None));
}

#[test]
fn tags_in_a_row_share_a_budget() {
    let mp3 = seed("mono.mp3");
    let samples = samples_of(&mp3);
    let tag = |n: u8| {
        let picture = [b"\0image/png\0\x03\0", &vec![n; 6 << 20][..]].concat();
        id3(&[id3_frame(b"APIC", &picture), id3_frame(b"TALB", &[3, b'A' + n])].concat())
    };
    let file =
        [(0..4).flat_map(tag).collect::<Vec<u8>>(), id3(&id3_frame(b"TIT2", b"\x03Talk")), mp3]
            .concat();
    let tags = tags_beside_sound(&file, samples);
    let kept: Vec<_> = tags.pictures.iter().map(|picture| picture.data[0]).collect();
    assert_eq!(kept, [0, 1]);
    assert_eq!((tags.get("ALBUM"), tags.get("TITLE")), (Some("A"), Some("Talk")));
}

#[test]
fn tags_without_end_are_refused() {
    let file = [id3(&[]).repeat(5000), seed("mono.mp3")].concat();
    let error = reader(&file).err().unwrap();
    assert_eq!(error.code(), "corrupt_audio", "{error}");
    assert!(error.to_string().contains("ID3 tags in a row"), "{error}");
}

#[test]
fn what_is_behind_tags_is_bounded_as_it_is_alone() {
    let flac = flac(48_000, 1, &[(4, vorbis_comments(50_000))], &[frame(0, 1, 48_000)]);
    let file = [id3(&id3_frame(b"TIT2", b"\x03Talk")), flac].concat();
    let tags = tags_beside_sound(&file, SAMPLES_IN_FRAME);
    assert_eq!((tags.entries.len(), tags.get("TITLE")), (MOST_ENTRIES, Some("Talk")));
}

/// Of AIFF the tag in a chunk is read as any other, however deep its chapters go.
#[test]
fn tags_of_aiff_are_bounded() {
    let mut aiff = seed("pcm-s16.aiff");
    let samples = samples_of(&aiff);
    let title = id3_frame(b"TIT2", b"\x03Talk");
    let nest = (0..3000).fold(Vec::new(), |inner: Vec<u8>, _| {
        id3_frame(b"CHAP", &[b"c\0", &[0; 16][..], &inner].concat())
    });
    let mut tag = id3(&[title, nest].concat());
    tag.resize(tag.len().next_multiple_of(2), 0);
    aiff.extend([b"ID3 ", &(tag.len() as u32).to_be_bytes()[..], &tag].concat());
    aiff.extend(b"ANNO\0\0\0\x02ab".repeat(3000));
    let size = aiff.len() as u32 - 8;
    aiff[4..8].copy_from_slice(&size.to_be_bytes());
    assert_eq!(tags_beside_sound(&aiff, samples).get("TITLE"), Some("Talk"));
}
