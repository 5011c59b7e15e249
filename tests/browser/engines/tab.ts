/**
 * A tab of a browser that Playwright cannot drive. Tests need only a few functions, the same for each
 * browser: run a function in the page, choose files, click.
 */
export interface Tab {
  goto(address: string): Promise<void>;
  reload(): Promise<void>;
  /** Runs a function in the page. It sees only its arguments. Arguments and result pass through JSON. */
  evaluate<Given extends unknown[], Result>(
    work: (...given: Given) => Result | Promise<Result>,
    ...given: Given
  ): Promise<Result>;
  /** Clicks the middle of the first element that matches, as a person does. */
  click(selector: string): Promise<void>;
  /** Chooses files in the first element that matches. */
  choose(selector: string, paths: string[]): Promise<void>;
  /** A picture of the page, as PNG. */
  screenshot(): Promise<Buffer>;
}

/** A visitor who was never here before. */
export interface Visitor {
  tab: Tab;
  /** The folder into which the browser saves. */
  downloads: string;
  leave(): Promise<void>;
}

export interface Browser {
  visit(): Promise<Visitor>;
  /** The main process of the browser. Its children belong to the browser too. */
  pid: number;
  close(): Promise<void>;
}

/** The source text of a function for a page. It takes its arguments and returns its result as JSON. */
export const asText = (work: (...given: never[]) => unknown) =>
  `async (given) => JSON.stringify((await (${String(work)})(...JSON.parse(given))) ?? null)`;
