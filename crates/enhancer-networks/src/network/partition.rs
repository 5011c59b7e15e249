//! Partitions the graph of a step into what depends on the previous step and what does not.
//!
//! Most of a recurrent network's work does not depend on its states. Only the nodes between a
//! state's input and the same state's output do. These nodes, a *cell*, have to run step by step.
//! All others run for many steps at once, as if the steps were lanes. Cells and these *batches*
//! alternate in *levels*: the batch of a level runs first, then its cells, which do not depend on
//! each other.
//!
//! Numbers pass between the pieces in tables. A *move* is an operation that only rearranges
//! numbers. Each piece that uses the result of a move does it itself, if fewer numbers pass then.

use std::collections::BTreeSet;

use tract_tflite::internal::tract_core::ops::array::{Pad, Slice, TypedConcat};
use tract_tflite::internal::tract_core::ops::change_axes::AxisOp;
use tract_tflite::internal::tract_core::ops::konst::Const;
use tract_tflite::internal::*;

use super::MOST_STATES;

/// A set of states, as bits.
type States = u64;

const _: () = assert!(MOST_STATES <= States::BITS as usize);

/// The maximum number of nodes in a batch. The time to prepare a batch grows faster than the number
/// of its nodes, and if one of them has no kernel, the runtime runs all of them. So graphs with
/// many small operators are cut.
const MOST_NODES: usize = 512;

/// The maximum number of moves that all pieces do themselves. The built-in models have a few
/// hundred.
const MOST_MOVES: usize = 4096;

/// The levels of a graph, in the order in which they run.
#[derive(Debug)]
pub(crate) struct Partition {
    pub(super) levels: Vec<Level>,
}

#[derive(Debug, Default)]
pub(crate) struct Level {
    /// In pieces. Each one may need those before it.
    pub(super) batches: Vec<Piece>,
    pub(super) cells: Vec<Cell>,
}

/// The nodes that depend on a state and determine its next value. States that determine each other
/// share a cell.
#[derive(Debug)]
pub(crate) struct Cell {
    pub(super) states: Vec<usize>,
    pub(super) piece: Piece,
    /// The states whose values before the step are needed by other pieces.
    pub(super) past: Vec<usize>,
}

/// A part of a graph.
#[derive(Clone, Debug, Default)]
pub(crate) struct Piece {
    /// Its nodes, in an order in which they can run.
    nodes: Vec<usize>,
    /// Moves that it does itself, in such an order.
    moves: Vec<usize>,
    /// The values that it needs of other pieces, without constants.
    pub(super) inputs: Vec<OutletId>,
    /// Its values that other pieces need.
    pub(super) outputs: Vec<OutletId>,
}

impl Partition {
    /// Partitions a graph. Each of `states`, at most [`MOST_STATES`], is the outlet with the
    /// state's value and the outlet with its next value.
    pub(super) fn of(graph: &TypedModel, states: &[(OutletId, OutletId)]) -> TractResult<Self> {
        let order: Vec<usize> = graph.eval_order()?;
        let cells = cells(graph, &order, states);
        let levels = levels(graph, &order, states, &cells);
        let mut partition = Partition { levels: vec![] };
        for (level, cell) in cells.iter().enumerate().map(|(at, cell)| (levels.of_cells[at], cell))
        {
            partition.level(level).cells.push(Cell {
                states: cell.clone(),
                piece: Piece::default(),
                past: vec![],
            });
        }
        for &node in &order {
            if is_given(graph, node) {
                continue;
            }
            match levels.cell_of[node] {
                None => partition.level(levels.of_nodes[node]).add_to_batch(node),
                Some(cell) => {
                    let level = partition.level(levels.of_cells[cell]);
                    let found = level.cells.iter_mut().find(|c| c.states == cells[cell]);
                    found.context("every cell has its place")?.piece.nodes.push(node);
                }
            }
        }
        partition.connect(graph, states);
        let without = partition.row(graph);
        partition.take_moves(graph, &order);
        partition.connect(graph, states);
        if partition.row(graph) >= without {
            partition.pieces().for_each(|piece| piece.moves.clear());
            partition.connect(graph, states);
        }
        Ok(partition)
    }

