//! Passes over a recording from its start to its end, block by block.

use super::loudness::Levelled;
use crate::audio::BLOCK;
use crate::error::Result;
use crate::read::AudioReader;
use crate::write::AudioWriter;

/// Writes all samples of a reader, after that gain and the limiter if there is one,
/// completes the file, and says how many of each channel there were. See [`read_async`]
/// for `each_block`.
pub(crate) async fn copy_async(
    reader: &mut dyn AudioReader,
    gain: Option<f32>,
    writer: &mut dyn AudioWriter,
    each_block: impl AsyncFnMut(u64) -> Result<()>,
) -> Result<u64> {
    let write = |planes: &[Vec<f32>]| writer.write(planes);
    let copied = match gain {
        Some(gain) => read_async(&mut Levelled::new(reader, gain), write, each_block).await?,
        None => read_async(reader, write, each_block).await?,
    };
    writer.finish()?;
    Ok(copied)
}

/// Gives all samples of a reader to `take`, and says how many of each channel there
/// were. `each_block` is awaited after each block, with the number so far; its error
/// ends the work.
pub(crate) async fn read_async(
    reader: &mut dyn AudioReader,
    mut take: impl FnMut(&[Vec<f32>]) -> Result<()>,
    mut each_block: impl AsyncFnMut(u64) -> Result<()>,
) -> Result<u64> {
    let mut block = vec![Vec::new(); reader.format().channels.into()];
    let mut taken = 0;
    loop {
        block.iter_mut().for_each(Vec::clear);
        let came = reader.read(&mut block, BLOCK)?;
        if came == 0 {
            return Ok(taken);
        }
        take(&block)?;
        taken += came as u64;
        each_block(taken).await?;
    }
}
