/**
 * A tab of a browser that Playwright cannot drive as it is installed. What a test needs of one is
 * little, and the same for each: it runs a function in the page, chooses files, and clicks.
 */
export interface Tab {
  goto(address: string): Promise<void>;
  reload(): Promise<void>;
  /** Runs a function in the page, which sees its arguments alone; both ways go through JSON. */
  evaluate<Given extends unknown[], Result>(
    work: (...given: Given) => Result | Promise<Result>,
    ...given: Given
  ): Promise<Result>;
  /** Clicks the middle of what the selector finds first, as a person does. */
  click(selector: string): Promise<void>;
  /** Chooses files in what the selector finds first. */
  choose(selector: string, paths: string[]): Promise<void>;
  /** A picture of the page, as PNG. */
  screenshot(): Promise<Buffer>;
}

/** A visitor who was never here before. */
export interface Visitor {
  tab: Tab;
  /** Where the browser saves. */
  downloads: string;
  leave(): Promise<void>;
}

export interface Browser {
  visit(): Promise<Visitor>;
  /** The process of the browser; its children belong to it. */
  pid: number;
  close(): Promise<void>;
}

/** The text of a function for a page, which takes its arguments as one JSON and gives one. */
export const asText = (work: (...given: never[]) => unknown) =>
  `async (given) => JSON.stringify((await (${String(work)})(...JSON.parse(given))) ?? null)`;
