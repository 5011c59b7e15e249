//! PCM in MP4, MOV, Matroska, CAF and AIFF-C that symphonia does not decode: A-law, mu-law, PCM in
//! MP4, more than two channels in MOV.

use symphonia::core::codecs::audio::well_known::*;
use symphonia::core::codecs::audio::{AudioCodecId, AudioCodecParameters};
use symphonia::core::packet::Packet;

use super::codec::{Block, Decoder};
use crate::audio::Pcm;
use crate::audio::SampleFormat;
use crate::audio::riff::{TAG_A_LAW, TAG_EXTENSIBLE, TAG_FLOAT, TAG_MU_LAW, TAG_PCM};
use crate::read::pcm::Encoding;

/// The storage format of samples.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Plain {
    pub(super) encoding: Encoding,
    /// Whether the most significant byte comes first.
    pub(super) is_big_endian: bool,
    /// Whether 8-bit samples are signed.
    pub(super) is_signed: bool,
    pub(super) channels: u16,
    pub(super) sample_rate: u32,
}

impl Plain {
    /// Little-endian samples.
    pub(super) fn new(encoding: Encoding, channels: u16, sample_rate: u32) -> Option<Plain> {
        let plain =
            Plain { encoding, is_big_endian: false, is_signed: false, channels, sample_rate };
        (channels > 0 && sample_rate > 0).then_some(plain)
    }

    /// The format of a codec that symphonia recognises but does not decode.
    pub(super) fn of(parameters: &AudioCodecParameters) -> Option<Plain> {
        let encoding = match parameters.codec {
            CODEC_ID_PCM_ALAW => Encoding::ALaw,
            CODEC_ID_PCM_MULAW => Encoding::MuLaw,
            _ => return None,
        };
        let channels = parameters.channels.as_ref().map_or(1, |channels| channels.count());
        Plain::new(encoding, u16::try_from(channels).ok()?, parameters.sample_rate?)
    }

    /// The format that the format chunk of a WAV file describes. Matroska stores it for codecs
    /// without a name of their own.
    pub(super) fn of_wav(format: &[u8]) -> Option<Plain> {
        let ([tag, channels, low, high, _, _, _, bits], _) = format.get(..16)?.as_chunks() else {
            return None;
        };
        let u16_of = |bytes: &[u8; 2]| u16::from_le_bytes(*bytes);
        let tag = match (u16_of(tag), format.get(24..26)) {
            (TAG_EXTENSIBLE, Some(tag)) => u16::from_le_bytes([tag[0], tag[1]]),
            (tag, _) => tag,
        };
        let encoding = match (tag, u16_of(bits)) {
            (TAG_A_LAW, 8) => Encoding::ALaw,
            (TAG_MU_LAW, 8) => Encoding::MuLaw,
            (TAG_PCM, bits) => Encoding::integer(bits.into())?,
            (TAG_FLOAT, bits) => Encoding::float(bits.into())?,
            _ => return None,
        };
        let sample_rate = u32::from(u16_of(high)) << 16 | u32::from(u16_of(low));
        Plain::new(encoding, u16_of(channels), sample_rate)
    }

    /// The format in which uncompressed samples with the same content are written; and whether
    /// these samples are stored exactly so. `None` if they are compressed.
    pub(super) fn stored(&self) -> Option<(Pcm, bool)> {
        let is_double = self.encoding == Encoding::F64le;
        let sample_format = self.encoding.effective();
        match self.encoding {
            Encoding::ALaw | Encoding::MuLaw => None,
            Encoding::U8 => {
                Some((Pcm { sample_format, is_big_endian: false, is_double: false }, false))
            }
            _ => Some((Pcm { sample_format, is_big_endian: self.is_big_endian, is_double }, true)),
        }
    }

    /// The parameters that symphonia would report.
    pub(super) fn parameters(&self) -> AudioCodecParameters {
        let mut parameters = AudioCodecParameters::new();
        parameters.codec = self.codec();
        parameters.bits_per_sample = Some(8 * self.encoding.bytes() as u32);
        parameters.sample_rate = Some(self.sample_rate);
        parameters
    }

