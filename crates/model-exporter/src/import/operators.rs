//! The computing operators of ONNX, one by one.

use tract_nnef::internal::*;
use tract_nnef::tract_core::ops::{math, nn};
use tract_onnx::pb::NodeProto;

use super::Lowering;
use super::reduction::Reduction;
use super::value::{Computed, Value, floats};

/// A node with its inputs. Omitted inputs are `None`.
pub(super) struct Call<'n> {
    pub(super) node: &'n NodeProto,
    pub(super) inputs: Vec<Option<Value>>,
    pub(super) opset: i64,
}

impl Call<'_> {
    pub(super) fn input(&self, slot: usize) -> TractResult<&Value> {
        let input = self.inputs.get(slot).and_then(Option::as_ref);
        input.with_context(|| format!("its input {slot} is missing"))
    }

    pub(super) fn computed(&self, slot: usize) -> TractResult<Computed> {
        match self.input(slot)? {
            Value::Computed(computed) => Ok(computed.clone()),
            Value::Constant(_) => bail!("its input {slot} is constant"),
        }
    }

    pub(super) fn constant(&self, slot: usize) -> TractResult<Arc<Tensor>> {
        let constant = self.input(slot)?.constant().cloned();
        constant.with_context(|| format!("its input {slot} is computed; it must be constant"))
    }

    /// An optional constant.
    pub(super) fn option(&self, slot: usize) -> TractResult<Option<Arc<Tensor>>> {
        match self.inputs.get(slot).and_then(Option::as_ref) {
            Some(_) => self.constant(slot).map(Some),
            None => Ok(None),
        }
    }

    pub(super) fn int(&self, name: &str, default: i64) -> TractResult<i64> {
        Ok(self.node.get_attr_opt(name)?.unwrap_or(default))
    }

    pub(super) fn float(&self, name: &str, default: f32) -> TractResult<f32> {
        Ok(self.node.get_attr_opt(name)?.unwrap_or(default))
    }

    pub(super) fn text(&self, name: &str, default: &str) -> TractResult<String> {
        Ok(self.node.get_attr_opt::<&str>(name)?.unwrap_or(default).to_owned())
    }

    pub(super) fn ints(&self, name: &str) -> TractResult<Option<Vec<i64>>> {
        self.node.get_attr_opt_vec(name)
    }

    /// A number that is an attribute in older files and an input in newer ones.
    fn bound(&self, slot: usize, name: &str) -> TractResult<Option<f32>> {
        match self.option(slot)? {
            Some(bound) => Ok(Some(bound.cast_to_scalar::<f32>()?)),
            None => self.node.get_attr_opt(name),
        }
    }
}

/// The index of an axis. A file counts axes from the front, or with negative numbers from the end.
pub(super) fn axis(axis: i64, rank: usize) -> TractResult<usize> {
    let counted = if axis < 0 { axis + rank as i64 } else { axis };
    let fits = (0..rank as i64).contains(&counted);
    ensure!(fits, "the axis {axis} of {rank}");
    Ok(counted as usize)
}

impl Lowering {
    /// Lowers a node with at least one input that is not constant.
    pub(super) fn call(&mut self, call: &Call) -> TractResult<Vec<Value>> {
        let x = || call.computed(0);
        let made = match &*call.node.op_type {
            "Conv" => self.conv(call, false)?,
            "ConvTranspose" => self.conv(call, true)?,
            "MatMul" => self.matmul(call.input(0)?, call.input(1)?)?,
            "Gemm" => self.gemm(call)?,
            "BatchNormalization" => self.batch_normalisation(call)?,
            "LayerNormalization" => self.layer_normalisation(call)?,
            "InstanceNormalization" => self.instance_normalisation(call)?,
            "Softmax" => self.softmax_of(call)?,
            name if name.starts_with("Reduce") || name == "GlobalAveragePool" => {
                self.reduction(call)?
            }
            "Add" | "Sub" | "Mul" | "Div" | "Min" | "Max" | "Sum" | "Mean" => {
                self.arithmetic(call)?
            }
            "Dropout" => x()?,
            "Cast" => {
                ensure!(call.int("to", 1)? == 1, "a cast to something other than float32");
                x()?
            }
            _ => self.function(call)?,
        };
        Ok(vec![made.into()])
    }