    /// Lets pieces do moves themselves.
    fn take_moves(&mut self, graph: &TypedModel, order: &[usize]) {
        let mut left = MOST_MOVES;
        for piece in self.pieces() {
            let own: BTreeSet<usize> = piece.nodes.iter().copied().collect();
            let mut moves: BTreeSet<usize> = BTreeSet::new();
            let mut taken: Vec<usize> = piece.inputs.iter().map(|outlet| outlet.node).collect();
            while let Some(node) = taken.pop() {
                if moves.contains(&node) || !is_move(graph.node(node)) {
                    continue;
                }
                let Some(rest) = left.checked_sub(1) else { return };
                left = rest;
                moves.insert(node);
                taken.extend(graph.node(node).inputs.iter().map(|outlet| outlet.node));
            }
            // A move that depends on the piece itself cannot be part of it. The piece then does none.
            let takes_own = |node: &usize| {
                graph.node(*node).inputs.iter().any(|outlet| own.contains(&outlet.node))
            };
            if moves.iter().any(takes_own) {
                continue;
            }
            piece.moves = order.iter().copied().filter(|node| moves.contains(node)).collect();
        }
    }

    /// The number of values per row in all tables between the pieces.
    fn row(&mut self, graph: &TypedModel) -> usize {
        let outlets = self.pieces().flat_map(|piece| piece.inputs.iter().chain(&piece.outputs));
        let outlets: BTreeSet<OutletId> = outlets.copied().collect();
        let shape = |outlet: &OutletId| graph.outlet_fact(*outlet).ok()?.shape.as_concrete();
        let row =
            |shape: &[usize]| shape.iter().fold(1, |row: usize, len| row.saturating_mul(*len));
        let rows = outlets.iter().map(|outlet| shape(outlet).map_or(0, row));
        rows.fold(0, usize::saturating_add)
    }

    /// What pieces take of each other.
    pub(super) fn taken(&self) -> BTreeSet<OutletId> {
        let pieces = self.levels.iter().flat_map(|level| {
            level.batches.iter().chain(level.cells.iter().map(|cell| &cell.piece))
        });
        pieces.flat_map(|piece| &piece.inputs).copied().collect()
    }

    fn level(&mut self, level: usize) -> &mut Level {
        if self.levels.len() <= level {
            self.levels.resize_with(level + 1, Level::default);
        }
        &mut self.levels[level]
    }

    /// Finds the values that pass between the pieces.
    fn connect(&mut self, graph: &TypedModel, states: &[(OutletId, OutletId)]) {
        let mut needed: BTreeSet<OutletId> = graph.outputs.iter().copied().collect();
        for piece in self.pieces() {
            piece.inputs = piece.foreign(graph);
            needed.extend(&piece.inputs);
        }
        for level in &mut self.levels {
            for cell in &mut level.cells {
                // If nodes outside of the cell make a state, its value comes from there.
                let own = &cell.piece.nodes;
                let made = cell.states.iter().map(|&state| states[state].1);
                needed.extend(made.clone());
                let foreign = made.filter(|outlet| !own.contains(&outlet.node));
                let foreign: Vec<_> =
                    foreign.filter(|outlet| !cell.piece.inputs.contains(outlet)).collect();
                cell.piece.inputs.extend(foreign);
                cell.piece
                    .inputs
                    .retain(|input| !cell.states.iter().any(|&state| states[state].0 == *input));
                needed.extend(&cell.piece.inputs);
            }
        }
        let mut elsewhere: BTreeSet<OutletId> =
            self.pieces().flat_map(|piece| piece.inputs.clone()).collect();
        elsewhere.extend(&graph.outputs);
        for cell in self.levels.iter_mut().flat_map(|level| &mut level.cells) {
            let is_needed = |state: &&usize| elsewhere.contains(&states[**state].0);
            cell.past = cell.states.iter().filter(is_needed).copied().collect();
        }
        for piece in self.pieces() {
            let made = |outlet: &&OutletId| piece.nodes.contains(&outlet.node);
            piece.outputs = needed.iter().filter(made).copied().collect();
        }
    }

    fn pieces(&mut self) -> impl Iterator<Item = &mut Piece> {
        self.levels.iter_mut().flat_map(|level| {
            level.batches.iter_mut().chain(level.cells.iter_mut().map(|cell| &mut cell.piece))
        })
    }
}

