import type { ObjectKey, SourceLook } from '../contract.ts';
import { alive } from '../heartbeat.ts';
import type { SourceDeps, Spread } from './build-artifact.ts';
import { concludeSource } from './source-conclude.ts';
import { fetchSource } from './source-fetch.ts';
import { lookAtSource } from './source-look.ts';
import type { SourceActivities } from './source-kinds.ts';
import { finalizeSource } from './source-object.ts';

export type { SourceDeps, Spread };

/** The activities of the source workflow. */
export function createSourceActivities(deps: SourceDeps & Spread): SourceActivities {
  return {
    lookAtSource: alive((key: ObjectKey) => lookAtSource(deps, key)),
    fetchSource: alive((key: ObjectKey, look: SourceLook) => fetchSource(deps, key, look)),
    concludeSource: (key, outcome) => concludeSource(deps, 'GitRepository', key, outcome),
    finalizeSource: alive((key: ObjectKey) => finalizeSource(deps, 'GitRepository', key)),
  };
}
