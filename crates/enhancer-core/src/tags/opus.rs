//! Tags in an Opus file: Vorbis comments (RFC 7845, section 5.2), including pictures.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flac_codec::metadata::Picture;
use opus_pure::OpusTags;

use super::{Tags, vorbis};
use crate::audio::AudioFormat;

/// The comment that holds a picture: FLAC's picture block in base64.
const PICTURE: &str = "METADATA_BLOCK_PICTURE";

/// The comments. Pictures come after all texts, so that readers which stop early get the texts.
pub(crate) fn comments(tags: &Tags, format: &AudioFormat) -> OpusTags {
    // The header of the stream already states the channel layout.
    let format = AudioFormat { channel_mask: 0, ..*format };
    let texts = vorbis::comments(tags, &format);
    let pictures = vorbis::pictures(tags)
        .map(|picture| format!("{PICTURE}={}", STANDARD.encode(picture_block(&picture))));
    let is_picture = |field: &String| field.starts_with(PICTURE);
    let comments = texts.fields.into_iter().filter(|field| !is_picture(field)).chain(pictures);
    OpusTags { vendor: texts.vendor_string, comments: comments.collect() }
}

/// The block of a picture without its header (RFC 9639, section 8.8).
fn picture_block(picture: &Picture) -> Vec<u8> {
    let mut block = Vec::with_capacity(picture.data.len() + 64);
    let number = |block: &mut Vec<u8>, value: u32| block.extend(value.to_be_bytes());
    number(&mut block, picture.picture_type as u32);
    for text in [&picture.media_type, &picture.description] {
        number(&mut block, text.len() as u32);
        block.extend(text.as_bytes());
    }
    let colors = picture.colors_used.map_or(0, u32::from);
    for value in [picture.width, picture.height, picture.color_depth, colors] {
        number(&mut block, value);
    }
    number(&mut block, picture.data.len() as u32);
    block.extend(&picture.data);
    block
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tags;

    #[test]
    fn a_picture_is_the_block_that_flac_has() {
        let picture = tags::Picture {
            media_type: "image/png".into(),
            kind: 3,
            description: "ü".into(),
            data: vec![1, 2, 3],
        };
        let entries = vec![("TITLE".into(), "A".into()), (PICTURE.into(), "of the source".into())];
        let tags = Tags { entries, pictures: vec![picture], ..Tags::default() };
        let written = comments(&tags, &AudioFormat::raw(crate::SampleFormat::S16le, 48_000, 1));
        let [title, picture] = &written.comments[..] else { panic!("{:?}", written.comments) };
        assert_eq!(title, "TITLE=A");
        let block = STANDARD.decode(picture.strip_prefix("METADATA_BLOCK_PICTURE=").unwrap());
        let expected = b"\0\0\0\x03\0\0\0\x09image/png\0\0\0\x02\xc3\xbc\
            \0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x03\x01\x02\x03";
        assert_eq!(block.unwrap(), expected);
    }
}
