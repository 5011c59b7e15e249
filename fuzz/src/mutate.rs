//! Mutations of seeds, as a fuzzer makes them, but without feedback and the same in every run.

use std::fs::File;
use std::io::{Seek, Write};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;
use std::{fs, io, process, thread};

use fastrand::Rng;

use crate::allow_contained_panics;

/// Bytes for the seeds of a target, the words of its dictionary, one input, and the test itself.
pub const MEMORY: usize = 16 << 20;

/// The length of the longest input, as in `make fuzz`.
const MOST_BYTES: usize = 16 << 10;
/// The least length of a large input. Only such inputs show time or memory that grows with the
/// square of the length.
const LARGE_BYTES: usize = 1 << 20;
/// The most changes of one input.
const MOST_CHANGES: usize = 4;
/// The most bytes that one change copies, drops or adds.
const MOST_SPAN: usize = 64;
/// Far more time than any input needs: an input that takes longer hangs.
const PATIENCE: Duration = Duration::from_secs(60);

/// Runs a target on its seeds, then on `mutations` mutations of them and on `large` mutations of a
/// megabyte or two. They are the same in every run. The input under test is kept in a file in the
/// tests' temporary folder: if the process ends, that file is the culprit.
///
/// # Panics
/// If the target panics, or the files of the target cannot be read.
pub fn run(target: &str, mutations: usize, large: usize, run: impl Fn(&[u8])) {
    let seeds = seeds(target);
    let words = words(target);
    let find = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("artifacts/{target}/input"));
    fs::create_dir_all(find.parent().expect("it lies in a folder")).expect("a folder can be made");
    allow_contained_panics();
    // One file for all inputs: if it were created again or emptied, some file systems would write
    // each input to the disk.
    let mut kept = File::create(&find).expect("the input can be kept");
    let alive = watchdog(find.clone());
    let mut test = |input: &[u8]| {
        keep(&mut kept, input).expect("the input can be kept");
        alive.send(()).expect("the watchdog listens");
        run(input);
    };

    for seed in &seeds {
        test(seed);
    }
    let mut random = Rng::with_seed(1);
    for _ in 0..mutations {
        test(&mutation(&mut random, &seeds, &words));
    }
    for _ in 0..large {
        test(&large_mutation(&mut random, &seeds, &words));
    }
    fs::remove_file(&find).expect("the input can be removed");
}

fn keep(file: &mut File, input: &[u8]) -> io::Result<()> {
    file.rewind()?;
    file.write_all(input)?;
    file.set_len(input.len() as u64)
}

/// Ends the process if it receives nothing for too long. Dropping the sender stops the watchdog.
fn watchdog(find: PathBuf) -> mpsc::SyncSender<()> {
    let (alive, heard) = mpsc::sync_channel(1);
    thread::spawn(move || {
        loop {
            match heard.recv_timeout(PATIENCE) {
                Ok(()) => {}
                Err(RecvTimeoutError::Disconnected) => return,
                Err(RecvTimeoutError::Timeout) => hung(&find),
            }
        }
    });
    alive
}

#[expect(clippy::print_stderr, reason = "a panic of this thread would not end the test")]
fn hung(find: &Path) -> ! {
    eprintln!("{} takes longer than {PATIENCE:?}", find.display());
    process::abort();
}

/// The seeds in the order of their names, so that the same random number gives the same input.
fn seeds(target: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds").join(target);
    let entries = fs::read_dir(folder).expect("the target has seeds");
    let mut paths: Vec<_> = entries.map(|entry| entry.expect("it can be listed").path()).collect();
    paths.sort();
    paths.iter().map(|path| fs::read(path).expect("a seed can be read")).collect()
}

/// The words of the target's dictionary, which libFuzzer reads too. A line is `"word"`, with the
/// escapes `\xNN`, `\\` and `\"`, or a comment, or empty.
fn words(target: &str) -> Vec<Vec<u8>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("{target}.dict"));
    let text = fs::read_to_string(path).expect("the target has a dictionary");
    text.lines().filter(|line| line.starts_with('"')).map(word).collect()
}

