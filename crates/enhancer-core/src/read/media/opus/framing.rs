//! Packets with several streams (RFC 6716, appendix B): all streams except the last state their
//! length.

/// Splits the first packet off `data`, without its length, which a packet on its own does not have.
/// Returns it with the rest; `None` if it is incomplete.
pub(super) fn split(data: &[u8]) -> Option<(Vec<u8>, &[u8])> {
    let mut reader = Reader { data, at: 1 };
    let (stated, times) = match data.first()? & 3 {
        0 => (0, 1),
        1 => (0, 2),
        2 => (reader.size()?, 1),
        _ => reader.many()?,
    };
    let field = reader.at;
    let own = reader.size()?;
    let end = reader.at + stated + own * times;
    let packet = [&data[..field], data.get(reader.at..end)?].concat();
    Some((packet, &data[end..]))
}

struct Reader<'d> {
    data: &'d [u8],
    at: usize,
}

impl Reader<'_> {
    fn byte(&mut self) -> Option<usize> {
        let byte = *self.data.get(self.at)?;
        self.at += 1;
        Some(byte.into())
    }

    /// The size of a frame (section 3.2.1).
    fn size(&mut self) -> Option<usize> {
        match self.byte()? {
            small @ 0..=251 => Some(small),
            low => Some(low + 4 * self.byte()?),
        }
    }

    /// The head of a packet with any number of frames (section 3.2.5). Returns the number of bytes
    /// of the frames with stated sizes and of the padding, and the number of further frames, which
    /// share one size.
    fn many(&mut self) -> Option<(usize, usize)> {
        let kind = self.byte()?;
        let frames = kind & 0x3f;
        let mut stated = if kind & 0x40 != 0 { self.padding()? } else { 0 };
        if kind & 0x80 == 0 {
            return Some((stated, frames));
        }
        for _ in 1..frames {
            stated += self.size()?;
        }
        Some((stated, 1))
    }

    fn padding(&mut self) -> Option<usize> {
        let mut padding = 0;
        loop {
            match self.byte()? {
                255 => padding += 254,
                rest => return Some(padding + rest),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use opus_pure::Repacketizer;
    use opus_pure::repacketizer::pad_packet;

    use super::*;

    /// A packet with frames of these sizes, by another implementation: alone, and with its length.
    fn packets(sizes: &[usize]) -> (Vec<u8>, Vec<u8>) {
        let mut repacketizer = Repacketizer::new();
        for (n, size) in sizes.iter().enumerate() {
            // CELT, 2.5 ms, one frame.
            let frame: Vec<u8> = (0..*size).map(|at| (at + n) as u8).collect();
            repacketizer.cat(&[&[0xe0][..], &frame].concat()).unwrap();
        }
        (repacketizer.out().unwrap(), repacketizer.out_self_delimited().unwrap())
    }

    #[test]
    fn a_packet_is_split_off_as_another_author_wrote_it() {
        let sizes: [&[usize]; 9] =
            [&[0], &[10], &[251], &[252], &[1275], &[7, 7], &[300, 20], &[9; 5], &[1, 400, 0, 252]];
        for sizes in sizes {
            let (alone, delimited) = packets(sizes);
            let rest = b"what follows";
            let all = [&delimited[..], rest].concat();
            let (packet, behind) = split(&all).unwrap();
            assert_eq!((&packet, behind), (&alone, &rest[..]), "{sizes:?}");
            for end in 0..delimited.len() {
                assert_eq!(split(&delimited[..end]), None, "{sizes:?}, {end} bytes");
            }
        }
    }

    #[test]
    fn padding_belongs_to_a_packet() {
        for padding in [1, 2, 253, 254, 255, 256, 600] {
            let (alone, _) = packets(&[5, 6, 7]);
            let mut padded = alone.clone();
            pad_packet(&mut padded, alone.len() + padding).unwrap();
            // The size of the last frame follows those of the first two.
            let mut reader = Reader { data: &padded, at: 1 };
            reader.many().unwrap();
            let delimited = [&padded[..reader.at], &[7], &padded[reader.at..], b"rest"].concat();
            assert_eq!(split(&delimited), Some((padded, &b"rest"[..])), "{padding}");
        }
    }
}
