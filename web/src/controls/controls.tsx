import { models } from 'virtual:site';
import { lineOf, titleOf } from '../engine/lines';
import {
  change,
  DEFAULTS,
  type Format,
  LOUDNESSES,
  QUIET_GAINS,
  STRENGTH,
  settings,
} from '../settings/settings';
import { Choice, Slider } from './fields';

/** All settings. Each change applies to every file at once. */
export function Controls() {
  return (
    <form class="controls" aria-label="Settings" onSubmit={(event) => event.preventDefault()}>
      <Model />
      <Strength />
      <Mix />
      <QuietSpeech />
      <Loudness />
      <SaveAs />
      <button type="button" class="link" onClick={() => change(DEFAULTS)}>
        Reset all settings
      </button>
    </form>
  );
}

function Model() {
  return (
    <fieldset class="models">
      <legend>Model</legend>
      {models.map(({ name }) => (
        <label key={name} class="model">
          <input
            type="radio"
            name="model"
            value={name}
            checked={settings.value.model === name}
            onChange={() => change({ model: name })}
          />
          <span>
            {titleOf(name)}
            <small>{lineOf(name)}</small>
          </span>
        </label>
      ))}
    </fieldset>
  );
}

/** One step beyond the strongest limit means no limit. */
function Strength() {
  const full = STRENGTH.max + 1;
  const strength = settings.value.strength;
  return (
    <Slider
      label="Strength"
      hint="How much noise to remove."
      min={STRENGTH.min}
      max={full}
      value={strength ?? full}
      shown={strength === null ? 'Full' : `Up to ${strength} dB`}
      onInput={(value) => change({ strength: value < full ? value : null })}
    />
  );
}

function Mix() {
  const percent = Math.round(100 * settings.value.mix);
  return (
    <Slider
      label="Mix"
      hint="Blend some of the original back in."
      min={0}
      max={100}
      value={percent}
      shown={`${percent} %`}
      onInput={(value) => change({ mix: value / 100 })}
    />
  );
}

function QuietSpeech() {
  const gain = settings.value.quietGain;
  return (
    <Choice
      label="Quiet speech"
      hint="Boosts quiet voices so they are not mistaken for noise. The volume of the result stays the same."
      value={String(gain)}
      options={[
        ['auto', 'Automatic'],
        ['0', 'Off'],
        ...QUIET_GAINS.map((gain): [string, string] => [String(gain), `Boost by ${gain} dB`]),
      ]}
      onChange={(value) => change({ quietGain: value === 'auto' ? value : Number(value) })}
    />
  );
}

const LOUDNESS_USE: Record<number, string> = {
  [-23]: 'broadcast',
  [-16]: 'podcasts',
  [-14]: 'streaming',
};

function Loudness() {
  return (
    <Choice
      label="Loudness"
      hint="Applied when you save."
      value={String(settings.value.loudness ?? '')}
      options={[
        ['', 'Unchanged'],
        ...LOUDNESSES.map((lufs): [string, string] => [
          String(lufs),
          `${String(lufs).replace('-', '−')} LUFS, ${LOUDNESS_USE[lufs] ?? ''}`,
        ]),
      ]}
      onChange={(value) => change({ loudness: value === '' ? null : Number(value) })}
    />
  );
}

const FORMAT_NAMES: Record<Format, string> = {
  source: 'Same as original',
  wav16: 'WAV, 16 bits',
  wav24: 'WAV, 24 bits',
  wavFloat: 'WAV, 32-bit float',
  flac16: 'FLAC, 16 bits',
  flac24: 'FLAC, 24 bits',
};

function SaveAs() {
  return (
    <Choice
      label="Save as"
      hint="MP3, M4A, Ogg and video are saved as WAV."
      value={settings.value.format}
      options={Object.entries(FORMAT_NAMES)}
      onChange={(format) => change({ format: format as Format })}
    />
  );
}
