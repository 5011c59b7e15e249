//! The decoder for a stream, and its output.

use symphonia::core::audio::Channels;
use symphonia::core::codecs::audio::well_known::*;
use symphonia::core::codecs::audio::{AudioCodecId, AudioCodecParameters, AudioDecoder};
use symphonia::core::packet::Packet;

use super::aac::{AacDecoder, AdtsDecoder};
use super::mpeg::MpegAudio;
use super::opus::{Head, Opus};
use super::plain::Plain;
use super::vorbis::Surround;
use crate::audio::{Container, Planes, SampleFormat};

/// A decoded packet.
#[derive(Default)]
pub(in crate::read) struct Block {
    pub(in crate::read) planes: Planes,
    /// In Hz.
    pub(in crate::read) sample_rate: u32,
    /// The WAVE mask, in whose order the planes are; 0 if it is unknown.
    pub(in crate::read) channel_mask: u32,
}

impl Block {
    /// Samples per channel.
    pub(super) fn len(&self) -> usize {
        self.planes.first().map_or(0, Vec::len)
    }

    /// Drops this many samples at the start and at the end.
    pub(super) fn trim(&mut self, start: u64, end: u64) {
        let amount = |n| usize::try_from(n).unwrap_or(usize::MAX);
        for plane in &mut self.planes {
            plane.truncate(plane.len().saturating_sub(amount(end)));
            plane.drain(..plane.len().min(amount(start)));
        }
    }
}

/// Decodes packets to samples.
pub(super) trait Decoder: Send {
    /// Decodes `packet` into `block`, whose old content is replaced.
    ///
    /// # Errors
    /// A message about the fault in the packet. The next packet may be fine.
    fn decode(&mut self, packet: &Packet, block: &mut Block) -> Result<(), String>;
}

/// A decoder, and the number of its first samples that are inaudible.
pub(super) struct Opened {
    pub(super) decoder: Box<dyn Decoder>,
    pub(super) pre_skip: u64,
}

/// Creates the decoder for a stream with this codec.
///
/// # Errors
/// A message about what cannot be decoded.
pub(super) fn open(
    parameters: &AudioCodecParameters,
    container: Container,
) -> Result<Opened, String> {
    let of = |decoder| Opened { decoder, pre_skip: 0 };
    if let Some(plain) = Plain::of(parameters) {
        return Ok(of(Box::new(plain)));
    }
    match parameters.codec {
        CODEC_ID_AAC if container == Container::Adts => Ok(of(Box::<AdtsDecoder>::default())),
        CODEC_ID_AAC => Ok(of(Box::new(AacDecoder::new(parameters)?))),
        CODEC_ID_OPUS => {
            let bytes = parameters.extra_data.as_deref().unwrap_or_default();
            let head = Head::read(bytes, container == Container::Mp4)?;
            Ok(Opened { decoder: Box::new(Opus::new(&head)?), pre_skip: head.pre_skip.into() })
        }
        CODEC_ID_VORBIS if vorbis_channels(parameters) > 2 => {
            Ok(of(Box::new(Surround::new(parameters)?)))
        }
        CODEC_ID_MP1 | CODEC_ID_MP2 | CODEC_ID_MP3 => Ok(of(Box::new(MpegAudio::new(parameters)?))),
        _ => Ok(of(Box::new(Symphonia::new(parameters)?))),
    }
}

/// The number of channels in an identification header (Vorbis I specification, section 4.2.2).
fn vorbis_channels(parameters: &AudioCodecParameters) -> u8 {
    parameters.extra_data.as_ref().and_then(|header| header.get(11)).copied().unwrap_or(0)
}

/// A decoder of symphonia.
pub(super) struct Symphonia(Box<dyn AudioDecoder>);

impl Symphonia {
    /// # Errors
    /// A message about what cannot be decoded.
    pub(super) fn new(parameters: &AudioCodecParameters) -> Result<Symphonia, String> {
        let codecs = symphonia::default::get_codecs();
        let decoder = codecs.make_audio_decoder(parameters, &Default::default());
        decoder.map(Symphonia).map_err(|error| error.to_string())
    }
}

impl Decoder for Symphonia {
    fn decode(&mut self, packet: &Packet, block: &mut Block) -> Result<(), String> {
        let decoded = self.0.decode(packet).map_err(|error| error.to_string())?;
        block.sample_rate = decoded.spec().rate();
        block.channel_mask = mask(decoded.spec().channels());
        decoded.copy_to_vecs_planar::<f32>(&mut block.planes);
        Ok(())
    }
}

/// The speakers that have a bit in WAVE, from the lowest one.
const WAVE_MASK: u32 = 0x3_ffff;

/// The WAVE mask for `channels`, or 0 if there is none. symphonia uses the same bits and the same
/// order.
fn mask(channels: &Channels) -> u32 {
    let Channels::Positioned(positions) = channels else { return 0 };
    u32::try_from(positions.bits()).ok().filter(|bits| bits & !WAVE_MASK == 0).unwrap_or(0)
}

/// The sample format that suits the output of a codec: with the same bit depth as its input. The
/// output of codecs that do not store samples gets 16 bits.
pub(super) fn sample_format(parameters: &AudioCodecParameters) -> SampleFormat {
    match parameters.codec {
        CODEC_ID_PCM_F32LE | CODEC_ID_PCM_F32BE | CODEC_ID_PCM_F64LE | CODEC_ID_PCM_F64BE => {
            SampleFormat::F32le
        }
        codec if is_lossless(codec) => match bits(parameters) {
            Some(17..=24) => SampleFormat::S24le,
            Some(25..) => SampleFormat::S32le,
            _ => SampleFormat::S16le,
        },
        _ => SampleFormat::S16le,
    }
}

/// The bit depth of the samples. ALAC states it only in its configuration, which begins with four
/// bytes for a length and a version, and which CAF may wrap (Apple's
/// ALACMagicCookieDescription.txt).
fn bits(parameters: &AudioCodecParameters) -> Option<u32> {
    if parameters.codec != CODEC_ID_ALAC {
        return parameters.bits_per_sample;
    }
    let cookie = parameters.extra_data.as_deref()?;
    let wrapped = cookie.windows(4).rposition(|name| name == b"alac");
    let configuration = wrapped.map_or(0, |name| name + 8);
    cookie.get(configuration + 5).map(|bits| (*bits).into())
}

pub(super) fn is_lossless(codec: AudioCodecId) -> bool {
    is_pcm(codec) || [CODEC_ID_FLAC, CODEC_ID_ALAC].contains(&codec)
}

/// Whether the codec is PCM.
pub(super) fn is_pcm(codec: AudioCodecId) -> bool {
    // PCM codecs have the lowest numbers. Compressing ones follow.
    (CODEC_ID_PCM_S32LE..CODEC_ID_PCM_ALAW).contains(&codec)
}

/// The name of a codec that appears in files but is not decoded here.
pub(super) fn name(codec: AudioCodecId) -> Option<&'static str> {
    Some(match codec {
        CODEC_ID_AC3 => "AC-3 (Dolby Digital)",
        CODEC_ID_EAC3 => "E-AC-3 (Dolby Digital Plus)",
        CODEC_ID_AC4 => "AC-4",
        CODEC_ID_DCA => "DTS",
        CODEC_ID_TRUEHD => "Dolby TrueHD",
        CODEC_ID_SPEEX => "Speex",
        CODEC_ID_MUSEPACK => "Musepack",
        CODEC_ID_WAVPACK => "WavPack",
        CODEC_ID_TTA => "TTA",
        CODEC_ID_WMA => "Windows Media Audio",
        _ => return None,
    })
}
