import { SettingsPanel } from '../controls/panel';
import { RunAgain } from '../controls/run_again';
import { barrier } from '../engine/barrier';
import { Queue } from '../file/queue_list';
import { Undo } from '../file/undo';
import { Intake } from '../intake/intake_panel';
import { items } from '../queue/queue';
import { announcement } from '../common/announce';
import { Footer } from './footer';
import { Header } from './header';
import { Barrier, Preparing, Update } from './notices';

/** The whole page. */
export function App() {
  return (
    <>
      <Header />
      <main class={items.value.length > 0 ? 'has-files' : ''}>
        <section class="work" aria-label="Add recordings">
          <Update />
          <Barrier />
          {barrier.value === 'unknown' && <Preparing />}
          {barrier.value === undefined && <Intake />}
        </section>
        {items.value.length > 0 && <SettingsPanel />}
        <section class="list" aria-label="Recordings">
          <Queue />
        </section>
        <RunAgain />
        <Undo />
      </main>
      <Footer />
      <p class="unseen" role="status">
        {announcement}
      </p>
    </>
  );
}
