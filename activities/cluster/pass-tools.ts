import type { Pass } from '../contract.ts';
import type { Cluster } from './client.ts';
import type { LoadedKustomization } from './kustomizations.ts';
import type { RenderedObjects } from './rendered.ts';

/** What every stage that works on the cluster is given. */
export interface PassTools {
  /** The cluster of the Kustomization itself. */
  readonly cluster: Cluster;
  /** The cluster of its objects, with the rights that it works with. */
  readonly target: (loaded: LoadedKustomization, pass: Pass) => Promise<Cluster>;
  readonly rendered: RenderedObjects;
  /** The Kustomization of the pass; fails with Superseded where it has changed. */
  readonly load: (pass: Pass) => Promise<LoadedKustomization>;
}

/** The Kustomization of a pass as it was just read, and the cluster of its objects. */
export interface Opened {
  readonly loaded: LoadedKustomization;
  readonly target: Cluster;
}