    fn arithmetic(&mut self, call: &Call) -> TractResult<Computed> {
        let name = &*call.node.op_type;
        let mut all = call.inputs.iter().flatten();
        let mut made = all.next().context("it has no input")?.clone();
        let mut count = 1;
        for next in all {
            count += 1;
            made = match (&made, next) {
                (Value::Constant(_), Value::Constant(_)) => bail!("two constants in a row"),
                _ => match name {
                    "Add" | "Sum" | "Mean" => self.add(&made, next)?,
                    "Sub" => self.sub(&made, next)?,
                    "Mul" => self.mul(&made, next)?,
                    "Div" => self.div(&made, next)?,
                    "Min" => self.min(&made, next)?,
                    _ => self.max(&made, next)?,
                }
                .into(),
            };
        }
        if name == "Mean" {
            let share = self.number(1.0 / count as f32);
            return self.mul(&made, &share);
        }
        made.computed()
    }

    /// An element-wise function of one tensor.
    fn function(&mut self, call: &Call) -> TractResult<Computed> {
        let x = call.computed(0)?;
        let op: Box<dyn TypedOp> = match &*call.node.op_type {
            "Sigmoid" => nn::sigmoid().into(),
            "Tanh" => math::tanh().into(),
            "Sqrt" => math::sqrt().into(),
            "Exp" => math::exp().into(),
            "Log" => math::ln().into(),
            "Abs" => math::abs().into(),
            "Sin" => math::sin().into(),
            "Cos" => math::cos().into(),
            "Floor" => math::floor().into(),
            "Ceil" => math::ceil().into(),
            _ => return self.bent(call, x),
        };
        let name = call.node.op_type.to_lowercase();
        self.unary(&name, op, &x)
    }

    /// Functions that are composed of others.
    fn bent(&mut self, call: &Call, x: Computed) -> TractResult<Computed> {
        let [zero, one] = [self.number(0.0), self.number(1.0)];
        let value = Value::from(x.clone());
        match &*call.node.op_type {
            "Neg" => self.sub(&zero, &value),
            "Reciprocal" => self.div(&one, &value),
            "Relu" => self.max(&value, &zero),
            "LeakyRelu" => {
                let slope = self.number(call.float("alpha", 0.01)?);
                self.rectified(&x, &slope)
            }
            "PRelu" => {
                let slope = Value::Constant(call.constant(1)?);
                self.rectified(&x, &slope)
            }
            "Pow" => {
                let exponent = call.constant(1)?;
                ensure!(exponent.len() == 1, "an exponent for each number");
                self.power(&x, exponent.cast_to_scalar::<f32>()?)
            }
            "Clip" => {
                let mut made = value;
                if let Some(least) = call.bound(1, "min")? {
                    made = self.max(&made, &self.number(least))?.into();
                }
                if let Some(most) = call.bound(2, "max")? {
                    made = self.min(&made, &self.number(most))?.into();
                }
                made.computed()
            }
            "Elu" => {
                let alpha = self.number(call.float("alpha", 1.0)?);
                let negative = self.min(&value, &zero)?;
                let grown = self.unary("exp", math::exp().into(), &negative)?.into();
                let grown = self.sub(&grown, &one)?.into();
                let grown = self.mul(&grown, &alpha)?.into();
                let positive = self.max(&value, &zero)?.into();
                self.add(&positive, &grown)
            }
            "Softplus" => {
                // Of the absolute value, so that large numbers do not become infinite.
                let size = self.unary("size", math::abs().into(), &x)?.into();
                let shrunk = self.sub(&zero, &size)?;
                let grown = self.unary("exp", math::exp().into(), &shrunk)?.into();
                let sum = self.add(&grown, &one)?;
                let rest = self.unary("log", math::ln().into(), &sum)?.into();
                let positive = self.max(&value, &zero)?.into();
                self.add(&positive, &rest)
            }
            "Softsign" => {
                let size = self.unary("size", math::abs().into(), &x)?.into();
                let sum = self.add(&size, &one)?.into();
                self.div(&value, &sum)
            }
            "HardSigmoid" => {
                let slope = self.number(call.float("alpha", 0.2)?);
                let offset = self.number(call.float("beta", 0.5)?);
                let line = self.affine(x, &slope, Some(&offset))?.into();
                let line = self.max(&line, &zero)?.into();
                self.min(&line, &one)
            }
            _ => bail!("this operator is not one of those that can be imported"),
        }
    }

