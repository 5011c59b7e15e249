//! The exporter from the outside: the library on every kind of source, and the command.

mod command; // the binary: its output, exit codes and aliases
mod committed; // the files in models/ and their README
mod failures; // every error, and that it leaves the destination alone
mod float16; // weights stored as 16-bit floats
mod networks; // the published networks: what is refused without touching anything
mod onnx; // a writer of tiny ONNX files, for the others
mod passthrough; // the passthrough model returns its input, bit for bit
mod sources; // every accepted kind of source
mod support; // scratch folders and running a TFLite file
