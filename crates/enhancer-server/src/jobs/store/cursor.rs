//! A place in the list of all jobs.

use std::fmt;
use std::str::FromStr;

use uuid::Uuid;

use super::Job;

/// The place after a job. As text it is the time of the job's creation, a dot, and its id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Cursor {
    created: i64,
    id: Uuid,
}

impl Cursor {
    /// The place after that job.
    pub(crate) fn behind(job: &Job) -> Cursor {
        Cursor { created: job.created, id: job.id }
    }

    /// The values that the database compares.
    pub(super) fn into_parts(self) -> (i64, String) {
        (self.created, self.id.to_string())
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.created, self.id)
    }
}

impl FromStr for Cursor {
    type Err = ();

    fn from_str(text: &str) -> Result<Cursor, ()> {
        let (created, id) = text.split_once('.').ok_or(())?;
        let created = created.parse().map_err(|_| ())?;
        Ok(Cursor { created, id: id.parse().map_err(|_| ())? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_read_back() {
        let cursor = Cursor { created: 1_795_000_000_000, id: Uuid::now_v7() };
        assert_eq!(cursor.to_string().parse(), Ok(cursor));
        for wrong in ["", ".", "1", "1.", "x.01900000-0000-7000-8000-000000000000", "1.x"] {
            assert_eq!(wrong.parse::<Cursor>(), Err(()), "{wrong}");
        }
    }
}
