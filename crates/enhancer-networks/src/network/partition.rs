//! What of a step graph must wait for the step before, and what need not.
//!
//! Most of a recurrent network's work does not depend on its states: only what
//! lies between a state's input and the same state's output does. Those nodes, a
//! *cell*, have to run step by step. All others run for many steps at once, as if
//! the steps were lanes. Cells and these *batches* take turns in *levels*: a
//! level's batch comes first, then its cells, which do not depend on each other.

use std::collections::BTreeSet;

use tract_tflite::internal::tract_core::ops::konst::Const;
use tract_tflite::internal::*;

/// A set of states, by their bits.
type States = u64;

/// The most states that a graph may have.
pub(crate) const MOST_STATES: usize = States::BITS as usize;

/// The nodes of a batch. To prepare one takes a time that grows faster than their number, and if one
/// of them has no kernel, all of them run on the runtime: graphs of many small operators are cut.
const MOST_NODES: usize = 512;

/// The levels of a graph, in the order in which they run.
#[derive(Debug)]
pub(crate) struct Partition {
    pub(super) levels: Vec<Level>,
}

#[derive(Debug, Default)]
pub(crate) struct Level {
    /// In pieces, each of which needs those before it.
    pub(super) batches: Vec<Piece>,
    pub(super) cells: Vec<Cell>,
}

/// Nodes that depend on a state and determine what it becomes; states that
/// determine each other share a cell.
#[derive(Debug)]
pub(crate) struct Cell {
    pub(super) states: Vec<usize>,
    pub(super) piece: Piece,
    /// Those of its states that other pieces need as they were before the step.
    pub(super) past: Vec<usize>,
}

/// A part of a graph.
#[derive(Debug, Default)]
pub(crate) struct Piece {
    /// Its nodes, in an order in which they can run.
    nodes: Vec<usize>,
    /// What it needs of other pieces, beside constants.
    pub(super) inputs: Vec<OutletId>,
    /// What of it other pieces need.
    pub(super) outputs: Vec<OutletId>,
}

impl Partition {
    /// Partitions a graph whose states come in by the first and go out by the
    /// second outlet of each of `states`, at most [`MOST_STATES`].
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
        Ok(partition)
    }

    fn level(&mut self, level: usize) -> &mut Level {
        if self.levels.len() <= level {
            self.levels.resize_with(level + 1, Level::default);
        }
        &mut self.levels[level]
    }

    /// Finds what the pieces need of each other.
    fn connect(&mut self, graph: &TypedModel, states: &[(OutletId, OutletId)]) {
        let mut needed: BTreeSet<OutletId> = graph.outputs.iter().copied().collect();
        for piece in self.pieces() {
            piece.inputs = piece.foreign(graph);
            needed.extend(&piece.inputs);
        }
        for level in &mut self.levels {
            for cell in &mut level.cells {
                // A state that other nodes make comes from there.
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
    /// Adds a node to the last batch, or to a new one if that has enough.
    fn add_to_batch(&mut self, node: usize) {
        match self.batches.last_mut() {
            Some(batch) if batch.nodes.len() < MOST_NODES => batch.nodes.push(node),
            _ => self.batches.push(Piece { nodes: vec![node], ..Piece::default() }),
        }
    }
}

impl Piece {
    /// What its nodes take that is not theirs and no constant.
    fn foreign(&self, graph: &TypedModel) -> Vec<OutletId> {
        let taken = self.nodes.iter().flat_map(|&node| &graph.node(node).inputs);
        let foreign = taken.filter(|outlet| {
            !self.nodes.contains(&outlet.node) && !graph.node(outlet.node).op_is::<Const>()
        });
        foreign.copied().collect::<BTreeSet<_>>().into_iter().collect()
    }

    /// A graph of its own: takes `inputs`, which hold at least its inputs, and
    /// gives its outputs. `graph` may have another number of lanes than the one
    /// that was partitioned.
    pub(super) fn graph(&self, graph: &TypedModel, inputs: &[OutletId]) -> TractResult<TypedModel> {
        let mut piece = TypedModel::default();
        let mut wires: HashMap<OutletId, OutletId> = HashMap::new();
        for &input in inputs {
            let fact = graph.outlet_fact(input)?.without_value();
            let name = format!("given {}.{}", input.node, input.slot);
            wires.insert(input, piece.add_source(name, fact)?);
        }
        for &node in &self.nodes {
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

/// Whether a node is there before anything runs.
fn is_given(graph: &TypedModel, node: usize) -> bool {
    graph.node(node).op_is::<Const>() || graph.inputs.iter().any(|input| input.node == node)
}

/// The states that share a cell, cell by cell.
fn cells(graph: &TypedModel, order: &[usize], states: &[(OutletId, OutletId)]) -> Vec<Vec<usize>> {
    let reaching = reaching(graph, order, states);
    // Which states each state depends on, over any number of steps.
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

/// The states whose inputs reach each node.
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

/// The states whose outputs each node reaches.
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
    /// The cell that a node belongs to, if any; of a state's input, its cell.
    cell_of: Vec<Option<usize>>,
    of_nodes: Vec<usize>,
    of_cells: Vec<usize>,
}

/// Gives every node and every cell the first level that comes after all it needs.
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
    /// Raises what stands too low; says whether anything did.
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

    /// The first level of what is in `cell`, if any, and needs that node.
    fn needed(&self, cell: Option<usize>, node: usize) -> usize {
        match self.cell_of[node] {
            Some(other) if Some(other) == cell => 0,
            Some(other) => self.of_cells[other] + 1,
            None => self.of_nodes[node],
        }
    }
}
