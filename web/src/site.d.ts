/** What the build knows of the files beside the page. */
declare module 'virtual:site' {
  export interface SiteModel {
    name: string;
    /** Of its folder, relative to the page; changes with any of its files. */
    address: string;
    /** The addresses of its files, likewise. */
    files: string[];
    /** Of all its files. */
    bytes: number;
    /** At which it works, in Hz. */
    sampleRate: number;
  }

  /** The first is the default. */
  export const models: readonly [SiteModel, ...SiteModel[]];
  /** What rates results. */
  export const rater: SiteModel;
  /** The address of the sample. */
  export const sample: string;
  /** The address of the sample as the page enhances it. */
  export const sampleAfter: string;
  /** The address of the licences' texts. */
  export const licences: string;
  export const version: string;
  /** The address of the source code, if the build was given one. */
  export const repository: string;
}