    /// Multiplies negative numbers by a slope.
    fn rectified(&mut self, x: &Computed, slope: &Value) -> TractResult<Computed> {
        let value = Value::from(x.clone());
        let slopes = floats(slope.constant().context("a slope that is computed")?)?;
        if slopes.iter().all(|slope| (0.0..=1.0).contains(slope)) {
            let flat = self.mul(&value, slope)?.into();
            return self.max(&value, &flat);
        }
        let zero = self.number(0.0);
        let negative = self.min(&value, &zero)?.into();
        let flat = self.mul(&negative, slope)?.into();
        let positive = self.max(&value, &zero)?.into();
        self.add(&positive, &flat)
    }

    fn power(&mut self, x: &Computed, exponent: f32) -> TractResult<Computed> {
        let value = Value::from(x.clone());
        match exponent {
            1.0 => Ok(x.clone()),
            2.0 => self.unary("square", math::square().into(), x),
            3.0 => {
                let square = self.unary("square", math::square().into(), x)?.into();
                self.mul(&square, &value)
            }
            0.5 => self.unary("root", math::sqrt().into(), x),
            -0.5 => {
                let root = self.unary("root", math::sqrt().into(), x)?.into();
                self.div(&self.number(1.0), &root)
            }
            -1.0 => self.div(&self.number(1.0), &value),
            _ => bail!("the exponent {exponent}; 1, 2, 3, 0.5, -0.5 and -1 can be imported"),
        }
    }

    fn gemm(&mut self, call: &Call) -> TractResult<Computed> {
        let turned = |value: &Value, name: &str| -> TractResult<Value> {
            let computed = value.computed()?;
            ensure!(computed.shape.len() == 2, "a factor of shape {:?}", computed.shape);
            let computed = match call.int(name, 0)? {
                0 => computed,
                _ => computed.transposed(&[1, 0]),
            };
            Value::of(computed.shape, computed.elements.to_vec())
        };
        let (a, b) = (turned(call.input(0)?, "transA")?, turned(call.input(1)?, "transB")?);
        let mut made = self.matmul(&a, &b)?;
        let (alpha, beta) = (call.float("alpha", 1.0)?, call.float("beta", 1.0)?);
        if alpha != 1.0 {
            made = self.mul(&made.into(), &self.number(alpha))?;
        }
        let Some(bias) = call.option(2)? else { return Ok(made) };
        let bias: Vec<f32> = floats(&bias)?.iter().map(|bias| bias * beta).collect();
        let bias = Tensor::from_shape(call.input(2)?.shape(), &bias)?.into_arc_tensor();
        self.add(&made.into(), &Value::Constant(bias))
    }

    fn softmax_of(&mut self, call: &Call) -> TractResult<Computed> {
        let x = call.computed(0)?;
        let rank = x.shape.len();
        let axis = axis(call.int("axis", if call.opset < 13 { 1 } else { -1 })?, rank)?;
        // Before version 13, that axis and all after it were treated as one.
        let is_alone = x.shape[axis + 1..].iter().all(|len| *len == 1);
        ensure!(call.opset >= 13 || is_alone, "a softmax over several axes");
        self.softmax(&x, axis)
    }

    fn reduction(&mut self, call: &Call) -> TractResult<Computed> {
        let x = call.computed(0)?;
        let rank = x.shape.len();
        let name = &*call.node.op_type;
        let given = match call.option(1)? {
            Some(axes) => {
                Some(axes.cast_to::<i64>()?.try_as_plain_ram()?.as_slice::<i64>()?.to_vec())
            }
            None => call.ints("axes")?,
        };
        let axes = match (name, given) {
            ("GlobalAveragePool", _) => (2..rank).collect(),
            (_, Some(axes)) if !axes.is_empty() => {
                axes.into_iter().map(|at| axis(at, rank)).collect::<TractResult<Vec<_>>>()?
            }
            _ if call.int("noop_with_empty_axes", 0)? != 0 => return Ok(x),
            _ => (0..rank).collect(),
        };
        let made = self.reduced(name, &x, &axes)?;
        let keeps = name == "GlobalAveragePool" || call.int("keepdims", 1)? != 0;
        let kept = (0..rank).filter(|axis| keeps || !axes.contains(axis));
        let shape: Vec<usize> = kept.map(|axis| made.shape[axis]).collect();
        Ok(made.reshaped(&shape))
    }

