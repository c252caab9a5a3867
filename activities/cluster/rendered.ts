import type { Pass } from '../contract.ts';
import type { LoadedKustomization } from './kustomizations.ts';
import type { KubeObject } from './object.ts';

/** The rendered objects of a pass and the sha256 digest of their canonical YAML; the same on every worker. */
export interface RenderedSet {
  readonly digest: string;
  readonly objects: readonly KubeObject[];
  /** Texts from Secrets that may be anywhere in the objects and must not be told. */
  readonly secrets: readonly string[];
}

/** Gives the rendered objects of a pass: from this worker's cache, or by fetching and rendering again. Reads the Kustomization where the caller has not. */
export type RenderedObjects = (pass: Pass, loaded?: LoadedKustomization) => Promise<RenderedSet>;
