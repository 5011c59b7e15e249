//! Lowers a graph, node by node.

use std::collections::{BTreeMap, HashMap, HashSet};

use tract_nnef::internal::*;
use tract_onnx::pb::NodeProto;

use super::description::{Description, Role};
use super::onnx::Onnx;
use super::operators::Call;
use super::schedule::{call, keep};
use super::states::{Lowered, Region};
use super::value::{Element, Source, Value};
use super::view::View;
use super::{movement, operators};
use crate::ExportError;
use crate::contained::contained;
use crate::network::{Network, Part};

/// A lowered graph.
pub(super) struct Done {
    pub(super) part: Part,
    pub(super) states: Vec<Lowered>,
}

/// The graph being lowered.
pub(super) struct Lowering {
    pub(super) network: Network,
    pub(super) sources: Vec<Source>,
    /// Reshaped sources and slices of them, so that each is made only once.
    pub(super) shapes: HashMap<(usize, Vec<usize>), OutletId>,
    pub(super) looks: HashMap<(View, Vec<usize>), OutletId>,
    /// For each source that is a state, the places that are used together.
    uses: BTreeMap<usize, Vec<Vec<usize>>>,
    /// The current node, and how many names it has used.
    pub(super) node: String,
    pub(super) names: usize,
    /// Normalisations that are folded into the weights of the convolution before them, by the name
    /// of the tensor between.
    normalisations: HashMap<String, (Vec<f32>, Vec<f32>)>,
}

/// Lowers the graph. `shapes` are the shapes of the file's states, and `regions` are the network's
/// states made from them.
pub(super) fn lower(
    file: &Onnx,
    described: &Description,
    regions: &[Region],
    shapes: &[Vec<usize>],
) -> Result<Done, ExportError> {
    let wrong = |reason| ExportError::WriterFailed { reason };
    let mut lowering = Lowering {
        network: Network::default(),
        sources: vec![],
        shapes: HashMap::new(),
        looks: HashMap::new(),
        uses: BTreeMap::new(),
        node: "input".into(),
        names: 0,
        normalisations: HashMap::new(),
    };
    let mut values =
        contained(|| lowering.inputs(file, described, regions, shapes)).map_err(wrong)?;
    lowering.nodes(file, &mut values)?;
    lowering.node = "output".into();
    lowering.names = 0;
    let states =
        contained(|| lowering.outputs(described, regions, shapes, &values)).map_err(wrong)?;
    let part = contained(|| lowering.network.finish()).map_err(wrong)?;
    Ok(Done { part, states })
}

impl Lowering {
    /// A name for an operator of the current node.
    pub(super) fn name(&mut self, what: &str) -> String {
        self.names += 1;
        format!("{}.{}.{what}", self.node, self.names)
    }

    pub(super) fn source(&mut self, outlet: OutletId, dims: Vec<usize>) -> usize {
        self.sources.push(Source { outlet, dims });
        self.sources.len() - 1
    }

    /// Records which numbers of states are used together.
    pub(super) fn note_use(&mut self, elements: &[Element]) {
        for (source, uses) in &mut self.uses {
            let mut seen = HashSet::new();
            let places = elements.iter().filter_map(|element| match element {
                Element::Of { source: own, index } if own == source => Some(*index),
                _ => None,
            });
            let places: Vec<usize> = places.filter(|place| seen.insert(*place)).collect();
            if !places.is_empty() {
                uses.push(places);
            }
        }
    }

    /// Returns the constants and inputs, by name.
    fn inputs(
        &mut self,
        file: &Onnx,
        described: &Description,
        regions: &[Region],
        shapes: &[Vec<usize>],
    ) -> TractResult<HashMap<String, Value>> {
        let constants = file.constants()?.into_iter();
        let mut values: HashMap<String, Value> =
            constants.map(|(name, tensor)| (name, Value::Constant(tensor))).collect();
        let given: HashMap<String, Vec<usize>> = file.inputs()?.into_iter().collect();
        if let Some(spectrum) = described.inputs.iter().find(|i| i.role == Role::Spectrum) {
            let shape = given[&spectrum.name].clone();
            let dims = without_ones(&shape);
            let outlet = self.network.input("spectrum", &dims)?;
            values.insert(spectrum.name.clone(), self.whole(outlet, dims, shape).into());
        }
        let states = described.inputs.iter().filter(|input| input.role == Role::State);
        for (at, state) in states.enumerate() {
            let mut elements = vec![Element::Is(0.0); shapes[at].iter().product()];
            for (name, region) in named(described, regions).filter(|(_, r)| r.state == at) {
                let outlet = self.network.state(name, &region.dims)?;
                let source = self.source(outlet, region.dims.clone());
                self.uses.insert(source, vec![]);
                for (index, place) in region.places.iter().enumerate() {
                    elements[*place] = Element::Of { source, index };
                }
            }
            // If no number of a state is used, the state is a constant.
            values.insert(state.name.clone(), Value::of(shapes[at].clone(), elements)?);
        }
        Ok(values)
    }

    pub(super) fn node(
        &mut self,
        file: &Onnx,
        node: &NodeProto,
        values: &mut HashMap<String, Value>,
        done: &mut HashSet<String>,
    ) -> TractResult<()> {
        if node.output.first().is_some_and(|output| done.contains(output)) {
            return Ok(());
        }
        let call = call(file, node, values)?;
        let made = self.values_of(file, &call, values, done)?;
        keep(node, made, values);
        Ok(())
    }

