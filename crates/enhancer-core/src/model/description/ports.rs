//! Checks the inputs and outputs of a part.

use std::ops::RangeInclusive;

use super::check::{duplicate, text};
use super::contract::Roles;
use super::{Port, Role, invalid, schema};
use crate::error::Result;

const DIMS: RangeInclusive<u64> = 1..=1 << 20;
/// The maximum size of a state: far more than any model needs, and still a bounded memory for all
/// of them.
const MAX_IN_STATE: usize = 1 << 16;
/// The maximum size of any other tensor. Its shape must be the one that the front-end expects
/// anyway.
const MAX_ELEMENTS: usize = 1 << 21;
const MAX_RANK: usize = 8;
const MAX_PORTS: usize = 64;

pub(super) fn ports(place: &str, written: &[schema::Tensor]) -> Result<Vec<Port>> {
    if written.len() > MAX_PORTS {
        return Err(invalid(
            place,
            format!("there are {}, expected up to {MAX_PORTS}", written.len()),
        ));
    }
    let ports = written.iter().enumerate();
    let ports: Vec<Port> = ports
        .map(|(index, tensor)| {
            let at = |field: &str| format!("{place}[{index}].{field}");
            if tensor.index != index as u64 {
                let reason = format!("it is {}, expected {index}, its place", tensor.index);
                return Err(invalid(at("index"), reason));
            }
            let role = role(&at("state"), tensor)?;
            let most = if tensor.role == "state" { MAX_IN_STATE } else { MAX_ELEMENTS };
            Ok(Port { role, shape: lane_shape(&at("shape"), &tensor.shape, most)? })
        })
        .collect::<Result<_>>()?;
    match duplicate(ports.iter().map(|port| &port.role)) {
        Some((index, role)) => {
            Err(invalid(format!("{place}[{index}]"), format!("{role} is repeated")))
        }
        None => Ok(ports),
    }
}

fn role(place: &str, tensor: &schema::Tensor) -> Result<Role> {
    match (tensor.role.as_str(), &tensor.state) {
        ("state", Some(state)) => {
            text(place, state)?;
            Ok(Role::State(state.clone()))
        }
        ("state", None) => Err(invalid(place, "it is missing; a state needs a name")),
        (role, None) => Ok(Role::Named(role.into())),
        (role, Some(_)) => Err(invalid(
            place,
            format!("it is only allowed with the role \"state\", not with {role:?}"),
        )),
    }
}

/// A shape without the leading dimension of the lane.
fn lane_shape(place: &str, shape: &[u64], most: usize) -> Result<Vec<usize>> {
    let wrong = |expected: String| invalid(place, format!("it is {shape:?}, expected {expected}"));
    let [1, lane @ ..] = shape else {
        return Err(wrong("a first dimension of 1: the lane".into()));
    };
    if lane.is_empty() || shape.len() > MAX_RANK {
        return Err(wrong(format!("2 to {MAX_RANK} dimensions")));
    }
    if lane.iter().any(|dim| !DIMS.contains(dim)) {
        return Err(wrong(format!("dimensions from {} to {}", DIMS.start(), DIMS.end())));
    }
    let lane: Vec<usize> = lane.iter().map(|dim| *dim as usize).collect();
    let elements = lane.iter().try_fold(1usize, |product, dim| product.checked_mul(*dim));
    match elements.filter(|elements| *elements <= most) {
        Some(_) => Ok(lane),
        None => Err(wrong(format!("at most {most} elements"))),
    }
}

/// Checks that each state of one side has a partner with the same shape on the other side.
pub(super) fn states_pair(place: &str, side: &[Port], other: &str, others: &[Port]) -> Result<()> {
    for (index, port) in side.iter().enumerate() {
        let Role::State(name) = &port.role else { continue };
        let partner = others.iter().find(|partner| partner.role == port.role);
        let reason = match partner {
            None => format!("the state {name:?} has no {other} with this name"),
            Some(partner) if partner.shape != port.shape => format!(
                "the state {name:?} has a lane of shape {:?}, its {other} one of {:?}",
                port.shape, partner.shape
            ),
            Some(_) => continue,
        };
        return Err(invalid(format!("{place}[{index}]"), reason));
    }
    Ok(())
}

/// Checks that exactly the roles of `expected` are present, with their shapes. If `with_ones`,
/// dimensions of 1 are ignored.
pub(super) fn roles_fit(
    place: &str,
    ports: &[Port],
    expected: &Roles,
    with_ones: bool,
) -> Result<()> {
    let fits = |found: &[usize], expected: &[usize]| {
        let counted: Vec<usize> =
            found.iter().copied().filter(|dim| *dim != 1 || !with_ones).collect();
        counted == expected
    };
    for (index, port) in ports.iter().enumerate() {
        let Role::Named(name) = &port.role else { continue };
        let known = expected.iter().find(|(role, _)| role == name);
        let reason = match known {
            None => {
                let roles: Vec<&str> = expected.iter().map(|(role, _)| *role).collect();
                format!("the role {name:?} is unknown here, expected {} or state", roles.join(", "))
            }
            Some((_, shape)) if !fits(&port.shape, shape) => {
                let ones = if with_ones { " and dimensions of 1 anywhere" } else { "" };
                format!("{name:?} has a lane of shape {:?}, expected {shape:?}{ones}", port.shape)
            }
            Some(_) => continue,
        };
        return Err(invalid(format!("{place}[{index}]"), reason));
    }
    let missing = expected.iter().find(|(role, _)| {
        !ports.iter().any(|port| matches!(&port.role, Role::Named(name) if name == role))
    });
    match missing {
        Some((role, shape)) => Err(invalid(
            place,
            format!("the role {role:?} with a lane of shape {shape:?} is missing"),
        )),
        None => Ok(()),
    }
}
