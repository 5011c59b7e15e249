//! Convolutions, transposed ones too, over one or two axes.

use tract_nnef::internal::*;
use tract_nnef::prelude::tract_ndarray::{Array1, Array2, Array3, Array4, ArrayD};
use tract_nnef::tract_core::ops::cnn::{Conv, KernelFormat, PaddingSpec, PoolSpec};
use tract_nnef::tract_core::ops::nn::DataFormat;

use super::Lowering;
use super::value::{Computed, Element, Value};

/// A convolution with its weights in one order: [output, input of the group, height, width].
pub(super) struct Convolution {
    pub(super) weights: Array4<f32>,
    pub(super) bias: Vec<f32>,
    pub(super) groups: usize,
    /// Height and width.
    pub(super) moves: [Moves; 2],
}

/// The movement of a convolution along an axis. Outputs are made in blocks of `phases`. A block
/// uses the inputs at some offsets from its own position.
pub(super) struct Moves {
    blocks: usize,
    /// The distance between blocks, in inputs.
    step: usize,
    offsets: Vec<isize>,
    /// For each phase, the tap of the kernel for each offset.
    taps: Vec<Vec<Option<usize>>>,
    outputs: usize,
}

/// An axis as a file describes it: its length, the taps of the kernel along it, and the padding
/// before and after it.
pub(super) struct Geometry {
    pub(super) input: usize,
    pub(super) kernel: usize,
    pub(super) stride: usize,
    pub(super) dilation: usize,
    pub(super) pads: [isize; 2],
}

impl Geometry {
    /// The distance from the first tap to the last.
    pub(super) fn reach(&self) -> usize {
        self.dilation * (self.kernel - 1) + 1
    }
}

impl Moves {
    pub(super) fn of_convolution(along: &Geometry) -> TractResult<Moves> {
        let &Geometry { input, kernel, stride, dilation, pads: [before, after] } = along;
        let reach = along.reach() as isize;
        let room = input as isize + before + after - reach;
        ensure!(room >= 0, "a kernel of {reach} on {input} with pads {before} and {after}");
        let outputs = room as usize / stride + 1;
        let offsets = (0..kernel).map(|tap| (tap * dilation) as isize - before).collect();
        let taps = vec![(0..kernel).map(Some).collect()];
        Ok(Moves { blocks: outputs, step: stride, offsets, taps, outputs })
    }

    pub(super) fn of_transposed(along: &Geometry) -> TractResult<Moves> {
        let &Geometry { input, kernel, stride, dilation, pads: [before, after] } = along;
        let outputs =
            (input as isize - 1) * stride as isize + along.reach() as isize - before - after;
        ensure!(outputs > 0, "no output of {input} with pads {before} and {after}");
        // The output at `block · stride + phase` uses the input at `block + offset` with this tap.
        let offset = |phase: usize, tap: usize| {
            let distance = phase as isize + before - (tap * dilation) as isize;
            let stride = stride as isize;
            (distance.rem_euclid(stride) == 0).then(|| distance.div_euclid(stride))
        };
        let mut offsets: Vec<isize> = (0..stride)
            .flat_map(|phase| (0..kernel).filter_map(move |tap| offset(phase, tap)))
            .collect();
        offsets.sort_unstable();
        offsets.dedup();
        let tap = |phase, at: &isize| (0..kernel).find(|tap| offset(phase, *tap) == Some(*at));
        let taps = (0..stride).map(|phase| offsets.iter().map(|at| tap(phase, at)).collect());
        let (taps, outputs) = (taps.collect(), outputs as usize);
        Ok(Moves { blocks: outputs.div_ceil(stride), step: 1, offsets, taps, outputs })
    }

    fn phases(&self) -> usize {
        self.taps.len()
    }

    fn first(&self) -> isize {
        self.offsets.iter().copied().min().unwrap_or(0)
    }

    /// The number of inputs from the first used one to the last, rounded up to whole steps.
    fn reach(&self) -> usize {
        let last = self.offsets.iter().copied().max().unwrap_or(0);
        let reach = (self.blocks - 1) * self.step + (last - self.first()) as usize + 1;
        reach.next_multiple_of(self.step)
    }

    /// The distance between neighbouring offsets, if it is constant.
    fn dilation(&self) -> Option<usize> {
        let mut gaps = self.offsets.windows(2).map(|pair| pair[1] - pair[0]);
        let first = gaps.next().unwrap_or(1);
        (first > 0 && gaps.all(|gap| gap == first)).then_some(first as usize)
    }
}