impl Level {
    /// Adds a node to the last batch, or to a new one if that is full.
    fn add_to_batch(&mut self, node: usize) {
        match self.batches.last_mut() {
            Some(batch) if batch.nodes.len() < MOST_NODES => batch.nodes.push(node),
            _ => self.batches.push(Piece { nodes: vec![node], ..Piece::default() }),
        }
    }
}

impl Piece {
    /// Whether all that it does is to bring numbers to other places, with nothing beside them.
    pub(super) fn only_moves(&self, graph: &TypedModel) -> bool {
        self.moves.iter().chain(&self.nodes).map(|&node| graph.node(node)).all(|node| {
            let is_constant = |input: &OutletId| graph.node(input.node).op_is::<Const>();
            is_move(node) && !node.op_is::<Pad>() && !node.inputs.iter().any(is_constant)
        })
    }

    /// The values that its nodes take from other pieces, without constants.
    fn foreign(&self, graph: &TypedModel) -> Vec<OutletId> {
        let all: BTreeSet<usize> = self.moves.iter().chain(&self.nodes).copied().collect();
        let taken = all.iter().flat_map(|&node| &graph.node(node).inputs);
        let foreign = taken.filter(|outlet| {
            !all.contains(&outlet.node) && !graph.node(outlet.node).op_is::<Const>()
        });
        foreign.copied().collect::<BTreeSet<_>>().into_iter().collect()
    }

    /// The piece as a graph of its own. It takes `inputs`, which must include its inputs, and
    /// returns its outputs. `graph` may have a different number of lanes than the partitioned one.
    pub(super) fn graph(&self, graph: &TypedModel, inputs: &[OutletId]) -> TractResult<TypedModel> {
        let mut piece = TypedModel::default();
        let mut wires: HashMap<OutletId, OutletId> = HashMap::new();
        for &input in inputs {
            let fact = graph.outlet_fact(input)?.without_value();
            let name = format!("given {}.{}", input.node, input.slot);
            wires.insert(input, piece.add_source(name, fact)?);
        }
        // The inputs of moves precede all nodes of the piece.
        for &node in self.moves.iter().chain(&self.nodes) {
            let node = graph.node(node);
            for input in &node.inputs {
                if let Some(constant) = graph.node(input.node).op_as::<Const>()
                    && !wires.contains_key(input)
                {
                    let name = graph.node(input.node).name.clone();
                    wires.insert(*input, piece.add_const(name, constant.val().clone())?);
                }
            }
            let inputs: TVec<OutletId> = node.inputs.iter().map(|input| wires[input]).collect();
            let outputs = piece.wire_node(&node.name, node.op.clone(), &inputs)?;
            for (slot, wire) in outputs.into_iter().enumerate() {
                wires.insert(OutletId::new(node.id, slot), wire);
            }
        }
        let outputs: Vec<_> = self.outputs.iter().map(|output| wires[output]).collect();
        piece.select_output_outlets(&outputs)?;
        Ok(piece)
    }
}

/// Whether a node only rearranges numbers, and leaves the first dimension, that of the lanes,
/// unchanged.
pub(super) fn is_move(node: &TypedNode) -> bool {
    if let Some(op) = node.op_as::<AxisOp>() {
        return match op {
            AxisOp::Add(at) | AxisOp::Rm(at) | AxisOp::Reshape(at, ..) => *at > 0,
            AxisOp::Move(from, to) => *from > 0 && *to > 0,
        };
    }
    let is_slice = node.op_as::<Slice>().is_some_and(|op| op.axis > 0);
    let is_join = node.op_as::<TypedConcat>().is_some_and(|op| op.axis > 0);
    let is_pad = node.op_as::<Pad>().is_some_and(|op| op.pads.first() == Some(&(0, 0)));
    is_slice || is_join || is_pad
}

/// Whether a node exists before anything runs.
fn is_given(graph: &TypedModel, node: usize) -> bool {
    graph.node(node).op_is::<Const>() || graph.inputs.iter().any(|input| input.node == node)
}

