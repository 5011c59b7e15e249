//! Right options give the same bytes on the command line and in the core, and wrong options the
//! same error code. `tests/contract/README.md` explains the table.

use std::collections::BTreeSet;
use std::fs;
use std::io::Cursor;

use enhancer_core::{
    AudioFormat, Container, Engine, EnhanceOptions, Job, SampleFormat, Tags, create,
};
use serde_json::Value;

use crate::support::{Bench, SAMPLE, floats};

fn table(part: &str) -> Vec<Value> {
    let text = include_str!("../../../../tests/contract/options.json");
    let mut table: Value = serde_json::from_str(text).unwrap();
    serde_json::from_value(table[part].take()).unwrap()
}

/// Two seconds of speech, then the same from farther away, as a WAV file of 32-bit floats.
fn source() -> Vec<u8> {
    let raw = AudioFormat::raw(SampleFormat::F32le, 48_000, 1);
    let format = raw.with_container(Container::Wav);
    let mut bytes = Cursor::new(Vec::new());
    let mut writer = create(&mut bytes, &format, &Tags::default()).unwrap();
    let near = floats(&fs::read(SAMPLE).unwrap()[4 * 24_000..4 * 120_000]);
    let far = near.iter().map(|sample| 0.25 * sample);
    writer.write(&[near.iter().copied().chain(far).collect()]).unwrap();
    writer.finish().unwrap();
    drop(writer);
    bytes.into_inner()
}

fn text<'a>(case: &'a Value, name: &str, default: &'a str) -> &'a str {
    case[name].as_str().unwrap_or(default)
}

/// The core's result for the source.
fn by_core(case: &Value, source: &[u8]) -> enhancer_core::Result<Vec<u8>> {
    let options: EnhanceOptions = serde_json::from_value(case["options"].clone()).unwrap();
    let name = text(case, "model", "deepfilternet3");
    let model = enhancer_models::load(name.as_ref()).unwrap().model;
    let mut sink = Cursor::new(Vec::new());
    Job::new(&model, Cursor::new(source), &mut sink)
        .options(options)
        .run(&Engine::new(Some(2)).unwrap())?;
    Ok(sink.into_inner())
}

/// The command line's result for the source, or the code of its error; `None` if it has no such
/// option.
fn by_command(case: &Value, source: &[u8]) -> Option<Result<Vec<u8>, String>> {
    let flags: Vec<String> = serde_json::from_value(case["flags"].clone()).ok()?;
    let destination = text(case, "destination", "out.wav");
    let bench = Bench::new();
    bench.file("in.wav", source);
    let output = bench
        .enhance(["--source-file", "in.wav", "--destination-file", destination, "--json"])
        .args(["--model", text(case, "model", "deepfilternet3")])
        .args(flags)
        .output()
        .unwrap();
    let line: Value = serde_json::from_slice(&output.stdout).unwrap();
    Some(match line["error"]["code"].as_str() {
        None => Ok(fs::read(bench.path(destination)).unwrap()),
        Some(code) => Err(code.to_owned()),
    })
}

#[test]
fn every_option_is_in_the_table() {
    let names = |options: &Value| -> BTreeSet<String> {
        options.as_object().unwrap().keys().cloned().collect()
    };
    let mut all = EnhanceOptions::default();
    // Left out where it is not set.
    all.level = true;
    let all = serde_json::to_value(all).unwrap();
    let right = table("right");
    let covered = right.iter().flat_map(|case| names(&case["options"])).collect();
    assert_eq!(names(&all), covered);
}

#[test]
fn right_options_give_the_same_bytes() {
    let source = source();
    let cases = table("right");
    let plain = by_core(&cases[0], &source).unwrap();
    for case in &cases {
        let expected = by_core(case, &source).unwrap();
        let is_same = case["same"] == true || case["options"] == cases[0]["options"];
        assert_eq!(expected == plain, is_same, "{case}");
        if let Some(made) = by_command(case, &source) {
            assert!(made.unwrap() == expected, "{case}");
        }
    }
}

#[test]
fn wrong_options_give_the_same_code() {
    let source = source();
    for case in table("wrong") {
        let source = if case["cut"] == true { &source[..10_000] } else { &source[..] };
        assert_eq!(by_core(&case, source).unwrap_err().code().to_string(), case["code"], "{case}");
        if let Some(made) = by_command(&case, source) {
            assert_eq!(made.unwrap_err(), case["code"].as_str().unwrap(), "{case}");
        }
    }
}
