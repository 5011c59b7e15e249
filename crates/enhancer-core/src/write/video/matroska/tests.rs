use std::io::Cursor;

use super::blocks::Block;
use super::*;
use crate::read::ebml::ids::*;
use crate::read::ebml::{element, float_element, master_head, number_element};
use crate::write::video::{Muxer, SoundTrack};

/// The identification header for one channel, with a delay of 312 positions.
const CONFIG: &[u8] = b"OpusHead\x01\x01\x38\x01\x80\xbb\0\0\0\0\0";

const OPUS: SoundTrack<'_> =
    SoundTrack { rate: 48_000, channels: 1, config: CONFIG, pcm: None, frame: 960, samples: 0 };

fn block(track: u8, stamp: i16, flags: u8, body: &[u8]) -> Vec<u8> {
    [&[0x80 | track][..], &stamp.to_be_bytes(), &[flags], body].concat()
}

fn cluster(time: u64, parts: &[Vec<u8>], is_sized: bool) -> Vec<u8> {
    let body = [&[number_element(TIMESTAMP, time)], parts].concat().concat();
    match is_sized {
        true => element(CLUSTER, &body),
        false => [master_head(CLUSTER), body].concat(),
    }
}

fn entry(number: u64, kind: u64, more: &[Vec<u8>]) -> Vec<u8> {
    let parts = [number_element(TRACK_NUMBER, number), number_element(TRACK_TYPE, kind)];
    element(TRACK_ENTRY, &[&parts, more].concat().concat())
}

/// A file with a picture, its sound, and tags after the clusters.
fn file(is_sized: bool, more: &[Vec<u8>]) -> Vec<u8> {
    film(is_sized, more, &[])
}

/// The same with more elements at the start of a group.
fn film(is_sized: bool, more: &[Vec<u8>], of_group: &[u8]) -> Vec<u8> {
    let tracks = [entry(1, 1, more), entry(2, 2, &[element(CODEC_ID, b"A_AAC")])];
    let group = [
        of_group.to_vec(),
        element(BLOCK, &block(1, 40, 0, b"second")),
        number_element(BLOCK_DURATION, 40),
        element(REFERENCE_BLOCK, &[0xd8]),
    ];
    let clusters = [
        cluster(
            0,
            &[
                element(SIMPLE_BLOCK, &block(1, 0, 0x80, b"first")),
                element(SIMPLE_BLOCK, &block(2, 0, 0x80, b"old sound")),
                element(BLOCK_GROUP, &group.concat()),
            ],
            is_sized,
        ),
        cluster(2000, &[element(SIMPLE_BLOCK, &block(1, -5, 0x80, b"third"))], is_sized),
    ];
    let parts = [
        element(INFO, &number_element(TIMESTAMP_SCALE, 1_000_000)),
        element(TRACKS, &tracks.concat()),
        clusters.concat(),
        element(TAGS, b"tags"),
    ];
    let header = element(EBML, &element(DOC_TYPE, b"webm"));
    let head = if is_sized {
        element(SEGMENT, &parts.concat())
    } else {
        [master_head(SEGMENT), parts.concat()].concat()
    };
    [header, head].concat()
}

fn plan(bytes: &[u8], begin: f64) -> Outcome<Plan> {
    let limits = Limits::default();
    Plan::new(&mut Cursor::new(bytes), (2, begin), &limits, false).unwrap()
}

/// The result with 100 packets of sound.
fn muxed(bytes: &[u8], begin: f64) -> Vec<u8> {
    let mut sink = Cursor::new(Vec::new());
    let plan = plan(bytes, begin).unwrap();
    let track = |samples| SoundTrack { samples, ..OPUS };
    let source = Cursor::new(bytes);
    let mut muxer = MatroskaMuxer::create(plan, source, &mut sink, &track(0)).unwrap();
    for packet in 0..100 {
        muxer.write(&[packet; 9]).unwrap();
    }
    muxer.finish(&track(100 * 960 - 312 - 48)).unwrap();
    drop(muxer);
    sink.into_inner()
}

fn blocks(bytes: &[u8]) -> Vec<Block> {
    let layout = Layout::read(&mut Cursor::new(bytes), 1 << 20).unwrap().unwrap();
    assert!(!layout.is_cut);
    let mut blocks = Blocks::new(Stream::new(Cursor::new(bytes)).unwrap(), layout.clusters);
    std::iter::from_fn(|| blocks.next().unwrap()).collect()
}

/// The time of each block of a track, and what follows it.
fn bodies(bytes: &[u8], track: u64) -> Vec<(i64, &[u8])> {
    let own = blocks(bytes).into_iter().filter(|block| block.track == track);
    own.map(|block| (block.time, &bytes[block.stamp as usize + 2..block.whole.end as usize]))
        .collect()
}

