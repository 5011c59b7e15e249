use std::io::Cursor;

use enhancer_core::{AudioFormat, Container, OpenOptions, Picture, SampleFormat, Tags, open};
use proptest::prelude::*;
use symphonia::core::formats::probe::Hint;
use symphonia::core::io::MediaSourceStream;
use symphonia::core::meta::MetadataRevision;

use crate::support::{encoded_with, wav};

const MONO: AudioFormat = AudioFormat::raw(SampleFormat::S16le, 48_000, 1);

fn entries(entries: &[(&str, &str)]) -> Vec<(String, String)> {
    entries.iter().map(|(name, text)| ((*name).into(), (*text).into())).collect()
}

fn cover() -> Picture {
    let png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x02\0\0\0";
    Picture::new("image/png", png.to_vec())
        .with_kind(3)
        .with_description("Umschlag für Hörer".into())
}

fn read(bytes: &[u8]) -> Tags {
    let mut reader = open(Cursor::new(bytes), &OpenOptions::default()).unwrap();
    let mut planes = vec![Vec::new(); reader.format().channels.into()];
    while reader.read(&mut planes, 7).unwrap() > 0 {}
    assert_eq!(planes[0], [0.5, 0.25, 0.125]);
    assert_eq!(reader.damage(), None);
    reader.tags().clone()
}

fn written(tags: &Tags) -> Vec<u8> {
    encoded_with(&wav(MONO), &vec![vec![0.5, 0.25, 0.125]], tags)
}

#[test]
fn a_wav_file_keeps_text_and_pictures() {
    let tags = Tags::default()
        .with_entries(entries(&[
            ("TITLE", "Gespräch 東京"),
            ("ARTIST", "Ann"),
            ("ARTIST", "Bob"),
            ("DATE", "2024-02-29"),
            ("TRACKNUMBER", "3/12"),
            ("COMMENT", "two\nlines"),
            ("LYRICS", "la la"),
            ("REPLAYGAIN_TRACK_GAIN", "-3 dB"),
        ]))
        .with_pictures(vec![cover(), cover().with_kind(17).with_description(String::new())]);
    assert_eq!(read(&written(&tags)), tags);
}

#[test]
fn a_file_without_tags_gets_none() {
    let bytes = written(&Tags::default());
    assert_eq!(bytes.len(), 80 + 6);
    assert_eq!(read(&bytes), Tags::default());
}

#[test]
fn tags_are_read_before_and_behind_the_samples() {
    let tags =
        Tags::default().with_entries(entries(&[("TITLE", "Talk")])).with_pictures(vec![cover()]);
    let bytes = written(&tags);
    // Everything behind the samples moves before the format.
    let moved = [&bytes[..12], &bytes[86..], &bytes[12..86]].concat();
    assert_eq!(read(&moved), tags);
}

/// The file with a chunk behind it.
fn with_chunk(mut bytes: Vec<u8>, id: &[u8; 4], body: &[u8]) -> Vec<u8> {
    bytes.extend(id);
    bytes.extend((body.len() as u32).to_le_bytes());
    bytes.extend(body);
    bytes.extend(vec![0; body.len() % 2]);
    let len = bytes.len() as u32 - 8;
    bytes[4..8].copy_from_slice(&len.to_le_bytes());
    bytes
}

#[test]
fn what_id3_does_not_tell_comes_from_the_list() {
    let id3 = Tags::default().with_entries(entries(&[("TITLE", "Whole title")]));
    let list = b"INFOINAM\x06\0\0\0Whole\0IART\x04\0\0\0Ann\0";
    let bytes = with_chunk(written(&id3), b"LIST", list);
    assert_eq!(read(&bytes).entries, entries(&[("TITLE", "Whole title"), ("ARTIST", "Ann")]));
}

