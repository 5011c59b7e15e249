//! Marks of the WAV format: RIFF/WAVE (IBM and Microsoft, "Multimedia Programming
//! Interface and Data Specifications 1.0", 1991) with the later
//! `WAVEFORMATEXTENSIBLE`.

/// Integer samples.
pub(crate) const TAG_PCM: u16 = 1;
/// Float samples.
pub(crate) const TAG_FLOAT: u16 = 3;
/// The format's real tag stands in its extension.
pub(crate) const TAG_EXTENSIBLE: u16 = 0xfffe;
/// What follows the tag in the extension's sub-format identifier.
pub(crate) const SUB_FORMAT_TAIL: [u8; 14] =
    *b"\x00\x00\x00\x00\x10\x00\x80\x00\x00\xaa\x00\x38\x9b\x71";
