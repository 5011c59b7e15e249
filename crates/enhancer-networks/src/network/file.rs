//! A `.tflite` file, and what was prepared from it.

use std::sync::{Arc, Mutex};

use tract_tflite::internal::*;

use super::build::{self, LANES};
use super::stages::{Planned, Stages};
use super::{Network, Source, TensorInfo};
use crate::compile::{Unsupported, Use, compile};
use crate::error::{Error, Result};
use crate::kernels::Isa;
use crate::panics::lock;
use crate::plan::ProgramPlan;
use crate::tflite::{self, PreparedNetwork};

pub(super) struct File {
    bytes: Vec<u8>,
    prepared: Mutex<Prepared>,
}

/// What was prepared so far, on request.
#[derive(Default)]
struct Prepared {
    /// The file's graph for one lane, until something is prepared.
    read: Option<TypedModel>,
    interpreted: Option<PreparedNetwork>,
    /// The inner option is `None` if the network cannot be partitioned.
    stages: Option<Option<Arc<Stages>>>,
}

impl TensorInfo {
    fn of(graph: &TypedModel, outlet: OutletId) -> TensorInfo {
        let fact = graph.outlet_fact(outlet).ok();
        let fact = fact.filter(|fact| fact.datum_type == f32::datum_type());
        let shape = fact.and_then(|fact| fact.shape.as_concrete()).map(<[usize]>::to_vec);
        TensorInfo { shape, text: tflite::fact_text(graph, outlet) }
    }
}

impl File {
    /// Reads the network in a file.
    ///
    /// # Errors
    /// `Corrupt`, `Unsupported` or `LimitExceeded`.
    pub(super) fn read(bytes: &[u8]) -> Result<Network> {
        let graph = tflite::read(bytes, 1)?;
        let infos = |outlets: &[OutletId]| {
            outlets.iter().map(|&outlet| TensorInfo::of(&graph, outlet)).collect()
        };
        let (inputs, outputs) = (infos(&graph.inputs), infos(&graph.outputs));
        // The first preparation does not read the file again.
        let prepared = Mutex::new(Prepared { read: Some(graph), ..Prepared::default() });
        let file = File { bytes: bytes.to_vec(), prepared };
        Ok(Network { inputs, outputs, states: vec![], source: Source::File(Box::new(file)) })
    }

    #[cfg(test)]
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Forgets what was prepared with its states.
    pub(super) fn forget(&self) {
        let mut prepared = lock(&self.prepared);
        (prepared.interpreted, prepared.stages) = (None, None);
    }

    /// The network for the runtime that read its file, one step of one lane at a time.
    pub(super) fn interpreted(&self) -> Result<PreparedNetwork> {
        // A second caller waits here, which is faster than preparing it again.
        let mut prepared = lock(&self.prepared);
        if let Some(network) = &prepared.interpreted {
            return Ok(network.clone());
        }
        let network = tflite::prepare(self.graph(&mut prepared)?, 1)?;
        Ok(prepared.interpreted.insert(network).clone())
    }

    /// The network, partitioned into pieces. Some graphs of other authors cannot be partitioned.
    pub(super) fn stages(&self, states: &[(usize, usize)]) -> Option<Arc<Stages>> {
        let mut prepared = lock(&self.prepared);
        if let Some(stages) = &prepared.stages {
            return stages.clone();
        }
        // An obstacle to partitioning does not prevent running step by step.
        let one = self.graph(&mut prepared);
        let stages = one.and_then(|one| build::stages(&self.bytes, one, states));
        // No other thread helps: one that waits for a helper may begin a task that needs this lock.
        let stages = stages.and_then(|stages| stages.prepared(Isa::best()));
        let stages = stages.ok().map(Arc::new);
        prepared.stages = Some(stages.clone());
        stages
    }

    /// The same for storing it. All pieces must have kernels.
    ///
    /// # Errors
    /// `Corrupt`, or `Unsupported` if an operator has no kernel.
    pub(super) fn compiled_stages(&self, states: &[(usize, usize)]) -> Result<Stages<Planned>> {
        let one = self.graph(&mut lock(&self.prepared))?;
        let stages = build::stages(&self.bytes, one, states)?;
        if stages.pieces.iter().all(|piece| !matches!(piece.network, Planned::Interpreted(_))) {
            return Ok(stages);
        }
        // The whole network shows which operator it is.
        let (found, supported) = match self.program() {
            Err(Error::Unsupported { found, supported }) => (found, supported),
            _ => ("a piece without kernels".into(), SUPPORTED),
        };
        Err(Error::Unsupported { found, supported })
    }

    /// The whole network as one program, without states.
    ///
    /// # Errors
    /// `Corrupt`, or `Unsupported` if an operator has no kernel.
    pub(super) fn program(&self) -> Result<ProgramPlan> {
        let graph = tflite::read(&self.bytes, LANES)?;
        let graph = tflite::contained(|| tflite::simplified(graph))?;
        compile(&graph, Use::Rows).map_err(|unsupported: Unsupported| Error::Unsupported {
            found: unsupported.to_string(),
            supported: SUPPORTED,
        })
    }

    /// The graph for one lane.
    fn graph(&self, prepared: &mut Prepared) -> Result<TypedModel> {
        prepared.read.take().map_or_else(|| tflite::read(&self.bytes, 1), Ok)
    }
}

const SUPPORTED: &str = "operators that have a kernel";
