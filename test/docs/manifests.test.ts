import { parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { expect, test } from 'vitest';
import { crdManifests } from '../../api/crds.ts';
import * as api from '../../api/index.ts';
import { blocksOf } from '../support/markdown.ts';
import { documents } from '../support/sources.ts';

const ours = /^[a-z]+\.toolkit\.fluxcd\.io\//;
const Named = z.looseObject({ apiVersion: z.string().optional(), kind: z.string().optional() });

const found = (await documents()).flatMap((document) =>
  blocksOf(document).flatMap(({ language, text, at }) =>
    manifestsIn(language, text).map((manifest) => ({ at, manifest })),
  ),
);

test('there are manifests to check', () => {
  expect(found.length).toBeGreaterThan(8);
});

test.each(found)('the YAML at $at is what the API takes', ({ manifest }) => {
  for (const parsed of parseAllDocuments(manifest)) {
    expect(parsed.errors).toEqual([]);
    const object = Named.parse(parsed.toJS());
    if (object.apiVersion === undefined) {
      // A fragment, such as a spec alone, may be of any kind.
      expect(definitions.map((one) => unknownIn(one.schema, object))).toContainEqual([]);
    } else if (ours.test(object.apiVersion)) {
      const definition = definitions.find(({ kind }) => kind === object.kind);
      expect(validatorOf(object.kind).safeParse(object).error?.issues).toBeUndefined();
      expect(unknownIn(definition?.schema, { ...object, metadata: undefined })).toEqual([]);
      expect(definition).toBeDefined();
    }
  }
});

/** The schema of a kind, under its name. */
function validatorOf(kind = ''): z.ZodType {
  const schema: unknown = Reflect.get(api, kind);
  if (schema instanceof z.ZodType) return schema;
  throw new Error(`the API has no schema of ${kind}`);
}

/** The parts of an OpenAPI schema that tell which fields there are. */
interface Fields {
  readonly properties?: Readonly<Record<string, Fields>> | undefined;
  readonly items?: Fields | undefined;
}

const Fields: z.ZodType<Fields> = z.lazy(() =>
  z.object({
    properties: z.record(z.string(), Fields).optional(),
    items: Fields.optional(),
  }),
);

const Definition = z.object({
  names: z.object({ kind: z.string() }),
  versions: z.array(z.object({ schema: z.object({ openAPIV3Schema: Fields }) })),
});

const definitions = crdManifests().map((crd) => {
  const { names, versions } = Definition.parse(crd['spec']);
  return { kind: names.kind, schema: versions[0]?.schema.openAPIV3Schema };
});

/** Paths of the fields that a schema does not know; the API server would drop them without a word. */
function unknownIn(schema: Fields | undefined, value: unknown, path = ''): string[] {
  if (Array.isArray(value)) return value.flatMap((item) => unknownIn(schema?.items, item, path));
  const known = schema?.properties;
  if (typeof value !== 'object' || value === null || !known) return [];
  return Object.entries(value).flatMap(([name, child]) =>
    name in known ? unknownIn(known[name], child, `${path}.${name}`) : [`${path}.${name}`],
  );
}

/** The YAML of a block: the whole of it, or what a shell block writes into a file of that kind. */
function manifestsIn(language: string, text: string): string[] {
  if (language === 'yaml') return [text];
  if (language !== 'sh') return [];
  const files = text.matchAll(/\.ya?ml <<'EOF'\n([\s\S]*?)\nEOF/g);
  return [...files].map(([, content = '']) => content);
}
