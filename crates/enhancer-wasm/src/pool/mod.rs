//! Where enhancers run: on the page's pool of web workers, or without threads.

#[cfg(not(feature = "threads"))]
mod single;
#[cfg(feature = "threads")]
mod threads;

#[cfg(not(feature = "threads"))]
pub(crate) use single::{check, engine, next_turn, promise};
#[cfg(feature = "threads")]
pub(crate) use threads::{check, engine, next_turn, promise};

#[cfg(feature = "threads")]
pub use threads::start_workers;
