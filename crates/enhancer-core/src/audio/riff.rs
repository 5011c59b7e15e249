//! Constants of the WAV format: RIFF/WAVE (IBM and Microsoft, "Multimedia Programming Interface and
//! Data Specifications 1.0", 1991) with the later `WAVEFORMATEXTENSIBLE`, and RF64 for files of
//! more than 4 GiB (EBU Tech 3306), which ITU-R BS.2088 calls BW64.

/// Integer samples.
pub(crate) const TAG_PCM: u16 = 1;
/// Float samples.
pub(crate) const TAG_FLOAT: u16 = 3;
/// A-law samples (ITU-T G.711).
pub(crate) const TAG_A_LAW: u16 = 6;
/// Mu-law samples (ITU-T G.711).
pub(crate) const TAG_MU_LAW: u16 = 7;
/// The format's real tag is in its extension.
pub(crate) const TAG_EXTENSIBLE: u16 = 0xfffe;
/// The bytes that follow the tag in the extension's sub-format identifier.
pub(crate) const SUB_FORMAT_TAIL: [u8; 14] =
    *b"\x00\x00\x00\x00\x10\x00\x80\x00\x00\xaa\x00\x38\x9b\x71";
/// The size of a `ds64` chunk's body without a table of other chunks: the sizes of the file and of
/// the samples and the number of samples, each in 64 bits, and a count of 0.
pub(crate) const DS64_BYTES: usize = 28;

/// Appends a chunk, padded to an even length. A body of 4 GiB or more, whose length a chunk cannot
/// state, is left out.
pub(crate) fn append_chunk(bytes: &mut Vec<u8>, id: &[u8; 4], body: &[u8]) {
    let Ok(len) = u32::try_from(body.len()) else { return };
    bytes.extend(id);
    bytes.extend(len.to_le_bytes());
    bytes.extend(body);
    if body.len() % 2 == 1 {
        bytes.push(0);
    }
}
