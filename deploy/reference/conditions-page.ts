import { failureTable } from '../../activities/failures.ts';
import { code, codes, explained, page, table, type Page } from './markdown.ts';
import { reasonMeanings } from './reasons.ts';

/** The conditions and events of objects: types, reasons, and what the reasons mean. */
export function conditionsPage(): Page {
  return page('conditions.md', 'Conditions, reasons and events', [
    'Conditions follow kstatus: Ready is always there, Reconciling and Stalled are there only while they hold and never together, and neither stands beside Ready=True.',
    table(['condition', 'kinds', 'meaning'], conditions),
    '## Reasons',
    'Reasons of conditions and of events. Where a reason stands in Ready=False, the message names the object, the value at fault and what to do.',
    table(['reason', 'meaning, and what to do'], reasonRows()),
    '## Failures of activities',
    'The type of a failure as Temporal shows it, and what follows from it. What is retried at once is tried again by Temporal within the sync; everything else ends the sync, and the next one comes after `spec.retryInterval`, or after a change where Stalled is set.',
    table(['failure', 'reason', 'retried at once', 'Stalled'], failureRows()),
  ]);
}

const conditions: readonly (readonly [string, string, string])[] = [
  ['`Ready`', 'all', 'the last sync ended well and nothing newer is known'],
  [
    '`Reconciling`',
    'all',
    'a sync runs (`Progressing`), or failed and will be tried again (`ProgressingWithRetry`)',
  ],
  ['`Stalled`', 'all', 'nothing is tried again until the object, or what it refers to, changes'],
  ['`Healthy`', 'Kustomization', 'the health checks; only with `spec.wait` or `spec.healthChecks`'],
  ['`ArtifactInStorage`', 'sources', 'the artifact of the last fetched revision is stored'],
  ['`ArtifactOutdated`', 'sources', 'the remote has what the artifact does not hold yet'],
  ['`SourceVerified`', 'sources', 'the revision is signed as `spec.verify` demands; only with it'],
  ['`IncludeUnavailable`', 'GitRepository', 'the artifact of an included repository is not there'],
  ['`StorageOperationFailed`', 'sources', 'the artifact could not be stored on the worker'],
  [
    '`FetchFailed`',
    'GitRepository',
    'the remote could not be asked or fetched; the artifact of before stays in use',
  ],
];

function reasonRows(): string[][] {
  const reasons = new Set<string>(Object.values(failureTable).map(({ reason }) => reason));
  const known = new Set([...reasons, ...Object.keys(reasonMeanings)]);
  const rows = explained([...known].sort(), reasonMeanings, 'deploy/reference/reasons.ts');
  return rows.map(([reason, meaning]) => [code(reason), meaning]);
}

function failureRows(): string[][] {
  const yes = (is: boolean): string => (is ? 'yes' : 'no');
  return Object.entries(failureTable).map(([type, { reason, retryable, terminal }]) => [
    code(type),
    codes([reason]),
    yes(retryable),
    yes(terminal),
  ]);
}