#[test]
fn pictures_stay_and_sound_is_new_with_and_without_sizes() {
    for is_sized in [true, false] {
        let source = file(is_sized, &[]);
        let result = muxed(&source, 0.0);
        assert_eq!(bodies(&result, 1), bodies(&source, 1));
        let sound = bodies(&result, 2);
        assert_eq!(sound.len(), 100);
        for (n, (time, body)) in sound.iter().enumerate().take(99) {
            assert_eq!((*time, body[1..].to_vec()), (20 * n as i64, vec![n as u8; 9]));
        }
        // 48 positions are 1 ms.
        let padding = element(DISCARD_PADDING, &1_000_000_u64.to_be_bytes());
        assert!(sound[99].1.ends_with(&padding));
        let times: Vec<_> = blocks(&result).iter().map(|block| block.time).collect();
        assert!(times.is_sorted(), "{times:?}");
        assert_eq!(plan(&result, 0.0).unwrap().layout.others.len(), 1);
    }
}

#[test]
fn parts_are_where_the_index_says() {
    let result = muxed(&file(true, &[]), 0.0);
    let layout = Layout::read(&mut Cursor::new(&result), 1 << 20).unwrap().unwrap();
    let duration = Elements(&layout.info).find(|(id, _)| *id == DURATION).unwrap().1;
    assert_eq!(crate::read::ebml::float(duration), Some(1993.0 + 2.0));
    let segment = layout.header.len() + 12;
    let (_, index) = Elements(&result[segment..]).next().unwrap();
    let mut found = Vec::new();
    for (_, seek) in Elements(index) {
        let parts: Vec<_> = Elements(seek).map(|(_, body)| number(body)).collect();
        let at = segment + parts[1] as usize;
        found.push(Elements(&result[at..]).next().unwrap().0);
        assert_eq!(u64::from(*found.last().unwrap()), parts[0]);
    }
    assert_eq!(found, [INFO, TRACKS, TAGS, CUES]);
}

#[test]
fn sound_begins_when_it_did() {
    let late = muxed(&file(true, &[]), 0.5);
    assert_eq!(bodies(&late, 2)[0].0, 500);
    // Sound before time 0 is inaudible: it is part of the delay.
    let early = muxed(&file(true, &[]), -0.021);
    assert_eq!(bodies(&early, 2)[0].0, 0);
    let delay = (312_u16 + 1008).to_le_bytes();
    let head = [&CONFIG[..10], &delay].concat();
    assert!(early.windows(12).any(|part| part == head));
    let delay = number_element(CODEC_DELAY, 27_500_000);
    assert!(early.windows(delay.len()).any(|part| part == delay));
}

#[test]
fn the_rest_of_a_cut_file_is_copied() {
    for is_sized in [true, false] {
        let whole = file(is_sized, &[]);
        let end = blocks(&whole)[3].whole.end as usize;
        let cut = &whole[..end - 1];
        assert_eq!(plan(cut, 0.0).unwrap().notes().len(), 1);
        assert_eq!(bodies(&muxed(cut, 0.0), 1), bodies(&whole, 1)[..2]);
        let error = Plan::new(&mut Cursor::new(cut), (2, 0.0), &Limits::default(), true);
        assert!(error.is_err());
    }
}

#[test]
fn any_cut_and_any_byte_ends_tidily() {
    let whole = file(true, &[]);
    for cut in 0..whole.len() {
        if plan(&whole[..cut], 0.0).is_ok() {
            muxed(&whole[..cut], 0.0);
        }
    }
    for at in 0..whole.len() {
        for byte in [0, 0x01, 0x7f, 0x80, 0xff] {
            let mut lie = whole.clone();
            lie[at] = byte;
            if plan(&lie, 0.0).is_ok() {
                let result = muxed(&lie, 0.0);
                assert!(result.len() < 2 * whole.len() + 10_000);
            }
        }
    }
}

#[test]
fn tracks_with_units_of_their_own_are_not_copied() {
    let scaled = file(true, &[float_element(TRACK_TIMESTAMP_SCALE, 2.0)]);
    assert!(plan(&scaled, 0.0).is_err_and(|reason| reason.contains("time scale")));
    let usual = file(true, &[float_element(TRACK_TIMESTAMP_SCALE, 1.0)]);
    assert!(plan(&usual, 0.0).is_ok());
}

#[test]
fn videos_that_are_joined_are_not_copied() {
    for is_sized in [true, false] {
        let twice = file(is_sized, &[]).repeat(2);
        assert!(plan(&twice, 0.0).err().unwrap().contains("several videos"));
    }
}

#[test]
fn more_tracks_than_films_have_are_not_copied() {
    let of = |count: u64| {
        let tracks = (1..=count).map(|number| entry(number, 2, &[])).collect::<Vec<_>>().concat();
        let header = element(EBML, &element(DOC_TYPE, b"webm"));
        Plan::of_layout(Layout { header, tracks, ..Layout::default() }, 2, 0.0, false)
    };
    assert!(of(256).is_ok());
    assert!(of(257).err().unwrap().contains("256 tracks"));
}

