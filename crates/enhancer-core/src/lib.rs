//! enhancer-core
