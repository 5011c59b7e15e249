//! What everything around the network costs: the passthrough model does nothing,
//! so these are the costs of formats, queues, bundles and lanes. Throughput is
//! in samples; at 48 kHz, 48 Melem/s are a thousand times real time.

use std::hint::black_box;
use std::io::Cursor;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use enhancer_core::{
    Audio, AudioEnhancer, AudioFormat, Container, Model, OpenOptions, SampleFormat, Tags, create,
    open, read_all,
};

const MODEL: &[u8] = include_bytes!("../../../models/passthrough_model_lite.tflite");
const RATE: u32 = 48_000;
const SECONDS: usize = 60;

fn minute() -> Audio {
    let tone = (0..SECONDS * RATE as usize).map(|n| (n as f32 * 0.05).sin()).collect();
    Audio::new(RATE, vec![tone]).expect("one plane at one rate is audio")
}

fn enhancing(criterion: &mut Criterion) {
    let audio = minute();
    let mut group = criterion.benchmark_group("process_audio");
    group.throughput(Throughput::Elements(audio.len() as u64)).sample_size(20);
    for workers in [1, 2] {
        let model = Model::from_tflite(MODEL).expect("the committed model loads");
        let enhancer = AudioEnhancer::new(model, Some(workers)).expect("workers start");
        group.bench_function(BenchmarkId::new("workers", workers), |bencher| {
            bencher.iter(|| enhancer.process_audio("bench", black_box(&audio)).expect("enhances"));
        });
    }
    group.finish();
}

fn formats(criterion: &mut Criterion) {
    let audio = minute();
    let mut group = criterion.benchmark_group("wav");
    group.throughput(Throughput::Elements(audio.len() as u64)).sample_size(20);
    for sample_format in [SampleFormat::S16le, SampleFormat::S24le, SampleFormat::F32le] {
        let format = AudioFormat::raw(sample_format, RATE, 1).with_container(Container::Wav);
        let encode = || {
            let mut bytes = Cursor::new(Vec::new());
            let mut writer =
                create(&mut bytes, &format, &Tags::default()).expect("WAV holds one channel");
            writer.write(audio.planes()).expect("memory takes bytes");
            writer.finish().expect("memory takes bytes");
            drop(writer);
            bytes.into_inner()
        };
        let bytes = encode();
        group.bench_function(BenchmarkId::new("encode", sample_format), |bencher| {
            bencher.iter(|| black_box(encode()));
        });
        group.bench_function(BenchmarkId::new("decode", sample_format), |bencher| {
            bencher.iter(|| {
                let source = Cursor::new(black_box(&bytes));
                let mut reader = open(source, &OpenOptions::default()).expect("it was encoded");
                read_all(&mut *reader).expect("it was encoded")
            });
        });
    }
    group.finish();
}

criterion_group!(benches, enhancing, formats);
criterion_main!(benches);