#[test]
fn malformed_and_huge_tags_do_not_keep_a_file_from_being_read() {
    let bytes = written(&Tags::default());
    for body in [&b""[..], b"INFO", b"INFOINAM\xff\xff\xff\xff", b"ID3\x04\0\0\x7f\x7f\x7f\x7fTIT2"]
    {
        for id in [b"LIST", b"id3 ", b"ID3 "] {
            assert_eq!(read(&with_chunk(bytes.clone(), id, body)), Tags::default());
        }
    }
    // A chunk that says it goes on behind the end.
    let mut cut = bytes.clone();
    cut.extend(b"id3 \xff\xff\xff\xffID3");
    assert_eq!(read(&cut), Tags::default());
    // 17 MiB of one title.
    let mut list = b"INFOINAM\0\0\x10\x01".to_vec();
    list.resize(list.len() + 0x110_0000, b'a');
    let bytes = with_chunk(bytes, b"LIST", &list);
    assert_eq!(read(&bytes), Tags::default());
}

/// What another reader finds in a FLAC file.
fn flac_metadata(tags: &Tags, channel_mask: u32, channels: u16) -> MetadataRevision {
    let format = MONO
        .with_container(Container::Flac)
        .with_channel_mask(channel_mask)
        .with_channels(channels);
    let planes = vec![vec![0.5; 10]; channels.into()];
    let bytes = encoded_with(&format, &planes, tags);
    let source = MediaSourceStream::new(Box::new(Cursor::new(bytes)), Default::default());
    let mut reader = symphonia::default::get_probe()
        .probe(&Hint::new(), source, Default::default(), Default::default())
        .unwrap();
    reader.metadata().skip_to_latest().unwrap().clone()
}

fn comments(revision: &MetadataRevision) -> Vec<(String, String)> {
    let tags = revision.media.tags.iter();
    tags.map(|tag| (tag.raw.key.clone(), tag.raw.value.to_string())).collect()
}

#[test]
fn a_flac_file_keeps_text_and_pictures() {
    let written = [("TITLE", "Gespräch 東京"), ("ARTIST", "Ann"), ("ARTIST", "Bob"), ("MOOD", "=")];
    let mut tags = Tags::default().with_entries(entries(&written)).with_pictures(vec![cover()]);
    // Names that Vorbis comments cannot have, and a picture that is too large.
    tags.entries.extend(entries(&[("", "a"), ("A=B", "c"), ("GRÖSSE", "d")]));
    tags.pictures.push(cover().with_data(vec![0; 1 << 24]));
    let revision = flac_metadata(&tags, 0, 1);
    assert_eq!(comments(&revision), entries(&written));
    let [visual] = &revision.media.visuals[..] else { panic!("one picture") };
    assert_eq!(visual.media_type.as_deref(), Some("image/png"));
    assert_eq!(visual.data[..], cover().data);
}

#[test]
fn a_flac_file_tells_of_unusual_speakers() {
    let tags =
        Tags::default().with_entries(entries(&[("WAVEFORMATEXTENSIBLE_CHANNEL_MASK", "0x1")]));
    let expected = entries(&[("WAVEFORMATEXTENSIBLE_CHANNEL_MASK", "0x0033")]);
    assert_eq!(comments(&flac_metadata(&tags, 0x33, 4)), expected);
    assert_eq!(comments(&flac_metadata(&Tags::default(), 0x3, 2)), entries(&[]));
}

proptest! {
    #[test]
    fn any_tags_come_back(
        texts in prop::collection::btree_map("[A-Z][A-Z _]{0,8}[A-Z]", "[^\0]{1,30}", 0..8),
        kind: u8,
        data in prop::collection::vec(any::<u8>(), 0..300),
        description in "[^\0]{0,10}",
    ) {
        let entries = texts.into_iter().map(|(name, text)| (name, text.trim().to_owned()));
        let entries: Vec<_> = entries.filter(|(_, text)| !text.is_empty()).collect();
        let pictures = vec![Picture::new("image/x", data).with_kind(kind).with_description(description)];
        let tags = Tags::default().with_entries(entries).with_pictures(pictures);
        prop_assert_eq!(read(&written(&tags)), tags);
    }
}
