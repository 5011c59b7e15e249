/** What the build knows about the files beside the page. */
declare module 'virtual:site' {
  export interface SiteModel {
    name: string;
    /** The address of the model's folder, relative to the page. Changes if any of the files changes. */
    address: string;
    /** The addresses of the model's files, relative to the page. */
    files: string[];
    /** The size of all files. */
    bytes: number;
    /** The sample rate of the model, Hz. */
    sampleRate: number;
  }

  /** The first is the default. */
  export const models: readonly [SiteModel, ...SiteModel[]];
  /** The model that rates results. */
  export const rater: SiteModel;
  /** The address of the sample. */
  export const sample: string;
  /** The address of the sample after enhancement. */
  export const sampleAfter: string;
  /** The address of the licences' texts. */
  export const licences: string;
  export const version: string;
  /** The address of the source code, if the build was given one. */
  export const repository: string;
}
