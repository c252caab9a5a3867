import { z } from 'zod';
import { Refusal } from './message.ts';
import { jsonOf } from './payload.ts';

/**
 * Checks that a body is an event of CDEvents 0.4: one of its types, a whole context, and a subject with what the type demands. What a
 * type allows besides is not checked. Raises Refusal.
 */
export function checkCdEvent(body: Buffer): void {
  const { context, subject } = jsonOf(body, CdEvent);
  const [, noun = '', verb = ''] =
    /^dev\.cdevents\.([a-z]+)\.([a-z]+)\.\d+\.\d+\.\d+(?:-[0-9A-Za-z.-]+)?$/.exec(context.type) ??
    [];
  const demanded = vocabulary.get(noun)?.get(verb);
  if (!demanded) throw new Refusal('context.type is no event of CDEvents 0.4');
  if (subject.type !== undefined && subject.type.toLowerCase() !== noun)
    throw new Refusal('subject.type is not that of context.type');
  const missing = demanded.find((field) => !isThere(subject.content[field]));
  if (missing) throw new Refusal(`subject.content.${missing} is missing`);
}

const name = z.string().min(1);
const reference = name.regex(/^[^\s<>"{}|\\^`]+$/);
const time = z.iso.datetime({ offset: true });

const CdEvent = z.strictObject({
  context: z.strictObject({
    version: name,
    id: name,
    source: reference,
    type: name,
    timestamp: time,
    schemaUri: name.optional(),
    chainId: name.optional(),
    links: z.array(z.looseObject({})).optional(),
  }),
  subject: z.strictObject({
    id: name,
    source: z.string().optional(),
    type: name.optional(),
    content: z.record(z.string(), z.unknown()),
  }),
  customData: z.union([z.record(z.string(), z.unknown()), z.string()]).optional(),
  customDataContentType: z.string().optional(),
});

/** A reference to another subject has an id. */
function isThere(value: unknown): boolean {
  if (typeof value === 'string') return value !== '';
  return z.looseObject({ id: name }).safeParse(value).success;
}

type Verbs = readonly (readonly [verb: string, demanded: readonly string[]])[];

function verbs(all: string, ...demanded: string[]): Verbs {
  return all.split(' ').map((verb) => [verb, demanded]);
}

/** Subjects and predicates in the lower case of types, with the content that they demand. */
const subjects: readonly (readonly [noun: string, verbs: Verbs])[] = [
  [
    'artifact',
    [
      ...verbs('deleted downloaded published'),
      ...verbs('packaged', 'change'),
      ...verbs('signed', 'signature'),
    ],
  ],
  ['branch', verbs('created deleted')],
  ['build', verbs('finished queued started')],
  ['change', verbs('abandoned created merged reviewed updated')],
  ['environment', verbs('created deleted modified')],
  ['incident', verbs('detected reported resolved', 'environment')],
  ['pipelinerun', verbs('finished queued started')],
  ['repository', verbs('created deleted modified')],
  [
    'service',
    [
      ...verbs('deployed rolledback upgraded', 'environment', 'artifactId'),
      ...verbs('published removed', 'environment'),
    ],
  ],
  ['taskrun', verbs('finished started')],
  ['testcaserun', [...verbs('finished queued started', 'environment'), ...verbs('skipped')]],
  ['testoutput', verbs('published', 'outputType', 'format')],
  ['testsuiterun', verbs('finished queued started', 'environment')],
  [
    'ticket',
    [
      ...verbs('created', 'summary', 'creator', 'uri'),
      ...verbs('updated', 'uri'),
      ...verbs('closed', 'uri', 'resolution'),
    ],
  ],
];

const vocabulary = new Map(subjects.map(([noun, rows]) => [noun, new Map(rows)]));
