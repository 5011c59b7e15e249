//! `POST /enhance`.

use std::io::Cursor;
use std::sync::LazyLock;

use enhancer_core::{Engine, Enhanced, Job};
use enhancer_http::{Asked, attachment, enhanced_name, read};

use super::Result;
use super::answer::Answer;
use super::bindings::wasi::clocks::monotonic_clock::now;
use super::bindings::wasi::http::types::IncomingRequest;
use super::problem::Problem;
use super::upload::{Upload, receive};
use super::{body, models};
use crate::chunks::Chunks;

/// The default sample rate of raw sources, the same as the server's default.
const RAW_SAMPLE_RATE: u32 = 48_000;
/// The maximum size of a result in bytes. Results are held in memory.
const MOST_RESULT: u64 = 2 * body::MOST as u64;

/// Keeps prepared runs of models for the next recording.
static ENGINE: LazyLock<Engine> = LazyLock::new(Engine::inline);

pub(super) fn enhance(request: &IncomingRequest, query: &str) -> Result<Answer> {
    let check = |fields: &[_]| options(fields).map(drop);
    let Upload { file, file_name, fields } = receive(request, query, check)?;
    let Asked { model, mut enhance, .. } = options(&fields)?;
    let (name, model) = models::model(model.as_deref())?;
    enhance.limits.result_bytes = Some(MOST_RESULT);
    let mut result = Chunks::default();
    let begun = now();
    let Enhanced { summary, format, .. } = Job::new(&model, Cursor::new(file), &mut result)
        .options(enhance)
        .temporary(|| Ok(Chunks::default()))
        .run(&ENGINE)?;
    let elapsed = now().saturating_sub(begun) as f64 / 1e9;
    let container = format.container;
    let file_name = enhanced_name(file_name.as_deref(), container);
    let warnings: Vec<_> = summary.warnings.into_iter().map(|warning| warning.text).collect();
    let answer = Answer::new(container.media_type(), result.into_bytes())
        .header("content-disposition", attachment(&file_name))
        .header("enhancer-model", name)
        .header("enhancer-duration-seconds", format!("{:.6}", summary.duration_seconds))
        .header("enhancer-elapsed-seconds", format!("{elapsed:.6}"))
        .header("server-timing", format!("enhance;dur={:.1}", elapsed * 1e3));
    Ok(match warnings.is_empty() {
        true => answer,
        false => answer.header("enhancer-warning", warnings.join("; ")),
    })
}

/// Reads the options from a client's fields.
fn options(fields: &[(String, String)]) -> Result<Asked> {
    let asked = read(fields, RAW_SAMPLE_RATE, models::check).map_err(Problem::fields)?;
    if asked.score {
        // The network for ratings would take too much memory.
        let detail = "is true, which this component does not support; leave it out";
        return Err(Problem::field("score", detail));
    }
    Ok(asked)
}
