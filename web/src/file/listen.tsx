import { effect } from '@preact/signals';
import type { Summary, Take } from 'enhancer-wasm';
import { useEffect, useRef } from 'preact/hooks';
import { createPlayer, type Wanted } from '../player';
import { isOfOtherTrack, type Item } from '../queue/item';
import { chooseTrack } from '../queue/queue';
import { saveOne, saving } from '../save/save';
import { settings } from '../settings/settings';
import { noticesOf } from './notices_of';
import { Rated } from './rated';

/** The player and the facts of an enhanced file. */
export function Listen({ item }: { item: Item }) {
  const made = item.made.value;
  if (!made) return null;
  const { summary } = made.take;
  return (
    <div class="listen">
      <p class="soft">{describe(summary)}</p>
      {summary.track.count > 1 && <AudioTrack item={item} track={summary.track} />}
      {noticesOf(item).map(({ text, badge }) => (
        <p key={text} class={badge ? 'doubt' : 'soft'}>
          {text}
        </p>
      ))}
      <Sound key={made.run} take={made.take} video={summary.video ? item.file : undefined} />
      <button
        type="button"
        class="quiet"
        disabled={saving.value !== 'none' || isOfOtherTrack(item)}
        onClick={() => void saveOne(item, 'removed')}
      >
        Save what was removed
      </button>
      <Rated item={item} />
    </div>
  );
}

/** A choice of the audio track to enhance, for files with several, such as one per language. */
function AudioTrack({ item, track }: { item: Item; track: Summary['track'] }) {
  const chosen = item.track.value ?? track.number;
  return (
    <label class="track">
      Audio track{' '}
      <select
        value={String(chosen)}
        onChange={({ currentTarget }) => chooseTrack(item, Number(currentTarget.value))}
      >
        {Array.from({ length: track.count }, (_, index) => (
          <option key={index} value={String(index + 1)}>
            {index + 1} of {track.count}
          </option>
        ))}
      </select>
    </label>
  );
}

/** The player. `video` is the source file if it has a picture. */
function Sound({ take, video }: { take: Take; video: Blob | undefined }) {
  const host = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!host.current) return;
    const player = createPlayer(host.current, take, wanted(), video);
    const stop = effect(() => player.setWanted(wanted()));
    return () => {
      stop();
      player.destroy();
    };
  }, [take, video]);
  return <div ref={host} />;
}

/** The result that the settings describe. */
function wanted(): Wanted {
  return { wet: settings.value.removal / 100, target: settings.value.loudness };
}

function describe({ channels, sampleRate, video }: Summary): string {
  const count = channels === 1 ? 'Mono' : channels === 2 ? 'Stereo' : `${channels} channels`;
  return `${count}, ${sampleRate / 1000} kHz${video ? ', from a video' : ''}`;
}
