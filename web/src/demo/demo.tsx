import { useEffect, useState } from 'preact/hooks';
import '../player/player.css';
import { NO_GAIN } from '../player/mix';
import { Transport } from '../player/transport';
import { decodedSample } from './decoded';

const CHOICES = [
  ['original', 'Before'],
  ['enhanced', 'After'],
] as const;

type Choice = (typeof CHOICES)[number][0];

/** The sample before and after enhancement. It loads on the first play. */
export function Demo() {
  const [transport, setTransport] = useState<Transport>();
  const [source, setSource] = useState<Choice>('original');
  const [playing, setPlaying] = useState(false);
  const [problem, setProblem] = useState('');
  useEffect(() => () => transport?.close(), [transport]);
  const fail = (error: unknown) =>
    setProblem(error instanceof Error ? error.message : String(error));

  const load = async (): Promise<Transport> => {
    const loaded: Transport = new Transport(
      await decodedSample(),
      { wet: 1, gains: NO_GAIN },
      { change: () => setPlaying(loaded.playing), fail },
    );
    setTransport(loaded);
    return loaded;
  };
  const toggle = async () => {
    setProblem('');
    if (transport?.playing) return transport.pause();
    const ready = transport ?? (await load());
    ready.source = source;
    await ready.play();
  };
  const choose = (choice: Choice) => {
    setSource(choice);
    if (transport) transport.source = choice;
  };

  return (
    <div class="demo" role="group" aria-label="Listen to the sample">
      <button
        type="button"
        class={`player-play ${playing ? 'player-playing' : ''}`}
        aria-label={playing ? 'Pause the sample' : 'Play the sample'}
        onClick={() => void toggle().catch(fail)}
      />
      <div class="before-after" role="radiogroup" aria-label="Before or after">
        {CHOICES.map(([value, text]) => (
          <label key={value}>
            <input
              type="radio"
              name="demo"
              checked={source === value}
              onChange={() => choose(value)}
            />
            <span>{text}</span>
          </label>
        ))}
      </div>
      {problem && (
        <p class="bad" role="alert">
          {problem}
        </p>
      )}
    </div>
  );
}
