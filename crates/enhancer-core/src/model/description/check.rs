//! Checks what was parsed.

use std::ops::RangeInclusive;

use super::contract::{self, Contract};
use super::ports::{ports, roles_fit, states_pair};
use super::schema::{self, Description};
use super::{FrontEndKind, ModelDescription, PartDescription, Spectral, invalid};
use crate::error::Result;
use crate::limits::Limits;

/// Limits that reject values which no audio model has.
const RATES: RangeInclusive<u64> = 1..=Limits::SAMPLE_RATE as u64;
const HOPS: RangeInclusive<u64> = 1..=1 << 16;
const WINDOWS: RangeInclusive<u64> = 1..=1 << 17;
const MAX_NAME: usize = 100;
const SCALES: RangeInclusive<f64> = 1e-6..=1e6;
const COMPRESSIONS: RangeInclusive<f64> = 0.1..=1.0;

pub(super) fn checked(written: Description) -> Result<ModelDescription> {
    plain_name("name", &written.name)?;
    version("version", &written.version)?;
    text("licence", &written.licence)?;
    origin(&written.origin)?;
    let hop = number("hop", written.hop, HOPS)?;
    let window = number("window", written.window, WINDOWS)?;
    window_fits(&written, hop, window)?;
    let spectral = spectral(&written, window)?;
    Ok(ModelDescription {
        sample_rate: number("sample_rate", written.sample_rate, RATES)? as u32,
        hop,
        window,
        lookahead: number("lookahead", written.lookahead, contract::lookahead(written.front_end))?,
        parts: parts(&written, window, spectral)?,
        spectral,
        front_end: written.front_end,
        name: written.name,
        version: written.version,
        licence: written.licence,
    })
}

fn number(place: &str, value: u64, range: RangeInclusive<u64>) -> Result<usize> {
    if range.contains(&value) {
        return Ok(value as usize);
    }
    Err(invalid(place, format!("it is {value}, expected {} to {}", range.start(), range.end())))
}

fn window_fits(written: &Description, hop: usize, window: usize) -> Result<()> {
    let (least, most) = contract::window_in_hops(written.front_end);
    let fits = window.is_multiple_of(2)
        && window.is_multiple_of(hop)
        && (least..=most).contains(&(window / hop));
    if fits {
        return Ok(());
    }
    let hops = if least == most { least.to_string() } else { format!("{least} to {most}") };
    let expected = format!("an even number of samples that is {hops} hops of {hop}");
    Err(invalid("window", format!("it is {window}, expected {expected}")))
}

/// The options of the front-end `spectral`. They are required for it and forbidden for all others.
fn spectral(written: &Description, window: usize) -> Result<Option<Spectral>> {
    let wanted = written.front_end == FrontEndKind::Spectral;
    let spectral = match &written.spectral {
        Some(spectral) if wanted => spectral,
        None if !wanted => return Ok(None),
        Some(_) => {
            let reason = "it is only allowed with the front-end \"spectral\"";
            return Err(invalid("spectral", reason));
        }
        None => {
            let reason = "it is missing; the front-end \"spectral\" needs it";
            return Err(invalid("spectral", reason));
        }
    };
    let fft = number("spectral.fft", spectral.fft, window as u64..=*WINDOWS.end())?;
    if !fft.is_multiple_of(2) {
        return Err(invalid("spectral.fft", format!("it is {fft}, expected an even number")));
    }
    Ok(Some(Spectral {
        window_function: spectral.window_function,
        fft,
        scale: real("spectral.scale", spectral.scale, SCALES)?,
        compression: real("spectral.compression", spectral.compression, COMPRESSIONS)?,
        layout: spectral.layout,
    }))
}

fn real(place: &str, value: f64, range: RangeInclusive<f64>) -> Result<f32> {
    if range.contains(&value) {
        return Ok(value as f32);
    }
    Err(invalid(place, format!("it is {value}, expected {} to {}", range.start(), range.end())))
}

pub(super) fn text(place: &str, value: &str) -> Result<()> {
    let fits = !value.trim().is_empty() && !value.contains(char::is_control);
    fits.then_some(()).ok_or_else(|| invalid(place, format!("it is {value:?}, expected a text")))
}

