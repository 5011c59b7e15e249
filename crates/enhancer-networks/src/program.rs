//! A compiled graph and its runs.

use std::fmt;
use std::mem;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result, check_limit};
use crate::kernels::{
    Chain, Copies, Depthwise, Elementwise, Floats, MOST_LEAVES, Product, RootMeanSquare, RowSum,
    Winograd,
};

/// A graph as a list of kernels over buffers.
pub struct Program {
    pub(crate) steps: Vec<Step>,
    pub(crate) buffers: Vec<Buffer>,
    pub(crate) constants: Vec<Floats>,
    /// The number of floats per row of each input and output.
    pub(crate) inputs: Vec<usize>,
    pub(crate) outputs: Vec<usize>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Buffer {
    /// Floats per row: the maximum of its tensors.
    pub(crate) row: usize,
    /// Its initial value, which stays where no kernel writes.
    pub(crate) fill: f32,
}

/// A kernel, with the positions of its operands and its result.
#[derive(Debug)]
pub(crate) struct Step {
    pub(crate) kernel: Kernel,
    pub(crate) operands: Vec<Place>,
    pub(crate) result: Place,
    /// A buffer for intermediate results, if it needs one.
    pub(crate) scratch: Option<usize>,
}

#[derive(Debug)]
pub(crate) enum Kernel {
    Product(Product),
    Winograd(Winograd),
    Depthwise(Depthwise),
    Elementwise(Elementwise),
    Chain(Chain),
    Copies(Copies),
    Sum(RowSum),
    RootMeanSquare(RootMeanSquare),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Place {
    Buffer(usize),
    Constant(usize),
    /// An input or output of the caller.
    Input(usize),
    Output(usize),
}

impl Program {
    /// Prepares a run for up to this many rows.
    ///
    /// # Errors
    /// `InvalidValue` for 0 rows. `LimitExceeded` for more than 65 536, or for more floats than the
    /// machine can address.
    pub fn run(self: &Arc<Self>, rows: usize) -> Result<Run> {
        check_rows("the rows of a run", rows)?;
        check_floats(rows, self.row())?;
        let buffer = |buffer: &Buffer| Floats::new(buffer.row * rows, buffer.fill);
        let buffers = self.buffers.iter().map(buffer).collect();
        Ok(Run { rows, buffers, program: self.clone() })
    }

    /// The number of floats per row in all of its buffers, without inputs and outputs.
    pub fn row(&self) -> usize {
        self.buffers.iter().map(|buffer| buffer.row).sum()
    }

    /// The number of kernels.
    pub fn kernels(&self) -> usize {
        self.steps.len()
    }
}

impl fmt::Debug for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Program").field("kernels", &self.kernels()).finish_non_exhaustive()
    }
}

/// The buffers of a [`Program`] for some rows.
#[derive(Debug)]
pub struct Run {
    program: Arc<Program>,
    rows: usize,
    buffers: Vec<Floats>,
}

impl Run {
    /// The maximum number of rows.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Computes `rows` rows. It reads them from `given` and writes them to `made`. Each input and
    /// output holds one row after the other.
    ///
    /// # Errors
    /// `InvalidValue` if there are more rows than the run can take, if the number of inputs or outputs
    /// is wrong, or if one of them is too short. Then nothing is written.
    pub fn compute(
        &mut self,
        rows: usize,
        given: &[&[f32]],
        made: &mut [&mut [f32]],
    ) -> Result<()> {
        let program = &*self.program;
        if rows > self.rows {
            return Err(Error::invalid(
                "the number of rows",
                format!("{} at most", self.rows),
                rows,
            ));
        }
        check_lens(INPUTS, rows, &program.inputs, given.iter().map(|values| values.len()))?;
        check_lens(OUTPUTS, rows, &program.outputs, made.iter().map(|values| values.len()))?;
        for step in &program.steps {
            let mut scratch = step.scratch.map(|at| mem::take(&mut self.buffers[at]));
            let work = scratch.as_deref_mut().unwrap_or_default();
            // Only other steps read its results.
            match step.result {
                Place::Buffer(at) => {
                    let mut results = mem::take(&mut self.buffers[at]);
                    step.run(rows, &self.operands(given, made), &mut results, work);
                    self.buffers[at] = results;
                }
                Place::Output(at) => {
                    let results = mem::take(&mut made[at]);
                    step.run(rows, &self.operands(given, made), results, work);
                    made[at] = results;
                }
                Place::Input(_) | Place::Constant(_) => unreachable!("nothing is written there"),
            }
            if let (Some(at), Some(scratch)) = (step.scratch, scratch) {
                self.buffers[at] = scratch;
            }
        }
        Ok(())
    }
}

