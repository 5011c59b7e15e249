import { effect } from '@preact/signals';
import type { Summary, Take } from 'enhancer-wasm';
import { useEffect, useRef } from 'preact/hooks';
import { clock } from '../app/units';
import { createPlayer, type MixState } from '../player';
import type { Item } from '../queue/item';
import { settings } from '../settings/settings';

/** What was made of a file, to hear and to see. */
export function Listen({ item }: { item: Item }) {
  const made = item.made.value;
  if (!made) return null;
  const { summary } = made.take;
  return (
    <div class="listen">
      <p class="soft">{describe(summary)}</p>
      {summary.damage && <Damage {...summary.damage} />}
      <Sound key={made.run} take={made.take} />
    </div>
  );
}

function Sound({ take }: { take: Take }) {
  const host = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!host.current) return;
    const player = createPlayer(host.current, take, mixOf());
    const stop = effect(() => player.setMix(mixOf()));
    return () => {
      stop();
      player.destroy();
    };
  }, [take]);
  return <div ref={host} />;
}

/** What the settings mean to the ear; the loudness target applies to the saved file alone. */
function mixOf(): MixState {
  const { strength, mix } = settings.value;
  const removed = strength === null ? 1 : 1 - 10 ** (-strength / 20);
  return { wet: mix * removed, gainDb: 0 };
}

function describe({ channels, sampleRate, video }: Summary): string {
  const count = channels === 1 ? 'Mono' : channels === 2 ? 'Stereo' : `${channels} channels`;
  return `${count}, ${sampleRate / 1000} kHz${video ? ', the sound of a video' : ''}`;
}

function Damage({
  atSeconds,
  reason,
  places,
}: {
  atSeconds: number;
  reason: string;
  places: number;
}) {
  const more = places > 1 ? ` and in ${places - 1} more places` : '';
  return (
    <p class="damage">
      The file is damaged at {clock(atSeconds)}
      {more}: {reason}. What is lost there is silence, or missing at the end.
    </p>
  );
}