/// The states of each cell.
fn cells(graph: &TypedModel, order: &[usize], states: &[(OutletId, OutletId)]) -> Vec<Vec<usize>> {
    let reaching = reaching(graph, order, states);
    // For each state, the states that it depends on, over any number of steps.
    let mut on: Vec<States> = states.iter().map(|(_, made)| reaching[made.node]).collect();
    for via in 0..states.len() {
        let more = on[via];
        on.iter_mut().filter(|on| **on >> via & 1 == 1).for_each(|on| *on |= more);
    }
    let together = |a: usize, b: usize| a == b || (on[a] >> b & 1 == 1 && on[b] >> a & 1 == 1);
    let mut cells: Vec<Vec<usize>> = vec![];
    for state in 0..states.len() {
        match cells.iter_mut().find(|cell| together(cell[0], state)) {
            Some(cell) => cell.push(state),
            None => cells.push(vec![state]),
        }
    }
    cells
}

/// For each node, the states whose inputs reach it.
fn reaching(graph: &TypedModel, order: &[usize], states: &[(OutletId, OutletId)]) -> Vec<States> {
    let mut reaching = vec![0; graph.nodes().len()];
    for (state, (given, _)) in states.iter().enumerate() {
        reaching[given.node] |= 1 << state;
    }
    for &node in order {
        for input in &graph.node(node).inputs {
            reaching[node] |= reaching[input.node];
        }
    }
    reaching
}

/// For each node, the states whose outputs it reaches.
fn reached(graph: &TypedModel, order: &[usize], states: &[(OutletId, OutletId)]) -> Vec<States> {
    let mut reached = vec![0; graph.nodes().len()];
    for (state, (_, made)) in states.iter().enumerate() {
        reached[made.node] |= 1 << state;
    }
    for &node in order.iter().rev() {
        for input in &graph.node(node).inputs {
            reached[input.node] |= reached[node];
        }
    }
    reached
}

struct Levels {
    /// The cell of each node, if any. The input of a state belongs to its cell.
    cell_of: Vec<Option<usize>>,
    of_nodes: Vec<usize>,
    of_cells: Vec<usize>,
}

/// Gives each node and each cell the first level after everything that it needs.
fn levels(
    graph: &TypedModel,
    order: &[usize],
    states: &[(OutletId, OutletId)],
    cells: &[Vec<usize>],
) -> Levels {
    let (reaching, reached) = (reaching(graph, order, states), reached(graph, order, states));
    let bits = |cell: &Vec<usize>| cell.iter().fold(0, |bits: States, state| bits | 1 << state);
    let cell_of = |node: usize| {
        cells.iter().position(|cell| {
            let is_input = cell.iter().any(|&state| states[state].0.node == node);
            is_input || (reaching[node] & bits(cell) != 0 && reached[node] & bits(cell) != 0)
        })
    };
    let mut levels = Levels {
        cell_of: (0..graph.nodes().len()).map(cell_of).collect(),
        of_nodes: vec![0; graph.nodes().len()],
        of_cells: vec![0; cells.len()],
    };
    while levels.raise(graph, order, states, cells) {}
    levels
}

impl Levels {
    /// Raises levels that are too low. Returns whether there were any.
    fn raise(
        &mut self,
        graph: &TypedModel,
        order: &[usize],
        states: &[(OutletId, OutletId)],
        cells: &[Vec<usize>],
    ) -> bool {
        let before = (self.of_nodes.clone(), self.of_cells.clone());
        for &node in order {
            for input in &graph.node(node).inputs {
                self.put_after(node, input.node);
            }
        }
        for (cell, members) in cells.iter().enumerate() {
            for &state in members {
                let made = states[state].1.node;
                self.of_cells[cell] = self.of_cells[cell].max(self.needed(Some(cell), made));
            }
        }
        before != (self.of_nodes.clone(), self.of_cells.clone())
    }

    fn put_after(&mut self, node: usize, input: usize) {
        let level = self.needed(self.cell_of[node], input);
        match self.cell_of[node] {
            Some(cell) => self.of_cells[cell] = self.of_cells[cell].max(level),
            None => self.of_nodes[node] = self.of_nodes[node].max(level),
        }
    }

    /// The first level of a user of that node, which is in `cell`, if any.
    fn needed(&self, cell: Option<usize>, node: usize) -> usize {
        match self.cell_of[node] {
            Some(other) if Some(other) == cell => 0,
            Some(other) => self.of_cells[other] + 1,
            None => self.of_nodes[node],
        }
    }
}
