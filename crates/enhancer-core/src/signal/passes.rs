//! Passes over a recording from its start to its end, block by block.

use crate::audio::BLOCK;
use crate::error::Result;
use crate::read::AudioReader;

/// Passes all samples of a reader to `take`, block by block. Returns the number of samples per
/// channel. `each_block` is awaited after each block with the number so far; its error ends the work.
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