    fn reduced(&mut self, name: &str, x: &Computed, axes: &[usize]) -> TractResult<Computed> {
        match name {
            "ReduceMean" | "GlobalAveragePool" => self.reduce(Reduction::Mean, x, axes),
            "ReduceSum" => self.reduce(Reduction::Sum, x, axes),
            "ReduceMax" => self.reduce(Reduction::Largest, x, axes),
            "ReduceMin" => self.reduce(Reduction::Smallest, x, axes),
            "ReduceL1" => {
                let sizes = self.unary("size", math::abs().into(), x)?;
                self.reduce(Reduction::Sum, &sizes, axes)
            }
            "ReduceSumSquare" | "ReduceL2" => {
                let squares = self.unary("square", math::square().into(), x)?;
                let sum = self.reduce(Reduction::Sum, &squares, axes)?;
                if name == "ReduceSumSquare" {
                    return Ok(sum);
                }
                self.unary("root", math::sqrt().into(), &sum)
            }
            _ => bail!("this operator is not one of those that can be imported"),
        }
    }

    fn batch_normalisation(&mut self, call: &Call) -> TractResult<Computed> {
        let x = call.computed(0)?;
        let (scale, offset) = batch_normalisation(call)?;
        let mut shape = vec![1; x.shape.len()];
        shape[1] = scale.len();
        let constant = |values: &[f32]| -> TractResult<Value> {
            Ok(Value::Constant(Tensor::from_shape(&shape, values)?.into_arc_tensor()))
        };
        self.affine(x, &constant(&scale)?, Some(&constant(&offset)?))
    }

    fn layer_normalisation(&mut self, call: &Call) -> TractResult<Computed> {
        let x = call.computed(0)?;
        ensure!(call.node.output.len() == 1, "a mean or deviation that is given");
        let first = axis(call.int("axis", -1)?, x.shape.len())?;
        let axes: Vec<usize> = (first..x.shape.len()).collect();
        let made = self.normalised(&x, &axes, call.float("epsilon", 1e-5)?)?;
        let scale = Value::Constant(call.constant(1)?);
        let offset = call.option(2)?.map(Value::Constant);
        self.affine(made, &scale, offset.as_ref())
    }

    fn instance_normalisation(&mut self, call: &Call) -> TractResult<Computed> {
        let x = call.computed(0)?;
        let axes: Vec<usize> = (2..x.shape.len()).collect();
        ensure!(!axes.is_empty(), "a tensor of shape {:?}", x.shape);
        let made = self.normalised(&x, &axes, call.float("epsilon", 1e-5)?)?;
        let mut shape = vec![1; x.shape.len()];
        shape[1] = x.shape[1];
        let of_channel = |slot: usize| -> TractResult<Value> {
            let values = floats(&*call.constant(slot)?)?;
            Ok(Value::Constant(Tensor::from_shape(&shape, &values)?.into_arc_tensor()))
        };
        self.affine(made, &of_channel(1)?, Some(&of_channel(2)?))
    }
}

/// The scale and the offset of each channel.
pub(super) fn batch_normalisation(call: &Call) -> TractResult<(Vec<f32>, Vec<f32>)> {
    ensure!(call.int("training_mode", 0)? == 0, "a normalisation that is being trained");
    let epsilon = call.float("epsilon", 1e-5)?;
    let inputs = |slot: usize| -> TractResult<Vec<f32>> { floats(&*call.constant(slot)?) };
    let (gamma, beta, mean, variance) = (inputs(1)?, inputs(2)?, inputs(3)?, inputs(4)?);
    let scale: Vec<f32> = gamma
        .iter()
        .zip(&variance)
        .map(|(gamma, variance)| gamma / (variance + epsilon).sqrt())
        .collect();
    let offset = beta.iter().zip(&mean).zip(&scale);
    let offset = offset.map(|((beta, mean), scale)| beta - mean * scale).collect();
    Ok((scale, offset))
}
