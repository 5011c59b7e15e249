//! Warnings as clients see them.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Something that the user of a result should know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(from = "Stored")]
pub(crate) struct Warning {
    /// A stable name. The command line and the browser use the same names.
    ///
    /// About the source: `damaged`; `length_differs`: it has more audio than it declares;
    /// `format_changes`: its rate or channels change midway; `track`: one of several tracks was read;
    /// `edited`: the file shows only parts of its audio; `silence_added`: gaps were filled with
    /// silence; `not_finite`: some samples are not numbers; `video`: the result is the audio of a
    /// video; `video_not_copied`: the same, because the video cannot be copied; `video_incomplete`: a
    /// part of the video is missing.
    ///
    /// About the result: `clipped`: samples were cut off at full scale; `chunks_lost`: parts of the
    /// file were not carried over; `almost_everything_removed`: perhaps it is music or very quiet
    /// speech; `not_levelled`: it is silent or has too little speech; `loudness_not_reached`. Later
    /// versions may have more.
    #[schema(example = "damaged")]
    pub(crate) code: String,
    /// What happened and what to do. For people.
    #[schema(example = "the source is damaged at 1.20 s: a frame is missing")]
    pub(crate) text: String,
}

/// A warning in the database. Older versions stored only the text.
#[derive(Deserialize)]
#[serde(untagged)]
enum Stored {
    Coded { code: String, text: String },
    Text(String),
}

impl From<Stored> for Warning {
    fn from(stored: Stored) -> Warning {
        match stored {
            Stored::Coded { code, text } => Warning { code, text },
            Stored::Text(text) => Warning { code: "other".to_owned(), text },
        }
    }
}

impl From<&enhancer_core::Warning> for Warning {
    fn from(warning: &enhancer_core::Warning) -> Warning {
        Warning { code: warning.code.to_string(), text: warning.text.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn warnings_have_the_names_of_the_core_and_older_ones_can_be_read() {
        let text = "the source is a video".to_owned();
        let code = enhancer_core::WarningCode::AlmostEverythingRemoved;
        let warning = Warning::from(&enhancer_core::Warning::new(code, text.clone()));
        let json = serde_json::to_string(&warning).unwrap();
        assert!(json.contains(r#""code":"almost_everything_removed""#), "{json}");
        assert_eq!(serde_json::from_str::<Warning>(&json).unwrap(), warning);
        let old: Vec<Warning> = serde_json::from_str(r#"["the source is a video"]"#).unwrap();
        assert_eq!(old, [Warning { code: "other".into(), text }]);
    }
}