/// All channels of `x` [1, channel, height, width] at a row and a column; zeros outside.
fn pixel(x: &Computed, place: [isize; 2]) -> impl Iterator<Item = Element> {
    let [channels, tall, wide] = [x.shape[1], x.shape[2], x.shape[3]];
    let inside = |at: isize, len: usize| usize::try_from(at).ok().filter(|at| *at < len);
    let place = (inside(place[0], tall), inside(place[1], wide));
    (0..channels).map(move |channel| match place {
        (Some(row), Some(column)) => x.elements[(channel * tall + row) * wide + column],
        _ => Element::Is(0.0),
    })
}

impl Lowering {
    /// The convolution of `x` [1, channel, height, width].
    pub(super) fn convolve(&mut self, x: &Computed, by: &Convolution) -> TractResult<Computed> {
        let (outputs, of_group, ..) = by.weights.dim();
        let &[1, channels, _, _] = &x.shape[..] else { bail!("a batch of {}", x.shape[0]) };
        ensure!(
            channels == of_group * by.groups && outputs.is_multiple_of(by.groups),
            "{channels} channels, {} groups of {of_group} and {outputs} outputs",
            by.groups
        );
        let [height, width] = &by.moves;
        let each_alone = of_group == 1 && outputs == channels && channels > 1;
        let is_row = height.outputs == 1 && height.phases() == 1 && width.phases() == 1;
        match width.dilation() {
            Some(dilation) if each_alone && is_row => self.depthwise(x, by, dilation),
            _ => self.patches(x, by),
        }
    }

    /// The convolution as products of patches.
    fn patches(&mut self, x: &Computed, by: &Convolution) -> TractResult<Computed> {
        let [height, width] = &by.moves;
        let (channels, groups) = (x.shape[1], by.groups);
        let of_group = channels / groups;
        let grid = self.grid(x, by)?;
        let (rows, count) = ([height.blocks, width.blocks], height.blocks * width.blocks);
        let mut elements = vec![];
        for group in 0..groups {
            for block in 0..count {
                let [up, left] = [block / rows[1] * height.step, block % rows[1] * width.step];
                for down in &height.offsets {
                    for right in &width.offsets {
                        let y = up + (down - height.first()) as usize;
                        let x = left + (right - width.first()) as usize;
                        let first = (y * width.reach() + x) * channels + group * of_group;
                        elements.extend_from_slice(&grid[first..first + of_group]);
                    }
                }
            }
        }
        let depth = height.offsets.len() * width.offsets.len() * of_group;
        let patches = Computed { shape: vec![groups, count, depth], elements: elements.into() };
        let (weights, bias) = by.matrices();
        let made = self.grouped_product(&patches, weights, Some(bias))?;
        Ok(by.arranged(&made))
    }

    /// The used inputs [height, width, channel], with zeros around them. If several patches share
    /// them, they become a separate source.
    fn grid(&mut self, x: &Computed, by: &Convolution) -> TractResult<Vec<Element>> {
        let [height, width] = &by.moves;
        let mut grid = vec![];
        for row in 0..height.reach() {
            for column in 0..width.reach() {
                let place = [row as isize + height.first(), column as isize + width.first()];
                grid.extend(pixel(x, place));
            }
        }
        let is_shared = height.offsets.len() * width.offsets.len() > 1;
        if !is_shared {
            return Ok(grid);
        }
        let shape = vec![height.reach(), width.reach(), x.shape[1]];
        let grid = Computed { shape, elements: grid.into() };
        let (outlet, frame) = self.framed(&grid)?;
        Ok(self.made(outlet, frame, grid.shape).elements.to_vec())
    }

