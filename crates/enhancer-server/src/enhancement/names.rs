//! The values that options may have, for the API's document. The types of the core with the same
//! names read what requests send.

use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, OneOfBuilder, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

/// What to return.
#[derive(ToSchema)]
#[schema(as = Output)]
#[serde(rename_all = "lowercase")]
#[expect(dead_code, reason = "only documents the names")]
pub(super) enum OutputName {
    Enhanced,
    Removed,
}

/// The container of a result.
#[derive(ToSchema)]
#[schema(as = Format)]
#[serde(rename_all = "lowercase")]
#[expect(dead_code, reason = "only documents the names")]
pub(super) enum FormatName {
    Wav,
    Flac,
    Opus,
    Mp3,
    M4a,
    Raw,
    Mp4,
    Mov,
    Mkv,
    Webm,
}

/// How a sample is stored.
#[derive(ToSchema)]
#[schema(as = SampleFormat)]
#[serde(rename_all = "lowercase")]
#[expect(dead_code, reason = "only documents the names")]
pub(super) enum SampleFormatName {
    S16le,
    S24le,
    S32le,
    F32le,
}

/// The priority over other recordings.
#[derive(ToSchema)]
#[schema(as = Priority)]
#[serde(rename_all = "lowercase")]
#[expect(dead_code, reason = "only documents the names")]
pub(super) enum PriorityName {
    Low,
    Normal,
    High,
}

/// A number of dB, or `auto`.
pub(super) struct InputGain;

impl PartialSchema for InputGain {
    fn schema() -> RefOr<Schema> {
        let number =
            ObjectBuilder::new().schema_type(Type::Number).minimum(Some(-60)).maximum(Some(60));
        let auto = ObjectBuilder::new().schema_type(Type::String).enum_values(Some(["auto"]));
        OneOfBuilder::new().item(number).item(auto).into()
    }
}

impl ToSchema for InputGain {}

#[cfg(test)]
mod tests {
    use enhancer_core::{Container, Output, Priority, SampleFormat};

    use super::*;

    /// The names that a schema lists.
    fn names<T: PartialSchema>() -> Vec<String> {
        let schema = serde_json::to_value(T::schema()).unwrap();
        serde_json::from_value(schema["enum"].clone()).unwrap()
    }

    #[test]
    fn the_core_knows_the_names_of_the_document() {
        assert!(names::<OutputName>().iter().all(|name| name.parse::<Output>().is_ok()));
        assert!(
            names::<SampleFormatName>().iter().all(|name| name.parse::<SampleFormat>().is_ok())
        );
        assert!(names::<PriorityName>().iter().all(|name| name.parse::<Priority>().is_ok()));
        for name in names::<FormatName>() {
            let container = name.parse::<Container>().unwrap();
            assert_eq!(container.written(), Some(container), "{name}");
            assert!(Container::WRITTEN.contains(&name), "{name}");
        }
    }
}
