//! Descriptions that parse, and the errors of those that do not.

use serde_json::{Value, json};

use super::{ModelDescription, Role};
use crate::error::ErrorKind;

const DEEPFILTERNET3: &[u8] = include_bytes!("../../../../../models/deepfilternet3/model.json");
const DTLN: &[u8] = include_bytes!("../../../../../models/dtln/model.json");

#[test]
fn the_committed_descriptions_parse() {
    let description = ModelDescription::parse(DEEPFILTERNET3).unwrap();
    assert_eq!(description.name(), "deepfilternet3");
    assert_eq!(description.licence(), "MIT OR Apache-2.0");
    assert_eq!(description.files().collect::<Vec<_>>(), ["deepfilternet3.tflite"]);
    let info = description.info();
    assert_eq!((info.sample_rate, info.hop, info.window), (Some(48_000), 480, 960));
    assert_eq!((info.lookahead, info.delay), (2, 1440));

    let description = ModelDescription::parse(DTLN).unwrap();
    assert_eq!(description.version().split('.').count(), 3);
    assert_eq!(description.files().collect::<Vec<_>>(), ["dtln_1.tflite", "dtln_2.tflite"]);
    let state = &description.parts[1].inputs[1];
    assert_eq!(state.role, Role::State("states".into()));
    assert_eq!(state.shape, [2, 128, 2]);
}

/// DTLN's description with another value at a place. `null` removes it.
fn with(place: &str, value: Value) -> Vec<u8> {
    let mut json: Value = serde_json::from_slice(DTLN).unwrap();
    let (parent, field) = place.rsplit_once('/').unwrap();
    let parent = json.pointer_mut(parent).unwrap();
    match (parent, value) {
        (Value::Object(fields), Value::Null) => _ = fields.remove(field).unwrap(),
        (Value::Object(fields), value) => _ = fields.insert(field.into(), value),
        (Value::Array(items), Value::Null) => _ = items.remove(field.parse().unwrap()),
        (Value::Array(items), value) => items.insert(field.parse().unwrap(), value),
        _ => panic!("{place} is nowhere"),
    }
    serde_json::to_vec(&json).unwrap()
}

/// The place and the reason of the error.
fn refused(json: &[u8]) -> (String, String) {
    let error = ModelDescription::parse(json).unwrap_err();
    assert_eq!(error.code(), "invalid_description");
    match error.kind() {
        ErrorKind::InvalidDescription { place, reason } => (place.clone(), reason.clone()),
        kind => panic!("{kind:?}"),
    }
}

#[track_caller]
fn assert_refused(at: &str, value: Value, place: &str, reason: &str) {
    let (found_place, found_reason) = refused(&with(at, value));
    assert_eq!(found_place, place);
    assert!(found_reason.contains(reason), "{found_reason}");
}

#[test]
fn an_error_names_the_place_and_what_is_expected() {
    let error = ModelDescription::parse(&with("/hop", json!(0))).unwrap_err();
    assert_eq!(error.to_string(), "invalid model.json: at hop: it is 0, expected 1 to 65536");
}

#[test]
fn json_errors_are_reported_with_their_position() {
    for json in [&b""[..], b"{", b"[]", b"null", b"\xff", b"{\"schema\": 1"] {
        assert!(refused(json).0.starts_with("line "));
    }
}

