import { signal } from '@preact/signals';
import { announce } from '../common/announce';
import { problemOf } from '../common/problem';
import type { Source } from '../queue/item';
import { intakeProblem, take } from './intake';

/** How often the recorder delivers data, in milliseconds. */
const CHUNK_MS = 1000;
const FULL_SCALE_DB = 60;

/** A recording in progress. */
export interface Recording {
  /** The level now, from 0 (60 dB below full scale or less) to 1. */
  level(): number;
  /** The length so far, in seconds. */
  elapsed(): number;
  /** Ends the recording and adds it as a file. */
  stop(): void;
}

export const recording = signal<Recording | 'asking' | undefined>(undefined);

export const canRecord = 'MediaRecorder' in window && navigator.mediaDevices !== undefined;

/** Records from the microphone without the browser's own processing: this page removes the noise. */
export async function record(): Promise<void> {
  if (recording.peek()) return;
  recording.value = 'asking';
  intakeProblem.value = undefined;
  try {
    const stream = await navigator.mediaDevices.getUserMedia({
      audio: { echoCancellation: false, noiseSuppression: false, autoGainControl: false },
    });
    recording.value = begin(stream);
    announce('Recording.');
  } catch (error) {
    recording.value = undefined;
    intakeProblem.value = problemOf(error, 'microphone');
  }
}

function begin(stream: MediaStream): Recording {
  const recorder = new MediaRecorder(stream);
  const chunks: Blob[] = [];
  const started = performance.now();
  const meter = levelOf(stream);
  recorder.ondataavailable = ({ data }) => chunks.push(data);
  // Runs also if the microphone is unplugged, or no longer allowed.
  recorder.onstop = () => {
    for (const track of stream.getTracks()) track.stop();
    meter.close();
    recording.value = undefined;
    void take([recorded(new Blob(chunks, { type: recorder.mimeType }))]);
  };
  recorder.start(CHUNK_MS);
  return {
    level: meter.level,
    elapsed: () => (performance.now() - started) / 1000,
    stop: () => recorder.stop(),
  };
}

function levelOf(stream: MediaStream): { level: () => number; close: () => void } {
  const context = new AudioContext();
  const analyser = context.createAnalyser();
  context.createMediaStreamSource(stream).connect(analyser);
  const samples = new Float32Array(analyser.fftSize);
  const level = () => {
    analyser.getFloatTimeDomainData(samples);
    const peak = samples.reduce((peak, sample) => Math.max(peak, Math.abs(sample)), 0);
    return Math.max(0, 1 + (20 * Math.log10(peak + Number.EPSILON)) / FULL_SCALE_DB);
  };
  return { level, close: () => void context.close() };
}

function recorded(file: Blob): Source {
  const now = new Date();
  const two = (number: number) => String(number).padStart(2, '0');
  const day = `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}`;
  const time = `${two(now.getHours())}.${two(now.getMinutes())}.${two(now.getSeconds())}`;
  const extension = file.type.includes('mp4') ? 'm4a' : file.type.includes('ogg') ? 'ogg' : 'webm';
  return { file, name: `Recording ${day} ${time}.${extension}`, folder: '' };
}