/// The most rows of a run. Each has buffers, which a number without a bound could not have.
const MOST_ROWS: usize = 1 << 16;

/// Checks how many rows a caller wants at once; `name` says what it counts them by.
///
/// # Errors
/// `InvalidValue` if there is none, `LimitExceeded` if there are too many.
pub(crate) fn check_rows(name: &'static str, rows: usize) -> Result<()> {
    match rows {
        0 => Err(Error::invalid(name, "1 or more", 0)),
        _ => check_limit(name, rows as u64, MOST_ROWS as u64),
    }
}

/// Checks that the machine can address so many rows of floats.
///
/// # Errors
/// `LimitExceeded`.
pub(crate) fn check_floats(rows: usize, row: usize) -> Result<()> {
    let (rows, row, allowed) = (rows as u64, row as u64, isize::MAX as u64);
    let actual = rows.saturating_mul(row).saturating_mul(size_of::<f32>() as u64);
    check_limit("the bytes of a run", actual, allowed)
}

/// What a caller gives or gets, as errors name it.
struct Sides {
    count: &'static str,
    len: &'static str,
}

const INPUTS: Sides = Sides { count: "the number of inputs", len: "the length of an input" };
const OUTPUTS: Sides = Sides { count: "the number of outputs", len: "the length of an output" };

/// Checks that slices of these lengths hold `rows` rows each.
fn check_lens(
    side: Sides,
    rows: usize,
    row: &[usize],
    lens: impl ExactSizeIterator<Item = usize>,
) -> Result<()> {
    if lens.len() != row.len() {
        return Err(Error::invalid(side.count, row.len().to_string(), lens.len()));
    }
    // More than can be addressed is more than any slice has.
    let needed = |row: usize| rows.saturating_mul(row);
    match lens.zip(row).find(|(len, row)| *len < needed(**row)) {
        Some((len, row)) => {
            let expected = format!("{} or more, {rows} rows of {row}", needed(*row));
            Err(Error::invalid(side.len, expected, len))
        }
        None => Ok(()),
    }
}

impl Run {
    fn operands<'r>(&'r self, given: &'r [&[f32]], made: &'r [&mut [f32]]) -> Operands<'r> {
        Operands { constants: &self.program.constants, buffers: &self.buffers, given, made }
    }
}

/// The inputs of steps.
struct Operands<'r> {
    constants: &'r [Floats],
    buffers: &'r [Floats],
    given: &'r [&'r [f32]],
    made: &'r [&'r mut [f32]],
}

impl Operands<'_> {
    fn at(&self, place: Place) -> &[f32] {
        match place {
            Place::Buffer(at) => &self.buffers[at],
            Place::Constant(at) => &self.constants[at],
            Place::Input(at) => self.given[at],
            Place::Output(at) => self.made[at],
        }
    }
}

impl Step {
    fn run(&self, rows: usize, operands: &Operands<'_>, results: &mut [f32], scratch: &mut [f32]) {
        let mut data: [&[f32]; MOST_LEAVES] = [&[]; MOST_LEAVES];
        for (data, place) in data.iter_mut().zip(&self.operands) {
            *data = operands.at(*place);
        }
        let data = &data[..self.operands.len()];
        let a = data[0];
        match &self.kernel {
            Kernel::Product(kernel) => kernel.run(rows, a, results),
            Kernel::Winograd(kernel) => kernel.run(rows, a, results, scratch),
            Kernel::Depthwise(kernel) => kernel.run(rows, a, results),
            Kernel::Elementwise(kernel) => {
                kernel.run(rows, [a, *data.last().unwrap_or(&a)], results)
            }
            Kernel::Chain(kernel) => kernel.run(rows, data, results),
            Kernel::Copies(kernel) => kernel.run(rows, a, results),
            Kernel::Sum(kernel) => kernel.run(rows, a, results),
            Kernel::RootMeanSquare(kernel) => kernel.run(rows, a, results),
        }
    }
}
