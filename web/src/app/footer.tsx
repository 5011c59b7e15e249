import { licences, repository, version } from 'virtual:site';

/** What this page is and where it comes from. Links open in a new tab: the page may hold results. */
export function Footer() {
  return (
    <footer class="soft">
      <span>Enhancer {version}, open source</span>
      <Beside href={licences}>Licences</Beside>
      {repository && <Beside href={repository}>Source code</Beside>}
      {repository && <Beside href={`${repository}/issues`}>Report a problem</Beside>}
    </footer>
  );
}

function Beside({ href, children }: { href: string; children: string }) {
  return (
    <a href={href} target="_blank" rel="noopener">
      {children}
    </a>
  );
}
