use super::*;
use crate::kernels::{Function, Unary};
use crate::program::Buffer;

/// A plan with one kernel, from an input with 8 floats per row to an output with 6. There is also a
/// buffer with 10, and a constant of 4.
fn program(plan: Plan) -> ProgramPlan {
    ProgramPlan {
        plans: vec![plan],
        places: vec![Place::Input(0), Place::Output(0), Place::Buffer(0), Place::Constant(0)],
        buffers: vec![Buffer { row: 10, fill: 0.0 }],
        constants: vec![vec![0.0; 4]],
        inputs: vec![8],
        outputs: vec![6],
        one_row: false,
    }
}

/// Checks that a plan fits, and that none of some changed plans does.
fn assert_refused<const N: usize>(plan: &Plan, changes: [fn(&mut Plan); N]) {
    program(plan.clone()).check().unwrap();
    for (at, change) in changes.into_iter().enumerate() {
        let mut changed = plan.clone();
        change(&mut changed);
        let error = program(changed).check().expect_err(&format!("change {at}"));
        assert!(matches!(error, Error::Corrupt { .. }), "change {at}: {error}");
    }
}

fn runs(row: usize, offsets: &[usize], step: usize) -> Runs {
    Runs { row, offsets: offsets.into(), step }
}

/// Changes fields of a plan of the kind at hand.
macro_rules! set {
    ($kind:ident { $($field:ident),+ } => $change:expr) => {
        |plan: &mut Plan| {
            let Plan::$kind { $($field),+, .. } = plan else { unreachable!() };
            $change;
        }
    };
}

#[test]
fn a_product_must_fit() {
    // Two vectors of 3 numbers, each with 2 results.
    let shape = ProductShape {
        data_row: 8,
        result_row: 6,
        data: vec![0, 4],
        results: vec![0, 2],
        groups: vec![(1, 2)],
        depth: vec![0, 1, 2],
        width: 2,
    };
    let weights = Weights { factors: vec![1.0; 6].into(), biases: vec![0.0; 2], slopes: vec![] };
    let activation = Activation::Relu;
    let plan = Plan::Product { shape, weights, activation, data: 0, result: 1 };
    assert_refused(
        &plan,
        [
            set!(Product { shape } => shape.data[1] = 6),
            set!(Product { shape } => shape.data[1] = usize::MAX),
            set!(Product { shape } => shape.depth[2] = 4),
            set!(Product { shape } => shape.results[1] = 3),
            set!(Product { shape } => shape.groups[0].0 = 2),
            set!(Product { shape } => shape.groups[0].1 = 3),
            set!(Product { shape } => shape.width = 3),
            set!(Product { shape } => shape.data_row = 9),
            set!(Product { shape } => shape.result_row = 7),
            set!(Product { shape } => shape.data.truncate(1)),
            set!(Product { shape } => (shape.data, shape.results) = (vec![0; 4], vec![0; 4])),
            set!(Product { weights } => weights.factors = vec![1.0; 5].into()),
            set!(Product { weights } => weights.biases.truncate(1)),
            set!(Product { weights } => weights.slopes = vec![0.0; 2]),
            set!(Product { data } => *data = 1),
            set!(Product { data } => *data = 4),
            set!(Product { result } => *result = 0),
            set!(Product { result } => *result = 3),
        ],
    );
}

