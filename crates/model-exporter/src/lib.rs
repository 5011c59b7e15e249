//! model-exporter
