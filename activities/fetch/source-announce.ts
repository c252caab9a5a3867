import type { Artifact } from '../../api/index.ts';
import type { Cluster } from '../cluster/client.ts';
import { recordEvent } from '../cluster/events.ts';
import type { LoadedRepository } from './repository.ts';
import type { Verified } from './signatures/verify-revision.ts';
import { tellFailure } from './source-conditions.ts';

/** What a fetch led to, and how its source was before. */
export interface Fetch {
  readonly before: LoadedRepository;
  readonly artifact: Artifact;
  /** First line of the commit's message; absent where the artifact of before was kept. */
  readonly subject?: string;
  readonly verified?: Verified | undefined;
}

/** Records the events of a fetch: a new artifact, or the end of a failure, or that nothing changed; and what was verified, once. */
export async function tellFetched(cluster: Cluster, fetch: Fetch): Promise<void> {
  const { object, parsed } = fetch.before;
  const { revision, digest = '' } = fetch.artifact;
  const annotations = {
    'source.toolkit.fluxcd.io/revision': revision,
    'source.toolkit.fluxcd.io/digest': digest,
  };
  const component = 'source-controller';
  const conditions = parsed.status?.conditions ?? [];
  const known = conditions.find(({ type }) => type === 'SourceVerified');
  const event = { object, type: 'Normal', component, annotations } as const;
  if (fetch.verified && fetch.verified.message !== known?.message) {
    await recordEvent(cluster, { ...event, reason: 'Succeeded', message: fetch.verified.message });
  }
  await recordEvent(cluster, { ...event, ...outcomeOf(fetch) });
}

/** Reason and message of what a fetch led to. */
export function outcomeOf({ before, artifact, subject }: Fetch): {
  reason: string;
  message: string;
} {
  const { status } = before.parsed;
  const { revision, digest } = artifact;
  const of = subject === undefined ? `revision '${revision}'` : `commit '${subject.slice(0, 50)}'`;
  const message = `stored artifact for ${of}`;
  if (status?.artifact?.digest !== digest) return { reason: 'NewArtifact', message };
  if (tellFailure(status?.conditions ?? [])) return { reason: 'Succeeded', message };
  const upToDate = `artifact up-to-date with remote revision: '${revision}'`;
  return { reason: 'ArtifactUpToDate', message: upToDate };
}