    fn values_of(
        &mut self,
        file: &Onnx,
        call: &Call,
        values: &mut HashMap<String, Value>,
        done: &mut HashSet<String>,
    ) -> TractResult<Vec<Value>> {
        let is_constant = call.inputs.iter().flatten().all(|input| input.constant().is_some());
        if is_constant || matches!(&*call.node.op_type, "Shape" | "Size") {
            let tensor = |value: &Value| match value {
                Value::Constant(tensor) => Ok(tensor.clone()),
                Value::Computed(x) => Tensor::zero::<f32>(&x.shape).map(Tensor::into_arc_tensor),
            };
            let inputs = call.inputs.iter().map(|input| input.as_ref().map(tensor).transpose());
            let made = file.evaluate(call.node, &inputs.collect::<TractResult<Vec<_>>>()?)?;
            return Ok(made.into_iter().map(|made| Value::Constant(made.into())).collect());
        }
        if movement::is_movement(&call.node.op_type) {
            return movement::moved(file, call);
        }
        let following = self.find_normalisation(file, call, values)?;
        let made = self.call(call)?;
        if let Some(output) = following {
            values.insert(output.clone(), made[0].clone());
            done.insert(output);
        }
        Ok(made)
    }

    /// Finds a normalisation that is the only user of a convolution and can be folded into its
    /// weights. Returns its output.
    fn find_normalisation(
        &mut self,
        file: &Onnx,
        call: &Call,
        values: &HashMap<String, Value>,
    ) -> TractResult<Option<String>> {
        let made = &call.node.output[0];
        if !matches!(&*call.node.op_type, "Conv" | "ConvTranspose") || file.takers(made) != 1 {
            return Ok(None);
        }
        let next = file.graph.node.iter().find(|next| next.input.first() == Some(made));
        let Some(next) = next.filter(|next| next.op_type == "BatchNormalization") else {
            return Ok(None);
        };
        let inputs: Vec<Option<Value>> =
            next.input.iter().map(|name| values.get(name).cloned()).collect();
        let next_call = Call { node: next, inputs, opset: call.opset };
        // If this is impossible, lowering the normalisation reports why.
        let Ok(normalisation) = operators::batch_normalisation(&next_call) else { return Ok(None) };
        self.normalisations.insert(made.clone(), normalisation);
        Ok(next.output.first().cloned())
    }

    pub(super) fn following_normalisation(
        &mut self,
        call: &Call,
    ) -> TractResult<Option<(Vec<f32>, Vec<f32>)>> {
        Ok(self.normalisations.remove(&call.node.output[0]))
    }

    fn outputs(
        &mut self,
        described: &Description,
        regions: &[Region],
        shapes: &[Vec<usize>],
        values: &HashMap<String, Value>,
    ) -> TractResult<Vec<Lowered>> {
        let value = |name: &str| {
            values.get(name).with_context(|| format!("no node makes the output `{name}`"))
        };
        let spectrum = described.outputs.iter().find(|output| output.role == Role::Spectrum);
        let spectrum = value(&spectrum.context("no output is the spectrum")?.name)?.computed()?;
        let made = self.wire(&spectrum.elements, &without_ones(&spectrum.shape))?;
        let made = self.output(made)?;
        self.network.output("spectrum", made)?;
        // From here on, wiring does not count as a use.
        let uses = std::mem::take(&mut self.uses);
        let mut sources = uses.into_iter();
        let mut next = vec![];
        for (state, shape) in states_of(described).zip(shapes) {
            let output = described.outputs.iter().find(|o| o.state.as_deref() == Some(state));
            let made = value(&output.context("a state that nothing makes")?.name)?.computed()?;
            let (count, expected) = (made.elements.len(), shape.iter().product::<usize>());
            ensure!(count == expected, "the state {state:?} of {expected} numbers becomes {count}");
            next.push(made);
        }
        for (name, region) in named(described, regions) {
            let made = &next[region.state];
            let elements: Vec<Element> =
                region.places.iter().map(|place| made.elements[*place]).collect();
            let outlet = self.wire(&elements, &region.dims)?;
            let outlet = self.output(outlet)?;
            self.network.next_state(name, outlet)?;
        }
        // Only in the first pass is each state one region, in the order of the states.
        let all = next.into_iter().zip(shapes).map_while(|(next, shape)| {
            let (source, uses) = sources.next()?;
            Some(Lowered { shape: shape.clone(), next, uses, source })
        });
        Ok(all.collect())
    }

    /// An outlet that is not already an output. A file keeps only one of two names for the same
    /// tensor.
    fn output(&mut self, outlet: OutletId) -> TractResult<OutletId> {
        if !self.network.is_output(outlet) {
            return Ok(outlet);
        }
        let name = self.name("copy");
        let shape = self.network.shape(outlet)?;
        self.network.reshape(&name, outlet, &shape[1..])
    }
}

/// The names of the states in the order of the inputs.
fn states_of(described: &Description) -> impl Iterator<Item = &str> {
    described.inputs.iter().filter_map(|input| input.state.as_deref())
}

/// The regions with the names of the network's states.
fn named<'r>(
    described: &'r Description,
    regions: &'r [Region],
) -> impl Iterator<Item = (String, &'r Region)> {
    regions.iter().enumerate().map(|(at, region)| {
        let state = states_of(described).nth(region.state).unwrap_or_default();
        let of_state = |region: &&Region| states_of(described).nth(region.state) == Some(state);
        if regions.iter().filter(of_state).count() == 1 {
            return (state.to_owned(), region);
        }
        (format!("{state}.{}", regions[..at].iter().filter(of_state).count()), region)
    })
}

/// A shape without its dimensions of 1.
fn without_ones(shape: &[usize]) -> Vec<usize> {
    let dims: Vec<usize> = shape.iter().copied().filter(|dim| *dim != 1).collect();
    if dims.is_empty() { vec![1] } else { dims }
}
