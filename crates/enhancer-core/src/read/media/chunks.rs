//! Prepares AIFF and CAF files for symphonia. This code finds how many bytes of sound they declare,
//! since symphonia seeks to the end of the sound before it reads it. And it hides chunks, since
//! symphonia keeps everything that it reads in memory. (Apple, "Audio Interchange File Format",
//! 1989, and "Core Audio Format Specification".)

use std::io::{self, Read, Seek, SeekFrom};

use super::facts::Extent;
use super::plain::Plain;
use super::source::Overlay;
use crate::audio::Container;
use crate::read::pcm::Encoding;
use crate::read::sniff::{begins_tag, is_chunk};
use crate::read::wav::MOST_REST;
use crate::tags::{Gathering, MAX_TAG_BYTES, Tags, id3};

/// The maximum number of chunks that are read.
const MOST_CHUNKS: usize = 4096;

/// An identifier without a meaning in AIFF.
const HIDDEN: &[u8; 4] = b"hide";

/// Chunks of AIFF with positions in the recording or for samplers. Results never have them.
const PLACES: [&[u8; 4]; 4] = [b"MARK", b"INST", b"MIDI", b"APPL"];

/// The chunk with the samples.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Sound {
    /// The offset of the field with its size, and the length of that field in bytes.
    size_at: u64,
    width: usize,
    pub(super) extent: Extent,
}

impl Sound {
    /// An overlay with the actual size of the samples, if it differs from the declared one.
    fn overlay(&self) -> Option<Overlay> {
        let Extent { declared, there } = self.extent;
        let size = there.to_be_bytes();
        (there != declared).then(|| (self.size_at, size[size.len() - self.width..].to_vec()))
    }
}

/// The result of examining a file.
#[derive(Default)]
pub(super) struct Found {
    /// The samples; `None` if their size is left open.
    pub(super) sound: Option<Sound>,
    /// Tags that are read here.
    pub(super) tags: Tags,
    /// The storage format of the samples, if symphonia does not support it.
    pub(super) plain: Option<Plain>,
    /// The codec that a CAF file names.
    pub(super) codec: Option<[u8; 4]>,
    /// The number of entries in packet tables.
    pub(super) packets: u64,
    /// Bytes that symphonia reads instead of the actual ones.
    pub(super) overlays: Vec<Overlay>,
}

/// Examines a file of `len` bytes. Leaves `source` at any position.
///
/// # Errors
/// If the source fails, and `InvalidData` if the file has too many chunks. A file that ends inside
/// a chunk is not an error.
pub(super) fn look(
    source: &mut (impl Read + Seek),
    container: Container,
    len: u64,
) -> io::Result<Found> {
    let mut walk = Walk { source, container, len, found: Found::default(), tags: Room::default() };
    match walk.file() {
        Err(error) if error.kind() != io::ErrorKind::UnexpectedEof => return Err(error),
        _ => {}
    }
    let mut found = walk.found;
    let left_out = std::mem::take(&mut found.tags.left_out);
    found.tags = Tags { left_out, ..walk.tags.gathered.finish() };
    found.overlays.extend(found.sound.and_then(|sound| sound.overlay()));
    Ok(found)
}

/// Tags, and the number of bytes and chunks of tags that may still be read or shown.
struct Room {
    gathered: Gathering,
    bytes: u64,
}

impl Default for Room {
    fn default() -> Self {
        Room { gathered: Gathering::default(), bytes: MAX_TAG_BYTES }
    }
}

struct Walk<'s, S> {
    source: &'s mut S,
    container: Container,
    len: u64,
    found: Found,
    tags: Room,
}