#[test]
fn another_schema_is_named_before_its_fields() {
    let (place, reason) = refused(br#"{"schema": 2, "novelty": true}"#);
    assert_eq!((&*place, &*reason), ("schema", "it is 2, expected 1"));
    assert!(refused(br#"{"name": "dtln"}"#).1.contains("missing field `schema`"));
}

#[test]
fn fields_that_are_unknown_or_missing_are_named() {
    for place in ["", "/origin", "/parts/0", "/parts/1/inputs/0"] {
        let json = with(&format!("{place}/novelty"), json!(1));
        assert!(refused(&json).1.contains("unknown field `novelty`"), "{place}");
    }
    let json: Value = serde_json::from_slice(DTLN).unwrap();
    for (place, optional) in
        [("", ""), ("/origin", ""), ("/parts/0", ""), ("/parts/1/inputs/1", "state")]
    {
        let fields = json.pointer(place).unwrap().as_object().unwrap();
        for field in fields.keys().filter(|field| *field != optional) {
            let (_, reason) = refused(&with(&format!("{place}/{field}"), Value::Null));
            assert!(reason.contains(&format!("missing field `{field}`")), "{place} {reason}");
        }
    }
}

#[test]
fn absurd_numbers_are_refused() {
    for (field, values) in [
        ("sample_rate", vec![0, 768_001]),
        ("hop", vec![0, 65_537]),
        ("window", vec![0, 500, 128 * 65, 131_073, u64::MAX]),
        ("lookahead", vec![1]),
    ] {
        for value in values {
            let reason = format!("it is {value}, expected ");
            assert_refused(&format!("/{field}"), json!(value), field, &reason);
        }
        let (_, reason) = refused(&with(&format!("/{field}"), json!(-1)));
        assert!(reason.contains("expected u64"), "{reason}");
    }
}

#[test]
fn names_are_plain() {
    for name in [
        "",
        ".",
        "..",
        "../x.tflite",
        "a/b.tflite",
        "a\\b.tflite",
        ".x.tflite",
        "c:x",
        "-x",
        "a b",
        "ä",
        "a\0",
    ] {
        assert_refused("/name", json!(name), "name", "expected up to 100 letters");
        assert_refused("/parts/0/file", json!(name), "parts[0].file", "expected up to 100 letters");
    }
    assert_refused("/name", json!("x".repeat(101)), "name", "expected up to 100 letters");
    assert_refused("/parts/1/file", json!("x.onnx"), "parts[1].file", "ends in .tflite");
}

#[test]
fn texts_versions_and_hashes_have_their_form() {
    assert_refused("/licence", json!(" "), "licence", "expected a text");
    assert_refused("/origin/project", json!("a\nb"), "origin.project", "expected a text");
    for version in ["1", "1.0", "1.0.0.0", "1..0", "1.0.x", "", "1.0.0-rc"] {
        assert_refused("/version", json!(version), "version", "expected major.minor.patch");
    }
    for sha256 in ["".into(), "0".repeat(63), "0".repeat(65), "A".repeat(64), "g".repeat(64)] {
        assert_refused("/parts/0/sha256", json!(sha256), "parts[0].sha256", "64 lower-case");
        assert_refused("/origin/sha256", json!(sha256), "origin.sha256", "64 lower-case");
    }
}

#[test]
fn parts_are_those_of_the_front_end() {
    assert!(
        refused(&with("/front_end", json!("waveform")))
            .1
            .contains("one of `deepfilternet`, `dnsmos`, `dtln`, `spectral`")
    );
    assert_refused("/front_end", json!("deepfilternet"), "window", "that is 2 hops of");
    assert_refused("/parts/1", Value::Null, "parts", "there are 1, the front-end needs 2");
    let twice = json!("dtln_1.tflite");
    assert_refused("/parts/1/file", twice, "parts[1].file", "is repeated");
    assert_refused("/parts/1/name", json!("spectral_mask"), "parts[1].name", "is repeated");
}

#[test]
fn roles_are_those_of_the_front_end() {
    let input = |role: &str| json!({"index": 0, "role": role, "shape": [1, 1, 257]});
    let at = "/parts/0/inputs/0";
    assert_refused(
        &format!("{at}/role"),
        json!("phase"),
        "parts[0].inputs[0]",
        "the role \"phase\" is unknown here, expected magnitude or state",
    );
    assert_refused(at, input("magnitude"), "parts[0].inputs[1].index", "it is 0, expected 1");
    assert_refused(
        "/parts/0/inputs/2",
        json!({"index": 2, "role": "magnitude", "shape": [1, 1, 257]}),
        "parts[0].inputs[2]",
        "the role \"magnitude\" is repeated",
    );
    assert_refused(
        "/parts/0/inputs",
        json!([{"index": 0, "role": "state", "state": "states", "shape": [1, 2, 128, 2]}]),
        "parts[0].inputs",
        "the role \"magnitude\" with a lane of shape [1, 257] is missing",
    );
}

#[test]
fn shapes_are_those_of_the_front_end() {
    let at = "/parts/0/inputs/0/shape";
    let place = "parts[0].inputs[0].shape";
    for (shape, reason) in [
        (json!([2, 1, 257]), "a first dimension of 1: the lane"),
        (json!([]), "a first dimension of 1: the lane"),
        (json!([1]), "2 to 8 dimensions"),
        (json!([1, 1, 1, 1, 1, 1, 1, 1, 1]), "2 to 8 dimensions"),
        (json!([1, 0]), "dimensions from 1 to 1048576"),
        (json!([1, 1u64 << 40]), "dimensions from 1 to 1048576"),
        (json!([1, 1 << 20, 1 << 20, 1 << 20, 1 << 20]), "at most 2097152 elements"),
    ] {
        assert_refused(at, shape, place, reason);
    }
    let (state, place) = ("/parts/0/inputs/1/shape", "parts[0].inputs[1].shape");
    assert_refused(state, json!([1, 1 << 16, 2]), place, "at most 65536 elements");
    let reason = "\"magnitude\" has a lane of shape [257], expected [1, 257]";
    assert_refused(at, json!([1, 257]), "parts[0].inputs[0]", reason);
}

#[test]
fn states_have_partners() {
    let at = "parts[0].inputs[1]";
    assert_refused(
        "/parts/0/inputs/1/state",
        json!("other"),
        at,
        "the state \"other\" has no output with this name",
    );
    assert_refused(
        "/parts/0/outputs/2",
        json!({"index": 2, "role": "state", "state": "more", "shape": [1, 4]}),
        "parts[0].outputs[2]",
        "the state \"more\" has no input with this name",
    );
    let reason =
        "the state \"states\" has a lane of shape [2, 128, 3], its output one of [2, 128, 2]";
    assert_refused("/parts/0/inputs/1/shape", json!([1, 2, 128, 3]), at, reason);
    let at = "parts[0].inputs[1].state";
    assert_refused("/parts/0/inputs/1/state", Value::Null, at, "a state needs a name");
    let at = "parts[0].inputs[0].state";
    assert_refused("/parts/0/inputs/0/state", json!("x"), at, "not with \"magnitude\"");
}

/// The description of a spectral model with another value at a place. `null` removes it.
fn spectral_with(place: &str, value: Value) -> Vec<u8> {
    let tensor =
        |index: u64, shape: Value| json!({"index": index, "role": "spectrum", "shape": shape});
    let mut json: Value = serde_json::from_slice(DTLN).unwrap();
    json["front_end"] = json!("spectral");
    json["hop"] = json!(256);
    json["lookahead"] = json!(1);
    json["spectral"] = json!({
        "window_function": "sqrt_hann",
        "fft": 512,
        "scale": 1.0,
        "compression": 1.0,
        "layout": "interleaved",
    });
    let mut part = json["parts"][0].clone();
    part["inputs"] = json!([tensor(0, json!([1, 1, 257, 1, 2]))]);
    part["outputs"] = json!([tensor(0, json!([1, 257, 2]))]);
    json["parts"] = json!([part]);
    if place.is_empty() {
        return serde_json::to_vec(&json).unwrap();
    }
    let (parent, field) = place.rsplit_once('/').unwrap();
    let parent = json.pointer_mut(parent).unwrap().as_object_mut().unwrap();
    match value {
        Value::Null => parent.remove(field),
        value => parent.insert(field.into(), value),
    };
    serde_json::to_vec(&json).unwrap()
}

#[test]
fn a_spectral_description_parses() {
    let description = ModelDescription::parse(&spectral_with("", Value::Null)).unwrap();
    let info = description.info();
    assert_eq!((info.hop, info.window, info.lookahead, info.delay), (256, 512, 1, 512));
    let spectral = description.spectral.unwrap();
    assert_eq!((spectral.fft, spectral.scale, spectral.compression), (512, 1.0, 1.0));
}

#[test]
fn a_spectral_description_is_checked() {
    let refuses = |at: &str, value: Value, place: &str, reason: &str| {
        let (found_place, found_reason) = refused(&spectral_with(at, value));
        assert!(found_place.starts_with(place), "{found_place}");
        assert!(found_reason.contains(reason), "{found_reason}");
    };
    refuses("/spectral", Value::Null, "spectral", "the front-end \"spectral\" needs it");
    for fft in [0, 510, 511, 131_074] {
        refuses("/spectral/fft", json!(fft), "spectral.fft", "expected 512 to 131072");
    }
    refuses("/spectral/fft", json!(513), "spectral.fft", "expected an even number");
    for (field, values) in [("scale", [0.0, -1.0, 1e7]), ("compression", [0.0, 0.05, 1.5])] {
        for value in values {
            let place = format!("spectral.{field}");
            refuses(&format!("/spectral/{field}"), json!(value), &place, "expected ");
        }
    }
    refuses("/spectral/layout", json!("polar"), "line ", "`interleaved` or `planar`");
    refuses("/spectral/window_function", json!("kaiser"), "line ", "`sqrt_hann`");
    refuses("/spectral/novelty", json!(1), "line ", "unknown field `novelty`");
    for field in ["window_function", "fft", "scale", "compression", "layout"] {
        let reason = format!("missing field `{field}`");
        refuses(&format!("/spectral/{field}"), Value::Null, "line ", &reason);
    }
    refuses("/lookahead", json!(65), "lookahead", "expected 0 to 64");
    refuses(
        "/window",
        json!(500),
        "window",
        "an even number of samples that is 1 to 64 hops of 256",
    );
    let planar = "\"spectrum\" has a lane of shape [1, 257, 1, 2], expected [2, 257]";
    refuses("/spectral/layout", json!("planar"), "parts[0].inputs[0]", planar);
    refuses("/spectral/fft", json!(1024), "parts[0].inputs[0]", "expected [513, 2]");
    let (place, reason) = refused(&with(
        "/spectral",
        json!({
            "window_function": "hann", "fft": 512, "scale": 1, "compression": 1, "layout": "planar"
        }),
    ));
    assert_eq!(place, "spectral");
    assert!(reason.contains("only allowed with the front-end \"spectral\""), "{reason}");
}

#[test]
fn no_damage_panics() {
    for at in 0..DTLN.len() {
        for flip in [0x01, 0x10, 0xff] {
            let mut damaged = DTLN.to_vec();
            damaged[at] ^= flip;
            let _ = ModelDescription::parse(&damaged);
        }
    }
}