    fn codec(&self) -> AudioCodecId {
        match self.encoding {
            Encoding::ALaw => CODEC_ID_PCM_ALAW,
            Encoding::MuLaw => CODEC_ID_PCM_MULAW,
            Encoding::U8 => CODEC_ID_PCM_U8,
            Encoding::F64le => CODEC_ID_PCM_F64LE,
            Encoding::Same(SampleFormat::F32le) => CODEC_ID_PCM_F32LE,
            Encoding::Same(SampleFormat::S16le) => CODEC_ID_PCM_S16LE,
            Encoding::Same(SampleFormat::S24le) => CODEC_ID_PCM_S24LE,
            Encoding::Same(SampleFormat::S32le) => CODEC_ID_PCM_S32LE,
        }
    }

    fn sample(&self, bytes: &[u8]) -> f32 {
        let mut sample = [0; 8];
        let sample = &mut sample[..bytes.len()];
        sample.copy_from_slice(bytes);
        if self.is_big_endian {
            sample.reverse();
        }
        if self.encoding == Encoding::U8 && self.is_signed {
            sample[0] ^= 0x80;
        }
        self.encoding.decode(sample)
    }
}

/// The format in which samples are written that a format chunk of WAV describes, if they are PCM.
pub(crate) fn stored_in_wav(format: &[u8]) -> Option<Pcm> {
    Plain::of_wav(format)?.stored().map(|(pcm, _)| pcm)
}

impl Decoder for Plain {
    fn decode(&mut self, packet: &Packet, block: &mut Block) -> Result<(), String> {
        let (width, channels) = (self.encoding.bytes(), usize::from(self.channels));
        let frames = packet.data.chunks_exact(width * channels);
        if !frames.remainder().is_empty() {
            return Err("a packet ends inside a sample".into());
        }
        let plane = |channel: usize| {
            let at = channel * width;
            frames.clone().map(|frame| self.sample(&frame[at..at + width])).collect()
        };
        block.planes = (0..channels).map(plane).collect();
        (block.sample_rate, block.channel_mask) = (self.sample_rate, 0);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use symphonia::core::units::{Duration, Timestamp};

    use super::*;

    fn decoded(mut plain: Plain, bytes: &[u8]) -> Result<Vec<Vec<f32>>, String> {
        let packet = Packet::new(1, Timestamp::new(0), Duration::new(1), bytes.to_vec());
        let mut block = Block::default();
        plain.decode(&packet, &mut block)?;
        Ok(block.planes)
    }

    #[test]
    fn samples_are_read_in_either_order_with_or_without_a_sign() {
        let plain = |encoding| Plain::new(encoding, 2, 8000).unwrap();
        let s16 = plain(Encoding::Same(SampleFormat::S16le));
        let big = Plain { is_big_endian: true, ..s16 };
        assert_eq!(decoded(s16, &[0, 0x40, 0, 0x80]).unwrap(), [[0.5], [-1.0]]);
        assert_eq!(decoded(big, &[0x40, 0, 0x80, 0]).unwrap(), [[0.5], [-1.0]]);
        let u8 = plain(Encoding::U8);
        assert_eq!(decoded(u8, &[0xc0, 0]).unwrap(), [[0.5], [-1.0]]);
        assert_eq!(
            decoded(Plain { is_signed: true, ..u8 }, &[0x40, 0x80]).unwrap(),
            [[0.5], [-1.0]]
        );
        assert!(decoded(s16, &[0; 6]).is_err());
    }

    #[test]
    fn a_format_of_wav_is_read() {
        let format = [7, 0, 1, 0, 0x40, 0x1f, 0, 0, 0x40, 0x1f, 0, 0, 1, 0, 8, 0, 0, 0];
        assert_eq!(Plain::of_wav(&format), Plain::new(Encoding::MuLaw, 1, 8000));
        assert_eq!(Plain::of_wav(&format[..15]), None);
        assert_eq!(Plain::of_wav(&[0; 16]), None);
    }
}
