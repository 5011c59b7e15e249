//! Calls into tract that may panic on a model they do not support.

use std::any::Any;
use std::cell::Cell;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Once;

use tract_nnef::prelude::TractResult;

thread_local! {
    static CONTAINED: Cell<bool> = const { Cell::new(false) };
}

/// Runs `work`; an error or a panic inside it becomes its message.
///
/// During the call, the panic hook stays silent on this thread. The caller turns the message into
/// an error for people, and a backtrace above it would look like a crash.
///
/// State that `work` changes outside itself must not be used after a failure.
pub(crate) fn contained<T>(work: impl FnOnce() -> TractResult<T>) -> Result<T, String> {
    silence_contained_panics();
    let outer = CONTAINED.replace(true);
    let result = panic::catch_unwind(AssertUnwindSafe(work));
    CONTAINED.set(outer);
    match result {
        Ok(result) => result.map_err(|error| format!("{error:#}")),
        Err(payload) => Err(panic_message(payload.as_ref())),
    }
}

fn silence_contained_panics() {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let usual = panic::take_hook();
        panic::set_hook(Box::new(move |panic| {
            if !CONTAINED.get() {
                usual(panic);
            }
        }));
    });
}

fn panic_message(payload: &(dyn Any + Send)) -> String {
    payload
        .downcast_ref::<&str>()
        .map(ToString::to_string)
        .or_else(|| payload.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "it panicked without a message".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use anyhow::anyhow;

    #[test]
    fn a_panic_becomes_its_message() {
        let outcome: Result<(), _> = contained(|| panic!("no form for {}", "Gather"));
        assert_eq!(outcome.unwrap_err(), "no form for Gather");
    }

    #[test]
    fn an_error_becomes_its_whole_chain() {
        let outcome: Result<(), _> = contained(|| Err(anyhow!("inner").context("outer")));
        assert_eq!(outcome.unwrap_err(), "outer: inner");
    }

    #[test]
    fn a_value_passes() {
        assert_eq!(contained(|| Ok(3)), Ok(3));
    }
}