fn word(line: &str) -> Vec<u8> {
    let quoted = line.strip_prefix('"').and_then(|line| line.strip_suffix('"'));
    let mut rest = quoted.unwrap_or_else(|| panic!("{line} is not quoted")).as_bytes();
    let mut bytes = Vec::new();
    while let [first, tail @ ..] = rest {
        let (byte, tail) = match (first, tail) {
            (b'\\', [b'x', high, low, tail @ ..]) => (hexadecimal([*high, *low]), tail),
            (b'\\', [escaped, tail @ ..]) => (*escaped, tail),
            _ => (*first, tail),
        };
        bytes.push(byte);
        rest = tail;
    }
    bytes
}

fn hexadecimal(digits: [u8; 2]) -> u8 {
    let digits = str::from_utf8(&digits).expect("digits are text");
    u8::from_str_radix(digits, 16).expect("two hexadecimal digits")
}

/// A seed with a few changes.
fn mutation(random: &mut Rng, seeds: &[Vec<u8>], words: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = random.choice(seeds).expect("there are seeds").clone();
    for _ in 0..random.usize(1..=MOST_CHANGES) {
        change(random, &mut bytes, seeds, words);
    }
    bytes.truncate(MOST_BYTES);
    bytes
}

/// A mutation, repeated up to the length of a large input.
fn large_mutation(random: &mut Rng, seeds: &[Vec<u8>], words: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = mutation(random, seeds, words);
    // An empty input would stay empty, however often it is repeated.
    bytes.push(0);
    while bytes.len() < LARGE_BYTES {
        bytes.extend_from_within(..);
    }
    bytes
}

fn change(random: &mut Rng, bytes: &mut Vec<u8>, seeds: &[Vec<u8>], words: &[Vec<u8>]) {
    // Half of the changes are near the start, where headers are.
    let reach = if random.bool() { bytes.len() } else { bytes.len().min(MOST_SPAN) };
    let at = random.usize(0..=reach);
    let span = at..(at + random.usize(0..=MOST_SPAN)).min(bytes.len());
    match random.u8(0..8) {
        0 if at < bytes.len() => bytes[at] ^= 1 << random.u8(0..8),
        1 if at < bytes.len() => bytes[at] = random.u8(..),
        2 => drop(bytes.drain(span)),
        3 => bytes.truncate(at),
        4 => {
            let copy = bytes[span].to_vec();
            let to = random.usize(0..=bytes.len());
            bytes.splice(to..to, copy);
        }
        5 => {
            let word = random.choice(words).expect("there are words");
            // Replaces bytes, or inserts the word.
            let end = if random.bool() { at } else { (at + word.len()).min(bytes.len()) };
            bytes.splice(at..end, word.iter().copied());
        }
        6 => number(random, &mut bytes[span]),
        _ => {
            let other = random.choice(seeds).expect("there are seeds");
            let from = random.usize(0..=other.len());
            bytes.truncate(at);
            bytes.extend_from_slice(&other[from..]);
        }
    }
}

/// Overwrites the first bytes with a number near a limit.
fn number(random: &mut Rng, bytes: &mut [u8]) {
    let value: u64 = match random.u8(0..4) {
        0 => 0,
        1 => u64::MAX,
        2 => 1 << random.u32(0..64),
        _ => random.u64(..),
    };
    let width = bytes.len().min(1 << random.u32(0..4));
    let little = value.to_le_bytes();
    bytes[..width].copy_from_slice(&little[..width]);
    if random.bool() {
        bytes[..width].reverse();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_read_as_libfuzzer_reads_them() {
        assert_eq!(word(r#""RI\xffF\\\"""#), b"RI\xffF\\\"");
    }

    #[test]
    fn the_same_seed_gives_the_same_mutations_and_few_are_alike() {
        let seeds = [vec![7; 200], (0..=255).collect()];
        let words = [b"word".to_vec()];
        let some = || -> Vec<_> {
            let mut random = Rng::with_seed(1);
            (0..100).map(|_| mutation(&mut random, &seeds, &words)).collect()
        };
        let mut first = some();
        assert_eq!(first, some());
        first.sort();
        first.dedup();
        assert!(first.len() > 90, "{} different ones", first.len());
        let large = large_mutation(&mut Rng::with_seed(1), &seeds[..1], &words);
        assert!((LARGE_BYTES..2 * LARGE_BYTES).contains(&large.len()), "{} bytes", large.len());
    }
}
