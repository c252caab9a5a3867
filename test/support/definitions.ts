/** A version of a CRD; the fields of its spec are texts. */
export interface DefinedVersion {
  readonly name: string;
  readonly fields: readonly string[];
  readonly served?: boolean;
}

/** A CRD of namespaced objects with a status, as JSON; the last of its versions is the one that is stored. */
export function definition(
  group: string,
  kind: string,
  versions: readonly DefinedVersion[],
): string {
  const singular = kind.toLowerCase();
  const plural = `${singular}s`;
  const names = { kind, plural, singular };
  const spec = {
    group,
    scope: 'Namespaced',
    names,
    versions: versions.map(({ name, fields, served = true }, at) => ({
      name,
      served,
      storage: at === versions.length - 1,
      schema: { openAPIV3Schema: schemaOf(fields) },
      subresources: { status: {} },
    })),
  };
  const metadata = { name: `${plural}.${group}` };
  const apiVersion = 'apiextensions.k8s.io/v1';
  return JSON.stringify({ apiVersion, kind: 'CustomResourceDefinition', metadata, spec });
}

function schemaOf(fields: readonly string[]): object {
  const texts = fields.map((field) => [field, { type: 'string' }]);
  const spec = { type: 'object', properties: Object.fromEntries(texts) as object };
  const status = { type: 'object', properties: { reading: { type: 'string' } } };
  return { type: 'object', properties: { spec, status } };
}