/// Checks a name that must work in any folder and on any command line.
fn plain_name(place: &str, name: &str) -> Result<()> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let fits = name.starts_with(|c: char| plain(c) && c != '.' && c != '-')
        && name.chars().all(plain)
        && name.len() <= MAX_NAME;
    let expected =
        format!("up to {MAX_NAME} letters, digits, '_', '-' and '.', not starting with '-' or '.'");
    fits.then_some(()).ok_or_else(|| invalid(place, format!("it is {name:?}, expected {expected}")))
}

fn version(place: &str, version: &str) -> Result<()> {
    let number = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    let fits = version.len() <= MAX_NAME
        && version.split('.').count() == 3
        && version.split('.').all(number);
    fits.then_some(())
        .ok_or_else(|| invalid(place, format!("it is {version:?}, expected major.minor.patch")))
}

fn sha256(place: &str, digits: &str) -> Result<()> {
    let fits = digits.len() == 64 && digits.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    let expected = "64 lower-case hexadecimal digits";
    fits.then_some(())
        .ok_or_else(|| invalid(place, format!("it is {digits:?}, expected {expected}")))
}

fn origin(origin: &schema::Origin) -> Result<()> {
    text("origin.project", &origin.project)?;
    text("origin.registry", &origin.registry)?;
    text("origin.package", &origin.package)?;
    text("origin.version", &origin.version)?;
    text("origin.file", &origin.file)?;
    sha256("origin.sha256", &origin.sha256)
}

fn parts(
    written: &Description,
    window: usize,
    spectral: Option<Spectral>,
) -> Result<Vec<PartDescription>> {
    let contracts = contract::of(written.front_end, window, spectral);
    let (expected, actual) = (contracts.len(), written.parts.len());
    if expected != actual {
        let reason = format!("there are {actual}, the front-end needs {expected}");
        return Err(invalid("parts", reason));
    }
    let unique = |of: fn(&schema::Part) -> &String, field: &str| {
        duplicate(written.parts.iter().map(of)).map_or(Ok(()), |(index, name)| {
            Err(invalid(format!("parts[{index}].{field}"), format!("{name:?} is repeated")))
        })
    };
    unique(|part| &part.name, "name")?;
    unique(|part| &part.file, "file")?;
    let parts = written.parts.iter().zip(&contracts).enumerate();
    parts.map(|(index, (written, contract))| part(index, written, contract)).collect()
}

fn part(index: usize, written: &schema::Part, contract: &Contract) -> Result<PartDescription> {
    let at = |field: &str| format!("parts[{index}].{field}");
    plain_name(&at("name"), &written.name)?;
    plain_name(&at("file"), &written.file)?;
    if ![".tflite", ".network"].iter().any(|end| written.file.ends_with(end)) {
        let reason =
            format!("it is {:?}, expected a name that ends in .tflite or .network", written.file);
        return Err(invalid(at("file"), reason));
    }
    sha256(&at("sha256"), &written.sha256)?;
    let inputs = ports(&at("inputs"), &written.inputs)?;
    let outputs = ports(&at("outputs"), &written.outputs)?;
    states_pair(&at("inputs"), &inputs, "output", &outputs)?;
    states_pair(&at("outputs"), &outputs, "input", &inputs)?;
    roles_fit(&at("inputs"), &inputs, &contract.inputs, contract.with_ones)?;
    roles_fit(&at("outputs"), &outputs, &contract.outputs, contract.with_ones)?;
    Ok(PartDescription {
        file: written.file.clone(),
        sha256: written.sha256.clone(),
        inputs,
        outputs,
    })
}

/// The first item that equals an earlier one, and its index.
pub(super) fn duplicate<T: PartialEq>(items: impl Iterator<Item = T>) -> Option<(usize, T)> {
    let mut seen = vec![];
    for (index, item) in items.enumerate() {
        if seen.contains(&item) {
            return Some((index, item));
        }
        seen.push(item);
    }
    None
}
