//! A network of a model, with the roles of its inputs and outputs.

use std::sync::Arc;

use enhancer_networks::{Program, Run};

use super::description::{Port, Role};
use crate::error::{ErrorKind, Result};

/// A network whose inputs and outputs match a description.
pub(super) struct Network {
    network: enhancer_networks::Network,
    inputs: Vec<Port>,
    outputs: Vec<Port>,
}

impl Network {
    /// A network that was checked against these ports.
    ///
    /// # Errors
    /// `UnsupportedModel` if it was compiled with other states.
    pub(super) fn new(
        network: enhancer_networks::Network,
        inputs: Vec<Port>,
        outputs: Vec<Port>,
    ) -> Result<Network> {
        let network = network.with_states(states(&inputs, &outputs)).map_err(|_| {
            let found = "a network that was compiled with other states".into();
            let supported = "the states in model.json";
            ErrorKind::UnsupportedModel { found, supported }
        })?;
        Ok(Network { network, inputs, outputs })
    }

    pub(super) fn inputs(&self) -> &[Port] {
        &self.inputs
    }

    pub(super) fn outputs(&self) -> &[Port] {
        &self.outputs
    }

    /// The index of the input with this role.
    ///
    /// # Panics
    /// If there is none. Descriptions are checked for all roles that their front-end needs.
    pub(super) fn input(&self, role: &str) -> usize {
        place(&self.inputs, role)
    }

    /// The index of the output with this role.
    ///
    /// # Panics
    /// As for [`input`](Self::input).
    pub(super) fn output(&self, role: &str) -> usize {
        place(&self.outputs, role)
    }

    /// Prepares a new run over this many lanes that takes this many steps at once.
    ///
    /// # Errors
    /// `InvalidValue` for 0 lanes or steps, `LimitExceeded` if they are too many. `UnsupportedModel`,
    /// `CorruptModel` or `Inference` if the network cannot be prepared for them.
    pub(super) fn run(&self, lanes: usize, steps: usize) -> Result<Run> {
        Ok(self.network.run(lanes, steps)?)
    }

    /// The network in compiled form: as one program if it is `whole`, or else with its states.
    ///
    /// # Errors
    /// `UnsupportedModel` if an operator is not supported, or if it is compiled already.
    #[cfg(feature = "tflite")]
    pub(super) fn compiled(&self, whole: bool) -> Result<Vec<u8>> {
        Ok(if whole { self.network.compiled_program()? } else { self.network.compiled()? })
    }

    /// The whole network as one program, without states.
    ///
    /// # Errors
    /// `CorruptModel`, or `UnsupportedModel` if an operator is not supported.
    pub(super) fn program(&self) -> Result<Arc<Program>> {
        Ok(self.network.program()?)
    }
}

/// The pairs of an input and an output for the same state.
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
