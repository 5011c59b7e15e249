//! The values of options for the API's document, taken from the core.

use std::borrow::Cow;

use enhancer_core::{Container, Output, Priority, SampleFormat};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, OneOfBuilder, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

/// Documents a string with a fixed set of values.
macro_rules! names {
    ($type:ident, $name:literal, $description:literal, $values:expr) => {
        #[doc = $description]
        pub(super) struct $type;

        impl PartialSchema for $type {
            fn schema() -> RefOr<Schema> {
                let names: Vec<_> = $values.iter().map(ToString::to_string).collect();
                let text = ObjectBuilder::new().schema_type(Type::String);
                text.description(Some($description)).enum_values(Some(names)).into()
            }
        }

        impl ToSchema for $type {
            fn name() -> Cow<'static, str> {
                $name.into()
            }
        }
    };
}

names!(OutputName, "Output", "What to return.", Output::ALL);
names!(FormatName, "Format", "The container of a result.", Container::all_written());
names!(SampleFormatName, "SampleFormat", "How a sample is stored.", SampleFormat::ALL);
names!(PriorityName, "Priority", "The priority over other recordings.", Priority::ALL);

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
