//! A network of a model, with the roles of what it takes and gives.

use std::sync::Arc;

use enhancer_networks::{Program, Run};

use super::description::{Port, Role};
use crate::error::Result;

/// A network whose inputs and outputs are those of a description.
pub(super) struct Network {
    network: enhancer_networks::Network,
    inputs: Vec<Port>,
    outputs: Vec<Port>,
}

impl Network {
    /// A network that has been compared with these ports.
    ///
    /// # Errors
    /// `InvalidValue` if it has other inputs and outputs.
    pub(super) fn new(
        network: enhancer_networks::Network,
        inputs: Vec<Port>,
        outputs: Vec<Port>,
    ) -> Result<Network> {
        let network = network.with_states(states(&inputs, &outputs))?;
        Ok(Network { network, inputs, outputs })
    }

    pub(super) fn inputs(&self) -> &[Port] {
        &self.inputs
    }

    pub(super) fn outputs(&self) -> &[Port] {
        &self.outputs
    }

    /// The place of the input with that role.
    ///
    /// # Panics
    /// If there is none: descriptions are checked for what their front-end needs.
    pub(super) fn input(&self, role: &str) -> usize {
        place(&self.inputs, role)
    }

    /// The place of the output with that role.
    ///
    /// # Panics
    /// As [`input`](Self::input).
    pub(super) fn output(&self, role: &str) -> usize {
        place(&self.outputs, role)
    }

    /// A run over that many lanes which takes so many steps at once, at its beginning.
    ///
    /// # Errors
    /// `UnsupportedModel`, `CorruptModel` or `Inference` if the network cannot be prepared for it.
    pub(super) fn run(&self, lanes: usize, steps: usize) -> Result<Run> {
        Ok(self.network.run(lanes, steps)?)
    }

    /// All of it as one program, which knows of no states.
    ///
    /// # Errors
    /// `CorruptModel`, or `UnsupportedModel` if there is an operator that has no kernel.
    pub(super) fn program(&self) -> Result<Arc<Program>> {
        Ok(self.network.program()?)
    }
}

/// The pairs of an input and an output that are the same state.
fn states(inputs: &[Port], outputs: &[Port]) -> Vec<(usize, usize)> {
    let state_of = |(input, port): (usize, &Port)| {
        let output = outputs.iter().position(|output| output.role == port.role);
        output.filter(|_| matches!(port.role, Role::State(_))).map(|output| (input, output))
    };
    inputs.iter().enumerate().filter_map(state_of).collect()
}

fn place(ports: &[Port], role: &str) -> usize {
    ports
        .iter()
        .position(|port| port.role == Role::Named(role.into()))
        .expect("the description has all roles")
}
