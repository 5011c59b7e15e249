use serde::{Deserialize, Serialize};

use crate::names::names;

/// How urgent a session is. Workers serve a session only while none of a higher
/// priority has work to do; among equals they take turns.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Priority {
    /// Work that can wait, such as a batch over night.
    Low,
    /// The usual.
    #[default]
    Normal,
    /// Somebody is waiting for it.
    High,
}

names!(Priority, "the priority", [Low, Normal, High]);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_back_as_in_json() {
        for name in ["low", "normal", "high"] {
            let priority: Priority = name.parse().unwrap();
            assert_eq!(priority.to_string(), name);
            assert_eq!(serde_json::to_value(priority).unwrap(), name);
        }
        let error = "urgent".parse::<Priority>().unwrap_err().to_string();
        assert_eq!(error, "the priority is urgent, expected low, normal or high");
    }
}
