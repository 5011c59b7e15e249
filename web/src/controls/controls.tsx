import { models } from 'virtual:site';
import { lineOf, titleOf } from '../engine/lines';
import { choose, question } from '../queue/choose';
import {
  changed,
  DEFAULTS,
  type Format,
  LOUDNESSES,
  QUIET_GAINS,
  settings,
} from '../settings/settings';
import { Choice, Reset, Slider, Switch } from './fields';

/** All settings. Each change applies to every file at once. */
export function Controls() {
  return (
    <form
      id="settings"
      class="controls"
      aria-label="Settings"
      onSubmit={(event) => event.preventDefault()}
    >
      <Model />
      <Removal />
      <QuietSpeech />
      <Level />
      <Loudness />
      <SaveAs />
      {changed.value.length > 1 && <ResetAll />}
    </form>
  );
}

/** Resets all settings, which are kept from one visit to the next. */
function ResetAll() {
  return (
    <p class="differ">
      <span class="mark" aria-hidden="true" />
      {changed.value.length} settings differ from the defaults.{' '}
      <button
        type="button"
        class="link"
        onClick={({ currentTarget }) => {
          // The button disappears; without this, the focus would be lost.
          currentTarget.form?.querySelector('input')?.focus();
          choose(DEFAULTS);
        }}
      >
        Reset all settings
      </button>
    </p>
  );
}

function Model() {
  // A click takes effect only after the user has answered the question. Reading the signal
  // renders the radio buttons again after each answer.
  question.value;
  return (
    <fieldset class="models">
      <legend>Model</legend>
      <Reset setting="model" label="Model" />
      {models.map(({ name }) => (
        <label key={name} class="model">
          <input
            type="radio"
            name="model"
            value={name}
            checked={settings.value.model === name}
            onChange={() => choose({ model: name })}
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

function Removal() {
  const { removal } = settings.value;
  return (
    <Slider
      setting="removal"
      label="Noise removal"
      hint="How much of the noise to remove. The rest stays in the background."
      min={0}
      max={100}
      value={removal}
      shown={removalText(removal)}
      onInput={(removal) => choose({ removal })}
    />
  );
}

/** The percentage, and the noise attenuation in dB. */
function removalText(percent: number): string {
  if (percent === 0) return 'Off';
  if (percent === 100) return '100 %, as much as possible';
  return `${percent} %, up to ${Math.round(-20 * Math.log10(1 - percent / 100))} dB`;
}

function QuietSpeech() {
  question.value;
  const gain = settings.value.quietGain;
  return (
    <Choice
      setting="quietGain"
      label="Quiet speech"
      hint="Boosts quiet voices so they are not mistaken for noise. The volume of the result stays the same."
      value={String(gain)}
      options={[
        ['auto', 'Automatic'],
        ['0', 'Off'],
        ...QUIET_GAINS.map((gain): [string, string] => [String(gain), `Boost by ${gain} dB`]),
      ]}
      onChange={(value) => choose({ quietGain: value === 'auto' ? value : Number(value) })}
    />
  );
}

function Level() {
  return (
    <Switch
      setting="level"
      label="Even voices"
      hint="Raises talkers who are far away and lowers those who are near. Longer pauses are not raised. Applied when you save."
      checked={settings.value.level}
      onChange={(level) => choose({ level })}
    />
  );
}

const LOUDNESS_USE: Record<number, string> = {
  [-23]: 'Broadcast',
  [-16]: 'Podcast',
  [-14]: 'Streaming',
};

function Loudness() {
  return (
    <Choice
      setting="loudness"
      label="Loudness"
      hint="Applied when you save. To hear it, switch off “Same loudness” in the player."
      value={String(settings.value.loudness ?? '')}
      options={[
        ['', 'Unchanged'],
        ...LOUDNESSES.map((lufs): [string, string] => [
          String(lufs),
          `${LOUDNESS_USE[lufs] ?? ''} (${String(lufs).replace('-', '−')} LUFS)`,
        ]),
      ]}
      onChange={(value) => choose({ loudness: value === '' ? null : Number(value) })}
    />
  );
}

const FORMAT_NAMES: Record<Format, string> = {
  source: 'Same as original',
  mp3: 'MP3',
  opus: 'Opus',
  m4a: 'M4A',
  wav16: 'WAV, 16 bits',
  wav24: 'WAV, 24 bits',
  wavFloat: 'WAV, 32-bit float',
  flac16: 'FLAC, 16 bits',
  flac24: 'FLAC, 24 bits',
};

function SaveAs() {
  return (
    <Choice
      setting="format"
      label="Save as"
      hint="“Same as original” keeps MP3, M4A, Opus, FLAC, WAV and videos. The other formats save the audio of a video."
      value={settings.value.format}
      options={Object.entries(FORMAT_NAMES)}
      onChange={(format) => choose({ format: format as Format })}
    />
  );
}
