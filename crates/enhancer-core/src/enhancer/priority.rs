use serde::{Deserialize, Serialize};

/// How urgent a session is. Workers serve a session only while none of a higher
/// priority has work to do; among equals they take turns.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Priority {
    /// Work that can wait, such as a batch over night.
    Low,
    /// The usual.
    #[default]
    Normal,
    /// Somebody is waiting for it.
    High,
}
