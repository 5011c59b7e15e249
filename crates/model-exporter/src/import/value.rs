//! Tensors of an ONNX graph while it is lowered.
//!
//! A computed tensor is known element by element: each is a number, or a place in the result of a
//! wired operator. Operators that only move numbers (Slice, Transpose, Gather, ScatterND and the
//! like) therefore need no work. Elements are assembled into a tensor only when an operator uses
//! it, in any suitable order.

use std::sync::Arc;

use tract_nnef::internal::*;
use tract_nnef::prelude::tract_ndarray::ArrayD;

/// One number of a tensor.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Element {
    Is(f32),
    /// A place in a source, by its index in the sources of the lowering.
    Of {
        source: usize,
        index: usize,
    },
}

/// A tensor: constant, or computed from the inputs.
#[derive(Debug, Clone)]
pub(super) enum Value {
    Constant(Arc<Tensor>),
    Computed(Computed),
}

/// Elements with their shape in the ONNX file.
#[derive(Debug, Clone)]
pub(super) struct Computed {
    pub(super) shape: Vec<usize>,
    pub(super) elements: Arc<[Element]>,
}

/// A wired tensor of float32 with lanes, and its shape without them.
#[derive(Debug, Clone)]
pub(super) struct Source {
    pub(super) outlet: OutletId,
    pub(super) dims: Vec<usize>,
}

impl Source {
    pub(super) fn len(&self) -> usize {
        self.dims.iter().product()
    }
}

impl Value {
    pub(super) fn shape(&self) -> &[usize] {
        match self {
            Value::Constant(tensor) => tensor.shape(),
            Value::Computed(computed) => &computed.shape,
        }
    }

    pub(super) fn constant(&self) -> Option<&Arc<Tensor>> {
        match self {
            Value::Constant(tensor) => Some(tensor),
            Value::Computed(_) => None,
        }
    }

    /// Its elements, whether it is constant or not.
    pub(super) fn computed(&self) -> TractResult<Computed> {
        match self {
            Value::Computed(computed) => Ok(computed.clone()),
            Value::Constant(tensor) => {
                let numbers = floats(tensor)?;
                let elements = numbers.iter().map(|number| Element::Is(*number)).collect();
                Ok(Computed { shape: tensor.shape().to_vec(), elements })
            }
        }
    }

    /// Elements, or a constant if all are numbers.
    pub(super) fn of(shape: Vec<usize>, elements: Vec<Element>) -> TractResult<Value> {
        Ok(match numbers(&elements) {
            Some(numbers) => Value::Constant(Tensor::from_shape(&shape, &numbers)?.into()),
            None => Value::Computed(Computed { shape, elements: elements.into() }),
        })
    }
}

impl Computed {
    /// The places of its elements, as an array that can be transposed and sliced.
    pub(super) fn places(&self) -> ArrayD<usize> {
        let all = (0..self.elements.len()).collect();
        ArrayD::from_shape_vec(self.shape.clone(), all).expect("as many places as elements")
    }

    /// The elements at those places.
    pub(super) fn at(&self, places: &ArrayD<usize>) -> Computed {
        let elements = places.iter().map(|place| self.elements[*place]).collect();
        Computed { shape: places.shape().to_vec(), elements }
    }

    /// The same elements in another shape with the same number.
    pub(super) fn reshaped(&self, shape: &[usize]) -> Computed {
        assert_eq!(shape.iter().product::<usize>(), self.elements.len());
        Computed { shape: shape.to_vec(), elements: self.elements.clone() }
    }

    pub(super) fn transposed(&self, axes: &[usize]) -> Computed {
        self.at(&self.places().permuted_axes(axes))
    }

    /// Elements `range` along an axis.
    pub(super) fn slice(&self, axis: usize, range: std::ops::Range<usize>) -> Computed {
        let all: Vec<usize> = range.collect();
        self.at(&self.places().select(tract_ndarray::Axis(axis), &all))
    }

    /// The tensor broadcast to that shape.
    pub(super) fn broadcast(&self, shape: &[usize]) -> TractResult<Computed> {
        let places = self.places();
        let places = places.broadcast(shape).with_context(|| {
            format!("a tensor of shape {:?} does not fit one of {shape:?}", self.shape)
        })?;
        Ok(self.at(&places.to_owned()))
    }

    pub(super) fn concat(axis: usize, parts: &[Computed]) -> TractResult<Computed> {
        // Places are counted across all parts.
        let mut first = 0;
        let mut places = vec![];
        for part in parts {
            places.push(part.places() + first);
            first += part.elements.len();
        }
        let views: Vec<_> = places.iter().map(|places| places.view()).collect();
        let places = tract_ndarray::concatenate(tract_ndarray::Axis(axis), &views)?;
        let all: Vec<Element> = parts.iter().flat_map(|part| part.elements.to_vec()).collect();
        let shape = vec![all.len()];
        Ok(Computed { shape, elements: all.into() }.at(&places))
    }
}

/// The numbers of elements, if all of them are numbers.
pub(super) fn numbers(elements: &[Element]) -> Option<Vec<f32>> {
    let number = |element: &Element| match element {
        Element::Is(number) => Some(*number),
        Element::Of { .. } => None,
    };
    elements.iter().map(number).collect()
}

/// The numbers of a constant of float32.
pub(super) fn floats(tensor: &Tensor) -> TractResult<Vec<f32>> {
    ensure!(
        tensor.datum_type() == f32::datum_type(),
        "a tensor of {:?}; only float32 can be computed with",
        tensor.datum_type()
    );
    Ok(tensor.try_as_plain_ram()?.as_slice::<f32>()?.to_vec())
}

impl From<Computed> for Value {
    fn from(computed: Computed) -> Value {
        Value::Computed(computed)
    }
}
