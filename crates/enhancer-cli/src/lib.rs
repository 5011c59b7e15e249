//! enhancer-cli