#[test]
fn a_depthwise_convolution_must_fit() {
    let shape = DepthwiseShape {
        data_row: 8,
        data_offset: 0,
        data_stride: 2,
        data_places: 4,
        result_row: 6,
        result_offset: 0,
        result_stride: 2,
        result_places: 3,
        channels: 2,
        parts: 1,
        taps: 2,
        stride: 1,
        dilation: 1,
        padding: 0,
    };
    let (factors, biases, slopes) = (vec![1.0; 4], vec![0.0; 2], vec![]);
    let activation = Activation::None;
    let plan = Plan::Depthwise { shape, factors, biases, slopes, activation, data: 0, result: 1 };
    assert_refused(
        &plan,
        [
            set!(Depthwise { shape } => shape.data_offset = 1),
            set!(Depthwise { shape } => shape.data_places = 5),
            set!(Depthwise { shape } => shape.data_places = 0),
            set!(Depthwise { shape } => shape.data_stride = usize::MAX),
            set!(Depthwise { shape } => shape.result_places = 4),
            set!(Depthwise { shape } => shape.result_stride = 3),
            set!(Depthwise { shape } => (shape.result_places, shape.result_stride) = (4, 0)),
            set!(Depthwise { shape } => (shape.data_places, shape.data_stride) = (usize::MAX, 0)),
            set!(Depthwise { shape } => shape.channels = 3),
            set!(Depthwise { shape } => (shape.channels, shape.parts) = (0, 1)),
            set!(Depthwise { shape } => shape.parts = 0),
            set!(Depthwise { shape } => shape.taps = 0),
            set!(Depthwise { shape } => shape.stride = 0),
            set!(Depthwise { shape } => shape.dilation = 0),
            set!(Depthwise { shape } => shape.dilation = usize::MAX),
            set!(Depthwise { shape } => shape.padding = usize::MAX),
            set!(Depthwise { biases } => biases.clear()),
            set!(Depthwise { slopes } => slopes.push(1.0)),
        ],
    );
}

#[test]
fn a_convolution_by_tiles_must_fit() {
    let shape = WinogradShape {
        data_row: 64,
        data_offset: 0,
        places: [2, 2],
        strides: [32, 16],
        padding: [1, 1],
        channels: 16,
        result_row: 64,
        results: [2, 2],
        width: 16,
    };
    let weights =
        Weights { factors: vec![0.0; 9 * 256].into(), biases: vec![0.0; 16], slopes: vec![] };
    let row = shape.scratch();
    let program = |change: fn(&mut WinogradShape, &mut Weights)| {
        let (mut shape, mut weights) = (shape.clone(), weights.clone());
        change(&mut shape, &mut weights);
        let activation = Activation::None;
        let plan = Plan::Winograd { shape, weights, activation, data: 0, result: 1, scratch: 2 };
        let buffers = vec![Buffer { row, fill: 0.0 }];
        ProgramPlan { buffers, inputs: vec![64], outputs: vec![64], ..program(plan) }
    };
    program(|_, _| {}).check().unwrap();
    let changes: [fn(&mut WinogradShape, &mut Weights); 8] = [
        |shape, _| shape.places[0] = 3,
        |shape, _| shape.places[1] = 0,
        |shape, _| shape.strides[1] = usize::MAX,
        |shape, _| shape.channels = 8,
        |shape, _| shape.results = [3, 2],
        |shape, _| shape.width = 0,
        |_, weights| weights.factors = vec![0.0].into(),
        |_, weights| weights.biases.truncate(1),
    ];
    for (at, change) in changes.into_iter().enumerate() {
        assert!(program(change).check().is_err(), "change {at}");
    }
    let mut small = program(|_, _| {});
    small.buffers[0].row -= 1;
    assert!(small.check().is_err(), "a small scratch buffer");
    for scratch in [0, 1, 3] {
        let mut program = program(|_, _| {});
        let Plan::Winograd { scratch: own, .. } = &mut program.plans[0] else { unreachable!() };
        *own = scratch;
        assert!(program.check().is_err(), "scratch {scratch}");
    }
}

#[test]
fn elementwise_functions_must_fit() {
    let operands = [Source::Tensor(0), Source::Constant(0)];
    let runs = [runs(6, &[0, 3], 1), runs(8, &[0, 5], 1), runs(0, &[0, 1], 1)];
    let function = crate::kernels::Binary::Add;
    let plan = Plan::Binary { function, runs, len: 3, operands, result: 1 };
    assert_refused(
        &plan,
        [
            set!(Binary { len } => *len = 0),
            set!(Binary { len } => *len = 4),
            set!(Binary { runs } => runs[0].offsets[1] = 4),
            set!(Binary { runs } => runs[0].step = usize::MAX),
            set!(Binary { runs } => runs[0].row = 7),
            set!(Binary { runs } => runs[1].offsets[1] = 6),
            set!(Binary { runs } => runs[1].offsets.truncate(1)),
            set!(Binary { runs } => runs[2].offsets[1] = 2),
            set!(Binary { runs } => runs[2].row = 4),
            set!(Binary { operands } => operands[0] = Source::Tensor(1)),
            set!(Binary { operands } => operands[1] = Source::Constant(1)),
        ],
    );
    let runs = [self::runs(6, &[0], 1), self::runs(8, &[2], 1)];
    let plan = Plan::Unary { function: Unary::Tanh, runs, len: 6, data: 0, result: 1 };
    assert_refused(
        &plan,
        [
            set!(Unary { runs } => runs[1].offsets[0] = 3),
            // A loop that would not end.
            set!(Unary { runs, len } => {
                runs.iter_mut().for_each(|runs| runs.step = 0);
                *len = usize::MAX;
            }),
            set!(Unary { runs, len } => {
                *runs = [self::runs(6, &[0; 7], 0), self::runs(8, &[0; 7], 0)];
                *len = 1;
            }),
            set!(Unary { data } => *data = 3),
            set!(Unary { result } => *result = 0),
        ],
    );
}

