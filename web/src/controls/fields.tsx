import { useId } from 'preact/hooks';

interface SliderProps {
  label: string;
  hint: string;
  min: number;
  max: number;
  value: number;
  /** The value in words. */
  shown: string;
  onInput: (value: number) => void;
}

export function Slider({ label, hint, min, max, value, shown, onInput }: SliderProps) {
  const id = useId();
  return (
    <div class="field">
      <div class="head">
        <label for={id}>{label}</label>
        <span class="shown figures" aria-hidden="true">
          {shown}
        </span>
      </div>
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

interface ChoiceProps {
  label: string;
  hint?: string;
  value: string;
  options: readonly (readonly [value: string, text: string])[];
  onChange: (value: string) => void;
}

export function Choice({ label, hint, value, options, onChange }: ChoiceProps) {
  const id = useId();
  return (
    <div class="field">
      <div class="head">
        <label for={id}>{label}</label>
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
      </div>
      {hint && <small id={`${id}-hint`}>{hint}</small>}
    </div>
  );
}
