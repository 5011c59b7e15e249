//! Blobs as files, and their errors.

use std::io::{ErrorKind, Read, Seek, SeekFrom, Write};

use js_sys::{Array, Function, Promise, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use wasm_bindgen_test::*;
use web_sys::Blob;

use super::sink::{CHUNK_BYTES, HEAD_BYTES, PARTS_IN_PART};
use super::*;

wasm_bindgen_test_configure!(run_in_dedicated_worker);

fn blob(bytes: &[u8]) -> Blob {
    to_blob(Uint8Array::from(bytes).into()).unwrap()
}

/// Bytes without a repeating pattern.
fn numbers(len: usize) -> Vec<u8> {
    let words = (0..len.div_ceil(4) as u32).map(|n| n.wrapping_mul(2_654_435_761));
    words.flat_map(u32::to_le_bytes).take(len).collect()
}

fn read(blob: Blob) -> Vec<u8> {
    let mut bytes = Vec::new();
    BlobSource::open(blob).unwrap().read_to_end(&mut bytes).unwrap();
    bytes
}

/// A file that was removed after it was chosen.
async fn removed_file() -> Blob {
    let make = "return (async () => {
        const folder = await navigator.storage.getDirectory();
        const handle = await folder.getFileHandle('removed', { create: true });
        const writable = await handle.createWritable();
        await writable.write('some content');
        await writable.close();
        const file = await handle.getFile();
        await folder.removeEntry('removed');
        return file;
    })()";
    let made = Function::new_no_args(make).call0(&JsValue::UNDEFINED).unwrap();
    JsFuture::from(made.unchecked_into::<Promise>()).await.unwrap().unchecked_into()
}

#[wasm_bindgen_test]
fn a_source_gives_the_bytes_from_anywhere() {
    let bytes = numbers(3_000_001);
    let mut source = BlobSource::open(blob(&bytes)).unwrap();
    for (to, at) in [
        (SeekFrom::Start(0), 0),
        (SeekFrom::End(-7), bytes.len() - 7),
        (SeekFrom::Start(524_287), 524_287),
        (SeekFrom::Current(1_000_000 - 64), 1_524_287),
        (SeekFrom::End(0), bytes.len()),
        (SeekFrom::End(5), bytes.len() + 5),
    ] {
        assert_eq!(source.seek(to).unwrap(), at as u64, "{to:?}");
        let mut piece = Vec::new();
        source.by_ref().take(64).read_to_end(&mut piece).unwrap();
        let end = bytes.len().min(at + 64);
        assert_eq!(piece, bytes.get(at..end).unwrap_or_default(), "{to:?}");
    }
    assert!(source.seek(SeekFrom::Current(-4_000_000)).is_err());
    assert_eq!(source.seek(SeekFrom::Start(0)).unwrap(), 0);
    let mut all = Vec::new();
    source.read_to_end(&mut all).unwrap();
    assert!(all == bytes, "the bytes changed");
}

/// Reads like a reader that looks for the headers of a file's parts.
#[wasm_bindgen_test]
fn a_look_through_a_file_reads_no_byte_twice() {
    let bytes = numbers(3_000_001);
    for (step, most) in [(1_000, bytes.len() as u64), (1_000_000, 3 * (512 << 10) + 1)] {
        let mut source = BlobSource::open(blob(&bytes)).unwrap();
        for at in (0..bytes.len() - 8).step_by(step) {
            source.seek(SeekFrom::Start(at as u64)).unwrap();
            let mut header = [0; 8];
            source.read_exact(&mut header).unwrap();
            assert_eq!(header, bytes[at..at + 8], "byte {at}");
        }
        assert!(source.fetched <= most, "{} bytes for {step}", source.fetched);
    }
}

#[wasm_bindgen_test]
fn bytes_in_shared_memory_are_a_source() {
    let shared = js_sys::SharedArrayBuffer::new(3);
    let bytes = Uint8Array::new(&shared);
    bytes.copy_from(&[1, 2, 3]);
    assert_eq!(read(to_blob(bytes.into()).unwrap()), [1, 2, 3]);
}

#[wasm_bindgen_test]
async fn a_removed_file_is_an_error_of_reading() {
    let mut source = BlobSource::open(removed_file().await).unwrap();
    let error = source.read(&mut [0; 4]).unwrap_err();
    assert!(error.to_string().contains("could not be found"), "{error}");
    let source = BlobSource::open(removed_file().await).unwrap();
    let error = enhancer_core::open(source, &Default::default()).err().unwrap();
    assert_eq!(error.code(), "read");
    assert!(error.to_string().contains("could not be found"), "{error}");
}

