use std::fs;
use std::path::Path;

use super::*;
use crate::network::delays::{DelaysPlan, Part};
use crate::network::tests::{WIDTH, all_committed, bits, random_network};
use crate::tflite::fixture::Fixture;

/// A small network: sums and hyperbolic tangents, with two states, one of them a delay line.
fn small() -> Network {
    let operators = [(true, 0, 1), (false, 2, 0), (true, 1, 3), (false, 4, 2)];
    random_network(&operators, &[0, 6], 1)
}

fn reason(error: &Error) -> String {
    match error {
        Error::Corrupt { reason } => reason.clone(),
        error => panic!("not corrupt: {error}"),
    }
}

#[test]
fn compiled_networks_give_every_bit_of_the_networks() {
    for network in all_committed().into_iter().chain([small()]) {
        let compiled = Network::read(&network.compiled().unwrap()).unwrap();
        assert_eq!(compiled.inputs, network.inputs);
        assert_eq!(compiled.outputs, network.outputs);
        let compiled = compiled.with_states(network.states.clone()).unwrap();
        for (lanes, steps) in [(1, 1), (1, 32), (3, 8)] {
            let expected = bits(&network, lanes, steps, 32);
            assert!(bits(&compiled, lanes, steps, 32) == expected, "{lanes} lanes, {steps} steps");
        }
    }
}

#[test]
fn compiled_programs_give_every_bit_of_the_networks() {
    let models = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models/dnsmos");
    for (file, row) in
        [("dnsmos_features.tflite", 69 * 160), ("dnsmos_scores.tflite", 450 * 80 * 32)]
    {
        let network = Network::read(&fs::read(models.join(file)).unwrap()).unwrap();
        let compiled = Network::read(&network.compiled_program().unwrap()).unwrap();
        let given: Vec<f32> = (0..row).map(|at| (at as f32).sin()).collect();
        let run = |network: &Network| {
            let program = network.program().unwrap();
            let mut made: Vec<Vec<f32>> =
                program.outputs.iter().map(|&row| vec![0.0; row]).collect();
            let mut outputs: Vec<&mut [f32]> = made.iter_mut().map(Vec::as_mut_slice).collect();
            program.run(1).unwrap().compute(1, &[&given], &mut outputs).unwrap();
            made.concat().into_iter().map(f32::to_bits).collect::<Vec<_>>()
        };
        assert!(run(&compiled) == run(&network), "{file}");
    }
}

#[test]
fn a_network_is_used_as_it_was_compiled() {
    let steps = Network::read(&small().compiled().unwrap()).unwrap();
    assert!(matches!(steps.program(), Err(Error::Unsupported { .. })));
    let program = Network::read(&small().compiled_program().unwrap()).unwrap();
    assert!(matches!(program.run(1, 1), Err(Error::Unsupported { .. })));
    for compiled in [steps, program] {
        assert!(matches!(compiled.compiled(), Err(Error::Unsupported { .. })));
    }
}

#[test]
fn other_states_than_those_it_was_compiled_with_are_refused() {
    let compiled = || Network::read(&small().compiled().unwrap()).unwrap();
    let mut states = small().states;
    states.reverse();
    assert!(compiled().with_states(states.clone()).is_ok());
    states.pop();
    let error = compiled().with_states(states).unwrap_err();
    assert!(error.to_string().contains("with which it was compiled"), "{error}");
}

#[test]
fn a_network_for_another_version_is_named() {
    let mut file = small().compiled().unwrap();
    file[MAGIC.len()] = VERSION + 1;
    let error = Network::read(&file).unwrap_err().to_string();
    assert!(error.contains("compiled for version 2 of the kernels"), "{error}");
}

