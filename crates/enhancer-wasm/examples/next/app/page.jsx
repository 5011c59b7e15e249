'use client';

import model from 'enhancer-model-deepfilternet3';
import { Enhancer, obstacle } from 'enhancer-wasm';
import { useEffect, useState } from 'react';

let loading;
/** One for the whole application. */
const enhancer = () => (loading ??= Enhancer.load(model));

export default function Page() {
  const [status, setStatus] = useState('Loading…');
  const [result, setResult] = useState();

  // In the browser only: a server has no workers.
  useEffect(() => {
    const found = obstacle();
    if (found) setStatus(found.message);
    else
      enhancer().then(
        ({ name }) => setStatus(`${name} is ready.`),
        (error) => setStatus(error.message),
      );
  }, []);

  async function enhance({ target }) {
    const onProgress = ({ fraction = 0 }) => setStatus(`${Math.round(100 * fraction)} %`);
    try {
      const blob = await (await enhancer()).enhanceFile(target.files[0], {}, { onProgress });
      setResult(URL.createObjectURL(blob));
      setStatus('Done.');
    } catch (error) {
      setStatus(error.message);
    }
  }

  return (
    <main>
      <label>
        A recording: <input type="file" accept="audio/*,video/*" onChange={enhance} />
      </label>
      <p role="status">{status}</p>
      {result && <audio controls src={result} />}
    </main>
  );
}
