/**
 * Names the fields of an object that are part of the API and whose behaviour is not there yet. Such an object is refused as a whole:
 * a field that is silently ignored would promise what nobody keeps.
 */
export function unsupportedFields(object: { kind: string; [field: string]: unknown }): string[] {
  const { spec } = object;
  if (typeof spec !== 'object' || spec === null) return [];
  const fields: Record<string, unknown> = { ...spec };
  const rules = unsupported[object.kind] ?? {};
  return Object.entries(rules)
    .filter(([path, refuses]) => refuses(fields[path.slice('spec.'.length).split(' ')[0] ?? '']))
    .map(([path]) => path);
}

/** The fields of a kind for which its objects are refused, as their messages name them. */
export function fieldsWithoutBehaviour(kind: string): string[] {
  return Object.keys(unsupported[kind] ?? {});
}

type Refuses = (value: unknown) => boolean;

const isSet: Refuses = (value) =>
  value !== undefined && value !== false && !(Array.isArray(value) && value.length === 0);

function providerOf(verify: unknown): unknown {
  return typeof verify === 'object' && verify !== null && 'provider' in verify
    ? verify.provider
    : undefined;
}

const unsupported: Record<string, Record<string, Refuses>> = {
  GitRepository: {
    'spec.provider (aws, azure)': (value) => value === 'aws' || value === 'azure',
    'spec.serviceAccountName': isSet,
  },
  OCIRepository: {
    'spec.provider (aws, azure, gcp)': (value) => value !== undefined && value !== 'generic',
    'spec.verify (notation)': (value) => providerOf(value) === 'notation',
  },
  Kustomization: {
    'spec.decryption (serviceAccountName)': (value) =>
      typeof value === 'object' && value !== null && 'serviceAccountName' in value,
  },
};