impl<S: Read + Seek> Walk<'_, S> {
    fn file(&mut self) -> io::Result<()> {
        let is_aiff = self.container == Container::Aiff;
        let (mut at, width) = if is_aiff { (12, 4) } else { (8, 8) };
        if is_aiff {
            self.file_size()?;
        }
        for _ in 0..MOST_CHUNKS {
            if at >= self.len {
                return Ok(());
            }
            let (kind, declared) = self.header(at, width)?;
            let body = at + 4 + width as u64;
            let there = self.len.saturating_sub(body).min(declared);
            match (&kind, is_aiff) {
                // The size is open: the samples are the rest of the file.
                (b"data", false) if declared == u64::MAX => {
                    let there = self.len.saturating_sub(body);
                    self.found.overlays.push((at + 4, there.to_be_bytes().into()));
                    return Ok(());
                }
                (b"SSND", true) | (b"data", false) => {
                    let goes_on = self.goes_on(body, declared, width)?;
                    let there = if goes_on { self.len - body } else { there };
                    let extent = Extent { declared, there };
                    self.found.sound = Some(Sound { size_at: at + 4, width, extent });
                    if goes_on {
                        let all = u32::try_from(self.len - 8).unwrap_or(u32::MAX);
                        let size = is_aiff.then(|| (4, all.to_be_bytes().into()));
                        self.found.overlays.extend(size);
                        return Ok(());
                    }
                }
                (b"pakt", false) => self.table(declared)?,
                (b"desc", false) => self.description(body)?,
                (_, true) => {
                    if PLACES.contains(&&kind) {
                        self.found.tags.leave_out(&kind);
                    }
                    if !self.shows(&kind, there)? {
                        self.found.overlays.push((at, HIDDEN.into()));
                    }
                }
                _ => {}
            }
            // AIFF pads its chunks to an even length.
            let pad = if is_aiff { declared % 2 } else { 0 };
            at = body.saturating_add(declared).saturating_add(pad);
        }
        let reason = "more than 4096 chunks, expected a dozen";
        Err(io::Error::new(io::ErrorKind::InvalidData, reason))
    }

    /// The name and the declared size of the chunk at an offset. The size has `width` bytes.
    fn header(&mut self, at: u64, width: usize) -> io::Result<([u8; 4], u64)> {
        let mut header = [0; 12];
        let header = &mut header[..4 + width];
        self.source.seek(SeekFrom::Start(at))?;
        self.source.read_exact(header)?;
        let size = header[4..].iter().fold(0, |size, byte| size << 8 | u64::from(*byte));
        Ok((*header.first_chunk().unwrap_or(HIDDEN), size))
    }

    /// Whether samples continue after the declared size of their chunk. A recorder that was
    /// switched off has not updated the size, and one that writes into a pipe cannot. In both
    /// cases, no chunk begins there.
    fn goes_on(&mut self, body: u64, declared: u64, width: usize) -> io::Result<bool> {
        let behind = body.saturating_add(declared);
        if self.len <= behind || declared > 0 && self.len - behind <= MOST_REST {
            return Ok(false);
        }
        for at in [behind, behind + declared % 2] {
            let Ok((kind, size)) = self.header(at, width) else { continue };
            let end = (at + 4 + width as u64).saturating_add(size);
            if begins_tag(&kind) || is_chunk(&kind, end, self.len) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Handles 8-bit integers in CAF, which are signed. symphonia refuses them, so it is shown
    /// mu-law, whose samples have the same size.
    fn description(&mut self, at: u64) -> io::Result<()> {
        const IS_FLOAT: u8 = 1;
        let mut bytes = [0; 32];
        self.source.seek(SeekFrom::Start(at))?;
        self.source.read_exact(&mut bytes)?;
        let u32_at = |at: usize| bytes[at..at + 4].iter().fold(0, |x, &b| x << 8 | u32::from(b));
        self.found.codec = bytes[8..].first_chunk().copied();
        let rate = bytes.first_chunk().map_or(0.0, |rate| f64::from_be_bytes(*rate));
        if &bytes[8..12] == b"lpcm" && bytes[15] & IS_FLOAT == 0 && u32_at(28) == 8 {
            let channels = u32_at(24).try_into().unwrap_or(0);
            if let Some(plain) = Plain::new(Encoding::U8, channels, rate as u32) {
                self.found.plain = Some(Plain { is_signed: true, ..plain });
                self.found.overlays.push((at + 8, b"ulaw".into()));
            }
        }
        Ok(())
    }

    /// Corrects the size that an AIFF file states for everything after it, if it is larger than the
    /// file or was never filled in. If samples are missing, the size of the samples shows it.
    fn file_size(&mut self) -> io::Result<()> {
        let mut size = [0; 4];
        self.source.seek(SeekFrom::Start(4))?;
        self.source.read_exact(&mut size)?;
        let there = self.len.saturating_sub(8);
        if let Ok(there) = u32::try_from(there)
            && (there < u32::from_be_bytes(size) || size == [0; 4])
        {
            self.found.overlays.push((4, there.to_be_bytes().into()));
        }
        Ok(())
    }

    /// Counts the packets in a table of this many bytes. Each packet takes at least one byte.
    fn table(&mut self, len: u64) -> io::Result<()> {
        let mut packets = [0; 8];
        self.source.read_exact(&mut packets)?;
        let packets = u64::from_be_bytes(packets).min(len);
        self.found.packets = self.found.packets.saturating_add(packets);
        Ok(())
    }

    /// Whether symphonia should see a chunk of AIFF. `len` is the number of its bytes that exist
    /// and follow. ID3 is read here.
    fn shows(&mut self, kind: &[u8; 4], len: u64) -> io::Result<bool> {
        let is_id3 = kind.eq_ignore_ascii_case(b"ID3 ");
        match kind {
            b"COMM" => return Ok(true),
            b"NAME" | b"AUTH" | b"(c) " | b"ANNO" => {}
            _ if is_id3 => {}
            // Markers, comments on them and chunks of applications are not needed.
            _ => return Ok(false),
        }
        if len > self.tags.bytes {
            return Ok(false);
        }
        self.tags.bytes -= len;
        if is_id3 && !self.tags.gathered.is_full() {
            let mut tag = Vec::new();
            self.source.by_ref().take(len).read_to_end(&mut tag)?;
            self.tags.gathered.complete_with(id3::read(&tag));
        }
        Ok(!is_id3)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    /// The offset of the field with the size of the sound, the declared size, and the existing
    /// size.
    fn found(bytes: &[u8], container: Container) -> Option<(u64, u64, u64)> {
        let found = look(&mut Cursor::new(bytes), container, bytes.len() as u64).unwrap();
        found.sound.map(|sound| (sound.size_at, sound.extent.declared, sound.extent.there))
    }

    #[test]
    fn the_samples_are_found_behind_other_chunks() {
        let aiff = b"FORM\0\0\0\0AIFFNAME\0\0\0\x03abc\0SSND\0\0\0\x64\0\0\0\0";
        assert_eq!(found(aiff, Container::Aiff), Some((28, 100, 4)));
        let caf = b"caff\0\x01\0\0free\0\0\0\0\0\0\0\x01adata\0\0\0\0\0\0\0\x02ab";
        assert_eq!(found(caf, Container::Caf), Some((25, 2, 2)));
    }

    #[test]
    fn samples_go_on_where_no_chunk_begins() {
        for container in [Container::Aiff, Container::Caf] {
            let (head, width) = match container {
                Container::Aiff => (b"FORM\0\0\0\0AIFFSSND".to_vec(), 4),
                _ => (b"caff\0\x01\0\0data".to_vec(), 8),
            };
            let size = |size: u64| size.to_be_bytes()[8 - width..].to_vec();
            let chunk = [b"more".to_vec(), size(5000), vec![1; 5000]].concat();
            for (declared, behind, there) in [
                (10, vec![1; 6000], 6010),
                // Tags and padding.
                (10, vec![1; 4000], 10),
                (10, chunk, 10),
                // A writer that never filled in the size.
                (0, vec![1; 100], 100),
                (0, vec![], 0),
            ] {
                let bytes = [&head[..], &size(declared), &vec![2; declared as usize], &behind];
                let size_at = head.len() as u64;
                let found = found(&bytes.concat(), container);
                assert_eq!(found, Some((size_at, declared, there)), "{container:?}");
            }
        }
    }

    #[test]
    fn open_or_missing_sizes_are_not_reported() {
        let open = b"caff\0\x01\0\0data\xff\xff\xff\xff\xff\xff\xff\xff";
        assert_eq!(found(open, Container::Caf), None);
        for cut in 0..open.len() {
            assert_eq!(found(&open[..cut], Container::Caf), None);
        }
    }

    #[test]
    fn a_cut_file_is_seen_as_long_as_it_is() {
        let aiff = b"FORM\0\0\0\0AIFFSSND\0\0\0\x64\0\0\0\0";
        let found = look(&mut Cursor::new(aiff), Container::Aiff, aiff.len() as u64).unwrap();
        assert_eq!(found.overlays, [(4, vec![0, 0, 0, 16]), (16, vec![0, 0, 0, 4])]);
    }

    #[test]
    fn only_used_chunks_of_aiff_are_shown() {
        let chunk = |kind: &[u8; 4], body: &[u8]| {
            [&kind[..], &(body.len() as u32).to_be_bytes(), body].concat()
        };
        let tag = id3::encode(&Tags::from_iter([("ARTIST", "Somebody")])).unwrap();
        let tag = [&tag[..], &[0][..tag.len() % 2]].concat();
        let chunks = [
            chunk(b"COMM", &[0; 18]),
            chunk(b"MARK", &[0; 20]),
            chunk(b"SSND", &[0; 20]),
            chunk(b"NAME", b"Talk"),
            chunk(b"ID3 ", &tag),
            chunk(b"ANNO", &vec![0; 16 << 20]),
        ];
        let file = [b"FORM\0\0\0\0AIFF".to_vec(), chunks.concat()].concat();
        let found = look(&mut Cursor::new(&file), Container::Aiff, file.len() as u64).unwrap();
        let at = |n: usize| 12 + chunks[..n].concat().len() as u64;
        let size = (4, ((file.len() - 8) as u32).to_be_bytes().to_vec());
        let hidden = [1, 4, 5].map(|n| (at(n), HIDDEN.to_vec()));
        assert_eq!(found.overlays, [&[size][..], &hidden].concat());
        let left_out = vec!["MARK".to_owned()];
        assert_eq!(found.tags, Tags { left_out, ..Tags::from_iter([("ARTIST", "Somebody")]) });
    }

    #[test]
    fn packets_are_counted_as_far_as_there_is_room_for_them() {
        for (stated, counted) in [(3u64, 3), (u64::MAX, 30)] {
            let table = [&stated.to_be_bytes()[..], &[0; 22]].concat();
            let size = (table.len() as u64).to_be_bytes();
            let caf = [b"caff\0\x01\0\0pakt", &size[..], &table].concat();
            let found = look(&mut Cursor::new(&caf), Container::Caf, caf.len() as u64).unwrap();
            assert_eq!(found.packets, counted);
        }
    }
}
