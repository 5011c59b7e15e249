/** Posts the first channel of its input. */
class Recorder extends AudioWorkletProcessor {
  process([input]) {
    const samples = input[0];
    this.port.postMessage(samples ? samples.slice() : new Float32Array(128));
    return true;
  }
}

registerProcessor('recorder', Recorder);