    /// A convolution of each channel on its own, along the width. The taps along the height are
    /// treated as channels, and their results are added.
    fn depthwise(
        &mut self,
        x: &Computed,
        by: &Convolution,
        dilation: usize,
    ) -> TractResult<Computed> {
        let [height, width] = &by.moves;
        let (channels, rows) = (x.shape[1], height.offsets.len());
        let grid = by.inputs(x);
        let reach = grid.len() / (rows * channels);
        let image = self.wire(&grid, &[1, reach, rows * channels])?;
        let (kernel, bias) = by.rows();
        let pool_spec = PoolSpec {
            data_format: DataFormat::NHWC,
            kernel_shape: tvec!(1, width.offsets.len()),
            padding: PaddingSpec::Valid,
            dilations: Some(tvec!(1, dilation)),
            strides: Some(tvec!(1, width.step)),
            input_channels: rows * channels,
            output_channels: rows * channels,
        };
        let (kernel_fmt, group) = (KernelFormat::OHWI, rows * channels);
        let convolution = Conv { pool_spec, kernel_fmt, group, q_params: None };
        let name = self.name("depthwise");
        let kernel = self.network.constant(&format!("{name}.kernel"), kernel, 4)?;
        let bias = self.network.constant(&format!("{name}.bias"), bias, 1)?;
        let made = self.network.wire(&name, convolution, &[image, kernel, bias])?;
        let shape = vec![width.blocks, rows, channels];
        let made = self.whole(made, vec![1, width.blocks, rows * channels], shape);
        let mut sum = made.slice(1, 0..1);
        for row in 1..rows {
            let next = made.slice(1, row..row + 1);
            sum = self.add(&Value::Computed(sum), &Value::Computed(next))?;
        }
        Ok(sum.transposed(&[1, 2, 0]).reshaped(&[1, channels, 1, width.outputs]))
    }
}

impl Convolution {
    /// For each group the weights [group, depth, width] of the products, and the biases.
    fn matrices(&self) -> (Array3<f32>, Array2<f32>) {
        let (outputs, of_group, ..) = self.weights.dim();
        let (of_output, [height, width]) = (outputs / self.groups, &self.moves);
        let [tall, wide] = [height.offsets.len(), width.offsets.len()];
        let phases = height.phases() * width.phases();
        let shape = (self.groups, tall * wide * of_group, phases * of_output);
        let weights = Array3::from_shape_fn(shape, |(group, depth, column)| {
            let (offset, input) = (depth / of_group, depth % of_group);
            let (phase, output) = (column / of_output, column % of_output);
            let y = height.taps[phase / width.phases()][offset / wide];
            let x = width.taps[phase % width.phases()][offset % wide];
            match (y, x) {
                (Some(y), Some(x)) => self.weights[(group * of_output + output, input, y, x)],
                _ => 0.0,
            }
        });
        let bias = Array2::from_shape_fn((self.groups, phases * of_output), |(group, column)| {
            self.bias[group * of_output + column % of_output]
        });
        (weights, bias)
    }

    /// From [group, block, phase and output of the group] to [1, output, height, width].
    fn arranged(&self, made: &Computed) -> Computed {
        let (outputs, ..) = self.weights.dim();
        let of_output = outputs / self.groups;
        let [height, width] = &self.moves;
        let shape = [1, outputs, height.outputs, width.outputs];
        let count = height.blocks * width.blocks;
        let places = ArrayD::from_shape_fn(&shape[..], |at| {
            let (group, output) = (at[1] / of_output, at[1] % of_output);
            let block = at[2] / height.phases() * width.blocks + at[3] / width.phases();
            let phase = at[2] % height.phases() * width.phases() + at[3] % width.phases();
            let phases = height.phases() * width.phases();
            ((group * count + block) * phases + phase) * of_output + output
        });
        made.at(&places)
    }

    /// The inputs [width, tap of the height, channel] of a convolution that makes one row.
    fn inputs(&self, x: &Computed) -> Vec<Element> {
        let [height, width] = &self.moves;
        let taps = width.offsets.last().map_or(0, |last| last - width.first()) as usize;
        let reach = (width.blocks - 1) * width.step + taps + 1;
        let mut inputs = vec![];
        for at in 0..reach {
            for row in &height.offsets {
                inputs.extend(pixel(x, [*row, at as isize + width.first()]));
            }
        }
        inputs
    }

    /// The kernel [1, 1, tap, row and channel] and the bias of a convolution of rows.
    fn rows(&self) -> (Array4<f32>, Array1<f32>) {
        let (channels, ..) = self.weights.dim();
        let [height, width] = &self.moves;
        let rows = height.offsets.len();
        let kernel = Array4::from_shape_fn(
            (1, 1, width.offsets.len(), rows * channels),
            |(_, _, tap, column)| {
                let taps = (height.taps[0][column / channels], width.taps[0][tap]);
                let (Some(y), Some(x)) = taps else { return 0.0 };
                self.weights[(column % channels, 0, y, x)]
            },
        );
        let bias = Array1::from_shape_fn(rows * channels, |column| {
            if column < channels { self.bias[column] } else { 0.0 }
        });
        (kernel, bias)
    }
}