#[test]
fn a_chain_must_fit() {
    let tanh = Function::Unary(Unary::Tanh);
    let links = vec![Link { function: tanh, operands: [0, 0] }; 2];
    let leaves = vec![(Source::Tensor(0), runs(8, &[4], 1))];
    let plan = Plan::Chain { links, leaves, results: runs(6, &[2], 1), len: 4, result: 1 };
    assert_refused(
        &plan,
        [
            set!(Chain { len } => *len = 2),
            set!(Chain { len } => *len = 5),
            set!(Chain { links } => links.clear()),
            set!(Chain { links } => links[0].operands[1] = 1),
            set!(Chain { links } => *links = vec![links[0]; MOST_LINKS + 1]),
            set!(Chain { leaves } => leaves.clear()),
            set!(Chain { leaves } => *leaves = vec![leaves[0].clone(); MOST_LEAVES + 1]),
            set!(Chain { leaves } => leaves[0].1.step = 2),
            set!(Chain { leaves } => leaves[0].1.offsets[0] = 5),
            set!(Chain { results } => results.step = 2),
        ],
    );
}

#[test]
fn copies_and_sums_must_fit() {
    let plan = Plan::Copies { pairs: vec![(0, 3), (5, 7)], rows: [8, 6], data: 0, result: 1 };
    assert_refused(
        &plan,
        [
            set!(Copies { pairs } => pairs[1].0 = 6),
            set!(Copies { pairs } => pairs[0].1 = 8),
            set!(Copies { pairs } => pairs[0].1 = u32::MAX),
            set!(Copies { rows } => rows[0] = 9),
        ],
    );
    let offsets = [vec![0, 5], vec![0, 3]];
    let runs = RowPlan { data_row: 8, result_row: 6, offsets, len: 3, data: 0, result: 1 };
    let changes = [
        set!(Sum { runs } => runs.len = 4),
        set!(Sum { runs } => runs.offsets[0][1] = usize::MAX),
        set!(Sum { runs } => runs.offsets[1][1] = 6),
        set!(Sum { runs } => runs.offsets[1].truncate(1)),
    ];
    assert_refused(&Plan::Sum { runs: runs.clone(), of_squares: true }, changes);
    assert_refused(
        &Plan::RootMeanSquare { runs, epsilon: 0.1 },
        [set!(RootMeanSquare { runs } => runs.offsets[1][1] = 4)],
    );
}

#[test]
fn a_program_that_needs_too_much_memory_is_refused() {
    let plan = Plan::Copies { pairs: vec![], rows: [8, 6], data: 0, result: 1 };
    for row in [MOST_IN_ROW, usize::MAX] {
        let buffers = vec![Buffer { row, fill: 0.0 }];
        let error = ProgramPlan { buffers, ..program(plan.clone()) }.check().unwrap_err();
        assert!(matches!(error, Error::LimitExceeded { .. }), "{error}");
    }
}

#[test]
fn a_tensor_without_a_place_is_refused() {
    let plan = Plan::Copies { pairs: vec![], rows: [8, 6], data: 0, result: 1 };
    for place in [Place::Buffer(1), Place::Constant(1), Place::Input(1), Place::Output(1)] {
        let mut program = program(plan.clone());
        program.places.push(place);
        assert!(program.check().is_err(), "{place:?}");
    }
}
