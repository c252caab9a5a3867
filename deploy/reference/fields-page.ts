import { z } from 'zod';
import { crdManifests, type Crd } from '../../api/crds.ts';
import { durationPattern, timeoutPattern } from '../../api/duration.ts';
import { fieldsWithoutBehaviour } from '../../api/unsupported.ts';
import { code, codes, page, table, type Page } from './markdown.ts';

/** The fields of every kind, one page a kind. */
export function fieldsPages(): Page[] {
  return crdManifests().map(fieldsPage);
}

function fieldsPage(crd: Crd): Page {
  const { group, names, versions } = Definition.parse(crd['spec']);
  const [version] = versions;
  const root = version?.schema.openAPIV3Schema ?? {};
  const { spec, status } = root.properties ?? {};
  const { kind, shortNames = [] } = names;
  const refused = fieldsWithoutBehaviour(kind);
  return page(`${kind.toLowerCase()}.md`, kind, [
    root.description ?? '',
    `\`apiVersion: ${group}/${version?.name ?? ''}\`, \`kind: ${kind}\`${alsoCalled(shortNames)}. Fields in **bold** are required.`,
    ...(refused.length > 0
      ? [
          `Not there yet: ${codes(refused)}. An object that sets one of these gets \`Stalled\` with the reason \`UnsupportedField\`.`,
        ]
      : []),
    '## Spec',
    table(
      ['field', 'type', 'default', 'meaning'],
      rowsOf(spec, 'spec').map((row) => [...row]),
    ),
    '## Status',
    table(
      ['field', 'type', 'meaning'],
      rowsOf(status, 'status').map(([field, type, , meaning]) => [field, type, meaning]),
    ),
  ]);
}

function alsoCalled(shortNames: readonly string[]): string {
  return shortNames.length > 0 ? `; for kubectl also ${codes([...shortNames])}` : '';
}

/** The parts of an OpenAPI schema that are shown. */
interface Schema {
  readonly type?: string | undefined;
  readonly description?: string | undefined;
  readonly default?: unknown;
  readonly enum?: readonly unknown[] | undefined;
  readonly format?: string | undefined;
  readonly pattern?: string | undefined;
  readonly minLength?: number | undefined;
  readonly maxLength?: number | undefined;
  readonly required?: readonly string[] | undefined;
  readonly properties?: Readonly<Record<string, Schema>> | undefined;
  readonly items?: Schema | undefined;
  readonly additionalProperties?: unknown;
}

const Schema: z.ZodType<Schema> = z.lazy(() =>
  z.object({
    type: z.string().optional(),
    description: z.string().optional(),
    default: z.unknown().optional(),
    enum: z.array(z.unknown()).optional(),
    format: z.string().optional(),
    pattern: z.string().optional(),
    minLength: z.number().optional(),
    maxLength: z.number().optional(),
    required: z.array(z.string()).optional(),
    properties: z.record(z.string(), Schema).optional(),
    items: Schema.optional(),
    additionalProperties: z.unknown().optional(),
  }),
);

const Definition = z.object({
  group: z.string(),
  names: z.object({ kind: z.string(), shortNames: z.array(z.string()).optional() }),
  versions: z.array(z.object({ name: z.string(), schema: z.object({ openAPIV3Schema: Schema }) })),
});

type Row = readonly [field: string, type: string, standard: string, meaning: string];

/** The fields below a schema, depth first, in the order of the schema. */
function rowsOf(schema: Schema | undefined, path: string): Row[] {
  const { properties = {}, required = [] } = schema ?? {};
  return Object.entries(properties).flatMap(([name, field]) => {
    const inner = field.items?.properties ? field.items : field;
    const child = `${path}.${name}${field.type === 'array' ? '[]' : ''}`;
    const title = required.includes(name) ? `**${code(child)}**` : code(child);
    const row: Row = [title, typeOf(field), standardOf(field), meaningOf(field)];
    return [row, ...rowsOf(inner, child)];
  });
}

function typeOf(field: Schema): string {
  const { type = '', items, format, pattern, properties, additionalProperties } = field;
  if (type === 'array') return `list of ${items?.type ?? ''}s`;
  if (!properties && additionalProperties) return 'map of strings';
  if (pattern !== undefined && durations.has(pattern)) return 'duration';
  return format === 'date-time' ? 'time' : type;
}

function standardOf(field: Schema): string {
  const { default: standard } = field;
  return standard === undefined
    ? ''
    : code(typeof standard === 'string' ? standard : JSON.stringify(standard));
}

function meaningOf(field: Schema): string {
  const { description = '', items } = field;
  const values = field.enum ?? items?.enum;
  const choices = values ? ` One of ${codes(values.map(String))}.` : '';
  return `${description}${choices}${lengthOf(field)}${patternOf(field)}`;
}

function lengthOf({ minLength, maxLength }: Schema): string {
  if (maxLength === undefined) return '';
  return ` ${minLength ?? 0} to ${maxLength} characters.`;
}

function patternOf({ pattern }: Schema): string {
  return pattern === undefined || durations.has(pattern) ? '' : ` Matches ${code(pattern)}.`;
}

const durations = new Set([durationPattern.source, timeoutPattern.source]);
