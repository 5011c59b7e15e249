"""The first design of Enhancer, rewritten from its description: worker processes take frames
from a queue, run the passthrough model in LiteRT, and push to another queue; a collector sorts by
session; `process_audio` splits, waits, reconstructs and returns.

As a command, `first_system.py SOURCE DESTINATION WORKERS` passes a raw file through it, and prints the
seconds that this takes, without the start of the interpreters and of LiteRT.
"""

import multiprocessing
import sys
import threading
import time
from pathlib import Path

import numpy as np
from ai_edge_litert.interpreter import Interpreter

FRAME = 1024


def work(model, unprocessed, processed):
    """Runs a worker until it gets `None`."""
    interpreter = Interpreter(model_path=str(model), num_threads=1)
    interpreter.allocate_tensors()
    (given,), (made,) = interpreter.get_input_details(), interpreter.get_output_details()
    processed.put(None)
    while (task := unprocessed.get()) is not None:
        session, number, frame = task
        interpreter.set_tensor(given["index"], frame[None])
        interpreter.invoke()
        processed.put((session, number, interpreter.get_tensor(made["index"])[0]))


class AudioEnhancer:
    """Workers, the two queues between them and the collector."""

    def __init__(self, model, workers):
        context = multiprocessing.get_context("spawn")
        self.unprocessed, self.processed = context.Queue(), context.Queue()
        arguments = (model, self.unprocessed, self.processed)
        self.workers = [context.Process(target=work, args=arguments) for _ in range(workers)]
        for worker in self.workers:
            worker.start()
        # Each worker reports that it is ready.
        for _ in self.workers:
            self.processed.get()
        self.sessions, self.arrived = {}, threading.Condition()
        self.collector = threading.Thread(target=self.collect)
        self.collector.start()

    def collect(self):
        while (made := self.processed.get()) is not None:
            session, number, frame = made
            with self.arrived:
                self.sessions[session][number] = frame
                self.arrived.notify_all()

    def process_audio(self, session, unprocessed_audio):
        frames = -(-len(unprocessed_audio) // FRAME)
        padded = np.pad(unprocessed_audio, (0, frames * FRAME - len(unprocessed_audio)))
        with self.arrived:
            self.sessions[session] = {}
        for number, frame in enumerate(padded.reshape(frames, FRAME)):
            self.unprocessed.put((session, number, frame))
        with self.arrived:
            self.arrived.wait_for(lambda: len(self.sessions[session]) == frames)
            made = self.sessions.pop(session)
        return np.concatenate([made[number] for number in range(frames)])[: len(unprocessed_audio)]

    def close(self):
        for _ in self.workers:
            self.unprocessed.put(None)
        for worker in self.workers:
            worker.join()
        self.processed.put(None)
        self.collector.join()


def main():
    source, destination, workers = sys.argv[1:]
    model = Path(__file__).parents[2] / "models" / "passthrough_model_lite.tflite"
    enhancer = AudioEnhancer(model, int(workers))
    start = time.perf_counter()
    enhancer.process_audio("session", np.fromfile(source, "<f4")).tofile(destination)
    print(time.perf_counter() - start)
    enhancer.close()


if __name__ == "__main__":
    main()