#[test]
fn sound_that_begins_long_before_the_picture_is_a_reason() {
    let source = file(true, &[]);
    assert!(plan(&source, -1.2).is_ok());
    assert!(plan(&source, -2.0).err().unwrap().contains("long before"));
}

#[test]
fn a_block_that_is_lost_is_noted_and_an_error_if_that_is_asked_for() {
    let mut source = file(true, &[]);
    let third = element(SIMPLE_BLOCK, &block(1, -5, 0x80, b"third"));
    let at = source.windows(third.len()).position(|bytes| bytes == third).unwrap();
    // The block would end after its cluster.
    source[at + 1] += 1;
    let create = |strict| {
        let limits = Limits::default();
        let mut bytes = Cursor::new(&source);
        let plan = Plan::new(&mut bytes, (2, 0.0), &limits, strict).unwrap().unwrap();
        let sink = Cursor::new(Vec::new());
        MatroskaMuxer::create(plan, Cursor::new(&source), sink, &OPUS).and_then(|mut muxer| {
            muxer.finish(&SoundTrack { samples: 960, ..OPUS })?;
            Ok(muxer.note())
        })
    };
    let note = create(false).unwrap().unwrap();
    assert_eq!(note.code, WarningCode::VideoIncomplete);
    assert!(note.text.starts_with("from 0.08 s on"), "{}", note.text);
    assert_eq!(create(true).unwrap_err().code(), "corrupt_audio");
}

#[test]
fn a_checksum_that_would_be_wrong_becomes_a_void() {
    let source = film(true, &[], &element(CRC, b"sums"));
    let result = muxed(&source, 0.0);
    let has = |bytes: &[u8], id| {
        let part = element(id, b"sums");
        bytes.windows(part.len()).any(|window| window == part)
    };
    assert!(has(&source, CRC) && !has(&result, CRC) && has(&result, VOID));
    assert_eq!(bodies(&result, 1), bodies(&source, 1));
}

#[test]
fn blocks_are_counted_if_there_may_be_no_room_for_them() {
    let source = file(true, &[]);
    let bytes = |most: Option<u64>| {
        let limits = Limits { result_bytes: most, ..Limits::default() };
        let mut source = Cursor::new(&source);
        Plan::new(&mut source, (2, 0.0), &limits, false).unwrap().unwrap().bytes()
    };
    let pictures = blocks(&source).into_iter().filter(|block| block.track == 1);
    let lengths: Vec<_> = pictures.map(|block| block.whole.end - block.whole.start).collect();
    let tags = element(TAGS, b"tags").len() as u64;
    assert_eq!(bytes(None), tags);
    assert_eq!(bytes(Some(1 << 20)), tags);
    let all: u64 = lengths.iter().sum();
    assert_eq!(bytes(Some(all)), tags + all);
    // Counting stops there.
    assert_eq!(bytes(Some(1)), tags + lengths[0]);
}

#[test]
fn pcm_is_in_blocks_of_whole_milliseconds() {
    let sound =
        [element(CODEC_ID, b"A_PCM/INT/BIG"), element(AUDIO, &number_element(BIT_DEPTH, 16))];
    let tracks = [entry(1, 1, &[]), entry(2, 2, &sound)].concat();
    // Without sizes, so that more tracks do not invalidate any.
    let mut source = file(false, &[]);
    let layout = Layout::read(&mut Cursor::new(&source), 1 << 20).unwrap().unwrap();
    let old = element(TRACKS, &layout.tracks);
    let at = source.windows(old.len()).position(|bytes| bytes == old).unwrap();
    source.splice(at..at + old.len(), element(TRACKS, &tracks));
    let plan = plan(&source, 0.0).unwrap_or_else(|reason| panic!("{reason}"));
    let pcm = plan.pcm().unwrap();
    let track = |samples| SoundTrack {
        rate: 44_100,
        channels: 1,
        config: &[],
        pcm: Some(pcm),
        frame: 1764,
        samples,
    };
    let mut sink = Cursor::new(Vec::new());
    let mut muxer =
        MatroskaMuxer::create(plan, Cursor::new(&source), &mut sink, &track(0)).unwrap();
    for piece in [&[1; 3528][..], &[2; 3528], &[3; 20]] {
        muxer.write(piece).unwrap();
    }
    muxer.finish(&track(3538)).unwrap();
    drop(muxer);
    let result = sink.into_inner();
    let sound: Vec<_> = bodies(&result, 2).into_iter().map(|(at, body)| (at, body.len())).collect();
    assert_eq!(sound, [(0, 3529), (40, 3529), (80, 21)]);
    assert_eq!(bodies(&result, 1), bodies(&source, 1));
}
