import { Controls } from '../controls/controls';
import { Queue } from '../file/queue_list';
import { Intake } from '../intake/intake_panel';
import { items } from '../queue/queue';
import { announcement } from './announce';
import { Header } from './header';
import { Barrier, Update } from './notices';
import { barrier } from './start';

/** The whole page. */
export function App() {
  const barred = barrier.value !== undefined && barrier.value !== 'unknown';
  return (
    <>
      <Header />
      <main class={items.value.length > 0 ? 'has-files' : ''}>
        <section class="work" aria-label="Recordings">
          <Update />
          <Barrier />
          {!barred && <Intake />}
          <Queue />
        </section>
        <Controls />
      </main>
      <p class="unseen" role="status">
        {announcement}
      </p>
    </>
  );
}
