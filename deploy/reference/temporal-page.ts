import * as messages from '../../workflows/messages.ts';
import { phases, triggerMeanings } from '../../client/cli/sync-filter.ts';
import { code, codes, explained, page, table, type Page } from './markdown.ts';

const place = 'deploy/reference/temporal-page.ts';

/** What of Sluice is seen in Temporal: workflows, messages, search attributes, triggers and outcomes. */
export function temporalPage(): Page {
  return page('temporal.md', 'What is in Temporal', [
    'One workflow an object; its id is `<kind>/<namespace>/<name>` in small letters, such as `kustomization/prod/app`. One run is one sync. [By hand](../by-hand.md) shows what can be done with the `temporal` command.',
    '## Workflows',
    table(
      ['kind', 'workflow type'],
      Object.entries(messages.workflowTypes).map(([kind, type]) => [kind, code(type)]),
    ),
    `Task queue: \`${messages.taskQueue}\`, unless the setting [\`--task-queue\`](settings.md) names another.`,
    '## Signals, updates and queries',
    table(['message', 'name', 'input', 'meaning'], messageRows()),
    '## Search attributes',
    'All are of the type Keyword. `sluice install` registers them.',
    table(['attribute', 'value'], attributeRows()),
    '## Triggers',
    'Values of `SluiceTrigger`, and what `sluice history --trigger` takes.',
    table(
      ['trigger', 'a sync runs because'],
      Object.entries(triggerMeanings).map(([trigger, meaning]) => [code(trigger), meaning]),
    ),
    '## Outcomes',
    'What `sluice history --outcome` takes, and the values of `SluicePhase` that it means.',
    table(['outcome', 'phase', 'meaning'], outcomeRows()),
    'Between syncs the phase of a row stays what its sync ended with; the query `explain` tells what the workflow does now.',
  ]);
}

interface Message {
  readonly type: string;
  readonly name: string;
}

function messageRows(): string[][] {
  const found = Object.values<unknown>(messages)
    .filter(isMessage)
    .map(({ type, name }) => `${type} ${name}`)
    .sort();
  return explained(found, messageMeanings, place).map(([key, text]) => {
    const [type = '', name = ''] = key.split(' ');
    const [input = '', meaning = ''] = text.split(' → ');
    return [type, code(name), code(input), meaning];
  });
}

function isMessage(value: unknown): value is Message {
  if (typeof value !== 'object' || value === null) return false;
  return 'type' in value && 'name' in value && kindsOfMessages.has(value.type);
}

const kindsOfMessages = new Set<unknown>(['signal', 'update', 'query']);

/** Input and meaning of each message. */
const messageMeanings: Readonly<Record<string, string>> = {
  'signal reconcile':
    '{"reason":"manual"} → run a pass soon; many signals are one look. A bridge adds its trigger and its task queue',
  'update reconcile':
    '{"reason":"manual"} → run a pass and return how it ended: `ready`, `reason`, `message`, `revision`',
  'update approve':
    '{"digest":"sha256:…"} → make the parked deletions that the digest names, and return how that pass ended; refused where another set is parked',
  'query explain':
    ' → what the workflow does or waits for, since when, when it looks next, and who can unblock it',
  'query parked': ' → the deletions that wait for approval: `digest`, `count`, `budget`, `names`',
};

function attributeRows(): string[][] {
  const names = Object.values(messages.attributes).map(({ name }) => name);
  return explained(names, attributeMeanings, place).map(([name, text]) => [code(name), text]);
}

const attributeMeanings: Readonly<Record<string, string>> = {
  SluiceKind: 'kind of the object',
  SluiceNamespace: 'namespace of the object: the tenant',
  SluiceName: 'name of the object',
  SluiceSource: '`Kind/namespace/name` of the source',
  SluiceRevision: 'revision that the sync worked on, such as `main@sha1:<hash>`',
  SluiceTrigger: 'why the sync ran',
  SluicePhase: 'what the sync does, and how it ended once it has',
  SluiceReady: '`True` or `False`, as its Ready condition; absent while it runs',
  SluiceReason: 'reason of its Ready condition; absent while it runs',
};

function outcomeRows(): string[][] {
  return explained(Object.keys(phases), outcomeMeanings, place).map(([outcome, meaning]) => [
    code(outcome),
    codes(phases[outcome] ?? []),
    meaning,
  ]);
}

const outcomeMeanings: Readonly<Record<string, string>> = {
  applied: 'everything is applied, healthy and pruned',
  stored: 'a source has stored an artifact',
  failed: 'a stage failed; it is tried again',
  parked: 'everything is applied and healthy, and the deletions wait for approval',
  canceled: 'news ended the health wait, or the object changed during the pass',
  waiting: 'the source or a dependency is not ready',
  rejected: 'nothing is done until the object is changed',
  deleted: 'the object was deleted, and what it applied was treated as its deletion policy says',
  running: 'the sync is under way',
};
