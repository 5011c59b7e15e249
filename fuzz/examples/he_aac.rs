//! Makes the seeds of high-efficiency AAC with the encoder of the decoder's crate, because ffmpeg
//! cannot write this format. Run by `make fuzz-seeds`.

use std::f32::consts::TAU;
use std::path::Path;

use syom::{EncodeOptions, encode_with};

const RATE: u32 = 44_100;
/// Enough for a few frames.
const SAMPLES: u32 = 6_000;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds/decode");
    let sides: [Vec<f32>; 2] = [1.0, 0.5].map(|level| harmonics().map(|x| x * level).collect());
    // The bands above the core's are copied from it. Two channels are stored as one and parameters.
    let bands = EncodeOptions::adts().with_he(true).with_bitrate_bps(32_000);
    let stereo = EncodeOptions::adts().with_he_v2(true).with_bitrate_bps(24_000);
    for (name, options) in [("he.aac", bands), ("he-v2.aac", stereo)] {
        std::fs::write(folder.join(name), encode_with(&sides, RATE, &options)?)?;
    }
    Ok(())
}

/// A tone with many harmonics up to high frequencies.
fn harmonics() -> impl Iterator<Item = f32> {
    (0..SAMPLES).map(|n| {
        let phase = TAU * 440.0 * n as f32 / RATE as f32;
        (1..30).map(|k| (phase * k as f32).sin() / k as f32).sum::<f32>() * 0.4
    })
}
