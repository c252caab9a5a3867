import type { Pass } from '../contract.ts';
import type { Cluster } from './client.ts';
import type { LoadedKustomization } from './kustomizations.ts';
import type { RenderedObjects } from './rendered.ts';

/** What every stage that works on the cluster is given. */
export interface PassTools {
  readonly cluster: Cluster;
  readonly rendered: RenderedObjects;
  /** The Kustomization of the pass; fails with Superseded where it has changed. */
  readonly load: (pass: Pass) => Promise<LoadedKustomization>;
}
