import type { Problem } from './problem';
import { sentence } from './sentence';

/** A failure and what to do about it. The details open with a click. */
export function ProblemText({ problem }: { problem: Problem }) {
  return (
    <div class="problem">
      <p>
        <strong>{problem.title}.</strong> {problem.advice}
      </p>
      <details>
        <summary>Details</summary>
        <p>{sentence(problem.detail)}</p>
        <p>
          Error code: <code>{problem.code}</code>
        </p>
      </details>
    </div>
  );
}
