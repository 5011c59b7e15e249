//! The identification header of Opus (RFC 7845, section 5.1).

/// The mark at the start of an identification header.
const MAGIC: &[u8] = b"OpusHead";

/// The content of the header.
pub(in crate::read::media) struct Head {
    pub(super) channels: usize,
    /// The number of inaudible samples at the beginning.
    pub(in crate::read::media) pre_skip: u16,
    /// In dB, as a fixed-point number with eight fractional bits.
    pub(super) gain: i16,
    pub(super) family: u8,
    pub(super) streams: usize,
    pub(super) coupled: usize,
    pub(super) mapping: Vec<u8>,
}

impl Head {
    /// Reads a header. In MP4 its numbers are big-endian, elsewhere little-endian.
    ///
    /// # Errors
    /// A message about what is wrong with it.
    pub(in crate::read::media) fn read(bytes: &[u8], big_endian: bool) -> Result<Head, String> {
        let [_version, channels, skip @ .., family] = bytes
            .strip_prefix(MAGIC)
            .and_then(|fields| fields.first_chunk::<11>())
            .ok_or("no header")?;
        let channels = usize::from(*channels);
        let two = |at: usize| [skip[at], skip[at + 1]];
        let (pre_skip, gain) = match big_endian {
            true => (u16::from_be_bytes(two(0)), i16::from_be_bytes(two(6))),
            false => (u16::from_le_bytes(two(0)), i16::from_le_bytes(two(6))),
        };
        let (streams, coupled, mapping) = match (family, bytes.get(MAGIC.len() + 11..)) {
            (0, _) if (1..=2).contains(&channels) => (1, channels - 1, vec![0, 1]),
            (1..=255, Some([streams, coupled, mapping @ ..])) if mapping.len() >= channels => {
                ((*streams).into(), (*coupled).into(), mapping.to_vec())
            }
            _ => return Err(format!("{channels} channels of mapping family {family}")),
        };
        let head = Head {
            channels,
            pre_skip,
            gain,
            family: *family,
            streams,
            coupled,
            mapping: mapping[..channels].to_vec(),
        };
        head.check()?;
        Ok(head)
    }

    /// Checks that each channel has a stream.
    fn check(&self) -> Result<(), String> {
        let decoded = self.streams + self.coupled;
        let maps = self.mapping.iter().all(|&n| n == 255 || usize::from(n) < decoded);
        let sound = self.channels > 0
            && self.streams > 0
            && self.coupled <= self.streams
            && decoded <= 255
            && maps;
        if sound { Ok(()) } else { Err("an inconsistent channel mapping".into()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(channels: u8, family: u8, rest: &[u8]) -> Vec<u8> {
        let mut bytes = b"OpusHead\x01".to_vec();
        bytes.extend([channels, 0x38, 0x01, 0x80, 0xbb, 0, 0, 0x00, 0xff, family]);
        bytes.extend(rest);
        bytes
    }

    #[test]
    fn a_header_is_read_in_both_orders_of_bytes() {
        let bytes = head(2, 0, &[]);
        let little = Head::read(&bytes, false).ok().unwrap();
        assert_eq!((little.channels, little.pre_skip, little.gain), (2, 312, -256));
        let big = Head::read(&bytes, true).ok().unwrap();
        assert_eq!((big.pre_skip, big.gain), (0x3801, 0x00ff));
    }

    #[test]
    fn headers_without_sense_are_refused() {
        for (bytes, reason) in [
            (head(0, 0, &[]), "0 channels"),
            (head(3, 0, &[]), "3 channels"),
            (head(6, 1, &[4, 2, 0, 4, 1, 2, 3]), "6 channels of mapping family 1"),
            (head(6, 1, &[0, 0, 0, 4, 1, 2, 3, 5]), "an inconsistent channel mapping"),
            (head(6, 1, &[2, 3, 0, 4, 1, 2, 3, 5]), "an inconsistent channel mapping"),
            (head(6, 1, &[4, 2, 0, 4, 1, 2, 3, 6]), "an inconsistent channel mapping"),
            (head(2, 0, &[])[..18].to_vec(), "no header"),
        ] {
            let error = Head::read(&bytes, false).err().unwrap();
            assert!(error.contains(reason), "{error}");
        }
        assert!(Head::read(&head(6, 1, &[4, 2, 0, 4, 1, 2, 3, 5]), false).is_ok());
    }
}
