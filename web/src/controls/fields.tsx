import type { ComponentChildren } from 'preact';
import { useId } from 'preact/hooks';
import { choose } from '../queue/choose';
import { changed, DEFAULTS, type Settings } from '../settings/settings';

interface ResetProps {
  setting: keyof Settings;
  label: string;
}

/** Marks a setting that differs from its default, and sets it back. */
export function Reset({ setting, label }: ResetProps) {
  if (!changed.value.includes(setting)) return null;
  return (
    <span class="reset">
      <span class="mark" aria-hidden="true" />
      <button
        type="button"
        class="link"
        aria-label={`Reset ${label}`}
        title="Differs from the default"
        onClick={({ currentTarget }) => {
          // The button disappears; without this, the focus would be lost.
          const field = currentTarget.closest('.field, fieldset');
          field?.querySelector<HTMLElement>('input, select')?.focus();
          choose({ [setting]: DEFAULTS[setting] });
        }}
      >
        Reset
      </button>
    </span>
  );
}

interface SliderProps {
  setting: keyof Settings;
  label: string;
  hint: string;
  min: number;
  max: number;
  value: number;
  /** The value in words. */
  shown: string;
  onInput: (value: number) => void;
}

export function Slider({ setting, label, hint, min, max, value, shown, onInput }: SliderProps) {
  const id = useId();
  return (
    <div class="field">
      <div class="head">
        <label for={id}>{label}</label>
        <Reset setting={setting} label={label} />
      </div>
      <span class="shown figures" aria-hidden="true">
        {shown}
      </span>
      <input
        id={id}
        type="range"
        min={min}
        max={max}
        value={value}
        aria-valuetext={shown}
        aria-describedby={`${id}-hint`}
        onInput={({ currentTarget }) => onInput(currentTarget.valueAsNumber)}
      />
      <small id={`${id}-hint`}>{hint}</small>
    </div>
  );
}

interface FieldProps {
  id: string;
  setting: keyof Settings;
  label: string;
  hint: string | undefined;
  children: ComponentChildren;
}

/** A control beside its label, with a hint below. */
function Field({ id, setting, label, hint, children }: FieldProps) {
  return (
    <div class="field">
      <div class="head">
        <label for={id}>{label}</label>
        <Reset setting={setting} label={label} />
        {children}
      </div>
      {hint && <small id={`${id}-hint`}>{hint}</small>}
    </div>
  );
}

interface SwitchProps {
  setting: keyof Settings;
  label: string;
  hint: string;
  checked: boolean;
  onChange: (checked: boolean) => void;
}

export function Switch({ setting, label, hint, checked, onChange }: SwitchProps) {
  const id = useId();
  return (
    <Field id={id} setting={setting} label={label} hint={hint}>
      <input
        id={id}
        type="checkbox"
        checked={checked}
        aria-describedby={`${id}-hint`}
        onChange={({ currentTarget }) => onChange(currentTarget.checked)}
      />
    </Field>
  );
}

interface ChoiceProps {
  setting: keyof Settings;
  label: string;
  hint?: string;
  value: string;
  options: readonly (readonly [value: string, text: string])[];
  onChange: (value: string) => void;
}

export function Choice({ setting, label, hint, value, options, onChange }: ChoiceProps) {
  const id = useId();
  return (
    <Field id={id} setting={setting} label={label} hint={hint}>
      <select
        id={id}
        value={value}
        {...(hint && { 'aria-describedby': `${id}-hint` })}
        onChange={({ currentTarget }) => onChange(currentTarget.value)}
      >
        {options.map(([value, text]) => (
          <option key={value} value={value}>
            {text}
          </option>
        ))}
      </select>
    </Field>
  );
}