#[test]
fn an_operator_without_a_kernel_cannot_be_stored() {
    let mut fixture = Fixture::new();
    let (input, output) = (fixture.computed(&[1, 3]), fixture.computed(&[1, 3]));
    let unary = tract_tflite::tflite::BuiltinOperator::COS;
    fixture.operator(unary, &[input], &[output], crate::tflite::fixture::NONE);
    let network = Network::read(&fixture.file(&[input], &[output])).unwrap();
    for stored in [network.compiled(), network.compiled_program()] {
        let error = stored.unwrap_err().to_string();
        assert!(error.contains("no kernel does Cos"), "{error}");
    }
}

#[test]
fn a_file_that_ends_early_or_late_is_refused() {
    let file = small().compiled().unwrap();
    for len in MAGIC.len() + 1..file.len() {
        let error = Network::read(&file[..len]).unwrap_err();
        assert!(matches!(error, Error::Corrupt { .. }), "{len}: {error}");
    }
    let longer = [&file[..], b"more"].concat();
    assert_eq!(reason(&Network::read(&longer).unwrap_err()), "4 bytes follow its end");
}

/// What a file of the small network stores, after a change.
fn changed(change: impl FnOnce(&mut Stored, &mut Stages<Planned>)) -> Result<Option<Network>> {
    let file = small().compiled().unwrap();
    let mut stored: Stored = postcard::from_bytes(&file[MAGIC.len() + 1..]).unwrap();
    let none = ProgramPlan {
        plans: vec![],
        places: vec![],
        buffers: vec![],
        constants: vec![],
        inputs: vec![],
        outputs: vec![],
        one_row: false,
    };
    let content = std::mem::replace(&mut stored.content, Content::Program(none));
    let Content::Steps(mut stages) = content else { panic!("it runs in steps") };
    change(&mut stored, &mut stages);
    stored.content = Content::Steps(stages);
    let mut file = file[..=MAGIC.len()].to_vec();
    file.extend(postcard::to_allocvec(&stored).unwrap());
    read(&file)
}

/// The first cell with a program.
fn cell(stages: &mut Stages<Planned>) -> &mut PieceStage<Planned> {
    let is_one = |piece: &&mut PieceStage<Planned>| {
        piece.states.is_some() && matches!(piece.network, Planned::Compiled(_))
    };
    stages.pieces.iter_mut().find(is_one).unwrap()
}

fn plan(piece: &mut PieceStage<Planned>) -> &mut ProgramPlan {
    let Planned::Compiled(plan) = &mut piece.network else { panic!("it has a program") };
    plan
}

#[test]
fn stages_that_do_not_fit_are_refused() {
    assert!(changed(|_, _| {}).unwrap().is_some());
    type Change = fn(&mut Stored, &mut Stages<Planned>);
    let changes: [(&str, Change); 19] = [
        ("a shape without a lane", |stored, _| stored.inputs[0][0] = 2),
        ("an empty shape", |stored, _| stored.outputs[0][1] = 0),
        ("a shape that is too large", |stored, _| stored.inputs[0][1] = usize::MAX),
        ("another shape", |stored, _| stored.inputs[0][1] += 1),
        ("one input more", |stored, _| stored.inputs.push(vec![1, 3])),
        ("a state without an input", |stored, _| stored.states[0].0 = 9),
        ("too many states", |stored, _| stored.states = vec![(2, 1); 100_000]),
        ("no states", |stored, _| stored.states.clear()),
        ("an output that is not a state", |_, stages| stages.is_state[1] = false),
        ("the table of an input", |_, stages| stages.inputs[0] = 99),
        ("the table of an output", |_, stages| stages.outputs[0] = 99),
        ("an empty table", |_, stages| stages.tables[0].shape[1] = 0),
        ("a piece that waits for itself", |_, stages| stages.pieces[0].after.push(0)),
        ("a piece that reads what is not there", |_, stages| stages.pieces[0].inputs[0] = 99),
        ("a table that is filled twice", |_, stages| {
            let table = stages.inputs[0];
            cell(stages).states.as_mut().unwrap()[0].past = Some(table);
        }),
        ("a state that is longer than its next value", |_, stages| {
            cell(stages).states.as_mut().unwrap()[0].len = 4;
        }),
        ("a next value that is not there", |_, stages| {
            cell(stages).states.as_mut().unwrap()[0].next = Next::Made(9);
        }),
        ("a program with other inputs", |_, stages| plan(cell(stages)).inputs.push(3)),
        ("a program with other outputs", |_, stages| plan(cell(stages)).outputs.push(3)),
    ];
    for (what, change) in changes {
        assert!(matches!(changed(change), Err(Error::Corrupt { .. })), "{what}");
    }
}