#[wasm_bindgen_test]
fn a_source_that_ends_before_its_size_is_an_error() {
    let blob = blob(&[1, 2, 3]);
    let claim = "Object.defineProperty(blob, 'size', { value: 1000 })";
    Function::new_with_args("blob", claim).call1(&JsValue::UNDEFINED, &blob).unwrap();
    let error = BlobSource::open(blob).unwrap().read(&mut [0; 4]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Other);
    assert_eq!(error.to_string(), "at byte 0 the browser returned 3 bytes, expected 1000");
}

#[wasm_bindgen_test]
fn a_sink_keeps_what_is_written() {
    for len in [0, 1, HEAD_BYTES - 1, HEAD_BYTES, HEAD_BYTES + 1, HEAD_BYTES + CHUNK_BYTES + 9] {
        let bytes = numbers(len);
        let mut sink = BlobSink::new();
        // The chunks are not a multiple of these pieces.
        bytes.chunks(70_001).for_each(|piece| sink.write_all(piece).unwrap());
        let blob = sink.into_blob("audio/wav").unwrap();
        assert_eq!(blob.type_(), "audio/wav");
        assert!(read(blob) == bytes, "{len} bytes changed");
    }
}

#[wasm_bindgen_test]
fn a_sink_joins_many_parts_in_order() {
    let mut sink = BlobSink::new();
    let chunks = PARTS_IN_PART + 3;
    for n in 0..=chunks {
        sink.write_all(&n.to_le_bytes().repeat(CHUNK_BYTES / 4)).unwrap();
    }
    let mut source = BlobSource::open(sink.into_blob("").unwrap()).unwrap();
    for n in 0..=chunks {
        let mut chunk = vec![0; CHUNK_BYTES];
        source.read_exact(&mut chunk).unwrap();
        assert!(chunk == n.to_le_bytes().repeat(CHUNK_BYTES / 4), "chunk {n} changed");
    }
    assert_eq!(source.read(&mut [0]).unwrap(), 0);
}

#[wasm_bindgen_test]
fn a_sink_is_changed_in_its_head_and_goes_on_at_its_end() {
    let mut bytes = numbers(HEAD_BYTES + CHUNK_BYTES + 9);
    let mut sink = BlobSink::new();
    sink.write_all(&bytes).unwrap();
    for at in [0, 3, HEAD_BYTES - 4] {
        assert_eq!(sink.seek(SeekFrom::Start(at as u64)).unwrap(), at as u64);
        sink.write_all(b"head").unwrap();
        assert_eq!(sink.stream_position().unwrap(), at as u64 + 4);
        bytes[at..at + 4].copy_from_slice(b"head");
    }
    assert_eq!(sink.seek(SeekFrom::End(0)).unwrap(), bytes.len() as u64);
    sink.write_all(b"end").unwrap();
    bytes.extend(b"end");
    assert!(read(sink.into_blob("").unwrap()) == bytes, "the bytes changed");
}

#[wasm_bindgen_test]
fn a_sink_is_not_changed_elsewhere() {
    let bytes = numbers(HEAD_BYTES + CHUNK_BYTES + 9);
    let mut sink = BlobSink::new();
    sink.write_all(&bytes).unwrap();
    for to in [
        SeekFrom::Start(HEAD_BYTES as u64 + 1),
        SeekFrom::End(-1),
        SeekFrom::End(1),
        SeekFrom::Current(-1),
        SeekFrom::Current(i64::MIN),
    ] {
        let error = sink.seek(to).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        assert!(error.to_string().contains("first 1048576 bytes"), "{error}");
    }
    // A write that begins in the head must end in it.
    sink.seek(SeekFrom::Start(HEAD_BYTES as u64 - 2)).unwrap();
    assert_eq!(sink.write_all(b"head").unwrap_err().kind(), ErrorKind::InvalidInput);
    // A file that consists only of the head ends in it.
    let mut short = BlobSink::new();
    short.write_all(b"short").unwrap();
    assert!(short.seek(SeekFrom::Start(6)).is_err());
    short.seek(SeekFrom::Start(3)).unwrap();
    short.write_all(b"elf").unwrap();
    assert_eq!(read(short.into_blob("").unwrap()), b"shoelf");
}

#[wasm_bindgen_test]
async fn a_result_that_the_browser_lost_is_an_error() {
    // Simulates a full disk: a part that cannot be read.
    let removed = removed_file().await;
    let lost = join(&Array::of1(&removed), "").unwrap();
    let mut sink = BlobSink::new();
    sink.write_all(&numbers(HEAD_BYTES + 1)).unwrap();
    sink.parts.push(lost).unwrap();
    let error = sink.into_blob("").unwrap_err();
    assert!(error.to_string().contains("could not be"), "{error}");
}
