import type { Measures } from 'enhancer-wasm';
import { comparisonOf, type Item } from '../queue/item';
import { settings } from '../settings/settings';
import { ratingNotices } from './rating_notices';

type Scores = NonNullable<Measures['scores']>;

const ROWS: readonly { name: keyof Scores; title: string }[] = [
  { name: 'signal', title: 'Speech' },
  { name: 'background', title: 'Quiet background' },
  { name: 'overall', title: 'Overall' },
];

/**
 * How listeners would rate a recording before and after. It stands last because it appears late:
 * nothing else moves.
 */
export function Rated({ item }: { item: Item }) {
  return (
    <>
      {ratingNotices(item).map(({ text, badge }) => (
        <p key={text} class={badge ? 'doubt' : 'soft'}>
          {text}
        </p>
      ))}
      <Bars item={item} />
    </>
  );
}

/** Three pairs of bars. */
function Bars({ item }: { item: Item }) {
  const comparison = comparisonOf(item);
  const before = comparison?.before.scores;
  const after = comparison?.after.scores;
  if (!before || !after) return null;
  // The numbers mean nothing for recordings without speech.
  if (comparison.findings.some(({ code }) => code === 'little_speech')) return null;
  const strength = settings.value.removal < 100 ? ', at 100 % noise removal' : '';
  return (
    <table class="rated">
      <caption class="soft">How listeners would rate the recording, from 1 to 5{strength}</caption>
      <thead class="soft">
        <tr>
          <td />
          <td aria-hidden="true" />
          <th scope="col">Before</th>
          <td aria-hidden="true" />
          <th scope="col">After</th>
        </tr>
      </thead>
      <tbody>
        {ROWS.map(({ name, title }) => (
          <tr key={name}>
            <th scope="row">{title}</th>
            <td class="bars" aria-hidden="true">
              <span class="bar before" style={{ width: widthOf(before[name]) }} />
              <span class="bar after" style={{ width: widthOf(after[name]) }} />
            </td>
            <td class="figures">{before[name].toFixed(1)}</td>
            <td aria-hidden="true">→</td>
            <td class="figures">{after[name].toFixed(1)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** The width of a bar: 0 % for a score of 1, 100 % for 5. */
function widthOf(score: number): string {
  return `${25 * Math.min(Math.max(score - 1, 0), 4)}%`;
}