#[test]
fn stages_that_need_too_much_memory_are_refused() {
    type Change = fn(&mut Stored, &mut Stages<Planned>);
    let changes: [(&str, Change); 4] = [
        ("a large table", |_, stages| stages.tables[0].shape[1] = MOST_IN_ROW),
        ("an output again and again", |stored, stages| {
            let count = 1 + MOST_IN_ROW / WIDTH;
            stages.outputs = vec![stages.outputs[0]; count];
            stages.is_state = vec![false; count];
            stored.outputs = vec![stored.outputs[0].clone(); count];
        }),
        ("large states", |_, stages| {
            let states = cell(stages).states.as_mut().unwrap();
            states.iter_mut().for_each(|state| state.len = usize::MAX);
        }),
        ("buffers without end", |_, stages| {
            let buffer = crate::program::Buffer { row: 1 << 23, fill: 0.0 };
            stages.pieces.iter_mut().for_each(|piece| {
                if let Planned::Compiled(plan) = &mut piece.network {
                    plan.buffers.push(buffer.clone());
                }
            });
        }),
    ];
    for (what, change) in changes {
        let error = changed(change).err();
        assert!(matches!(error, Some(Error::LimitExceeded { .. })), "{what}: {error:?}");
    }
}

#[test]
fn delay_lines_that_do_not_fit_are_refused() {
    let delays = || DelaysPlan {
        steps: 2,
        tables: vec![(0, 3)],
        past: vec![vec![Part { back: 2, table: 0, copies: vec![(0, 0), (1, 2)] }]],
    };
    assert!(delays().fit(&[3], &[2]));
    assert!(!delays().fit(&[2], &[2]), "another table");
    assert!(!delays().fit(&[3], &[1]), "a shorter state");
    assert!(!delays().fit(&[3], &[2, 2]), "one state more");
    let changes: [fn(&mut DelaysPlan); 6] = [
        |delays| delays.steps = 1,
        |delays| delays.steps = usize::MAX,
        |delays| delays.tables[0].0 = 1,
        |delays| delays.past[0][0].back = 0,
        |delays| delays.past[0][0].table = 1,
        |delays| delays.past[0][0].copies[1].1 = 3,
    ];
    for (at, change) in changes.into_iter().enumerate() {
        let mut changed = delays();
        change(&mut changed);
        assert!(!changed.fit(&[3], &[2]), "change {at}");
    }
}

/// Runs what can be read of a changed file: it must not end the process.
#[test]
fn changed_files_are_refused_or_run() {
    let networks = [small(), all_committed().into_iter().nth(1).unwrap()];
    for (network, changes) in networks.iter().zip([4000, 1000]) {
        let file = network.compiled().unwrap();
        let mut read = 0;
        for change in 0..changes {
            let mut changed = file.clone();
            let hash = |n: usize| (change * 2 + n + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 20;
            let at = MAGIC.len() + 1 + hash(0) % (file.len().min(60_000) - MAGIC.len() - 1);
            changed[at] = hash(1) as u8;
            let Ok(compiled) = Network::read(&changed) else { continue };
            read += 1;
            let Ok(mut run) = compiled.run(1, 3) else { continue };
            run.run().unwrap();
        }
        // Weights can be anything.
        assert!((1..changes).contains(&read), "{read} of {changes}");
    }
}
